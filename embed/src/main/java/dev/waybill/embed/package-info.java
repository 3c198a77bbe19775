/**
 * Models that make vectors of texts: in this process, or at an endpoint.
 *
 * <p>Belongs here: opening a model by what the user wrote, its signature, the cache of what it has
 * made. Never here: a store, a run, a rule about records. Start with {@link
 * dev.waybill.embed.Models}, then {@link dev.waybill.embed.CachedEmbeddings}.
 */
@NullMarked
package dev.waybill.embed;

import org.jspecify.annotations.NullMarked;
