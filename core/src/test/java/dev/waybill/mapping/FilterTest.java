package dev.waybill.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FilterTest {
  private static final List<Field> FIELDS =
      List.of(
          Field.of("age", LogicalType.INT64, "", true),
          Field.of("status", LogicalType.TEXT, "", true),
          Field.of("score", LogicalType.FLOAT64, "", true),
          Field.of("price", LogicalType.DECIMAL, "", true),
          Field.of("is active", LogicalType.BOOLEAN, "", true),
          Field.of("born", LogicalType.DATE, "", true),
          Field.of("seen", LogicalType.INSTANT, "", true),
          Field.of("made", LogicalType.TIMESTAMP, "", true),
          Field.of("id", LogicalType.UUID, "", true),
          Field.of("any\"thing", LogicalType.DYNAMIC, "", true),
          Field.of("raw", LogicalType.BYTES, "", true));

  /** One record, and one of nothing but nulls. */
  private static RecordBatch records() {
    RecordBatch batch = new RecordBatch(FIELDS.size());
    batch.putInt64(30);
    batch.putText("änderung");
    batch.putFloat64(0.1);
    batch.putDecimal("12.50");
    batch.putBoolean(true);
    batch.putDate(19_000);
    batch.putInstant(1_718_040_000, 500_000_000, 0);
    batch.putTimestamp(1_718_040_000, 0);
    batch.putUuid(0x5df418813aed3515L, 0x88a72f4a814cf09eL);
    batch.putText("x");
    batch.putBytes(new byte[0]);
    for (int i = 0; i < FIELDS.size(); i++) {
      batch.putNull();
    }
    return batch;
  }

  @Test
  void aFilterIsTrueOfWhatItSaysAndNeverOfNull() {
    record Case(String filter, boolean one, boolean nulls) {}
    for (Case each :
        List.of(
            new Case("age = 30", true, false),
            new Case("age=30.0", true, false),
            new Case("age != 30", false, false),
            new Case("age <> 31 and age < 30.5 and age > 29.5", true, false),
            new Case("age >= 30 AND NOT age > 30", true, false),
            new Case("not age = 31", true, false),
            new Case("not (age = 30)", false, false),
            new Case("age < 1e30", true, false),
            new Case("age > -99999999999999999999", true, false),
            new Case("age is null", false, true),
            new Case("age is not null", true, false),
            new Case("age = 30 or age is null", true, true),
            new Case("age = 31 or not age is null and status = 'änderung'", true, false),
            new Case("age in (1, 30)", true, false),
            new Case("age not in (1, 2)", true, false),
            new Case("not age in (30)", false, false),
            new Case("status in ('a', 'änderung')", true, false),
            new Case("status > 'zebra'", true, false),
            new Case("status like '_nder%'", true, false),
            new Case("status like '%n%r_n_'", true, false),
            new Case("status like '%'", true, false),
            new Case("status like 'ä'", false, false),
            new Case("status not like 'b%'", true, false),
            new Case("status = 'it''s'", false, false),
            new Case("score = 0.1", false, false),
            new Case("score > 0.1 and score < 0.10000000000000001", true, false),
            new Case("price = 12.5", true, false),
            new Case("price <= 12.499999999999999999999", false, false),
            new Case("`is active` = true", true, false),
            new Case("\"is active\" != false", true, false),
            new Case("born = '2022-01-08'", true, false),
            new Case("born < '2022-01-09'", true, false),
            new Case("seen > '2024-06-10T19:20:00+02:00'", true, false),
            new Case("seen < '2024-06-10T17:20:00.500000001Z'", true, false),
            new Case("made = '2024-06-10 17:20:00'", true, false),
            new Case("id = '5DF41881-3aed-3515-88a7-2f4a814cf09e'", true, false),
            new Case("\"any\"\"thing\" = 'x'", true, false),
            new Case("\"any\"\"thing\" = 1", false, false),
            new Case("\"any\"\"thing\" != 1", true, false),
            new Case("\"any\"\"thing\" < 1 or \"any\"\"thing\" >= 1", false, false),
            new Case("raw is not null", true, false))) {
      Filter filter = Filter.parse(each.filter(), FIELDS);

      assertThat(filter.matches(records(), 0)).as(each.filter()).isEqualTo(each.one());
      assertThat(filter.matches(records(), 1)).as(each.filter()).isEqualTo(each.nulls());
    }
  }

  @Test
  void whatIsWrongIsSaidWithItsColumn() {
    record Case(String filter, String says) {}
    for (Case each :
        List.of(
            new Case("", "column 1: a field's name"),
            new Case("agee = 1", "column 1: there is no field \"agee\" but age, status"),
            new Case(
                "age = 'x'", "column 7: text is no value for this field: age is of type int64"),
            new Case("status = 1", "column 10: a number is no value"),
            new Case("age = null", "column 7: nothing compares to null"),
            new Case("age = old", "column 7: \"old\" is no value"),
            new Case("age == 1", "column 6: a value must stand here"),
            new Case("age 1", "column 5: =, !="),
            new Case("age = 1 age = 2", "column 9: \"age\" is not expected"),
            new Case("(age = 1", "column 9: a ) must stand here"),
            new Case("age = 1 and", "column 12: a field's name"),
            new Case("born = '2022-02-30'", "column 8: '2022-02-30' is no value"),
            new Case("seen = '2022-02-20T00:00:00'", "column 8:"),
            new Case("age like 'x'", "column 10: like is for text"),
            new Case("status like 1", "column 13: a text in single quotes"),
            new Case("status = 'x", "column 10: the ' is not closed"),
            new Case("age = 1e", "column 7: \"1e\" is no number"),
            new Case("age = 1e999999999", "column 7:"),
            new Case("age ; 1", "column 5: \";\" has no meaning"),
            new Case("raw = 'x'", "column 7: text is no value"),
            new Case("age is 1", "column 8: null must stand here"),
            new Case("(".repeat(200) + "age = 1", "nested too deeply"))) {
      assertThatThrownBy(() -> Filter.parse(each.filter(), FIELDS))
          .as(each.filter())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(each.says());
    }
  }

  @Test
  void numbersOfEveryKindCompareByTheirExactValue() {
    long seed = 20261120;
    Random random = new Random(seed);
    RandomValues values = new RandomValues(random);
    List<LogicalType> types =
        List.of(LogicalType.INT64, LogicalType.FLOAT64, LogicalType.FLOAT32, LogicalType.DECIMAL);
    List<Field> fields = List.of(Field.of("n", LogicalType.DYNAMIC, "", true));
    for (int i = 0; i < 2_000; i++) {
      RecordBatch batch = new RecordBatch(1);
      values.put(types.get(random.nextInt(4)), batch);
      RecordBatch other = new RecordBatch(1);
      values.put(types.get(random.nextInt(4)), other);
      BigDecimal value = exact(batch);
      BigDecimal literal = exact(other);
      if (value == null || literal == null) {
        continue;
      }
      BigDecimal near = random.nextBoolean() ? literal : value.add(literal.movePointLeft(400));
      String text = near.precision() > 2_000 ? value.toString() : near.toString();
      int order = value.compareTo(new BigDecimal(text));

      for (String sign : List.of("=", "!=", "<", "<=", ">", ">=")) {
        boolean expected =
            switch (sign) {
              case "=" -> order == 0;
              case "!=" -> order != 0;
              case "<" -> order < 0;
              case "<=" -> order <= 0;
              case ">" -> order > 0;
              default -> order >= 0;
            };
        assertThat(Filter.parse("n " + sign + " " + text, fields).matches(batch, 0))
            .as("seed %d: %s %s %s", seed, value, sign, text)
            .isEqualTo(expected);
      }
    }
  }

  private static @org.jspecify.annotations.Nullable BigDecimal exact(RecordBatch batch) {
    return switch (batch.kind(0, 0)) {
      case INT64 -> BigDecimal.valueOf(batch.int64At(0));
      case FLOAT32 ->
          Float.isFinite(batch.float32At(0)) ? new BigDecimal(batch.float32At(0)) : null;
      case FLOAT64 ->
          Double.isFinite(batch.float64At(0)) ? new BigDecimal(batch.float64At(0)) : null;
      default -> new BigDecimal(batch.textAt(0));
    };
  }

  @Test
  void selectedRecordsKeepTheirOrderAndTheirBytes() {
    RecordBatch batch = new RecordBatch(1);
    List<Long> odd = new ArrayList<>();
    for (long i = 0; i < 100; i++) {
      batch.putInt64(i % 10);
      if (i % 10 > 5) {
        odd.add(i % 10);
      }
    }
    List<Field> fields = List.of(Field.of("n", LogicalType.INT64, "", true));

    RecordBatch selected = Filter.parse("n > 5", fields).select(batch);

    assertThat(selected.records()).isEqualTo(odd.size());
    for (int i = 0; i < odd.size(); i++) {
      assertThat(selected.int64At(selected.at(i, 0))).isEqualTo(odd.get(i));
    }
    assertThat(Filter.parse("n >= 0", fields).select(batch)).isSameAs(batch);
    assertThat(Filter.parse("n < 0", fields).select(batch).isEmpty()).isTrue();
  }
}
