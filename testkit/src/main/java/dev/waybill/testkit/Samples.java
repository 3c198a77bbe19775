package dev.waybill.testkit;

import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Values that stores stumble over, by logical type: the one table that combinations come from. */
public final class Samples {
  private static final int NONE = RecordBatch.NO_OFFSET;
  private static final long DAY_NANOS = 86_400_000_000_000L;

  /**
   * A value.
   *
   * @param name says what is odd about it; unique within its type
   * @param value a batch of width 1 with one record; not to be changed
   */
  public record Sample(String name, RecordBatch value) {
    @Override
    public String toString() {
      return name;
    }
  }

  private final LogicalType type;
  private final List<Sample> samples = new ArrayList<>();

  private Samples(LogicalType type) {
    this.type = type;
  }

  /** The types that samples are worth trying for. */
  public static List<LogicalType> types() {
    return List.of(
        LogicalType.BOOLEAN,
        LogicalType.INT16,
        LogicalType.INT32,
        LogicalType.INT64,
        LogicalType.DECIMAL,
        LogicalType.decimal(10, 2),
        LogicalType.FLOAT32,
        LogicalType.FLOAT64,
        LogicalType.TEXT,
        LogicalType.text(12),
        LogicalType.BYTES,
        LogicalType.UUID,
        LogicalType.DATE,
        LogicalType.TIME,
        LogicalType.TIME.withFraction(6),
        LogicalType.TIMESTAMP,
        LogicalType.TIMESTAMP.withFraction(6),
        LogicalType.INSTANT,
        LogicalType.INSTANT.withFraction(3),
        LogicalType.INTERVAL,
        LogicalType.JSON,
        LogicalType.POINT,
        LogicalType.vector(LogicalType.FLOAT32, 3),
        LogicalType.vector(LogicalType.FLOAT32, 1536),
        LogicalType.list(LogicalType.TEXT),
        LogicalType.list(LogicalType.INT64),
        LogicalType.list(LogicalType.FLOAT64),
        LogicalType.list(LogicalType.list(LogicalType.INT64)),
        LogicalType.DYNAMIC);
  }

  /** The samples that are values of the type; none is null or absent. */
  public static List<Sample> of(LogicalType type) {
    Samples table = new Samples(type);
    switch (type.kind()) {
      case BOOLEAN -> table.booleans();
      case INT64 -> table.integers();
      case DECIMAL -> table.decimals();
      case FLOAT32 -> table.floats();
      case FLOAT64 -> table.doubles();
      case TEXT -> table.texts();
      case BYTES -> table.byteStrings();
      case UUID -> table.uuids();
      case DATE -> table.dates();
      case TIME -> table.times();
      case TIMESTAMP -> table.timestamps();
      case INSTANT -> table.instants();
      case INTERVAL -> table.intervals();
      case JSON -> table.jsons();
      case VECTOR -> table.vectors();
      case LIST -> table.lists();
      case POINT -> table.points();
      case DYNAMIC -> {
        table.booleans();
        table.integers();
        table.doubles();
        table.texts();
        table.byteStrings();
      }
      case NULL, ABSENT -> throw new IllegalArgumentException("no samples of " + type);
    }
    return table.samples;
  }

  private void add(String name, Consumer<RecordBatch> put) {
    RecordBatch value = new RecordBatch(1);
    put.accept(value);
    if (Fit.problem(type, value, 0) == null) {
      samples.add(new Sample(name, value));
    }
  }

  private void booleans() {
    add("true", batch -> batch.putBoolean(true));
    add("false", batch -> batch.putBoolean(false));
  }

  private void integers() {
    long[] values = {
      0,
      1,
      -1,
      127,
      -128,
      Short.MAX_VALUE,
      Short.MIN_VALUE,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE,
      Integer.MAX_VALUE + 1L,
      Integer.MIN_VALUE - 1L,
      1L << 53,
      (1L << 53) + 1,
      -(1L << 53) - 1,
      999_999_999_999_999_999L,
      Long.MAX_VALUE - 1,
      Long.MAX_VALUE,
      Long.MIN_VALUE + 1,
      Long.MIN_VALUE
    };
    for (long value : values) {
      add("integer " + value, batch -> batch.putInt64(value));
    }
  }

