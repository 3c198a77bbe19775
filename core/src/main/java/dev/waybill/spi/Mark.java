package dev.waybill.spi;

/**
 * The name of one batch of one run: written with the batch, it says that the batch is done.
 *
 * @param collection the target's collection
 * @param chunk ordinal of the chunk
 * @param batch position of the batch in its chunk
 * @param part 0 for the whole batch: only then it is done; of a batch that had to be cut to isolate
 *     refused records each part that was written has a mark too, 1 + the position of its first
 *     change
 * @param isUndo true for a batch of the rollback
 */
public record Mark(String collection, int chunk, int batch, int part, boolean isUndo) {}
