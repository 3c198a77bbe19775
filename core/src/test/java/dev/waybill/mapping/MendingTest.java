package dev.waybill.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.mapping.Mapping.Both;
import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable.Trait;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What the policies make of values that cannot go. */
class MendingTest {
  private static final Set<Trait> EVERY_TRAIT = EnumSet.allOf(Trait.class);

  /** A field beside a number that tells the records apart. */
  private record Field(
      LogicalType from, String as, LogicalType to, boolean isNullable, boolean isKey) {
    Field(LogicalType from, LogicalType to) {
      this(from, "", to, true, false);
    }

    Mapping under(String... rules) {
      LossRules policies = LossRules.parse(List.of(rules));
      return new Mapping(
          2,
          List.of(
              new Way("id", 0, LogicalType.INT64, LogicalType.INT64),
              new Way(List.of("body"), List.of(1), from, as, to, null, isNullable, isKey)),
          (field, code) -> policies.policy("notes", field, code),
          EVERY_TRAIT);
    }
  }

  @SafeVarargs
  private static RecordBatch values(Consumer<RecordBatch>... values) {
    RecordBatch batch = new RecordBatch(2);
    for (int i = 0; i < values.length; i++) {
      batch.putInt64(i);
      values[i].accept(batch);
    }
    return batch;
  }

  private static Consumer<RecordBatch> text(String text) {
    return batch -> batch.putText(text);
  }

  private static Consumer<RecordBatch> hex(String bytes) {
    return batch -> batch.putText(HexFormat.of().parseHex(bytes));
  }

  private static String written(Mapped mapped, int record) {
    return KeyText.value(mapped.records(), mapped.records().at(record, 1));
  }

  private static final Field TEXT = new Field(LogicalType.TEXT, LogicalType.TEXT);
  private static final Field JSON = new Field(LogicalType.TEXT, LogicalType.JSON);

  /** Both sides agree on every record that goes, but for originals that a sidecar holds. */
  private static void assertProvable(Mapping mapping, RecordBatch values) {
    CanonicalForm canonical = new CanonicalForm();
    Both both = mapping.both(values);
    RecordBatch back = mapping.inverse(both.forward().records()).records();
    RecordBatch compared = mapping.comparable(values).records();
    assertThat(mapping.inverse(both.forward().records()).refused()).isEmpty();
    for (int record = 0; record < both.forward().records().records(); record++) {
      int at = record;
      assertThat(canonical.digest(both.comparables(), both.comparable(record)))
          .isEqualTo(canonical.digest(compared, record));
      List<Mended> beside =
          both.mended().stream()
              .filter(mended -> mended.mapped() == at && mended.policy() == LossPolicy.SIDECAR)
              .toList();
      if (beside.isEmpty()) {
        assertThat(canonical.digest(back, record)).isEqualTo(canonical.digest(compared, record));
      } else {
        int field = beside.get(0).comparableField();
        int origin = both.forward().origin(record);
        assertThat(
                canonical.areEqual(
                    compared, compared.at(record, field), values, values.at(origin, 1)))
            .isTrue();
        assertThat(compared.kind(record, field)).isEqualTo(values.kind(origin, 1));
      }
    }
  }

  @Test
  void withoutAPolicyTheRecordIsRefusedAndTheMappingCopies() {
    assertThat(TEXT.under().isIdentity()).isTrue();
    assertThat(TEXT.under("fail").isComparableAsRead()).isTrue();
    assertThat(TEXT.under("id:*=null", "other.body:*=null").isIdentity()).isTrue();

    Mapped mapped = JSON.under().forward(values(text("{}"), text("no")));

    assertThat(mapped.refused())
        .containsExactly(
            new Refused(1, "body", "NOT_JSON", "is text that is no JSON", LossPolicy.FAIL));
  }

