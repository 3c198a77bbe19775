/**
 * A collection seen with vectors that a model makes of its texts.
 *
 * <p>Belongs here: the view over a source, and what becomes of texts that are none. Never here: a
 * model, a cache, anything that writes to a store. Start with {@link
 * dev.waybill.reembed.EmbeddedStore}.
 */
@NullMarked
package dev.waybill.reembed;

import org.jspecify.annotations.NullMarked;
