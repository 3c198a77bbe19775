/**
 * What a store must offer to be read from and written to.
 *
 * <p>Belongs here: contracts and the records they exchange, split by power: {@link
 * dev.waybill.spi.Store} and {@link dev.waybill.spi.Snapshot} describe and read, {@link
 * dev.waybill.spi.TargetStore}, {@link dev.waybill.spi.TargetSession} and {@link
 * dev.waybill.spi.TargetWriter} write. Never here: helpers, base classes, a store's name. Start
 * with {@link dev.waybill.spi.StoreAdapter}.
 */
@NullMarked
package dev.waybill.spi;

import org.jspecify.annotations.NullMarked;