  @Test
  void aQuarantinedValueIsRefusedAndSaysSo() {
    Mapped mapped = TEXT.under("NUL_IN_TEXT=quarantine").forward(values(text("a\0"), text("b")));

    assertThat(mapped.refused())
        .singleElement()
        .extracting(Refused::policy)
        .isEqualTo(LossPolicy.QUARANTINE);
    assertThat(mapped.records().records()).isEqualTo(1);
    assertThat(mapped.origin(0)).isEqualTo(1);
  }

  @Test
  void nullIsWrittenOnlyWhereNullMayStand() {
    RecordBatch values = values(text("{}"), text("no"));

    Both both = JSON.under("NOT_JSON=null").both(values);
    assertThat(both.forward().records().kind(1, 1)).isEqualTo(Kind.NULL);
    assertThat(both.comparables().kind(1, 1)).isEqualTo(Kind.NULL);
    assertThat(both.mended())
        .containsExactly(new Mended(1, 1, 1, 1, "body", "NOT_JSON", LossPolicy.NULL));
    assertProvable(JSON.under("NOT_JSON=null"), values);
    for (Field field :
        List.of(
            new Field(LogicalType.TEXT, "", LogicalType.JSON, false, false),
            new Field(LogicalType.TEXT, "", LogicalType.JSON, true, true))) {
      assertThat(field.under("NOT_JSON=null").forward(values).refused()).hasSize(1);
    }
  }

  @Test
  void aReplacedValueIsComparedAsWhatItBecame() {
    record Case(Field field, Consumer<RecordBatch> value, String becomes) {}
    Field floats = new Field(LogicalType.FLOAT64, LogicalType.FLOAT64);
    Field dynamic = new Field(LogicalType.DYNAMIC, LogicalType.TEXT);
    LogicalType micros = LogicalType.INSTANT.withFraction(6);
    for (Case each :
        List.of(
            new Case(TEXT, text("a\0b\0"), "a␀b␀"),
            new Case(TEXT, hex("61ff62"), "a\uFFFDb"),
            new Case(TEXT, hex("ff00"), "\uFFFD␀"),
            new Case(JSON, text("[\"a\\u0000\\\\u0000\"]"), "[\"a\\u2400\\\\u0000\"]"),
            new Case(
                JSON,
                text("[\"\\ud83d\", \"\\ud83d\\ude00\"]"),
                "[\"\\ufffd\", \"\\ud83d\\ude00\"]"),
            new Case(JSON, text("[-0, -0.0e5, -1, \"-0\"]"), "[0, 0.0e5, -1, \"-0\"]"),
            new Case(floats, batch -> batch.putFloat64(-0.0), "0.0"),
            new Case(dynamic, batch -> batch.putInt64(-7), "-7"),
            new Case(dynamic, batch -> batch.putFloat64(1e-7), "1e-07"),
            new Case(dynamic, batch -> batch.putBytes(new byte[] {0, -1}), "00ff"),
            new Case(dynamic, batch -> batch.putBoolean(true), "true"),
            new Case(
                new Field(LogicalType.INSTANT, micros),
                batch -> batch.putInstant(-1, 1_999, RecordBatch.NO_OFFSET),
                "1969-12-31T23:59:59.000001Z"),
            new Case(
                new Field(LogicalType.TEXT, micros),
                text("2024-05-01T10:00:00.123456789+02:00"),
                "2024-05-01T08:00:00.123456Z"),
            new Case(
                new Field(LogicalType.INT64, "epoch(ns)", micros, true, false),
                batch -> batch.putInt64(-1_001),
                "1969-12-31T23:59:59.999998Z"),
            new Case(
                new Field(LogicalType.FLOAT64, "epoch(s)", micros, true, false),
                batch -> batch.putFloat64(1_718_040_000.1234567),
                "2024-06-10T17:20:00.123456Z"),
            new Case(
                new Field(LogicalType.FLOAT64, LogicalType.FLOAT32),
                batch -> batch.putFloat64(0.1),
                "0.1"),
            new Case(
                new Field(LogicalType.INT64, LogicalType.FLOAT64),
                batch -> batch.putInt64((1L << 53) + 1),
                "9.007199254740992E15"),
            new Case(
                new Field(LogicalType.TEXT, LogicalType.UUID),
                text("5DF41881-3AED-3515-88A7-2F4A814CF09E"),
                "5df41881-3aed-3515-88a7-2f4a814cf09e"))) {
      Mapping mapping = each.field().under("replace");
      RecordBatch values = values(each.value());

      Mapped mapped = mapping.forward(values);

      assertThat(mapped.refused()).as(each.becomes()).isEmpty();
      assertThat(written(mapped, 0)).isEqualTo(each.becomes());
      assertThat(mapped.mended())
          .singleElement()
          .extracting(Mended::policy)
          .isEqualTo(LossPolicy.REPLACE);
      assertProvable(mapping, values);
    }
  }

