package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.mapping.Mapping;
import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.testkit.Corpus;
import dev.waybill.testkit.HardValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** There and back is the same value, or a refusal that names the field, for all pairs of types. */
class MappingLawsTest {
  private final CanonicalForm canonical = new CanonicalForm();

  static Stream<Arguments> pairs() {
    return Corpus.types().stream()
        .flatMap(
            from ->
                Corpus.types().stream()
                    .filter(to -> Mapping.exists(from, to))
                    .map(to -> Arguments.of(from, to)));
  }

  /** All hard values of a type, their text forms where the type is text, null and absent. */
  private static RecordBatch values(LogicalType from, LogicalType to) {
    RecordBatch values = new RecordBatch(1);
    for (HardValue value : Corpus.of(from)) {
      values.putValue(value.value(), 0);
    }
    if (from.kind() == Kind.TEXT && to.kind() != Kind.TEXT && Mapping.exists(to, from)) {
      RecordBatch others = new RecordBatch(1);
      Corpus.of(to).forEach(value -> others.putValue(value.value(), 0));
      RecordBatch texts = mapping(to, from).forward(others).records();
      for (int i = 0; i < texts.records(); i++) {
        values.putRecord(texts, i);
      }
    }
    values.putNull();
    values.putAbsent();
    return values;
  }

  private static Mapping mapping(LogicalType from, LogicalType to) {
    return new Mapping(1, List.of(new Way("reading", 0, from, to)));
  }

