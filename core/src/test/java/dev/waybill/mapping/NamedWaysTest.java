package dev.waybill.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.FloatText;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** There and back is the very value, the same content, or a refusal, by every name. */
class NamedWaysTest {
  private static final LogicalType FLOATS = LogicalType.list(LogicalType.FLOAT32);
  private static final LogicalType DOUBLES = LogicalType.list(LogicalType.FLOAT64);
  private static final LogicalType VECTOR = LogicalType.vector(LogicalType.FLOAT32, 0);
  private static final LogicalType DOUBLE_VECTOR = LogicalType.vector(LogicalType.FLOAT64, 0);

  private static final List<LogicalType> TYPES =
      List.of(
          LogicalType.BOOLEAN,
          LogicalType.INT64,
          LogicalType.INT32,
          LogicalType.FLOAT32,
          LogicalType.FLOAT64,
          LogicalType.DECIMAL,
          LogicalType.TEXT,
          LogicalType.text(3),
          LogicalType.BYTES,
          LogicalType.UUID,
          LogicalType.TIMESTAMP,
          LogicalType.TIMESTAMP.withFraction(6),
          LogicalType.INSTANT,
          LogicalType.INSTANT.withFraction(6),
          LogicalType.INSTANT.withFraction(0),
          LogicalType.JSON,
          FLOATS,
          DOUBLES,
          VECTOR,
          LogicalType.vector(LogicalType.FLOAT32, 3),
          DOUBLE_VECTOR);

  private static final List<String> NAMES =
      List.of(
          "",
          "epoch(s)",
          "epoch(ms)",
          "epoch(us)",
          "epoch(ns)",
          "f32",
          "f64",
          "f32be",
          "f64be",
          "json",
          "hex",
          "hex(upper)",
          "base64",
          "uuid",
          "uuid(plain)",
          "uuid(upper)",
          "boolean",
          "boolean('Yes', 'no')",
          "half",
          "lower");

  static Stream<Arguments> ways() {
    List<Arguments> ways = new ArrayList<>();
    for (String as : NAMES) {
      for (LogicalType from : TYPES) {
        for (LogicalType to : TYPES) {
          if (Mapping.exists(from, as, to)) {
            ways.add(Arguments.of(from, as, to));
          }
        }
      }
    }
    return ways.stream();
  }

  private static Mapping mapping(LogicalType from, String as, LogicalType to) {
    return new Mapping(1, List.of(new Way("reading", 0, from, as, to)));
  }

  private static RecordBatch one(Consumer<RecordBatch> put) {
    RecordBatch batch = new RecordBatch(1);
    put.accept(batch);
    return batch;
  }

  private static RecordBatch text(String text) {
    return one(batch -> batch.putText(text));
  }

  /** The code by which a value is refused, or what it becomes, for people. */
  private static String outcome(RecordBatch value, LogicalType from, String as, LogicalType to) {
    Mapped there = mapping(from, as, to).forward(value);
    return there.refused().isEmpty()
        ? KeyText.value(there.records(), there.records().at(0, 0))
        : there.refused().get(0).code();
  }

  @Test
  void halvesAreTheNearestAndNoneIsMadeInfinite() {
    RecordBatch value = one(batch -> batch.putVector(new float[] {0.1f, -0.0f, 65_519f, 1e-9f}));

    assertThat(outcome(value, VECTOR, "half", VECTOR))
        .isEqualTo("[0.099975586, -0.0, 65504.0, 0.0]");
    assertThat(Mapping.isOneWay(VECTOR, "half", VECTOR)).isTrue();
    assertThat(
            outcome(one(batch -> batch.putVector(new float[] {65_520f})), VECTOR, "half", VECTOR))
        .isEqualTo("OUT_OF_RANGE");
  }

  @Test
  void everyNameLeadsSomewhere() {
    Set<String> found = new HashSet<>();
    ways().forEach(way -> found.add((String) way.get()[1]));

    assertThat(found).containsExactlyInAnyOrderElementsOf(NAMES);
  }

