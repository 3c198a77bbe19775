package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class LogicalTypeTest {
  @Property
  void aTypeIsReadBackFromItsText(@ForAll("types") LogicalType type) {
    assertThat(LogicalType.parse(type.toString())).isEqualTo(type);
  }

  @Property
  void unlikeTypesHaveUnlikeTexts(@ForAll("types") LogicalType a, @ForAll("types") LogicalType b) {
    assertThat(a.toString().equals(b.toString())).isEqualTo(a.equals(b));
  }

  @Property
  void otherTextIsRefused(@ForAll String text) {
    try {
      assertThat(LogicalType.parse(text).toString()).isEqualTo(text);
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageContaining("is not a logical type");
    }
  }

  @Example
  void nearMissesAreRefused() {
    for (String text :
        List.of(
            "",
            "INT64",
            "int8",
            "null",
            "absent",
            "list",
            "list()",
            "vector",
            "vector(float32)",
            "vector(float32,99999999999)",
            "text(99999999999)",
            "text(-1)",
            "decimal(10)",
            "timestamp(12)",
            "list(" + "list(".repeat(1000) + "text")) {
      assertThatThrownBy(() -> LogicalType.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Provide
  Arbitrary<LogicalType> types() {
    return Arbitraries.integers().between(0, 4).flatMap(LogicalTypeTest::nested);
  }

  private static Arbitrary<LogicalType> nested(int depth) {
    return depth == 0 ? flat() : nested(depth - 1).map(LogicalType::list);
  }

  private static Arbitrary<LogicalType> flat() {
    Arbitrary<Integer> sizes = Arbitraries.integers().between(1, Integer.MAX_VALUE);
    return Arbitraries.oneOf(
        Arbitraries.of(
            LogicalType.BOOLEAN,
            LogicalType.INT16,
            LogicalType.INT32,
            LogicalType.INT64,
            LogicalType.DECIMAL,
            LogicalType.FLOAT32,
            LogicalType.FLOAT64,
            LogicalType.TEXT,
            LogicalType.BYTES,
            LogicalType.UUID,
            LogicalType.DATE,
            LogicalType.JSON,
            LogicalType.POINT,
            LogicalType.DYNAMIC),
        Combinators.combine(
                Arbitraries.of(
                    LogicalType.TIME,
                    LogicalType.TIMESTAMP,
                    LogicalType.INSTANT,
                    LogicalType.INTERVAL),
                Arbitraries.integers().between(0, 9))
            .as(LogicalType::withFraction),
        sizes.map(LogicalType::text),
        Combinators.combine(sizes, Arbitraries.integers().between(-1000, 1000))
            .as(LogicalType::decimal),
        Combinators.combine(
                Arbitraries.of(
                    LogicalType.FLOAT32,
                    LogicalType.FLOAT64,
                    LogicalType.INT64,
                    LogicalType.BOOLEAN),
                Arbitraries.integers().between(0, 20_000))
            .as(LogicalType::vector));
  }
}
