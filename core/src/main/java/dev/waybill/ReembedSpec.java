package dev.waybill;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a user asks for who wants new vectors. Immutable; start from {@link #of}.
 *
 * @param url of the store
 * @param collection whose records get new vectors
 * @param text the field whose values are embedded
 * @param vector the field that gets the vectors
 * @param model as docs/manual/reembedding.md lists them
 * @param batchSize texts that the model is given at once, and records of one write
 * @param isConcurrent whether others may write while an index is built
 * @param isIndexDroppedFirst whether old indexes go before new ones are built
 * @param cache file of what was embedded before; null for the one beside the runs
 */
public record ReembedSpec(
    String url,
    String collection,
    String text,
    String vector,
    String model,
    int batchSize,
    boolean isConcurrent,
    boolean isIndexDroppedFirst,
    @Nullable Path cache) {

  /** Texts that a model is given at once, usually. */
  public static final int BATCH = 128;

  /** A wish for new vectors with the usual batch, indexes and cache. */
  public static ReembedSpec of(
      String url, String collection, String text, String vector, String model) {
    return new ReembedSpec(url, collection, text, vector, model, BATCH, false, false, null);
  }
}
