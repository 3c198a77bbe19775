package dev.waybill.model;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;

/** Arbitrary values of all kinds from a pool so small that equal ones meet often. */
class Values extends DomainContextBase {
  private static final List<String> TEXTS =
      List.of("", "a", "ab", "abc", "b", "bc", "c", " ", "\0", "é", "e\u0301", "😀", "null", "1");

  @Provide
  Arbitrary<Value> value() {
    return Arbitraries.lazyOf(
        Values::scalar, Values::scalar, Values::scalar, Values::json, Values::list);
  }

  /** Some records of one width, at least one. */
  record Records(List<List<Value>> of) {
    int width() {
      return of.get(0).size();
    }

    RecordBatch batch() {
      return Values.batch(of);
    }
  }

  @Provide
  Arbitrary<Records> records() {
    return Arbitraries.integers()
        .between(1, 4)
        .flatMap(width -> value().list().ofSize(width).list().ofMinSize(1).ofMaxSize(6))
        .map(Records::new);
  }

  private static Arbitrary<Value> scalar() {
    return Arbitraries.of(scalars());
  }

  private static List<Value> scalars() {
    List<Value> values = new ArrayList<>();
    add(values, Kind.NULL, "", RecordBatch::putNull);
    add(values, Kind.ABSENT, "", RecordBatch::putAbsent);
    add(values, Kind.BOOLEAN, true, batch -> batch.putBoolean(true));
    add(values, Kind.BOOLEAN, false, batch -> batch.putBoolean(false));
    for (long number : new long[] {0, 1, -1, 97, Long.MAX_VALUE, Long.MIN_VALUE}) {
      add(values, Kind.INT64, number, batch -> batch.putInt64(number));
      add(values, Kind.DATE, number, batch -> batch.putDate(number));
      add(values, Kind.TIMESTAMP, number, batch -> batch.putTimestamp(number, 0));
      add(values, Kind.UUID, number, batch -> batch.putUuid(0, number));
      for (int offset : new int[] {RecordBatch.NO_OFFSET, 0, 3600}) {
        add(values, Kind.INSTANT, number, batch -> batch.putInstant(number, 0, offset));
      }
    }
    add(values, Kind.TIMESTAMP, "1 ns", batch -> batch.putTimestamp(0, 1));
    add(values, Kind.INSTANT, "1 ns", batch -> batch.putInstant(0, 1, 0));
    add(values, Kind.TIME, "local", batch -> batch.putTime(0, RecordBatch.NO_OFFSET));
    add(values, Kind.TIME, "utc", batch -> batch.putTime(0, 0));
    add(values, Kind.TIME, "24:00", batch -> batch.putTime(86_400_000_000_000L, 0));
    add(values, Kind.INTERVAL, "month", batch -> batch.putInterval(1, 0, 0));
    add(values, Kind.INTERVAL, "30 days", batch -> batch.putInterval(0, 30, 0));
    for (String text : TEXTS) {
      add(values, Kind.TEXT, text, batch -> batch.putText(text));
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      add(values, Kind.BYTES, text, batch -> batch.putBytes(bytes));
    }
    for (String decimal :
        List.of("0", "-0", "0.00", "+0", "1", "1.0", "01", "1e0", "10E-1", "-1", "-1.00", "1e30")) {
      add(
          values,
          Kind.DECIMAL,
          new BigDecimal(decimal).stripTrailingZeros(),
          batch -> batch.putDecimal(decimal));
    }
    add(values, Kind.DECIMAL, "NaN", batch -> batch.putDecimal("NaN"));
    add(values, Kind.DECIMAL, "Infinity", batch -> batch.putDecimal("Infinity"));
    for (long bits :
        new long[] {0, Long.MIN_VALUE, 1, 0x7FF8000000000000L, 0x7FF0000000000001L, -1}) {
      double real = Double.longBitsToDouble(bits);
      float single = Float.intBitsToFloat((int) (bits >> 32 | bits));
      add(values, Kind.FLOAT64, real, batch -> batch.putFloat64(real));
      add(values, Kind.FLOAT32, single, batch -> batch.putFloat32(single));
    }
    for (float[] vector : new float[][] {{}, {0}, {-0f}, {1, 2}, {2, 1}, {Float.NaN}}) {
      add(values, Kind.VECTOR, Arrays.toString(vector), batch -> batch.putVector(vector));
    }
    add(values, Kind.POINT, "origin", batch -> batch.putPoint(0, 0, 0));
    add(values, Kind.POINT, "elsewhere", batch -> batch.putPoint(1, 0, 0));
    add(values, Kind.POINT, "in space", batch -> batch.putPoint(0, 0, 0, 0));
    return values;
  }