  @ParameterizedTest(name = "{0} as {1} to {2}")
  @MethodSource("ways")
  void thereAndBackIsTheSameOrARefusal(LogicalType from, String as, LogicalType to) {
    long seed = 20261120;
    RandomValues random = new RandomValues(new Random(seed));
    CanonicalForm canonical = new CanonicalForm();
    Mapping mapping = mapping(from, as, to);
    RecordBatch values = new RecordBatch(1);
    for (int i = 0; i < 400; i++) {
      random.put(from, values);
    }

    Mapped there = mapping.forward(values);
    Mapped back = mapping.inverse(there.records());
    RecordBatch gone = new RecordBatch(1);
    for (int i = 0; i < there.records().records(); i++) {
      gone.putRecord(values, there.origin(i));
    }
    Mapped comparable = mapping.comparable(gone);

    assertThat(there.records().records() > 0 || Bounds.has(to) || Bounds.has(from))
        .as("some %s as %s goes to %s", from, as, to)
        .isTrue();
    assertThat(back.refused().stream().limit(3)).as("seed %d", seed).isEmpty();
    assertThat(comparable.refused()).as("seed %d", seed).isEmpty();
    for (int i = 0; i < gone.records(); i++) {
      String what =
          from
              + " as "
              + as
              + " to "
              + to
              + ", seed "
              + seed
              + ": "
              + KeyText.value(gone, gone.at(i, 0));
      assertThat(canonical.digest(back.records(), i))
          .as(what)
          .isEqualTo(canonical.digest(comparable.records(), i));
      if (Mapping.fidelity(from, as, to) == Fidelity.EXACT) {
        assertThat(canonical.digest(back.records(), i))
            .as(what)
            .isEqualTo(canonical.digest(gone, i));
      }
      assertThat(there.records().kind(i, 0)).isEqualTo(to.kind());
    }
  }

