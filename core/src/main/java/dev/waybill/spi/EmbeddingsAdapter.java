package dev.waybill.spi;

import dev.waybill.model.EmbeddingModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opens one kind of model. Found by {@link java.util.ServiceLoader}; stateless and thread-safe. */
public interface EmbeddingsAdapter {
  /** How its models are written, for people: {@code onnx:FILE}. */
  List<String> spellings();

  /** True if a text names a model of this kind. */
  boolean isMeant(String model);

  /**
   * Opens a model.
   *
   * @param model as the user wrote it; variables in it are taken from the environment, and no
   *     secret of theirs is in any message
   * @param expected the model that a plan was made with; null for whatever it is now
   * @param cache the file of what was made before; made, readable for its owner only, when
   *     something is to be kept
   * @throws dev.waybill.model.SpecException if the text makes no sense, or MODEL_CHANGED if it is
   *     not what is expected any more
   * @throws dev.waybill.model.StoreException if the model cannot be loaded or reached
   */
  Embeddings open(
      String model, @Nullable EmbeddingModel expected, Path cache, Map<String, String> environment);
}
