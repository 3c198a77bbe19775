package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.SpecException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which indexes over vectors PostgreSQL can have, and how it is told of them. */
class VectorIndexTest {
  private static Index index(String method, String... options) {
    Map<String, String> map = new java.util.LinkedHashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      map.put(options[i], options[i + 1]);
    }
    return new Index("near", List.of(new Index.Column("e", false)), false, method, "", map);
  }

  private static Field field(String nativeType, int dimension) {
    LogicalType element = nativeType.startsWith("bit") ? LogicalType.BOOLEAN : LogicalType.FLOAT32;
    return Field.of("e", LogicalType.vector(element, dimension), nativeType, true);
  }

  private static @Nullable String fault(Index index, Field field) {
    return new PostgresTypes(true).indexFault(index, List.of(field));
  }

  @ParameterizedTest
  @CsvSource({
    "vector, 2000, hnsw, l1, vector_l1_ops",
    "vector, 2000, ivfflat, cosine, vector_cosine_ops",
    "halfvec, 4000, hnsw, ip, halfvec_ip_ops",
    "halfvec, 4000, ivfflat, l2, halfvec_l2_ops",
    "sparsevec, 16000, hnsw, cosine, sparsevec_cosine_ops",
    "bit, 64000, hnsw, jaccard, bit_jaccard_ops",
    "bit, 64000, ivfflat, hamming, bit_hamming_ops"
  })
  void upToTheLimitAnIndexIsMade(
      String type, int dimension, String method, String metric, String operatorClass) {
    Field field = field(type + "(" + dimension + ")", dimension);
    Index index = index(method, "metric", metric);

    assertThat(fault(index, field)).isNull();
    assertThat(VectorIndex.tail(index, field))
        .isEqualTo("USING " + method + " (\"e\" " + operatorClass + ")");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vector(2001)|2001|hnsw|cosine|go up to 2000 dimensions, e has 2001; after the run: CREATE"
            + " INDEX ON … USING hnsw ((\"e\"::halfvec(2001)) halfvec_cosine_ops)",
        "vector(4001)|4001|hnsw|l2|binary_quantize",
        "halfvec(4001)|4001|hnsw|l2|go up to 4000",
        "bit(64001)|64001|hnsw|hamming|go up to 64000",
        "vector|0|hnsw|l2|native: vector(384)",
        "vector(3)|3|ivfflat|l1|no ivfflat index over vector by l1",
        "vector(3)|3|hnsw|hamming|no hnsw index over vector by hamming",
        "sparsevec(3)|3|ivfflat|l2|no ivfflat index over sparsevec by l2",
        "real[]|3|hnsw|l2|e is real[]",
        "vector(3)|3|annoy|l2|PostgreSQL has no annoy index: without one every vector is compared",
      })
  void whatThereCannotBeIsSaidWithWhatToDo(
      String type, int dimension, String method, String metric, String said) {
    assertThat(fault(index(method, "metric", metric), field(type, dimension))).contains(said);
  }

  @Test
  void whatItIsBuiltWithIsCheckedBeforeTheServerIsAsked() {
    Field field = field("vector(3)", 3);

    assertThat(fault(index("hnsw", "m", "1"), field)).contains("m is 1, pgvector takes 2 to 100");
    assertThat(fault(index("hnsw", "m", "16); DROP TABLE t --"), field)).contains("pgvector takes");
    assertThat(fault(index("hnsw", "m", "40"), field)).contains("less than twice m");
    assertThat(fault(index("hnsw", "lists", "3"), field)).contains("no option \"lists\"");
    assertThat(fault(index("ivfflat", "lists", "3"), field)).isNull();
    assertThatThrownBy(() -> VectorIndex.tail(index("hnsw", "x", "1"), field))
        .isInstanceOf(SpecException.class);
    assertThat(VectorIndex.tail(index("hnsw", "m", "8", "ef_construction", "32"), field))
        .isEqualTo("USING hnsw (\"e\" vector_l2_ops) WITH (m = 8, ef_construction = 32)");
  }

  @Test
  void withoutPgvectorThereIsNone() {
    assertThat(
            new PostgresTypes(false)
                .indexFault(index("hnsw", "metric", "l2"), List.of(field("real[]", 3))))
        .isEqualTo("the database has no pgvector");
  }

  @Test
  void whatOnlyTheServersOwnWordsSayStaysInThem() {
    assertThat(VectorIndex.options("hnsw", "vector_ip_ops", List.of("m=5")))
        .contains(Map.of("metric", "ip", "m", "5"));
    assertThat(VectorIndex.options("hnsw", "vector_ip_ops", List.of("new_option=5"))).isEmpty();
    assertThat(VectorIndex.options("gist", "vector_ip_ops", List.of())).isEmpty();
    assertThat(VectorIndex.options("hnsw", "my_ops", List.of())).isEqualTo(Optional.empty());
  }
}
