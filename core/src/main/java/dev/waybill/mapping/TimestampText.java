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
import org.jspecify.annotations.Nullable;

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

  /** A local timestamp from the value at {@code at}. */
  static void parseTimestamp(RecordBatch in, int at, RecordBatch out) {
    Plain plain = Plain.read(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
    if (plain != null && plain.offset == RecordBatch.NO_OFFSET) {
      out.putTimestamp(plain.seconds, plain.nanos);
    } else {
      parseTimestamp(in.textAt(at), out);
    }
  }

  /** A timestamp with its offset from the value at {@code at}. */
  static void parseInstant(RecordBatch in, int at, RecordBatch out) {
    Plain plain = Plain.read(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
    if (plain != null && plain.offset != RecordBatch.NO_OFFSET) {
      out.putInstant(plain.seconds - plain.offset, plain.nanos, plain.offset);
    } else {
      parseInstant(in.textAt(at), out);
    }
  }

  /**
   * The same as {@link #parseTimestamp}, but not trusting it: what was read is spelled again and
   * must give the text, else java.time reads it.
   */
  static void provenTimestamp(RecordBatch in, int at, RecordBatch out) {
    Plain plain = Plain.read(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
    if (plain != null && plain.offset == RecordBatch.NO_OFFSET && plain.isSpelled(in, at)) {
      out.putTimestamp(plain.seconds, plain.nanos);
    } else {
      parseTimestamp(in.textAt(at), out);
    }
  }

  /** True if the value is of the usual spelling and is spelled again as it stands. */
  static boolean isSpelledAsRead(RecordBatch in, int at) {
    Plain plain = Plain.read(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
    return plain != null && plain.isSpelled(in, at);
  }

  /** The same as {@link #parseInstant}, but not trusting it. */
  static void provenInstant(RecordBatch in, int at, RecordBatch out) {
    Plain plain = Plain.read(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
    if (plain != null && plain.offset != RecordBatch.NO_OFFSET && plain.isSpelled(in, at)) {
      out.putInstant(plain.seconds - plain.offset, plain.nanos, plain.offset);
    } else {
      parseInstant(in.textAt(at), out);
    }
  }

  /**
   * The usual spelling, {@code yyyy-mm-dd[T ]hh:mm:ss[.fraction][Z|±hh:mm]}, read from its bytes:
   * java.time takes twenty times as long. Everything else goes by java.time.
   *
   * @param seconds of the local line
   * @param offset in seconds, or {@link RecordBatch#NO_OFFSET}
   */
  private record Plain(long seconds, int nanos, int offset) {
    private static final int[] DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    /** Null if the text is not of that form or names no moment that exists. */
    static @Nullable Plain read(byte[] text, int from, int length) {
      int end = from + length;
      if (length < 19
          || text[from + 4] != '-'
          || text[from + 7] != '-'
          || text[from + 10] != 'T' && text[from + 10] != ' '
          || text[from + 13] != ':'
          || text[from + 16] != ':') {
        return null;
      }
      int year = digits(text, from, 4);
      int month = digits(text, from + 5, 2);
      int day = digits(text, from + 8, 2);
      int hour = digits(text, from + 11, 2);
      int minute = digits(text, from + 14, 2);
      int second = digits(text, from + 17, 2);
      if ((year | month | day | hour | minute | second) < 0
          || month < 1
          || month > 12
          || day < 1
          || day > DAYS[month - 1] + (month == 2 && isLeap(year) ? 1 : 0)
          || hour > 23
          || minute > 59
          || second > 59) {
        return null;
      }
      int at = from + 19;
      int nanos = 0;
      if (at < end && text[at] == '.') {
        int unit = 1_000_000_000;
        for (at++; at < end && unit > 1 && text[at] >= '0' && text[at] <= '9'; at++) {
          unit /= 10;
          nanos += (text[at] - '0') * unit;
        }
        if (unit == 1_000_000_000) {
          return null;
        }
      }
      int offset = offset(text, at, end);
      if (offset == Integer.MAX_VALUE) {
        return null;
      }
      long days = epochDay(year, month, day);
      return new Plain(days * 86_400 + hour * 3_600 + minute * 60 + second, nanos, offset);
    }

    private static int offset(byte[] text, int at, int end) {
      if (at == end) {
        return RecordBatch.NO_OFFSET;
      }
      if (text[at] == 'Z' && at + 1 == end) {
        return 0;
      }
      if (end - at != 6 || text[at] != '+' && text[at] != '-' || text[at + 3] != ':') {
        return Integer.MAX_VALUE;
      }
      int hours = digits(text, at + 1, 2);
      int minutes = digits(text, at + 4, 2);
      if ((hours | minutes) < 0 || hours > 17 || minutes > 59) {
        return Integer.MAX_VALUE;
      }
      int seconds = hours * 3_600 + minutes * 60;
      return text[at] == '-' ? -seconds : seconds;
    }

    /** True if these seconds, nanoseconds and offset are written as the value at {@code at}. */
    boolean isSpelled(RecordBatch in, int at) {
      byte[] text = in.bytes();
      int from = in.payloadAt(at);
      int length = in.payloadLengthAt(at);
      long days = Math.floorDiv(seconds, 86_400L);
      int ofDay = (int) Math.floorMod(seconds, 86_400L);
      // Days to a civil date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
      long shifted = days + 719_468;
      long era = Math.floorDiv(shifted, 146_097L);
      int ofEra = (int) (shifted - era * 146_097L);
      int yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365;
      int ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
      int month = (5 * ofYear + 2) / 153;
      int day = ofYear - (153 * month + 2) / 5 + 1;
      month = month < 10 ? month + 3 : month - 9;
      int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
      boolean isDate =
          is(text, from, 4, year) && is(text, from + 5, 2, month) && is(text, from + 8, 2, day);
      boolean isTime =
          is(text, from + 11, 2, ofDay / 3_600)
              && is(text, from + 14, 2, ofDay / 60 % 60)
              && is(text, from + 17, 2, ofDay % 60);
      int zone = from + 19;
      int rest = nanos;
      if (zone < from + length && text[zone] == '.') {
        int unit = 100_000_000;
        for (zone++; zone < from + length && text[zone] >= '0' && text[zone] <= '9'; zone++) {
          if (unit == 0 || text[zone] - '0' != rest / unit) {
            return false;
          }
          rest %= unit;
          unit /= 10;
        }
      }
      return isDate && isTime && rest == 0 && isZone(text, zone, from + length);
    }

    private boolean isZone(byte[] text, int at, int end) {
      if (offset == RecordBatch.NO_OFFSET) {
        return at == end;
      }
      if (end - at == 1) {
        return text[at] == 'Z' && offset == 0;
      }
      int minutes = Math.abs(offset) / 60;
      return end - at == 6
          && text[at] == (offset < 0 ? '-' : '+')
          && is(text, at + 1, 2, minutes / 60)
          && is(text, at + 4, 2, minutes % 60)
          && offset % 60 == 0;
    }

    private static boolean is(byte[] text, int from, int count, int value) {
      int left = value;
      for (int i = from + count - 1; i >= from; i--) {
        if (text[i] - '0' != left % 10) {
          return false;
        }
        left /= 10;
      }
      return left == 0;
    }

    private static int digits(byte[] text, int from, int count) {
      int value = 0;
      for (int i = from; i < from + count; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9) {
          return -1;
        }
        value = value * 10 + digit;
      }
      return value;
    }

    private static boolean isLeap(int year) {
      return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    /** Days since 1970-01-01 of a date of the years 0000 to 9999, proleptic Gregorian. */
    private static long epochDay(int year, int month, int day) {
      int shifted = month > 2 ? year : year - 1;
      int era = Math.floorDiv(shifted, 400);
      int ofEra = shifted - era * 400;
      int ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
      int ofDays = ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear;
      return era * 146_097L + ofDays - 719_468;
    }
  }

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
