package dev.waybill.spi;

/**
 * The name of one batch of one run: written with the batch, it says that the batch is done.
 *
 * @param collection the target's collection
 * @param chunk ordinal of the chunk
 * @param batch position of the batch in its chunk
 * @param part 0, or the position of a part where a batch had to be cut to isolate a refused record
 * @param isUndo true for a batch of the rollback
 */
public record Mark(String collection, int chunk, int batch, int part, boolean isUndo) {}
