package dev.waybill.embed;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A BERT-like model that runs in this process: its file and its tokenizer. */
final class InProcessModel implements TextModel {
  private static final int MINILM_DIMENSION = 384;
  private static final String MINILM = "all-minilm-l6-v2-q";
  private static final String PROBE = "dimension";

  private final dev.waybill.model.EmbeddingModel signature;
  private final Supplier<EmbeddingModel> loading;
  private @Nullable EmbeddingModel loaded;

  private InProcessModel(
      dev.waybill.model.EmbeddingModel signature, Supplier<EmbeddingModel> loading) {
    this.signature = signature;
    this.loading = loading;
  }

  /** The model in the jar, loaded when it is first needed. */
  static InProcessModel miniLm() {
    Class<?> jar = AllMiniLmL6V2QuantizedEmbeddingModel.class;
    try (InputStream model = jar.getResourceAsStream("/" + MINILM + ".onnx");
        InputStream tokenizer = jar.getResourceAsStream("/" + MINILM + "-tokenizer.json")) {
      if (model == null || tokenizer == null) {
        throw new IllegalStateException("the jar of " + MINILM + " is not what it was");
      }
      return new InProcessModel(
          new dev.waybill.model.EmbeddingModel(
              MINILM, MINILM_DIMENSION, Digests.of(model, tokenizer)),
          AllMiniLmL6V2QuantizedEmbeddingModel::new);
    } catch (IOException unreadable) {
      throw unusable(MINILM, unreadable);
    }
  }

  /**
   * A model by its file, or by the folder with {@code model.onnx}; {@code tokenizer.json} lies
   * beside it.
   *
   * @param expected what it was, null if it is new
   */
  static InProcessModel onnx(
      Path place, PoolingMode pooling, dev.waybill.model.@Nullable EmbeddingModel expected) {
    Path model = Files.isDirectory(place) ? place.resolve("model.onnx") : place;
    Path tokenizer = model.toAbsolutePath().resolveSibling("tokenizer.json");
    for (Path part : List.of(model, tokenizer)) {
      if (!Files.isReadable(part)) {
        throw new SpecException(
            "MODEL_MISSING",
            "There is no " + part + ", or it cannot be read.",
            "name a folder with model.onnx and tokenizer.json: --model onnx:DIR");
      }
    }
    Supplier<EmbeddingModel> loading = () -> new OnnxEmbeddingModel(model, tokenizer, pooling);
    try (InputStream weights = Files.newInputStream(model);
        InputStream words = Files.newInputStream(tokenizer)) {
      String hash = Digests.of(weights, words) + (pooling == PoolingMode.CLS ? "-cls" : "");
      String name = name(model);
      if (expected != null && expected.hash().equals(hash)) {
        return new InProcessModel(expected, loading);
      }
      InProcessModel probed =
          new InProcessModel(new dev.waybill.model.EmbeddingModel(name, 0, hash), loading);
      int dimension = probed.embed(List.of(PROBE)).get(0).length;
      InProcessModel whole =
          new InProcessModel(new dev.waybill.model.EmbeddingModel(name, dimension, hash), loading);
      whole.loaded = probed.loaded;
      return whole;
    } catch (IOException unreadable) {
      throw unusable(model.toString(), unreadable);
    }
  }

  /** What people call it: the file, or the folder where the file has a name that says nothing. */
  private static String name(Path model) {
    String file = String.valueOf(model.getFileName()).replaceFirst("\\.onnx$", "");
    Path folder = model.toAbsolutePath().getParent();
    return file.startsWith("model") && folder != null && folder.getFileName() != null
        ? folder.getFileName().toString()
        : file;
  }

  private static StoreException unusable(String model, @Nullable Throwable cause) {
    return new StoreException(
        "MODEL_UNUSABLE",
        "The model " + model + " cannot be used: " + (cause == null ? "" : cause.getMessage()),
        "check that it is an ONNX model with a tokenizer of its own (BERT and its like)",
        false,
        cause);
  }

  @Override
  public dev.waybill.model.EmbeddingModel signature() {
    return signature;
  }

  @Override
  public List<float[]> embed(List<String> texts) {
    try {
      EmbeddingModel model = loaded;
      if (model == null) {
        model = loading.get();
        loaded = model;
      }
      return model.embedAll(texts.stream().map(TextSegment::from).toList()).content().stream()
          .map(embedding -> embedding.vector())
          .toList();
    } catch (RuntimeException | LinkageError failure) {
      throw unusable(signature.name(), failure);
    }
  }

  @Override
  public String longTexts() {
    return "they are cut into pieces of 510 tokens, and the vector is the average of the pieces'"
        + " vectors, weighted by their length";
  }

  @Override
  public void close() {
    loaded = null;
  }
}