  @Test
  void whatHasNoNeighbourIsRefusedEvenToBeReplaced() {
    record Case(Field field, Consumer<RecordBatch> value, String code) {}
    Field floats = new Field(LogicalType.FLOAT64, LogicalType.FLOAT64);
    for (Case each :
        List.of(
            new Case(floats, batch -> batch.putFloat64(Double.NaN), "NAN"),
            new Case(floats, batch -> batch.putFloat64(Double.NEGATIVE_INFINITY), "INFINITY"),
            new Case(new Field(LogicalType.TEXT, LogicalType.text(2)), text("abc"), "TOO_LONG"),
            new Case(JSON, text("no"), "NOT_JSON"),
            new Case(JSON, text("{\"a\":1,\"a\":2}"), "JSON_NAME_TWICE"),
            new Case(new Field(LogicalType.DYNAMIC, LogicalType.INT64), text("x"), "MIXED_TYPES"),
            new Case(
                new Field(LogicalType.INT64, LogicalType.FLOAT64),
                batch -> batch.putInt64(Long.MAX_VALUE),
                "NOT_EXACT"))) {
      assertThat(each.field().under("replace").forward(values(each.value())).refused())
          .as(each.code())
          .singleElement()
          .satisfies(
              refused -> {
                assertThat(refused.code()).isEqualTo(each.code());
                assertThat(refused.policy()).isEqualTo(LossPolicy.FAIL);
              });
    }
  }

  @Test
  void aSecondLossOfAValueNeedsAPolicyAsWell() {
    RecordBatch values = values(hex("ff00"));

    assertThat(TEXT.under("INVALID_UTF8=replace").forward(values).refused()).isEmpty();
    assertThat(
            TEXT.under("INVALID_UTF8=replace", "NUL_IN_TEXT=quarantine").forward(values).refused())
        .hasSize(1);
  }

  @Test
  void eachHalfOfASurrogatePairIsReplacedByOneCharacter() {
    RecordBatch values = values(hex("61eda0bd62edb080c3a4"));

    assertThat(
            TEXT.under("LONE_SURROGATE=quarantine", "INVALID_UTF8=replace")
                .forward(values)
                .refused())
        .singleElement()
        .satisfies(refused -> assertThat(refused.code()).isEqualTo("LONE_SURROGATE"));
    Mapped mended = TEXT.under("LONE_SURROGATE=replace").forward(values);
    assertThat(written(mended, 0)).isEqualTo("a\uFFFDb\uFFFDä");
  }

  @Test
  void besideASidecarAStandInIsWrittenAndTheOriginalCompared() {
    record Case(Field field, Consumer<RecordBatch> value, String standIn) {}
    Field notNull = new Field(LogicalType.TEXT, "", LogicalType.TEXT, false, false);
    for (Case each :
        List.of(
            new Case(TEXT, text("a\0"), "null"),
            new Case(notNull, text("a\0"), "a␀"),
            new Case(JSON, text("no"), "null"),
            new Case(
                new Field(LogicalType.TEXT, "", LogicalType.JSON, false, false),
                text("{\"a\":1,\"a\":2}"),
                "null"),
            new Case(
                new Field(LogicalType.FLOAT64, "", LogicalType.FLOAT64, false, false),
                batch -> batch.putFloat64(Double.NaN),
                "0.0"),
            new Case(
                new Field(LogicalType.DYNAMIC, "", LogicalType.INT64, false, false),
                text("x"),
                "0"),
            new Case(
                new Field(
                    LogicalType.BYTES,
                    "f32",
                    LogicalType.vector(LogicalType.FLOAT32, 2),
                    false,
                    false),
                batch -> batch.putBytes(new byte[3]),
                "[0.0, 0.0]"))) {
      Mapping mapping = each.field().under("sidecar");
      RecordBatch values = values(each.value());

      Mapped mapped = mapping.forward(values);

      assertThat(mapped.refused()).as(each.standIn()).isEmpty();
      assertThat(written(mapped, 0)).isEqualTo(each.standIn());
      assertThat(mapped.mended())
          .singleElement()
          .extracting(Mended::policy)
          .isEqualTo(LossPolicy.SIDECAR);
      assertProvable(mapping, values);
    }
  }

