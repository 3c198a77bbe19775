package dev.waybill.model;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;

/**
 * The text form of dates and times where a store has no type for them: ISO 8601, years outside 0000
 * to 9999 with a sign, fractions in full groups of three digits, {@code infinity} and {@code
 * -infinity}. What is written here is read back to the same value.
 */
public final class Temporals {
  private static final DateTimeFormatter LOCAL =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral('T')
          .appendPattern("HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter(Locale.ROOT)
          // Else 30 February would silently become the last day of that month.
          .withResolverStyle(ResolverStyle.STRICT);

  private Temporals() {}

  public static String date(long epochDay) {
    return isInfinite(epochDay) ? infinity(epochDay) : LocalDate.ofEpochDay(epochDay).toString();
  }

  /**
   * Reads {@link #date} back.
   *
   * @throws DateTimeException if it is no date
   */
  public static long parseDate(String text) {
    return isInfinity(text) ? infinity(text) : LocalDate.parse(text).toEpochDay();
  }

  /** A time of day, with its offset unless that is {@link RecordBatch#NO_OFFSET}. */
  public static String time(long nanosOfDay, int offsetSeconds) {
    String zone =
        offsetSeconds == RecordBatch.NO_OFFSET
            ? ""
            : ZoneOffset.ofTotalSeconds(offsetSeconds).getId();
    return nanosOfDay == 86_400_000_000_000L
        ? "24:00:00" + zone
        : DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay(nanosOfDay)) + zone;
  }

  /**
   * Reads {@link #time} back into a batch.
   *
   * @throws DateTimeException if it is no time
   */
  public static void parseTime(String text, RecordBatch into) {
    if (text.startsWith("24:00:00")) {
      String zone = text.substring(8);
      into.putTime(
          86_400_000_000_000L,
          zone.isEmpty() ? RecordBatch.NO_OFFSET : ZoneOffset.of(zone).getTotalSeconds());
      return;
    }
    boolean hasOffset = text.endsWith("Z") || text.indexOf('+') > 0 || text.indexOf('-') > 0;
    if (hasOffset) {
      OffsetTime time = OffsetTime.parse(text);
      into.putTime(time.toLocalTime().toNanoOfDay(), time.getOffset().getTotalSeconds());
    } else {
      into.putTime(LocalTime.parse(text).toNanoOfDay(), RecordBatch.NO_OFFSET);
    }
  }

  public static String timestamp(long seconds, int nanos) {
    return isInfinite(seconds)
        ? infinity(seconds)
        : LOCAL.format(LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC));
  }

  /** An instant in UTC, with Z. */
  public static String instant(long epochSecond, int nanos) {
    return isInfinite(epochSecond) ? infinity(epochSecond) : timestamp(epochSecond, nanos) + "Z";
  }

  /**
   * Reads a timestamp into a batch.
   *
   * @throws DateTimeException if it is none
   */
  public static void parseTimestamp(String text, RecordBatch into) {
    if (isInfinity(text)) {
      into.putTimestamp(infinity(text), 0);
      return;
    }
    LocalDateTime time = LocalDateTime.parse(text, LOCAL);
    into.putTimestamp(time.toEpochSecond(ZoneOffset.UTC), time.getNano());
  }

  /** ISO 8601 duration with months and days apart; nanoseconds as seconds. */
  public static String interval(int months, int days, long nanos) {
    java.math.BigDecimal seconds = java.math.BigDecimal.valueOf(nanos, 9).stripTrailingZeros();
    return "P" + months + "M" + days + "DT" + seconds.toPlainString() + "S";
  }

  /**
   * Reads {@link #interval} back into a batch.
   *
   * @throws DateTimeException if it is none
   */
  public static void parseInterval(String text, RecordBatch into) {
    java.util.regex.Matcher matcher = INTERVAL.matcher(text);
    try {
      if (matcher.matches()) {
        into.putInterval(
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            new java.math.BigDecimal(matcher.group(3)).movePointRight(9).longValueExact());
        return;
      }
    } catch (ArithmeticException | NumberFormatException tooLarge) {
      throw new DateTimeException("\"" + text + "\" is out of range", tooLarge);
    }
    throw new DateTimeException("\"" + text + "\" is no interval");
  }

  private static final java.util.regex.Pattern INTERVAL =
      java.util.regex.Pattern.compile("P(-?\\d+)M(-?\\d+)DT(-?\\d+(?:\\.\\d{1,9})?)S");

  /** True for the seconds or days that mean an infinity. */
  public static boolean isInfinite(long value) {
    return value == RecordBatch.INFINITY || value == RecordBatch.MINUS_INFINITY;
  }

  private static String infinity(long value) {
    return value == RecordBatch.INFINITY ? "infinity" : "-infinity";
  }

  private static boolean isInfinity(String text) {
    return text.equals("infinity") || text.equals("-infinity");
  }

  private static long infinity(String text) {
    return text.charAt(0) == '-' ? RecordBatch.MINUS_INFINITY : RecordBatch.INFINITY;
  }
}