  private void decimals() {
    for (String value :
        List.of(
            "0",
            "-0",
            "0.00",
            "1",
            "-1",
            "1.1",
            "1.10",
            "-12.50",
            "0.1",
            "99999999.99",
            "-99999999.99",
            "9007199254740993",
            "0.30000000000000004",
            "1E+30",
            "1E-30",
            "1234567890123456789012345678901234567890",
            "0.1234567890123456789012345678901234567890",
            "-98765432109876543210.01234567890123456789",
            "9".repeat(130),
            "NaN",
            "Infinity",
            "-Infinity")) {
      add("decimal " + value, batch -> batch.putDecimal(value));
    }
  }

  private void floats() {
    for (float value :
        new float[] {
          0f,
          -0f,
          1f,
          -1f,
          0.1f,
          1f / 3,
          16_777_217f,
          Float.MIN_VALUE,
          -Float.MIN_VALUE,
          Float.MIN_NORMAL,
          Float.MAX_VALUE,
          -Float.MAX_VALUE,
          1e-40f,
          3.4028233e38f,
          Float.NaN,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY
        }) {
      add("float " + value, batch -> batch.putFloat32(value));
    }
  }

  private void doubles() {
    for (double value :
        new double[] {
          0d,
          -0d,
          1d,
          -1d,
          0.1,
          0.1 + 0.2,
          1d / 3,
          5e-324,
          1e-320,
          Double.MIN_NORMAL,
          1e308,
          Double.MAX_VALUE,
          -Double.MAX_VALUE,
          9007199254740993d,
          1e21,
          123456789012345680d,
          Math.PI,
          Double.NaN,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY
        }) {
      add("double " + value, batch -> batch.putFloat64(value));
    }
  }

  private void texts() {
    add("empty text", batch -> batch.putText(""));
    add("a space", batch -> batch.putText(" "));
    add("spaces around", batch -> batch.putText("  a  "));
    add("tab, newline, return", batch -> batch.putText("a\tb\nc\r\nd\r"));
    add("only a NUL", batch -> batch.putText("\0"));
    add("NUL within", batch -> batch.putText("a\0b"));
    add("other control characters", batch -> batch.putText("\1\2\b\f\33\177"));
    add("quotes", batch -> batch.putText("'\"`´'' \"\""));
    add("backslashes", batch -> batch.putText("\\ \\n \\N \\."));
    add("COPY's null", batch -> batch.putText("\\N"));
    add("COPY's end", batch -> batch.putText("\\."));
    add("the word NULL", batch -> batch.putText("NULL"));
    add("an injection", batch -> batch.putText("'); DROP x;"));
    add("a parameter", batch -> batch.putText("$1 ? :a %s {}"));
    add("leading zeros", batch -> batch.putText("007"));
    add("a number's look", batch -> batch.putText("1e5"));
    add("a truth's look", batch -> batch.putText("true"));
    add("a date's look", batch -> batch.putText("2024-02-30"));
    add("precomposed", batch -> batch.putText("é"));
    add("combining", batch -> batch.putText("e\u0301"));
    add("right to left", batch -> batch.putText("שלום \u202E!"));
    add("emoji", batch -> batch.putText("👩‍👩‍👧‍👦🏳️‍🌈"));
    add("four bytes", batch -> batch.putText("𝔘𐍈"));
    add("U+FFFF", batch -> batch.putText("\uFFFF"));
    add("U+10FFFF", batch -> batch.putText(new String(Character.toChars(0x10FFFF))));
    add("replacement character", batch -> batch.putText("\uFFFD"));
    add("byte order mark", batch -> batch.putText("\uFEFFa"));
    add("line separators", batch -> batch.putText("a\u2028b\u2029c\u0085d"));
    add("case folding", batch -> batch.putText("Straße İıſ"));
    add("ten thousand letters", batch -> batch.putText("ä".repeat(10_000)));
    add("a megabyte", batch -> batch.putText("0123456789abcdef".repeat(65_536)));
  }