  @Test
  void noKeyHasAStandIn() {
    Field key = new Field(LogicalType.TEXT, "", LogicalType.TEXT, true, true);

    assertThat(key.under("sidecar").forward(values(text("a\0"))).refused()).hasSize(1);
    assertThat(key.under("replace").forward(values(text("a\0"))).refused()).isEmpty();
  }

  @Test
  void aSpellingThatIsNotTheUsualOneGoesBeside() {
    record Case(LogicalType to, String usual, String other) {}
    for (Case each :
        List.of(
            new Case(LogicalType.JSON, "{\"a\": 1, \"b\": [1, 2]}", "{\"b\":[1,2],\"a\":1}"),
            new Case(LogicalType.JSON, "[1.5, \"\\u00e9\"]", "[1.50, \"é\"]"),
            new Case(LogicalType.INSTANT, "2024-05-01T08:00:00Z", "2024-05-01T10:00:00+02:00"),
            new Case(LogicalType.TIMESTAMP, "2024-05-01T10:00:00", "2024-05-01 10:00:00"),
            new Case(LogicalType.DECIMAL, "1.5", "1.50"),
            new Case(
                LogicalType.list(LogicalType.FLOAT64), "[0.1, 2.0, null]", "[0.1,2.0,null]"))) {
      Mapping mapping = new Field(LogicalType.TEXT, each.to()).under("COMPARED_BY_CONTENT=sidecar");
      RecordBatch values = values(text(each.usual()), text(each.other()));

      Both both = mapping.both(values);
      RecordBatch back = mapping.inverse(both.forward().records()).records();

      assertThat(both.mended())
          .as(each.usual())
          .containsExactly(
              new Mended(1, 1, 1, 1, "body", "COMPARED_BY_CONTENT", LossPolicy.SIDECAR));
      assertThat(both.comparables().kind(0, 1)).isEqualTo(Kind.TEXT);
      assertThat(back.recordBytes(0)).isEqualTo(values.recordBytes(0));
      assertThat(back.textAt(back.at(1, 1))).startsWith(each.usual().substring(0, 1));
      assertThat(both.forward().records().kind(1, 1)).isEqualTo(each.to().kind());
      assertProvable(mapping, values);
    }
  }

  @Test
  void equalContentsHaveOneSpelling() {
    long seed = 20261120;
    Random random = new Random(seed);
    RandomValues values = new RandomValues(random);
    CanonicalForm canonical = new CanonicalForm();
    Field field = new Field(LogicalType.TEXT, LogicalType.JSON);
    Mapping bySpelling = field.under("COMPARED_BY_CONTENT=sidecar");
    Mapping byContent = field.under();
    RecordBatch texts = new RecordBatch(2);
    for (int i = 0; i < 500; i++) {
      texts.putInt64(0);
      values.put(LogicalType.TEXT, texts);
    }

    RecordBatch there = byContent.forward(texts).records();
    RecordBatch contents = byContent.inverse(there).records();
    RecordBatch spelled = bySpelling.inverse(there).records();
    RecordBatch again = byContent.forward(spelled).records();

    assertThat(there.records()).isPositive();
    for (int i = 0; i < there.records(); i++) {
      assertThat(canonical.digest(byContent.comparable(spelled).records(), i))
          .as("seed %d", seed)
          .isEqualTo(canonical.digest(contents, i));
      assertThat(bySpelling.inverse(again).records().recordBytes(i))
          .as("seed %d", seed)
          .isEqualTo(spelled.recordBytes(i));
    }
  }