  @Test
  void manyPairsOfTypesAreTried() {
    assertThat(pairs()).hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void thereAndBackIsTheSameOrARefusal(LogicalType from, LogicalType to) {
    Mapping mapping = mapping(from, to);
    RecordBatch values = values(from, to);

    Mapped there = mapping.forward(values);
    Mapped back = mapping.inverse(there.records());
    Mapped comparable = mapping.comparable(values);

    assertThat(back.refused()).isEmpty();
    assertThat(there.records().records() + there.refused().size()).isEqualTo(values.records());
    int other = 0;
    for (int i = 0; i < there.records().records(); i++) {
      int origin = there.origin(i);
      while (comparable.origin(other) < origin) {
        other++;
      }
      assertThat(comparable.origin(other)).isEqualTo(origin);
      String what = from + " as " + to + ": " + KeyText.value(values, values.at(origin, 0));
      assertThat(
              canonical.areEqual(
                  back.records(), back.records().at(i, 0),
                  comparable.records(), comparable.records().at(other, 0)))
          .as(what)
          .isTrue();
      if (!Mapping.isByContent(from, to)) {
        assertThat(
                canonical.areEqual(
                    back.records(), back.records().at(i, 0), values, values.at(origin, 0)))
            .as(what)
            .isTrue();
      }
      Kind kind = there.records().kind(i, 0);
      assertThat(kind)
          .as(what)
          .isIn(
              values.isMissingAt(values.at(origin, 0)) || to.kind() == Kind.DYNAMIC
                  ? values.kind(origin, 0)
                  : to.kind());
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void noTwoValuesBecomeOne(LogicalType from, LogicalType to) {
    Mapping mapping = mapping(from, to);
    RecordBatch values = values(from, to);
    Mapped there = mapping.forward(values);
    Mapped comparable = mapping.comparable(values);
    Set<Object> before = new HashSet<>();
    Set<Object> after = new HashSet<>();
    int other = 0;
    for (int i = 0; i < there.records().records(); i++) {
      while (comparable.origin(other) < there.origin(i)) {
        other++;
      }
      before.add(canonical.digest(comparable.records(), other));
      after.add(canonical.digest(there.records(), i));
    }

    // More is right: numbers that are equal may be spelled in two ways.
    assertThat(after).hasSizeGreaterThanOrEqualTo(before.size());
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void aRefusalNamesTheFieldAndNeverTheValue(LogicalType from, LogicalType to) {
    RecordBatch values = values(from, to);

    for (Refused refused : mapping(from, to).forward(values).refused()) {
      assertThat(refused.field()).isEqualTo("reading");
      assertThat(refused.code()).matches("[A-Z0-9_]+");
      assertThat(refused.reason()).isNotBlank();
      String value = KeyText.value(values, values.at(refused.record(), 0));
      if (value.length() > 4) {
        assertThat(refused.reason()).doesNotContain(value);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void nullAndAbsentStayWhatTheyAre(LogicalType from, LogicalType to) {
    RecordBatch values = new RecordBatch(1);
    values.putNull();
    values.putAbsent();

    Mapped there = mapping(from, to).forward(values);

    assertThat(there.records().kind(0, 0)).isEqualTo(Kind.NULL);
    assertThat(there.records().kind(1, 0)).isEqualTo(Kind.ABSENT);
  }

  @Test
  void aValueOfAnotherTypeThanPromisedIsRefused() {
    RecordBatch values = new RecordBatch(1);
    values.putInt64(7);
    values.putText("seven");

    Mapped there = mapping(LogicalType.INT64, LogicalType.DECIMAL).forward(values);

    assertThat(there.refused()).singleElement().extracting(Refused::code).isEqualTo("MIXED_TYPES");
    assertThat(there.refused().get(0).record()).isEqualTo(1);
    assertThat(there.origin(0)).isZero();
  }

  @Test
  void textIsComparedByItsContentWhereTheTargetKeepsOnlyThat() {
    record Case(LogicalType to, String one, String other, String different) {}
    for (Case each :
        List.of(
            new Case(LogicalType.JSON, "{\"a\": 1, \"b\":2}", "{\"b\":2.0,\"a\":1}", "{\"a\":1}"),
            new Case(LogicalType.DECIMAL, "1.50", "15e-1", "1.51"),
            new Case(
                LogicalType.INSTANT,
                "2024-05-01T10:00:00+02:00",
                "2024-05-01 08:00:00Z",
                "2024-05-01T10:00:00Z"),
            new Case(
                LogicalType.TIMESTAMP,
                "2024-05-01 10:00:00",
                "2024-05-01T10:00:00.000",
                "2024-05-01T10:00:01"))) {
      assertThat(Mapping.isByContent(LogicalType.TEXT, each.to())).isTrue();
      RecordBatch texts = new RecordBatch(1);
      texts.putText(each.one());
      texts.putText(each.other());
      texts.putText(each.different());
      Mapping mapping = mapping(LogicalType.TEXT, each.to());

      RecordBatch source = mapping.comparable(texts).records();
      RecordBatch target = mapping.inverse(mapping.forward(texts).records()).records();

      assertThat(canonical.areEqual(source, source.at(0, 0), target, target.at(1, 0)))
          .as(each.one())
          .isTrue();
      assertThat(canonical.areEqual(source, source.at(0, 0), target, target.at(2, 0)))
          .as(each.different())
          .isFalse();
    }
  }

  @Test
  void textThatWouldNotComeBackIsRefused() {
    record Case(LogicalType to, String text) {}
    for (Case each :
        List.of(
            new Case(LogicalType.UUID, "5DF41881-3AED-3515-88A7-2F4A814CF09E"),
            new Case(LogicalType.UUID, "5df418813aed351588a72f4a814cf09e"),
            new Case(LogicalType.JSON, "{\"a\":1,\"a\":1}"),
            new Case(LogicalType.JSON, "[-0]"),
            new Case(LogicalType.JSON, "{} {}"),
            new Case(LogicalType.JSON, ""),
            new Case(LogicalType.JSON, "NaN"),
            new Case(LogicalType.JSON, "\"\\ud800\""),
            new Case(LogicalType.JSON, "\"\\u0000\""),
            new Case(LogicalType.DECIMAL, "٣"),
            new Case(LogicalType.DECIMAL, "1,5"),
            new Case(LogicalType.DECIMAL, " 1"),
            new Case(LogicalType.DATE, "2024-02-30"),
            new Case(LogicalType.DATE, "30.2.2024"),
            new Case(LogicalType.TIMESTAMP, "2024-02-30T00:00:00"),
            new Case(LogicalType.TIMESTAMP, "2024-02-28T24:00:00"),
            new Case(LogicalType.TIMESTAMP, "2024-02-28T23:59:60"),
            new Case(LogicalType.TIMESTAMP, "2024-02-28T00:00:00Z"),
            new Case(LogicalType.INSTANT, "2024-02-28T00:00:00"),
            new Case(LogicalType.INSTANT, "2024-02-28T00:00:00.1234567891Z"))) {
      RecordBatch text = new RecordBatch(1);
      text.putText(each.text());

      assertThat(mapping(LogicalType.TEXT, each.to()).forward(text).refused())
          .as(each.toString())
          .hasSize(1);
    }
  }
}
