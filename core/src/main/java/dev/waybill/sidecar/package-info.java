/**
 * What travels beside the data where the target is poorer than the source
 * (docs/formats/sidecar.md).
 *
 * <p>Belongs here: the records of a sidecar, derived from plan and source ({@link
 * dev.waybill.sidecar.DerivingSource}), and a store seen through its sidecar as what it was copied
 * from ({@link dev.waybill.sidecar.RestoringStore}). Both are stores to be read like any other, so
 * that nothing else knows of sidecars. Never here: writing.
 */
@NullMarked
package dev.waybill.sidecar;

import org.jspecify.annotations.NullMarked;