  @Test
  void aKeyIsComparedByItsContentWhateverThePolicy() {
    Mapping mapping =
        new Field(LogicalType.TEXT, "", LogicalType.JSON, true, true)
            .under("COMPARED_BY_CONTENT=sidecar");

    Both both = mapping.both(values(text("[1,2]")));

    assertThat(both.mended()).isEmpty();
    assertThat(both.comparables().kind(0, 1)).isEqualTo(Kind.JSON);
  }

  @Test
  void aRecordThatIsRefusedMendsNothing() {
    Mapping mapping =
        new Mapping(
            2,
            List.of(
                new Way("a", 0, LogicalType.TEXT, LogicalType.TEXT),
                new Way("b", 1, LogicalType.TEXT, LogicalType.INT64)),
            (field, code) -> field.equals("a") ? LossPolicy.REPLACE : LossPolicy.FAIL,
            EVERY_TRAIT);
    RecordBatch values = new RecordBatch(2);
    for (String[] record : new String[][] {{"x\0", "no"}, {"y", "7"}, {"z\0", "8"}}) {
      values.putText(record[0]);
      values.putText(record[1]);
    }

    Mapped mapped = mapping.forward(values);

    assertThat(mapped.refused()).extracting(Refused::record).containsExactly(0);
    assertThat(mapped.mended()).extracting(Mended::record).containsExactly(2);
    assertThat(mapped.mended()).extracting(Mended::mapped).containsExactly(1);
  }

  @Test
  void brokenTextIsReplacedByMaximalSubparts() {
    // Unicode 15, tables 3-8 to 3-11.
    for (String[] each :
        new String[][] {
          {"c0afe080bff0818241", "FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD 41"},
          {"eda080edbfbfedaf41", "FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD 41"},
          {"f4919293ff4180bf42", "FFFD FFFD FFFD FFFD FFFD 41 FFFD FFFD 42"},
          {"e180e2f09192f1bf41", "FFFD FFFD FFFD FFFD 41"},
          {"f09f9880e282", "1F600 FFFD"}
        }) {
      byte[] broken = HexFormat.of().parseHex(each[0]);

      String mended =
          new String(Replacement.valid(broken, 0, broken.length), StandardCharsets.UTF_8);

      assertThat(
              mended
                  .codePoints()
                  .mapToObj(c -> Integer.toHexString(c).toUpperCase(java.util.Locale.ROOT)))
          .as(each[0])
          .containsExactly(each[1].split(" ", -1));
    }
  }

  @Test
  void aKeptSpellingDoesNotCoverAnotherContent() {
    RecordBatch values = values(text("{\"a\":0}"), text("{\"a\":2}"));
    LossRules rules = LossRules.parse(List.of("COMPARED_BY_CONTENT=sidecar"));
    Mapping broken =
        new Mapping(
            2,
            List.of(
                new Way("id", 0, LogicalType.INT64, LogicalType.INT64),
                new Way("body", 1, LogicalType.TEXT, LogicalType.JSON)),
            (field, code) -> rules.policy("notes", field, code),
            Set.of(),
            (from, to) ->
                Transformation.between(from, to)
                    .map(
                        right ->
                            to.kind() != Kind.JSON
                                ? right
                                : (in, at, out) ->
                                    out.putJson(
                                        in.textAt(at)
                                            .replace('0', '1')
                                            .getBytes(StandardCharsets.UTF_8))));

    Both both = broken.both(values);

    assertThat(both.mended()).extracting(Mended::record).containsExactly(1);
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch back = broken.inverse(both.forward().records()).records();
    assertThat(canonical.digest(back, 0)).isNotEqualTo(canonical.digest(both.comparables(), 0));
  }
}