  private void byteStrings() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    add("no bytes", batch -> batch.putBytes(new byte[0]));
    add("a zero byte", batch -> batch.putBytes(new byte[1]));
    add("eight zero bytes", batch -> batch.putBytes(new byte[8]));
    add("every byte", batch -> batch.putBytes(all));
    add("0xFF", batch -> batch.putBytes(new byte[] {-1}));
    add("no UTF-8", batch -> batch.putBytes(new byte[] {(byte) 0xC3, 0x28, (byte) 0xA0}));
    add("a cut character", batch -> batch.putBytes(new byte[] {(byte) 0xF0, (byte) 0x9F}));
    add("a surrogate", batch -> batch.putBytes(new byte[] {(byte) 0xED, (byte) 0xA0, 0x20}));
    add("text as bytes", batch -> batch.putBytes(ascii("text")));
    add("hexadecimal's look", batch -> batch.putBytes(ascii("\\x00")));
    add("escape's look", batch -> batch.putBytes(ascii("\\000\\'")));
    add("a quote", batch -> batch.putBytes(ascii("'")));
    add("newlines", batch -> batch.putBytes(ascii("\r\n\n")));
    add("json's look", batch -> batch.putBytes(ascii("{\"a\":1}")));
    add("gzip's look", batch -> batch.putBytes(new byte[] {0x1F, (byte) 0x8B, 8, 0}));
    add("a float", batch -> batch.putBytes(new byte[] {0, 0, (byte) 0x80, 0x3F}));
    add("a megabyte of bytes", batch -> batch.putBytes(new byte[1 << 20]));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private void uuids() {
    for (String value :
        List.of(
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "00000000-0000-0000-0000-000000000001",
            "80000000-0000-0000-0000-000000000000",
            "7fffffff-ffff-ffff-7fff-ffffffffffff",
            "00000000-0000-0000-8000-000000000000",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "000003e8-2363-21ef-b200-325096b39f47",
            "5df41881-3aed-3515-88a7-2f4a814cf09e",
            "f81d4fae-7dec-4d0a-a765-00a0c91e6bf6",
            "2ed6657d-e927-568b-95e1-2665a8aea6a2",
            "1ec9414c-232a-6b00-b3c8-9e6bdeced846",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "320c3d4d-cc00-875b-8ec9-32d5f69181c0",
            "deadbeef-dead-beef-dead-beefdeadbeef")) {
      add("uuid " + value, batch -> batch.putUuid(UUID.fromString(value)));
    }
  }

  private static List<LocalDate> days() {
    return List.of(
        LocalDate.of(1970, 1, 1),
        LocalDate.of(1969, 12, 31),
        LocalDate.of(2000, 2, 29),
        LocalDate.of(1900, 2, 28),
        LocalDate.of(2038, 1, 20),
        LocalDate.of(1582, 10, 4),
        LocalDate.of(1582, 10, 10),
        LocalDate.of(1, 1, 1),
        LocalDate.of(0, 12, 31),
        LocalDate.of(-43, 3, 15),
        LocalDate.of(-4000, 1, 1),
        LocalDate.of(9999, 12, 31),
        LocalDate.of(10_000, 1, 1),
        LocalDate.of(200_000, 6, 30),
        LocalDate.of(-999_999, 1, 1),
        LocalDate.of(999_999_999, 12, 31));
  }

  private void dates() {
    for (LocalDate day : days()) {
      add("date " + day, batch -> batch.putDate(day.toEpochDay()));
    }
    add("date infinity", batch -> batch.putDate(RecordBatch.INFINITY));
    add("date -infinity", batch -> batch.putDate(RecordBatch.MINUS_INFINITY));
  }

  private void times() {
    long[] nanos = {
      0,
      1,
      1_000,
      999,
      1_000_000,
      3_600_000_000_000L,
      43_200_000_000_000L,
      DAY_NANOS / 3,
      DAY_NANOS - 1_000_000_000L,
      DAY_NANOS - 1_000,
      DAY_NANOS - 1,
      DAY_NANOS
    };
    for (long value : nanos) {
      add("time " + value, batch -> batch.putTime(value, NONE));
    }
    for (int offset : new int[] {0, 3_600, -3_600, 19_800, 50_400, -43_200, 64_800, -64_800, 1}) {
      add("time with offset " + offset, batch -> batch.putTime(43_200_123_456_000L, offset));
    }
  }

