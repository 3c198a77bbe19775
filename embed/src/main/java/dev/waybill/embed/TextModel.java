package dev.waybill.embed;

import dev.waybill.model.EmbeddingModel;
import java.util.List;

/** A model at work, without memory. One thread at a time. */
interface TextModel extends AutoCloseable {
  EmbeddingModel signature();

  /**
   * The vectors of texts, in their order.
   *
   * @throws dev.waybill.model.StoreException if it fails
   */
  List<float[]> embed(List<String> texts);

  /** What becomes of a text that is longer than its window, for people. */
  String longTexts();

  @Override
  void close();
}
