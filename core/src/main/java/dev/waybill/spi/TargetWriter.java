package dev.waybill.spi;

import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Outcome;

/** Writes batches over one connection. Not thread-safe. */
public interface TargetWriter extends AutoCloseable {
  /** The code of a DataException that asks for the same changes in smaller batches. */
  String BATCH_TOO_LARGE = "BATCH_TOO_LARGE";

  /**
   * Applies changes, the mark and their before-images: all or nothing where the store has
   * transactions, else in the order before-images, changes, mark, so that repeating does no harm.
   *
   * <p>For each put the record with the same key is looked up: none → inserted; equal by canonical
   * form → unchanged; different → as {@code policy} says ({@link
   * dev.waybill.model.Decision#decide}). A collection without key is only appended to. With {@code
   * expected} digests (undo) the record there must have that digest, else {@code policy} decides.
   *
   * <p>What was applied lasts on return, or, where nobody else can write to the store, with later
   * batches: at the latest when anything else is asked of the session or the store, or the last
   * open writer is closed (docs/adr/0011, 0021). A crash before that takes batch and mark together.
   *
   * <p>While undoing ({@link Mark#isUndo}) no before-images are kept, only the mark. Else the
   * writer's {@link Overwritten} has what was overwritten or deleted before that lasts.
   *
   * @param collection the target's collection as its catalog (or the plan) describes it
   * @return what happened, adding up to the batch's records
   * @throws dev.waybill.model.DataException if a record cannot go; nothing was written
   * @throws dev.waybill.model.StoreException if the store fails; nothing was written unless the
   *     mark is there
   */
  Outcome apply(Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark);

  @Override
  void close();
}
