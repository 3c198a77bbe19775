package dev.waybill.spi;

import dev.waybill.model.EmbeddingModel;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model at work, and what it has made before: each text is given to it once, however often it is
 * asked for. Thread-safe.
 */
public interface Embeddings extends AutoCloseable {
  /** The model, its dimension known. */
  EmbeddingModel model();

  /**
   * The vectors of texts, in their order: those that are kept, the others made by the model and
   * kept before this returns.
   *
   * @param texts none of them blank
   * @throws dev.waybill.model.StoreException if the model fails or gives what is no vector of its
   *     dimension; what it had made so far is kept
   */
  float[][] of(List<String> texts);

  /** The vectors that are kept, null where none is; asks the model for nothing. */
  float[] @Nullable [] known(List<String> texts);

  /** How long the model takes for some texts; nothing is kept. */
  Duration measured(List<String> texts);

  /** A count of texts, each once, whose vectors are not kept. */
  Missing missing();

  /** Counts texts in bounded memory. Not thread-safe. */
  interface Missing extends AutoCloseable {
    /** Takes note of some. */
    void add(List<String> texts);

    /** How many different texts there were. */
    long distinct();

    /** How many of them have no vector that is kept. */
    long notKept();

    @Override
    void close();
  }

  /** What becomes of a text that is longer than the model's window, for people. */
  String longTexts();

  /** May be repeated. */
  @Override
  void close();
}
