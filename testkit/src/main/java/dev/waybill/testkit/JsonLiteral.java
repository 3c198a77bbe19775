package dev.waybill.testkit;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.Utf8;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Values as they stand in a JSON file (docs/stores/json.md): JSON's own where it has any, else text
 * or an object that says what it is.
 */
final class JsonLiteral {
  private static final int MOST_DIGITS = 17;
  private static final int DAY_SECONDS = 86_400;
  private static final long DAY_NANOS = DAY_SECONDS * 1_000_000_000L;

  private JsonLiteral() {}

  /** The value as JSON; null where JSON has no such value. */
  static @Nullable String of(LogicalType type, RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    return switch (kind) {
      case BOOLEAN -> Boolean.toString(batch.booleanAt(at));
      case INT64 -> Long.toString(batch.int64At(at));
      case FLOAT32 -> Float.toString(batch.float32At(at));
      case FLOAT64 -> shortest(batch.float64At(at));
      case DECIMAL -> decimal(batch.textAt(at));
      case TEXT -> text(batch.payloadBytesAt(at));
      case BYTES -> {
        String bytes = quoted(Base64.getEncoder().encodeToString(batch.payloadBytesAt(at)));
        yield type.kind() == Kind.DYNAMIC ? "{\"$bytes\":" + bytes + "}" : bytes;
      }
      case UUID -> quoted(new UUID(batch.uuidHighAt(at), batch.uuidLowAt(at)).toString());
      case DATE -> quoted(day(batch.dateAt(at)));
      case TIME -> quoted(time(batch.timeNanosAt(at), batch.timeOffsetAt(at)));
      case TIMESTAMP -> quoted(timestamp(batch.secondsAt(at), batch.nanosAt(at), ""));
      case INSTANT -> quoted(timestamp(batch.secondsAt(at), batch.nanosAt(at), "Z"));
      case INTERVAL -> quoted(interval(batch, at));
      case JSON -> json(batch.textAt(at).strip());
      case VECTOR -> vector(batch, at);
      case LIST -> list(Objects.requireNonNull(type.element()), batch, at);
      case POINT -> point(batch.pointSridAt(at), batch.pointAt(at));
      case NULL, ABSENT, DYNAMIC -> null;
    };
  }

  /** The fewest digits, two at least, that are read as this double: not what every JDK prints. */
  private static String shortest(double value) {
    if (!Double.isFinite(value) || value == 0) {
      return Double.toString(value);
    }
    BigDecimal exact = new BigDecimal(value);
    BigDecimal digits = exact;
    for (int count = MOST_DIGITS; count >= 2; count--) {
      BigDecimal fewer = exact.round(new MathContext(count));
      if (fewer.doubleValue() != value) {
        break;
      }
      digits = fewer;
    }
    String text = digits.toString();
    return text.indexOf('.') < 0 && text.indexOf('E') < 0 ? text + ".0" : text;
  }

  private static String quoted(String ascii) {
    return "\"" + ascii + "\"";
  }

  private static String decimal(String text) {
    if (!Character.isDigit(text.charAt(text.length() - 1))) {
      return text;
    }
    BigDecimal number = new BigDecimal(text);
    return (number.signum() == 0 && text.startsWith("-") ? "-" : "") + number;
  }

  private static @Nullable String text(byte[] utf8) {
    if (!Utf8.isWtf8(utf8, 0, utf8.length)) {
      return null;
    }
    StringBuilder text = new StringBuilder("\"");
    int from = 0;
    for (int i = 0; i < utf8.length; i++) {
      if ((utf8[i] & 0xFF) == 0xED && (utf8[i + 1] & 0xFF) >= 0xA0) {
        // Half a surrogate pair, which only an escape can say.
        text.append(characters(utf8, from, i))
            .append(
                String.format("\\u%04x", 0xD000 | (utf8[i + 1] & 0x3F) << 6 | utf8[i + 2] & 0x3F));
        from = i + 3;
      }
    }
    return text.append(characters(utf8, from, utf8.length)).append('"').toString();
  }

  private static char[] characters(byte[] utf8, int from, int to) {
    return JsonStringEncoder.getInstance()
        .quoteAsString(new String(utf8, from, to - from, StandardCharsets.UTF_8));
  }

  private static String day(long epochDay) {
    return Temporals.isInfinite(epochDay)
        ? epochDay > 0 ? "infinity" : "-infinity"
        : LocalDate.ofEpochDay(epochDay).toString();
  }

  private static String time(long nanos, int offset) {
    String zone =
        offset == RecordBatch.NO_OFFSET ? "" : ZoneOffset.ofTotalSeconds(offset).toString();
    return (nanos == DAY_NANOS ? "24:00:00" : clock(nanos)) + zone;
  }

  private static String clock(long nanos) {
    return DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay(nanos));
  }

  private static String timestamp(long seconds, int nanos, String zone) {
    if (Temporals.isInfinite(seconds)) {
      return day(seconds);
    }
    long secondOfDay = Math.floorMod(seconds, DAY_SECONDS);
    return day(Math.floorDiv(seconds, DAY_SECONDS))
        + "T"
        + clock(secondOfDay * 1_000_000_000L + nanos)
        + zone;
  }

  private static String interval(RecordBatch batch, int at) {
    BigDecimal seconds = BigDecimal.valueOf(batch.intervalNanosAt(at), 9).stripTrailingZeros();
    return "P"
        + batch.intervalMonthsAt(at)
        + "M"
        + batch.intervalDaysAt(at)
        + "DT"
        + seconds.toPlainString()
        + "S";
  }

  /** JSON's null beside a field's null, and what looks like that, say what they are. */
  private static String json(String text) {
    return text.equals("null") || text.startsWith("{\"$json\":") && !text.contains(",")
        ? "{\"$json\":" + text + "}"
        : text;
  }

  private static String vector(RecordBatch batch, int at) {
    StringJoiner elements = new StringJoiner(",", "[", "]");
    Kind kind = batch.vectorElementAt(at);
    int width = kind.fixedLength();
    RecordBatch element = new RecordBatch(1);
    int first = batch.next(at) - batch.vectorDimensionAt(at) * width;
    for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
      int from = first + i * width;
      byte[] encoded = new byte[1 + width];
      encoded[0] = kind.tag();
      System.arraycopy(batch.bytes(), from, encoded, 1, width);
      element.clear();
      element.putRecord(Arrays.copyOf(encoded, encoded.length));
      elements.add(of(LogicalType.DYNAMIC, element, element.at(0, 0)));
    }
    return elements.toString();
  }

  private static @Nullable String list(LogicalType element, RecordBatch batch, int at) {
    StringJoiner elements = new StringJoiner(",", "[", "]");
    int next = batch.firstElement(at);
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      String literal = batch.isMissingAt(next) ? "null" : of(element, batch, next);
      if (literal == null) {
        return null;
      }
      elements.add(literal);
      next = batch.next(next);
    }
    return elements.toString();
  }

  private static String point(int srid, double[] coordinates) {
    StringJoiner numbers = new StringJoiner(",", "[", "]");
    for (double coordinate : coordinates) {
      numbers.add(shortest(coordinate));
    }
    return "{\"srid\":" + srid + ",\"coordinates\":" + numbers + "}";
  }
}
