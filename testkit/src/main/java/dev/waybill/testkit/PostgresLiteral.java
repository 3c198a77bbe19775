package dev.waybill.testkit;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.Utf8;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Values in PostgreSQL's own words, within its own limits (its manual, chapter 8). */
final class PostgresLiteral {
  private static final long FIRST_DAY = LocalDate.of(-4713, 11, 24).toEpochDay();
  private static final long LAST_DAY = LocalDate.of(5_874_897, 12, 31).toEpochDay();
  private static final long DAY_AFTER_TIMESTAMPS = LocalDate.of(294_277, 1, 1).toEpochDay();
  private static final int DAY_SECONDS = 86_400;
  private static final int MOST_WHOLE_DIGITS = 131_072;
  private static final int MOST_FRACTION_DIGITS = 16_383;
  private static final int LONGEST_VECTOR = 16_000;

  private PostgresLiteral() {}

  /** The value as an expression; null where a column for the type does not keep it as it is. */
  static @Nullable String of(LogicalType type, RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    if (type.kind() == Kind.DYNAMIC) {
      return null;
    }
    return switch (kind) {
      case BOOLEAN -> Boolean.toString(batch.booleanAt(at));
      case INT64 -> quoted(Long.toString(batch.int64At(at)), type);
      case DECIMAL -> decimal(batch.textAt(at), type);
      case FLOAT32 -> quoted(Float.toString(batch.float32At(at)), type);
      case FLOAT64 -> quoted(Double.toString(batch.float64At(at)), type);
      case TEXT -> text(batch, at);
      case BYTES -> quoted("\\x" + HexFormat.of().formatHex(batch.payloadBytesAt(at)), type);
      case UUID -> quoted(new UUID(batch.uuidHighAt(at), batch.uuidLowAt(at)).toString(), type);
      case DATE -> date(batch.dateAt(at), type);
      case TIME -> time(batch.timeNanosAt(at), batch.timeOffsetAt(at), type);
      case TIMESTAMP, INSTANT -> timestamp(batch.secondsAt(at), batch.nanosAt(at), type);
      case INTERVAL -> interval(batch, at, type);
      case JSON -> quoted(batch.textAt(at), type);
      case VECTOR -> vector(batch, at, type);
      case LIST -> list(Objects.requireNonNull(type.element()), batch, at);
      case NULL, ABSENT, POINT, DYNAMIC -> null;
    };
  }

  private static String quoted(String text, LogicalType type) {
    return "'" + text.replace("'", "''") + "'::" + name(type);
  }

  private static String name(LogicalType type) {
    return switch (type.kind()) {
      case BOOLEAN -> "boolean";
      case INT64 -> type.size() == 16 ? "smallint" : type.size() == 32 ? "integer" : "bigint";
      case DECIMAL -> "numeric";
      case FLOAT32 -> "real";
      case FLOAT64 -> "double precision";
      case TEXT -> "text";
      case BYTES -> "bytea";
      case TIMESTAMP -> "timestamp";
      case INSTANT -> "timestamptz";
      case JSON -> "jsonb";
      case UUID, DATE, TIME, INTERVAL, VECTOR -> type.kind().name().toLowerCase(Locale.ROOT);
      case LIST -> name(Objects.requireNonNull(type.element())) + "[]";
      case NULL, ABSENT, POINT, DYNAMIC -> throw new IllegalArgumentException(type.toString());
    };
  }

  private static @Nullable String decimal(String text, LogicalType type) {
    if (Character.isDigit(text.charAt(text.length() - 1))) {
      BigDecimal value = new BigDecimal(text).stripTrailingZeros();
      boolean isZero = value.signum() == 0;
      if (!isZero && value.scale() > MOST_FRACTION_DIGITS
          || !isZero && (long) value.precision() - value.scale() > MOST_WHOLE_DIGITS) {
        return null;
      }
    }
    return quoted(text, type);
  }

  private static @Nullable String text(RecordBatch batch, int at) {
    byte[] bytes = batch.bytes();
    int from = batch.payloadAt(at);
    int length = batch.payloadLengthAt(at);
    boolean isHeld = !Utf8.containsNul(bytes, from, length) && Utf8.isValid(bytes, from, length);
    return isHeld ? "'" + batch.textAt(at).replace("'", "''") + "'::text" : null;
  }

