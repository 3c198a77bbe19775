package dev.waybill.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.SpecException;
import dev.waybill.spi.Embeddings;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real model of the jar, also by its files. */
@Timeout(120)
class ModelsTest {
  private static final String MINILM = "all-minilm-l6-v2";

  @TempDir private Path folder;

  private Embeddings open(String model) {
    return new Models().open(model, null, folder.resolve("cache.db"), Map.of());
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      ofA += a[i] * a[i];
      ofB += b[i] * b[i];
    }
    return product / Math.sqrt(ofA * ofB);
  }

  @Test
  void likeTextsHaveVectorsThatAreNear() {
    try (Embeddings embeddings = open(MINILM)) {
      float[][] vectors =
          embeddings.of(
              List.of(
                  "How do I reset my password?",
                  "I forgot my login credentials",
                  "The recipe needs two eggs and flour"));

      assertThat(embeddings.model().dimension()).isEqualTo(384);
      assertThat(vectors.length).isEqualTo(3);
      assertThat(cosine(vectors[0], vectors[1]))
          .isGreaterThan(cosine(vectors[0], vectors[2]) + 0.2);
    }
  }

  @Test
  void aTextLongerThanTheWindowHasAVectorToo() {
    try (Embeddings embeddings = open(MINILM)) {
      float[][] vectors =
          embeddings.of(List.of(String.join(" ", Collections.nCopies(2000, "boat harbour")), "x"));

      assertThat(vectors[0]).hasSize(384).isNotEqualTo(vectors[1]);
      assertThat(embeddings.longTexts()).contains("510 tokens");
    }
  }

  @Test
  void theSameModelByItsFilesMakesTheSameVectorsAndIsKnownByItsContent() throws Exception {
    Path place = Files.createDirectories(folder.resolve("mini"));
    for (Map.Entry<String, String> part :
        Map.of(
                "model.onnx", "/all-minilm-l6-v2-q.onnx",
                "tokenizer.json", "/all-minilm-l6-v2-q-tokenizer.json")
            .entrySet()) {
      try (InputStream in =
          dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel
              .class
              .getResourceAsStream(part.getValue())) {
        Files.copy(in, place.resolve(part.getKey()));
      }
    }
    EmbeddingModel signature;
    try (Embeddings inJar = open(MINILM);
        Embeddings byFile = open("onnx:" + place)) {
      signature = byFile.model();
      assertThat(signature.name()).isEqualTo("mini");
      assertThat(signature.dimension()).isEqualTo(384);
      assertThat(signature.hash()).isEqualTo(inJar.model().hash());
      assertThat(byFile.of(List.of("a text"))).isDeepEqualTo(inJar.of(List.of("a text")));
    }
    Files.writeString(
        place.resolve("tokenizer.json"), " ", java.nio.file.StandardOpenOption.APPEND);

    assertThatThrownBy(
            () ->
                new Models().open("onnx:" + place, signature, folder.resolve("cache.db"), Map.of()))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("is not the one that the run began with");
  }

  @Test
  void aFolderWithoutAModelIsNamed() {
    assertThatThrownBy(() -> open("onnx:" + folder))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("model.onnx");
  }
}