  private void timestamps() {
    for (LocalDate day : days()) {
      long seconds = day.atTime(23, 59, 59).toEpochSecond(ZoneOffset.UTC);
      add("timestamp " + day, batch -> batch.putTimestamp(seconds, 0));
    }
    long seconds = LocalDateTime.of(2024, 3, 31, 2, 30).toEpochSecond(ZoneOffset.UTC);
    add("timestamp in a gap", batch -> batch.putTimestamp(seconds, 0));
    add("timestamp in milliseconds", batch -> batch.putTimestamp(seconds, 123_000_000));
    add("timestamp in microseconds", batch -> batch.putTimestamp(seconds, 123_456_000));
    add("timestamp in nanoseconds", batch -> batch.putTimestamp(seconds, 123_456_789));
    add("timestamp just before", batch -> batch.putTimestamp(seconds, 999_999_999));
    add("timestamp before 1970", batch -> batch.putTimestamp(-1, 999_999_000));
    add("timestamp infinity", batch -> batch.putTimestamp(RecordBatch.INFINITY, 0));
    add("timestamp -infinity", batch -> batch.putTimestamp(RecordBatch.MINUS_INFINITY, 0));
  }

  private void instants() {
    for (LocalDate day : days()) {
      long seconds = day.atTime(0, 0, 1).toEpochSecond(ZoneOffset.UTC);
      add("instant " + day, batch -> batch.putInstant(seconds, 0, NONE));
    }
    add("instant in milliseconds", batch -> batch.putInstant(1_711_850_400, 123_000_000, 0));
    add("instant in microseconds", batch -> batch.putInstant(1_711_850_400, 123_456_000, 3_600));
    add("instant in nanoseconds", batch -> batch.putInstant(1_711_850_400, 123_456_789, -3_600));
    add("instant with half hours", batch -> batch.putInstant(1_711_850_400, 0, 19_800));
    add("instant far east", batch -> batch.putInstant(1_711_850_400, 0, 50_400));
    add("instant far west", batch -> batch.putInstant(1_711_850_400, 0, -43_200));
    add("instant before 1970", batch -> batch.putInstant(-1, 999_999_999, NONE));
    add("instant infinity", batch -> batch.putInstant(RecordBatch.INFINITY, 0, NONE));
    add("instant -infinity", batch -> batch.putInstant(RecordBatch.MINUS_INFINITY, 0, NONE));
  }

  private void intervals() {
    add("no interval", batch -> batch.putInterval(0, 0, 0));
    add("a month", batch -> batch.putInterval(1, 0, 0));
    add("thirty days", batch -> batch.putInterval(0, 30, 0));
    add("a day", batch -> batch.putInterval(0, 1, 0));
    add("24 hours", batch -> batch.putInterval(0, 0, DAY_NANOS));
    add("twelve months", batch -> batch.putInterval(12, 0, 0));
    add("unlike signs", batch -> batch.putInterval(1, -1, 1_000));
    add("all negative", batch -> batch.putInterval(-14, -3, -5_000_000_000L));
    add("half a second back", batch -> batch.putInterval(0, 0, -500_000_000));
    add("a microsecond", batch -> batch.putInterval(0, 0, 1_000));
    add("a nanosecond", batch -> batch.putInterval(0, 0, 1));
    add("a thousand hours", batch -> batch.putInterval(0, 0, 3_600_000_000_000_000L));
    add("many months", batch -> batch.putInterval(Integer.MAX_VALUE, 0, 0));
    add("many days", batch -> batch.putInterval(0, Integer.MIN_VALUE, 0));
    add("many hours", batch -> batch.putInterval(0, 0, 9_000_000_000_000_000_000L));
    add(
        "the largest",
        batch -> batch.putInterval(Integer.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE));
  }

