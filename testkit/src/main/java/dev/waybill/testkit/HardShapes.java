package dev.waybill.testkit;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Values with parts: JSON, vectors, lists, points. */
final class HardShapes {
  private static final int DEEP = 500;
  private static final int LARGE = 1 << 18;
  private static final int SINGLE_ELEMENTS = 50;

  private HardShapes() {}

  static void json(HardValues values) {
    for (String text :
        List.of(
            "null",
            "true",
            "false",
            "0",
            "1",
            "1.0",
            "1.00",
            "1e0",
            "100",
            "1E2",
            "1e400",
            "1E-400",
            "0.1",
            "0.30000000000000004",
            "9007199254740993",
            "12345678901234567890",
            "-98765432109876543210",
            "0.1234567890123456789012345678901234567890",
            "\"\"",
            "\" \"",
            "\"null\"",
            "\"a\\/b\"",
            "\"\\ud83d\\ude00\"",
            "\"\u00e9\"",
            "\"\\u00e9\"",
            "\"e\\u0301 \\/ \\\\ \\\" \\n\"",
            "\"\\u001f\\u007f\\u2028\"",
            "\"\\\\u0000\"",
            "{}",
            "[]",
            "[[],{},null,\"\"]",
            "[1,1.0,\"1\",true,null,[1],{\"1\":1}]",
            "{\"a\":null}",
            "{\"b\":1,\"a\":{\"d\":[1,2.50,0],\"c\":null}}",
            "{\"aa\":1,\"b\":2,\"a\":3}",
            "{\"\":0,\" \":1,\"a.b\":2,\"$c\":3,\"é\":4,\"e\u0301\":5}",
            "{\"A\":1,\"a\":2}",
            "{\"$json\":1}",
            "{\"$json\":null}",
            "{\"$json\":{\"$json\":null}}",
            "{\"$bytes\":\"AA==\"}",
            "{\"$json\":1,\"b\":2}",
            " { \"spaced\" : [ 1 , 2 ] } ",
            "\n[\t1\r]\n")) {
      values.add("json " + name(text), batch -> put(batch, text));
    }
    // jsonb keeps the last of equal names, 0 for -0, and refuses NUL and halves of pairs.
    for (String text :
        List.of(
            "-0",
            "-0.0",
            "[-0e5]",
            "\"\\u0000\"",
            "{\"a\\u0000b\":1}",
            "\"\\ud800\"",
            "\"\\ude00\\ud83d\"",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"a\":1}",
            "{\"a\":1,\"\\u0061\":2}",
            "1e200000")) {
      values.add("json " + name(text), batch -> put(batch, text), Map.of(HardValues.POSTGRES, ""));
    }
    values.add("a long json string", batch -> put(batch, "\"" + "long ".repeat(20_000) + "\""));
    values.add("deep json", batch -> put(batch, "[".repeat(DEEP) + "]".repeat(DEEP)));
    values.add(
        "deep json objects",
        batch -> put(batch, "{\"a\":".repeat(DEEP - 1) + "{}" + "}".repeat(DEEP - 1)));
    StringBuilder many = new StringBuilder("{\"0\":0");
    for (int i = 1; i < 2000; i++) {
      many.append(",\"").append(i * 7919 % 2000).append("\":").append(i);
    }
    values.add("json with two thousand names", batch -> put(batch, many + "}"));
  }

  private static String name(String json) {
    return json.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
  }

  private static void put(RecordBatch batch, String json) {
    batch.putJson(json.getBytes(StandardCharsets.UTF_8));
  }

  static void vectors(HardValues values) {
    switch (Objects.requireNonNull(values.type().element()).kind()) {
      case FLOAT32 -> float32Vectors(values);
      case FLOAT64 -> float64Vectors(values);
      case INT64 -> int64Vectors(values);
      case BOOLEAN -> booleanVectors(values);
      default -> throw new IllegalArgumentException(values.type().toString());
    }
  }

  private static void float32Vectors(HardValues values) {
    int dimension = values.type().size() == 0 ? 3 : values.type().size();
    float[][] patterns = {
      {0f},
      {-0f},
      {1f},
      {-1f},
      {1f, 0f, 0f},
      {0f, -0f, 0f},
      {0.1f, 0.2f, 0.3f},
      {-1f, 1f},
      {0.5f, 0.25f, 0.125f},
      {1e-40f, 1f},
      {Float.MIN_VALUE, 1f},
      {-Float.MIN_VALUE, -1f},
      {Float.MIN_NORMAL},
      {3.4e38f, -3.4e38f},
      {Float.MAX_VALUE},
      {-Float.MAX_VALUE, 0f},
      {1f / 3, 2f / 3},
      {16_777_218f, 0.5f},
      {1e-7f, 1e7f, 1.0000001f},
      {0.99999994f, 1.0000001f},
      {(float) Math.PI, (float) Math.E},
      {100f, 10f, 1f},
      {Float.NaN, 1f},
      {Float.POSITIVE_INFINITY, 1f},
      {Float.NEGATIVE_INFINITY, 0f}
    };
    for (float[] pattern : patterns) {
      float[] elements = new float[dimension];
      for (int i = 0; i < dimension; i++) {
        elements[i] = pattern[i % pattern.length];
      }
      values.add("vector of " + Arrays.toString(pattern), batch -> batch.putVector(elements));
    }
    float[] mixed = new float[dimension];
    Random random = new Random(1536);
    for (int i = 0; i < dimension; i++) {
      mixed[i] = (float) random.nextGaussian();
    }
    values.add("vector at random", batch -> batch.putVector(mixed));
  }

