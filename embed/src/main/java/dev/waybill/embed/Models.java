package dev.waybill.embed;

import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.SpecException;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.EmbeddingsAdapter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opens models by what the user wrote. */
public final class Models implements EmbeddingsAdapter {
  private static final String MINILM = "all-minilm-l6-v2";
  private static final String ONNX = "onnx:";
  private static final String CLS = "?pooling=cls";
  private static final Duration PAUSE = Duration.ofSeconds(1);

  @Override
  public List<String> spellings() {
    return List.of(
        MINILM, ONNX + "FILE-OR-DIR[" + CLS + "]", Endpoint.PREFIX + "https://HOST/v1?model=NAME");
  }

  @Override
  public boolean isMeant(String model) {
    return model.equals(MINILM)
        || model.startsWith(ONNX)
        || model.startsWith(Endpoint.PREFIX + "http://")
        || model.startsWith(Endpoint.PREFIX + "https://");
  }

  @Override
  public Embeddings open(
      String model,
      @Nullable EmbeddingModel expected,
      Path cache,
      Map<String, String> environment) {
    TextModel opened = model(model, expected, cache, environment);
    if (expected != null && !opened.signature().equals(expected)) {
      opened.close();
      throw new SpecException(
          "MODEL_CHANGED",
          "The model is not the one that the run began with: it is "
              + opened.signature()
              + ", then it was "
              + expected
              + ".",
          "make it again what it was; or take the run back and begin anew: waybill rollback RUN");
    }
    return new CachedEmbeddings(opened, new VectorCache(cache));
  }

  private static TextModel model(
      String model,
      @Nullable EmbeddingModel expected,
      Path cache,
      Map<String, String> environment) {
    if (model.startsWith(Endpoint.PREFIX)) {
      return new OpenAiModel(Endpoint.parse(model, environment), expected, PAUSE);
    }
    NativeParts.keepBeside(cache);
    if (model.equals(MINILM)) {
      return InProcessModel.miniLm();
    }
    String place = model.substring(ONNX.length());
    boolean isCls = place.endsWith(CLS);
    return InProcessModel.onnx(
        Path.of(isCls ? place.substring(0, place.length() - CLS.length()) : place),
        isCls ? PoolingMode.CLS : PoolingMode.MEAN,
        expected);
  }
}
