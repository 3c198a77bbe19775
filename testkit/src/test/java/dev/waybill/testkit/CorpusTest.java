package dev.waybill.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CorpusTest {
  private static final int MANY = 25;

  static List<LogicalType> types() {
    return Corpus.types();
  }

  private static boolean isOfBooleans(LogicalType type) {
    return type.kind() == Kind.BOOLEAN
        || type.element() != null && isOfBooleans(Objects.requireNonNull(type.element()));
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyTypeHasTwentyFiveHardValuesOrAllThatThereAre(LogicalType type) {
    List<HardValue> values = Corpus.of(type);

    if (isOfBooleans(type)) {
      assertThat(values).hasSizeBetween(2, MANY);
    } else {
      assertThat(values).hasSizeGreaterThanOrEqualTo(MANY);
    }
    assertThat(values).extracting(HardValue::name).doesNotHaveDuplicates();
    for (HardValue value : values) {
      assertThat(value.value().records()).as(value.name()).isEqualTo(1);
      assertThat(Fit.problem(type, value.value(), 0)).as(value.name()).isNull();
    }
  }
}
