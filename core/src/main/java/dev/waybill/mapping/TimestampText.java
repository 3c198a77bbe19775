package dev.waybill.mapping;

import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;

/**
 * Timestamps as applications write them into text: ISO 8601 with {@code T} or a space, up to nine
 * digits of fraction, an offset or {@code Z}. Dates that do not exist (2025-02-30, 23:59:60) are
 * refused, never rolled over.
 */
final class TimestampText {
  private static final DateTimeFormatter INSTANT =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral('T')
          .appendPattern("HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendOffset("+HH:mm:ss", "Z")
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private TimestampText() {}

  /** A local timestamp. */
  static void parseTimestamp(String text, RecordBatch out) {
    Temporals.parseTimestamp(withT(text), out);
  }

  /** A timestamp with its offset, which is kept beside the instant. */
  static void parseInstant(String text, RecordBatch out) {
    if (text.endsWith("infinity")) {
      if (!text.equals("infinity") && !text.equals("-infinity")) {
        throw new DateTimeException("no instant");
      }
      out.putInstant(
          text.startsWith("-") ? RecordBatch.MINUS_INFINITY : RecordBatch.INFINITY,
          0,
          RecordBatch.NO_OFFSET);
      return;
    }
    OffsetDateTime time = OffsetDateTime.parse(withT(text), INSTANT);
    out.putInstant(time.toEpochSecond(), time.getNano(), time.getOffset().getTotalSeconds());
  }

  private static String withT(String text) {
    return text.length() > 10 && text.charAt(10) == ' '
        ? text.substring(0, 10) + 'T' + text.substring(11)
        : text;
  }
}