  @Test
  void aMomentThatDoesNotFitIsRefusedAndNeverWraps() {
    for (long far : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, 9_223_372_036_854_775L}) {
      for (LogicalType to : List.of(LogicalType.INSTANT, LogicalType.TIMESTAMP)) {
        assertThat(
                outcome(one(batch -> batch.putInt64(far * 4)), LogicalType.INT64, "epoch(s)", to))
            .satisfiesAnyOf(
                code -> assertThat(code).isEqualTo("OUT_OF_RANGE"),
                small ->
                    assertThat(far * 4)
                        .isBetween(-31_557_014_135_596_799L, 31_556_889_864_403_199L));
      }
    }
    RecordBatch year292277026596 = one(batch -> batch.putInt64(Long.MAX_VALUE));
    assertThat(outcome(year292277026596, LogicalType.INT64, "epoch(s)", LogicalType.INSTANT))
        .isEqualTo("OUT_OF_RANGE");
    assertThat(outcome(year292277026596, LogicalType.INT64, "epoch(ms)", LogicalType.INSTANT))
        .isEqualTo("+292278994-08-17T07:12:55.807Z");
    RecordBatch infinity =
        one(batch -> batch.putInstant(RecordBatch.INFINITY, 0, RecordBatch.NO_OFFSET));
    assertThat(outcome(infinity, LogicalType.INSTANT, "epoch(s)", LogicalType.INT64))
        .isEqualTo("OUT_OF_RANGE");
    RecordBatch year2300 = one(batch -> batch.putInstant(10_413_792_000L, 0, 0));
    assertThat(outcome(year2300, LogicalType.INSTANT, "epoch(ns)", LogicalType.INT64))
        .isEqualTo("OUT_OF_RANGE");
  }

  @Test
  void anEpochMeansTheMomentThatItsUnitSays() {
    assertThat(
            outcome(
                one(batch -> batch.putInt64(-1)),
                LogicalType.INT64,
                "epoch(ms)",
                LogicalType.INSTANT))
        .isEqualTo("1969-12-31T23:59:59.999Z");
    assertThat(
            outcome(
                one(batch -> batch.putFloat64(1_718_040_000.123456)),
                LogicalType.FLOAT64,
                "epoch(s)",
                LogicalType.INSTANT.withFraction(6)))
        .isEqualTo("2024-06-10T17:20:00.123456Z");
    assertThat(
            outcome(
                one(batch -> batch.putDecimal("1718040000.123456789")),
                LogicalType.DECIMAL,
                "epoch(s)",
                LogicalType.TIMESTAMP))
        .isEqualTo("2024-06-10T17:20:00.123456789");
    assertThat(
            outcome(
                one(batch -> batch.putFloat64(1_718_040_000.1234567)),
                LogicalType.FLOAT64,
                "epoch(s)",
                LogicalType.INSTANT.withFraction(6)))
        .isEqualTo("TOO_FINE");
  }

  @Test
  void floatsInBytesAreReadInTheirOrder() {
    byte[] little = {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, (byte) 0xC0};
    byte[] big = {0x3F, (byte) 0x80, 0, 0, (byte) 0xC0, 0, 0, 0};
    byte[] both = Arrays.copyOf(little, 7);

    RecordBatch values = one(batch -> batch.putBytes(little));
    assertThat(outcome(values, LogicalType.BYTES, "f32", VECTOR)).isEqualTo("[1.0, -2.0]");
    assertThat(outcome(values, LogicalType.BYTES, "f32", FLOATS)).isEqualTo("[1.0, -2.0]");
    assertThat(outcome(values, LogicalType.BYTES, "f32", DOUBLES)).isEqualTo("[1.0, -2.0]");
    values = one(batch -> batch.putBytes(big));
    assertThat(outcome(values, LogicalType.BYTES, "f32be", VECTOR)).isEqualTo("[1.0, -2.0]");
    values = one(batch -> batch.putBytes(both));
    assertThat(outcome(values, LogicalType.BYTES, "f32", VECTOR)).isEqualTo("NOT_A_VECTOR");
    values = one(batch -> batch.putBytes(little));
    assertThat(
            outcome(values, LogicalType.BYTES, "f32", LogicalType.vector(LogicalType.FLOAT32, 3)))
        .isEqualTo("WRONG_DIMENSION");
  }

  @Test
  void aNumberIsTakenIntoAFloatOnlyIfItNamesIt() {
    for (String exact :
        List.of(
            "[0.1]",
            "[0.10000000149011612]",
            "[0.100000001]",
            "[1]",
            "[-0.0, 0]",
            "[3.4028235e38]",
            "[1e-45]",
            "[-0.006929283495992422]")) {
      assertThat(outcome(text(exact), LogicalType.TEXT, "json", VECTOR)).as(exact).startsWith("[");
    }
    for (String inexact : List.of("[0.12345678901]", "[16777217]", "[1e39]", "[1e-50]")) {
      assertThat(outcome(text(inexact), LogicalType.TEXT, "json", VECTOR))
          .as(inexact)
          .isEqualTo("NOT_EXACT");
    }
    for (String exact : List.of("[0.1]", "[0.30000000000000004]", "[0.10000000000000001]")) {
      assertThat(outcome(text(exact), LogicalType.TEXT, "json", DOUBLES)).as(exact).startsWith("[");
    }
    for (String inexact : List.of("[0.12345678901234567890]", "[9007199254740993]", "[1e400]")) {
      assertThat(outcome(text(inexact), LogicalType.TEXT, "json", DOUBLES))
          .as(inexact)
          .isEqualTo("NOT_EXACT");
    }
    LogicalType integers = LogicalType.list(LogicalType.INT64);
    assertThat(outcome(text("[1.7]"), LogicalType.TEXT, "json", integers)).isEqualTo("NOT_A_LIST");
    assertThat(outcome(text("[\"1.5\"]"), LogicalType.TEXT, "json", DOUBLES))
        .isEqualTo("NOT_A_LIST");
  }

  @Test
  void onlyTheSpellingThatComesBackIsRead() {
    record Case(String text, String as, LogicalType to, String outcome) {}
    for (Case each :
        List.of(
            new Case("00ff", "hex", LogicalType.BYTES, "x'00ff'"),
            new Case("00FF", "hex", LogicalType.BYTES, "NOT_BYTES"),
            new Case("00FF", "hex(upper)", LogicalType.BYTES, "x'00ff'"),
            new Case("0", "hex", LogicalType.BYTES, "NOT_BYTES"),
            new Case("0g", "hex", LogicalType.BYTES, "NOT_BYTES"),
            new Case("QUI=", "base64", LogicalType.BYTES, "x'4142'"),
            new Case("QUI", "base64", LogicalType.BYTES, "NOT_EXACT"),
            new Case("QUJ=", "base64", LogicalType.BYTES, "NOT_EXACT"),
            new Case("Q!I=", "base64", LogicalType.BYTES, "NOT_BYTES"),
            new Case("TRUE", "", LogicalType.BOOLEAN, "NOT_A_BOOLEAN"),
            new Case("Yes", "boolean('Yes', 'no')", LogicalType.BOOLEAN, "true"),
            new Case("yes", "boolean('Yes', 'no')", LogicalType.BOOLEAN, "NOT_A_BOOLEAN"),
            new Case("007", "", LogicalType.INT64, "NOT_A_NUMBER"),
            new Case("-0", "", LogicalType.INT64, "NOT_A_NUMBER"),
            new Case("9223372036854775808", "", LogicalType.INT64, "NOT_A_NUMBER"),
            new Case("-9223372036854775808", "", LogicalType.INT64, "-9223372036854775808"),
            new Case("1.50", "", LogicalType.FLOAT64, "NOT_EXACT"),
            new Case("1e-07", "", LogicalType.FLOAT64, "1.0E-7"),
            new Case("one", "", LogicalType.FLOAT64, "NOT_A_NUMBER"),
            new Case("2147483648", "", LogicalType.INT32, "OUT_OF_RANGE"))) {
      assertThat(outcome(text(each.text()), LogicalType.TEXT, each.as(), each.to()))
          .as(each.toString())
          .isEqualTo(each.outcome());
    }
  }

  @Test
  void aFloatIsSpelledAsPythonSpellsIt() {
    record Case(double value, String text) {}
    for (Case each :
        List.of(
            new Case(0.1, "0.1"),
            new Case(0.1 + 0.2, "0.30000000000000004"),
            new Case(1, "1.0"),
            new Case(-0.0, "-0.0"),
            new Case(1e15, "1000000000000000.0"),
            new Case(1e16, "1e+16"),
            new Case(123456789012345680.0, "1.2345678901234568e+17"),
            new Case(1e-4, "0.0001"),
            new Case(1e-5, "1e-05"),
            new Case(2.0E-3, "0.002"),
            new Case(5.684341886080802E-14, "5.684341886080802e-14"),
            new Case(2e23, "2e+23"),
            new Case(Double.MIN_VALUE, "5e-324"),
            new Case(1e-320, "1e-320"),
            new Case(Double.MAX_VALUE, "1.7976931348623157e+308"))) {
      assertThat(FloatText.of(each.value())).isEqualTo(each.text());
    }
    assertThat(FloatText.of(0.1f)).isEqualTo("0.1");
    assertThat(FloatText.of(Float.MIN_VALUE)).isEqualTo("1e-45");
    assertThat(FloatText.of(16_777_216f)).isEqualTo("16777216.0");
  }

  @Test
  void smallLettersAreComparedAsSuchAndNotProvenBack() {
    RecordBatch values = text("ÄΑΣ I");
    Mapping mapping = mapping(LogicalType.TEXT, "lower", LogicalType.TEXT);

    RecordBatch there = mapping.forward(values).records();

    assertThat(there.textAt(0)).isEqualTo("äας i");
    assertThat(mapping.comparable(values).records().recordBytes(0))
        .isEqualTo(mapping.inverse(there).records().recordBytes(0));
    assertThat(Mapping.isOneWay(LogicalType.TEXT, "lower", LogicalType.TEXT)).isTrue();
    assertThat(Mapping.isOneWay(LogicalType.TEXT, "hex", LogicalType.BYTES)).isFalse();
  }

  @Test
  void aDynamicFieldGivesOnlyWhatIsOfTheType() {
    RecordBatch values = new RecordBatch(1);
    values.putInt64(7);
    values.putFloat64(7);
    values.putText("7");
    values.putNull();

    for (LogicalType to : List.of(LogicalType.INT64, LogicalType.FLOAT64, LogicalType.TEXT)) {
      Mapped there = mapping(LogicalType.DYNAMIC, "", to).forward(values);

      assertThat(there.refused()).hasSize(2).extracting(Refused::code).containsOnly("MIXED_TYPES");
      assertThat(there.records().kind(0, 0)).isEqualTo(to.kind());
      assertThat(there.records().kind(1, 0)).isEqualTo(Kind.NULL);
    }
  }

  @Test
  void aNameThatIsNoneSaysWhatThereIs() {
    record Case(String as, String says) {}
    for (Case each :
        List.of(
            new Case("epoch(h)", "epoch(s), epoch(ms), epoch(us) or epoch(ns)"),
            new Case("epoch", "epoch(s)"),
            new Case("iso", "base64"),
            new Case("f32(x)", "f32 alone"),
            new Case("hex(lower)", "hex or hex(upper)"),
            new Case("boolean('a')", "boolean('YES', 'NO')"),
            new Case("boolean('a', 'a')", "two different"),
            new Case("epoch(s", "a ) is missing"),
            new Case("epoch(s))", "follows"),
            new Case("boolean('a, 'b')", "is missing"),
            new Case("boolean('a", "not closed"),
            new Case(" hex", "name"),
            new Case("join('')", "SEPARATOR"),
            new Case("split(' ', 3, 2)", "split('SEPARATOR', K, N)"),
            new Case("hex", "text and bytes"))) {
      assertThatThrownBy(() -> Mapping.fidelity(LogicalType.INT64, each.as(), LogicalType.POINT))
          .as(each.as())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(each.says());
    }
  }

  @Test
  void aConstantIsWhatBothSidesMustHold() {
    Mapping mapping =
        new Mapping(
            1,
            List.of(
                new Way("a", 0, LogicalType.INT64, LogicalType.INT64),
                new Way(
                    List.of("tenant"),
                    List.of(),
                    LogicalType.TEXT,
                    "",
                    LogicalType.UUID,
                    "5df41881-3aed-3515-88a7-2f4a814cf09e",
                    false,
                    false)));
    RecordBatch values = one(batch -> batch.putInt64(7));

    RecordBatch there = mapping.forward(values).records();
    RecordBatch other = new RecordBatch(2);
    other.putInt64(7);
    other.putUuid(1, 2);

    assertThat(there.kind(0, 1)).isEqualTo(Kind.UUID);
    assertThat(mapping.comparable(values).records().recordBytes(0))
        .isEqualTo(mapping.inverse(there).records().recordBytes(0))
        .isNotEqualTo(mapping.inverse(other).records().recordBytes(0));
    assertThat(mapping.both(values).comparables().recordBytes(0))
        .isEqualTo(mapping.comparable(values).records().recordBytes(0));
    assertThatThrownBy(
            () ->
                new Mapping(
                    1,
                    List.of(
                        new Way(
                            List.of("x"),
                            List.of(),
                            LogicalType.TEXT,
                            "",
                            LogicalType.INT64,
                            "seven",
                            true,
                            false))))
        .hasMessageContaining("the constant \"seven\"");
  }

  @Test
  void bytesOfTextAreNotTakenForJson() {
    assertThat(
            new String(
                mapping(LogicalType.TEXT, "json", LogicalType.JSON)
                    .forward(text("[1, 2]"))
                    .records()
                    .payloadBytesAt(0),
                StandardCharsets.UTF_8))
        .isEqualTo("[1, 2]");
  }
}
