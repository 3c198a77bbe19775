/**
 * Fields to fields: transformations of values, each with its inverse, over whole batches.
 *
 * <p>Belongs here: how a value of one logical type becomes one of another and comes back. Never
 * here: a store, or what happens to a value that cannot go. Start with {@link
 * dev.waybill.mapping.Mapping}.
 */
@NullMarked
package dev.waybill.mapping;

import org.jspecify.annotations.NullMarked;
