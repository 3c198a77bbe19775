/**
 * The neutral model: what every store is described in and every record is carried in.
 *
 * <p>Belongs here: values (types, catalog, packed batches, canonical form, digests, losses,
 * errors). Never here: I/O, clocks, logging, a store's name. Start with {@link
 * dev.waybill.model.RecordBatch} and {@link dev.waybill.model.Catalog}.
 */
@NullMarked
package dev.waybill.model;

import org.jspecify.annotations.NullMarked;