  private static void add(
      List<Value> values,
      Kind kind,
      Object identity,
      java.util.function.Consumer<RecordBatch> appender) {
    values.add(new Value(List.of(kind, identity), kind + " " + identity, appender));
  }

  private static Arbitrary<Value> list() {
    return scalar().list().ofMaxSize(3).map(Values::listOf);
  }

  private static Value listOf(List<Value> elements) {
    List<Object> identity = new ArrayList<>();
    identity.add(Kind.LIST);
    elements.forEach(element -> identity.add(element.identity()));
    return new Value(
        identity,
        "LIST " + elements,
        batch -> {
          RecordBatch of = new RecordBatch(Math.max(1, elements.size()));
          elements.forEach(element -> element.put(of));
          batch.putList(of);
        });
  }

  // --- JSON: a tree, and one of the many ways to write it

  private static Arbitrary<Value> json() {
    return tree(2)
        .map(
            json ->
                new Value(
                    List.of(Kind.JSON, json.identity()),
                    "JSON " + json.text(),
                    batch -> batch.putJson(json.text().getBytes(StandardCharsets.UTF_8))));
  }

  private record Json(Object identity, String text) {}

  private static Arbitrary<Json> tree(int depth) {
    Arbitrary<Json> leaf =
        Arbitraries.of(
            new Json("null", "null"),
            new Json("true", " true "),
            new Json("false", "false"),
            new Json(number("0"), "0"),
            new Json(number("0"), "0.00"),
            new Json(number("0"), "0e99"),
            new Json("minus zero", "-0"),
            new Json("minus zero", "-0.0E-7"),
            new Json(number("1"), "1"),
            new Json(number("1"), "1.0"),
            new Json(number("1"), "10e-1"),
            new Json(number("1"), "0.1E+1"),
            new Json(number("100"), "100"),
            new Json(number("100"), "1e2"),
            new Json(number("12345678901234567890"), "12345678901234567890"),
            new Json(number("12345678901234567891"), "12345678901234567891"),
            new Json(number("1e400"), "1e400"),
            new Json(List.of("text", "1"), "\"1\""),
            new Json(List.of("text", ""), "\"\""),
            new Json(List.of("text", "a/b"), "\"a/b\""),
            new Json(List.of("text", "a/b"), "\"\\u0061\\/b\""),
            new Json(List.of("text", "é"), "\"é\""),
            new Json(List.of("text", "é"), "\"\\u00e9\""),
            new Json(List.of("text", "e\u0301"), "\"e\\u0301\""),
            new Json(List.of("text", "😀"), "\"😀\""),
            new Json(List.of("text", "😀"), "\"\\uD83D\\ude00\""),
            new Json(List.of("text", "half"), "\"\\ud83d\""),
            new Json(List.of("text", "other half"), "\"\\ude00\""),
            new Json(List.of("text", "\0"), "\"\\u0000\""));
    if (depth == 0) {
      return leaf;
    }
    Arbitrary<Json> deeper = Arbitraries.lazy(() -> tree(depth - 1));
    Arbitrary<Json> array = deeper.list().ofMaxSize(3).map(Values::array);
    Arbitrary<Json> object =
        Arbitraries.integers()
            .between(0, 3)
            .flatMap(
                size ->
                    Arbitraries.of("a", "b", "ab", "")
                        .list()
                        .ofSize(size)
                        .flatMap(names -> deeper.list().ofSize(size).map(of -> object(names, of))));
    return Arbitraries.oneOf(leaf, array, object);
  }

  private static Object number(String text) {
    return List.of("number", new BigDecimal(text).stripTrailingZeros());
  }

  private static Json array(List<Json> elements) {
    List<Object> identity = new ArrayList<>(List.of("array"));
    StringBuilder text = new StringBuilder("[");
    for (Json element : elements) {
      identity.add(element.identity());
      text.append(text.length() == 1 ? "" : ",").append(element.text());
    }
    return new Json(identity, text + "]");
  }

  /** Members by name, those of one name in order. */
  private static Json object(List<String> names, List<Json> values) {
    Map<String, List<Object>> members = new TreeMap<>();
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < names.size(); i++) {
      members
          .computeIfAbsent(names.get(i), name -> new ArrayList<>())
          .add(values.get(i).identity());
      text.append(i == 0 ? "\"" : " , \"").append(names.get(i)).append("\":");
      text.append(values.get(i).text());
    }
    return new Json(List.of("object", members), text + "}");
  }

  static RecordBatch batch(List<List<Value>> records) {
    RecordBatch batch = new RecordBatch(records.get(0).size());
    for (List<Value> record : records) {
      record.forEach(value -> value.put(batch));
    }
    return batch;
  }
}