  private static String day(LocalDate day) {
    int year = day.getYear() > 0 ? day.getYear() : 1 - day.getYear();
    return String.format("%04d-%02d-%02d", year, day.getMonthValue(), day.getDayOfMonth());
  }

  private static String era(LocalDate day) {
    return day.getYear() > 0 ? "" : " BC";
  }

  private static @Nullable String date(long epochDay, LogicalType type) {
    if (Temporals.isInfinite(epochDay)) {
      return quoted(epochDay > 0 ? "infinity" : "-infinity", type);
    }
    if (epochDay < FIRST_DAY || epochDay > LAST_DAY) {
      return null;
    }
    LocalDate day = LocalDate.ofEpochDay(epochDay);
    return quoted(day(day) + era(day), type);
  }

  private static String clock(long secondOfDay, long micros) {
    return String.format(
        "%02d:%02d:%02d.%06d", secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60, micros);
  }

  private static @Nullable String time(long nanos, int offset, LogicalType type) {
    return offset != RecordBatch.NO_OFFSET || nanos % 1000 != 0
        ? null
        : quoted(clock(nanos / 1_000_000_000, nanos / 1000 % 1_000_000), type);
  }

  private static @Nullable String timestamp(long seconds, int nanos, LogicalType type) {
    if (Temporals.isInfinite(seconds)) {
      return quoted(seconds > 0 ? "infinity" : "-infinity", type);
    }
    long epochDay = Math.floorDiv(seconds, DAY_SECONDS);
    if (nanos % 1000 != 0 || epochDay < FIRST_DAY || epochDay >= DAY_AFTER_TIMESTAMPS) {
      return null;
    }
    LocalDate day = LocalDate.ofEpochDay(epochDay);
    String zone = type.kind() == Kind.INSTANT ? "+00" : "";
    String clock = clock(Math.floorMod(seconds, DAY_SECONDS), nanos / 1000);
    return quoted(day(day) + " " + clock + zone + era(day), type);
  }

  private static @Nullable String interval(RecordBatch batch, int at, LogicalType type) {
    int months = batch.intervalMonthsAt(at);
    int days = batch.intervalDaysAt(at);
    long nanos = batch.intervalNanosAt(at);
    boolean isInfinity =
        months == days && (months == Integer.MAX_VALUE || months == Integer.MIN_VALUE);
    if (nanos % 1000 != 0 || isInfinity) {
      return null;
    }
    String seconds = BigDecimal.valueOf(nanos / 1000, 6).toPlainString();
    return quoted(months + " months " + days + " days " + seconds + " seconds", type);
  }

  private static String bits(RecordBatch batch, int at) {
    StringBuilder bits = new StringBuilder("B'");
    for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
      bits.append(batch.vectorNumberAt(at, i) == 0 ? '0' : '1');
    }
    return bits.append('\'').toString();
  }

  private static @Nullable String vector(RecordBatch batch, int at, LogicalType type) {
    if (batch.vectorElementAt(at) == Kind.BOOLEAN && LogicalType.BOOLEAN.equals(type.element())) {
      return bits(batch, at);
    }
    if (batch.vectorElementAt(at) != Kind.FLOAT32
        || batch.vectorDimensionAt(at) < 1
        || batch.vectorDimensionAt(at) > LONGEST_VECTOR) {
      return null;
    }
    StringJoiner elements = new StringJoiner(",", "[", "]");
    for (float element : batch.float32VectorAt(at)) {
      if (!Float.isFinite(element)) {
        return null;
      }
      elements.add(Float.toString(element));
    }
    return quoted(elements.toString(), type);
  }

  private static @Nullable String list(LogicalType element, RecordBatch batch, int at) {
    if (element.kind() == Kind.LIST || element.kind() == Kind.DYNAMIC) {
      return null;
    }
    StringJoiner elements = new StringJoiner(",", "ARRAY[", "]::" + name(element) + "[]");
    int next = batch.firstElement(at);
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      String literal = batch.isMissingAt(next) ? "NULL" : of(element, batch, next);
      if (literal == null) {
        return null;
      }
      elements.add(literal);
      next = batch.next(next);
    }
    return elements.toString();
  }
}