  private void jsons() {
    for (String value :
        List.of(
            "null",
            "true",
            "0",
            "-0",
            "-0.0",
            "1.0",
            "1e400",
            "1E-400",
            "12345678901234567890",
            "0.1234567890123456789012345678901234567890",
            "\"\"",
            "\"\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "\"e\\u0301 \\/ \\\\ \\\" \\n\"",
            "{}",
            "[]",
            "[[],{},null,\"\"]",
            "{\"a\":1,\"a\":2}",
            "{\"b\":1,\"a\":{\"d\":[1,2.50,-0],\"c\":null}}",
            "{\"\":0,\" \":1,\"a.b\":2,\"$c\":3,\"é\":4,\"e\u0301\":5}",
            " { \"spaced\" : [ 1 , 2 ] } ",
            "\"" + "long ".repeat(20_000) + "\"",
            "[".repeat(500) + "]".repeat(500))) {
      String name = value.length() > 50 ? value.substring(0, 50) + "…" : value;
      add("json " + name, batch -> batch.putJson(value.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private void vectors() {
    int dimension = type.size() == 0 ? 3 : type.size();
    float[][] patterns = {
      {0f},
      {-0f},
      {1f},
      {1f, 0f, 0f},
      {0.1f, 0.2f, 0.3f},
      {-1f, 1f},
      {1e-40f, 1f},
      {Float.MIN_VALUE, 1f},
      {Float.MIN_NORMAL},
      {3.4e38f, -3.4e38f},
      {Float.MAX_VALUE},
      {1f / 3, 2f / 3},
      {16_777_217f, 0.5f},
      {1e-7f, 1e7f, 1.0000001f},
      {0.99999994f, 1.0000001f}
    };
    for (float[] pattern : patterns) {
      float[] elements = new float[dimension];
      for (int i = 0; i < dimension; i++) {
        elements[i] = pattern[i % pattern.length];
      }
      add("vector of " + java.util.Arrays.toString(pattern), batch -> batch.putVector(elements));
    }
    float[] mixed = new float[dimension];
    java.util.Random random = new java.util.Random(1536);
    for (int i = 0; i < dimension; i++) {
      mixed[i] = (float) random.nextGaussian();
    }
    add("vector at random", batch -> batch.putVector(mixed));
  }

  private void points() {
    add("origin", batch -> batch.putPoint(0, 0, 0));
    add("minus origin", batch -> batch.putPoint(0, -0.0, -0.0));
    add("origin in space", batch -> batch.putPoint(0, 0, 0, 0));
    add("WGS 84", batch -> batch.putPoint(4326, 13.37, 52.52));
    add("WGS 84 with height", batch -> batch.putPoint(4979, 13.37, 52.52, 34));
    add("cartesian", batch -> batch.putPoint(7203, 1e10, -1e10));
    add("cartesian in space", batch -> batch.putPoint(9157, 1, 2, 3));
    add("north pole", batch -> batch.putPoint(4326, 0, 90));
    add("south pole", batch -> batch.putPoint(4326, 0, -90));
    add("date line", batch -> batch.putPoint(4326, 180, 0));
    add("date line west", batch -> batch.putPoint(4326, -180, 0));
    add("a third", batch -> batch.putPoint(7203, 1d / 3, 2d / 3));
    add("tiny", batch -> batch.putPoint(7203, 5e-324, -5e-324));
    add("huge", batch -> batch.putPoint(7203, Double.MAX_VALUE, -Double.MAX_VALUE));
    add("web mercator", batch -> batch.putPoint(3857, 1_488_341.5, 6_893_870.25));
  }

  private void lists() {
    LogicalType element = java.util.Objects.requireNonNull(type.element());
    List<Sample> of = of(element);
    addList("empty list", List.of(), false);
    addList("list of all", of, false);
    addList("list with a null first", of.subList(0, Math.min(2, of.size())), true);
    addList("list of nothing but null", List.of(), true);
    for (Sample sample : of.subList(0, Math.min(20, of.size()))) {
      addList("list of one, " + sample.name(), List.of(sample), false);
      addList("list of two, " + sample.name(), List.of(sample, sample), false);
    }
  }

  private void addList(String name, List<Sample> elements, boolean nullFirst) {
    add(
        name,
        batch -> {
          RecordBatch list = new RecordBatch(Math.max(1, elements.size() + (nullFirst ? 1 : 0)));
          if (nullFirst) {
            list.putNull();
          }
          for (Sample element : elements) {
            list.putValue(element.value(), 0);
          }
          batch.putList(list);
        });
  }
}