  private static void float64Vectors(HardValues values) {
    HardValues elements = new HardValues(LogicalType.FLOAT64);
    HardNumbers.doubles(elements);
    ofElements(values, elements, Double.BYTES);
  }

  private static void int64Vectors(HardValues values) {
    HardValues elements = new HardValues(LogicalType.INT64);
    HardNumbers.integers(elements);
    ofElements(values, elements, Long.BYTES);
  }

  private static void booleanVectors(HardValues values) {
    for (int bits = 0; bits < 8; bits++) {
      byte[] payload = {Kind.BOOLEAN.tag(), (byte) (bits >> 2), (byte) (bits >> 1 & 1), 0};
      payload[3] = (byte) (bits & 1);
      values.add(
          "vector of bits " + Integer.toBinaryString(8 | bits).substring(1),
          batch -> batch.putVariable(Kind.VECTOR, payload, 0, payload.length));
    }
  }

  /** Each value between its two neighbours. */
  private static void ofElements(HardValues values, HardValues elements, int bytes) {
    List<HardValue> all = elements.all();
    for (int i = 0; i < all.size(); i++) {
      ByteBuffer payload = ByteBuffer.allocate(1 + 3 * bytes);
      payload.put(all.get(i).value().kindAt(0).tag());
      for (int k : new int[] {0, 1, all.size() - 1}) {
        payload.put(all.get((i + k) % all.size()).value().bytes(), 1, bytes);
      }
      values.add(
          "vector of " + all.get(i).name() + " and its neighbours",
          batch -> batch.putVariable(Kind.VECTOR, payload.array(), 0, payload.capacity()));
    }
  }

  static void points(HardValues values) {
    point(values, "origin", 0, 0, 0);
    point(values, "minus origin", 0, -0.0, -0.0);
    point(values, "half minus origin", 0, 0, -0.0);
    point(values, "origin in space", 0, 0, 0, 0);
    point(values, "WGS 84", 4326, 13.37, 52.52);
    point(values, "WGS 84 the other way round", 4326, 52.52, 13.37);
    point(values, "WGS 84 with height", 4979, 13.37, 52.52, 34);
    point(values, "WGS 84 below the sea", 4979, 35.5, 31.5, -430.5);
    point(values, "cartesian", 7203, 1e10, -1e10);
    point(values, "cartesian in space", 9157, 1, 2, 3);
    point(values, "WGS 84's numbers in the plane", 7203, 13.37, 52.52);
    point(values, "north pole", 4326, 0, 90);
    point(values, "south pole", 4326, 0, -90);
    point(values, "date line", 4326, 180, 0);
    point(values, "date line west", 4326, -180, 0);
    point(values, "beyond the date line", 4326, 180.00000000000003, 0);
    point(values, "a third", 7203, 1d / 3, 2d / 3);
    point(values, "tiny", 7203, 5e-324, -5e-324);
    point(values, "denormal", 7203, 1e-320, 1e-310);
    point(values, "huge", 7203, Double.MAX_VALUE, -Double.MAX_VALUE);
    point(values, "beyond integers", 7203, 9007199254740993d, 0.1 + 0.2);
    point(values, "web mercator", 3857, 1_488_341.5, 6_893_870.25);
    point(values, "a negative reference", -1, 1, 2);
    point(values, "an unknown reference", Integer.MAX_VALUE, 1, 2);
    point(values, "no number", 7203, Double.NaN, 0);
    point(values, "infinitely far", 7203, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
  }

  private static void point(HardValues values, String name, int srid, double... coordinates) {
    values.add(name, batch -> batch.putPoint(srid, coordinates));
  }

  static void lists(HardValues values) {
    LogicalType element = Objects.requireNonNull(values.type().element());
    List<HardValue> of =
        Corpus.of(element).stream().filter(value -> value.value().size() < LARGE).toList();
    list(values, "empty list", List.of(), false);
    list(values, "list of all", of, false);
    list(values, "list with a null first", of.subList(0, Math.min(2, of.size())), true);
    list(values, "list of nothing but null", List.of(), true);
    // Spread over all, and never fewer because there are more.
    int singles = Math.min(of.size(), SINGLE_ELEMENTS);
    for (int i = 0; i < singles; i++) {
      HardValue one = of.get(i * of.size() / singles);
      list(values, "list of one, " + one.name(), List.of(one), false);
      list(values, "list of two, " + one.name(), List.of(one, one), false);
      list(values, "list of null and " + one.name(), List.of(one), true);
    }
  }

  private static void list(
      HardValues values, String name, List<HardValue> elements, boolean nullFirst) {
    values.add(
        name,
        batch -> {
          RecordBatch list = new RecordBatch(Math.max(1, elements.size() + (nullFirst ? 1 : 0)));
          if (nullFirst) {
            list.putNull();
          }
          for (HardValue element : elements) {
            list.putValue(element.value(), 0);
          }
          batch.putList(list);
        });
  }
}
