package dev.waybill.stores.json;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Dates, times and uuids as strings. What is not spelled exactly as it would be written is none.
 */
final class JsonTimes {
  private static final int SHORTEST = 19;
  private static final int LONGEST_FRACTION = 9;
  private static final byte[] PATTERN = "0000-00-00T00:00:00".getBytes(StandardCharsets.ISO_8859_1);

  /** The value of each hexadecimal digit, −1 of all other bytes. */
  private static final byte[] HEX = new byte[256];

  static {
    Arrays.fill(HEX, (byte) -1);
    for (int i = 0; i < 16; i++) {
      HEX["0123456789abcdef".charAt(i)] = (byte) i;
    }
  }

  private static final int[] NANOS = {
    1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1
  };

  private JsonTimes() {}

  /** Writes a date or a time in its field's spelling. */
  static void write(JsonForm form, RecordBatch batch, int at, JsonText out) throws Unwritable {
    try {
      switch (form.kind()) {
        case DATE -> out.put(Temporals.date(batch.dateAt(at)));
        case TIME -> out.put(Temporals.time(batch.timeNanosAt(at), batch.timeOffsetAt(at)));
        case INTERVAL ->
            out.put(
                Temporals.interval(
                    batch.intervalMonthsAt(at),
                    batch.intervalDaysAt(at),
                    batch.intervalNanosAt(at)));
        default -> {
          long seconds = batch.secondsAt(at);
          int nanos = batch.nanosAt(at);
          if (form.digits() >= 0) {
            spelled(form, seconds, nanos, out);
          } else {
            out.put(
                form.kind() == Kind.TIMESTAMP
                    ? Temporals.timestamp(seconds, nanos)
                    : Temporals.instant(seconds, nanos));
          }
        }
      }
    } catch (DateTimeException outOfRange) {
      throw new Unwritable("OUT_OF_RANGE", "is a date or time out of range");
    }
  }

  private static void spelled(JsonForm form, long seconds, int nanos, JsonText out)
      throws Unwritable {
    if (Temporals.isInfinite(seconds) || nanos % NANOS[form.digits()] != 0) {
      throw new Unwritable("SPELLING", "has no spelling as the others have, " + form.nativeType());
    }
    LocalDateTime time = LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC);
    if (time.getYear() < 0 || time.getYear() > 9999) {
      throw new Unwritable("SPELLING", "has no spelling as the others have, " + form.nativeType());
    }
    digits(time.getYear(), 4, out);
    digits(time.getMonthValue(), 2, out.put('-'));
    digits(time.getDayOfMonth(), 2, out.put('-'));
    digits(time.getHour(), 2, out.put(form.separator()));
    digits(time.getMinute(), 2, out.put(':'));
    digits(time.getSecond(), 2, out.put(':'));
    if (form.digits() > 0) {
      digits(nanos / NANOS[form.digits()], form.digits(), out.put('.'));
    }
    out.put(form.zone());
  }

  private static void digits(int number, int width, JsonText out) {
    String text = Integer.toString(number);
    for (int i = text.length(); i < width; i++) {
      out.put('0');
    }
    out.put(text);
  }

  /** Appends a date or a time if the text is one as the form spells it. */
  static boolean put(JsonForm form, byte[] text, int size, RecordBatch into) {
    if (form.kind() == Kind.DATE) {
      return putDate(text, size, into);
    }
    return form.digits() >= 0
        ? putSpelled(form, text, size, into)
        : putGeneral(form.kind(), text, size, into);
  }

  private static boolean putDate(byte[] text, int size, RecordBatch into) {
    String date = new String(text, 0, size, StandardCharsets.ISO_8859_1);
    long day = Temporals.parseDate(date);
    if (!Temporals.date(day).equals(date)) {
      return false;
    }
    into.putDate(day);
    return true;
  }

  private static boolean putGeneral(Kind kind, byte[] text, int size, RecordBatch into) {
    String time = new String(text, 0, size, StandardCharsets.ISO_8859_1);
    RecordBatch parsed = new RecordBatch(1);
    boolean isInstant = kind == Kind.INSTANT;
    boolean hasZone = time.endsWith("Z");
    if (hasZone && !isInstant) {
      return false;
    }
    Temporals.parseTimestamp(hasZone ? time.substring(0, time.length() - 1) : time, parsed);
    long seconds = parsed.secondsAt(parsed.at(0, 0));
    int nanos = parsed.nanosAt(parsed.at(0, 0));
    String again =
        isInstant ? Temporals.instant(seconds, nanos) : Temporals.timestamp(seconds, nanos);
    if (!again.equals(time)) {
      return false;
    }
    if (isInstant) {
      into.putInstant(seconds, nanos, RecordBatch.NO_OFFSET);
    } else {
      into.putTimestamp(seconds, nanos);
    }
    return true;
  }

  private static boolean putSpelled(JsonForm form, byte[] text, int size, RecordBatch into) {
    if (!isTime(text, size, form.separator())) {
      return false;
    }
    int fraction = form.digits() == 0 ? 0 : form.digits() + 1;
    if (size != SHORTEST + fraction + form.zone().length()
        || fraction > 0 && text[SHORTEST] != '.') {
      return false;
    }
    int nanos = 0;
    for (int i = 0; i < form.digits(); i++) {
      byte digit = text[SHORTEST + 1 + i];
      if (!isDigit(digit)) {
        return false;
      }
      nanos += (digit - '0') * NANOS[i + 1];
    }
    for (int i = 0; i < form.zone().length(); i++) {
      if (text[SHORTEST + fraction + i] != form.zone().charAt(i)) {
        return false;
      }
    }
    long seconds =
        LocalDate.of(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2)).toEpochDay()
                * 86_400
            + number(text, 11, 2) * 3_600L
            + number(text, 14, 2) * 60L
            + number(text, 17, 2);
    if (form.kind() == Kind.INSTANT) {
      into.putInstant(seconds, nanos, 0);
    } else {
      into.putTimestamp(seconds, nanos);
    }
    return true;
  }

  /** Digits in their places, and hours, minutes and seconds in their ranges. */
  private static boolean isTime(byte[] text, int size, char separator) {
    if (size < SHORTEST) {
      return false;
    }
    for (int i = 0; i < SHORTEST; i++) {
      byte expected = PATTERN[i];
      if (expected == '0' ? !isDigit(text[i]) : text[i] != (i == 10 ? separator : expected)) {
        return false;
      }
    }
    return number(text, 11, 2) < 24 && number(text, 14, 2) < 60 && number(text, 17, 2) < 60;
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static int number(byte[] text, int from, int digits) {
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      number = 10 * number + text[i] - '0';
    }
    return number;
  }

  /** Appends a uuid if the text is one in lower case with dashes. */
  static boolean putUuid(byte[] text, int size, RecordBatch into) {
    if (size != 36) {
      return false;
    }
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
      return false;
    }
    long first = hex(text, 0, 8);
    long second = hex(text, 9, 13) << 16 | hex(text, 14, 18);
    long third = hex(text, 19, 23);
    long last = hex(text, 24, 36);
    if ((first | second | third | last) < 0) {
      return false;
    }
    long high = first << 32 | second;
    long low = third << 48 | last;
    into.putUuid(high, low);
    return true;
  }

  /** At most fifteen digits; −1 if one is none. */
  private static long hex(byte[] text, int from, int to) {
    long value = 0;
    int wrong = 0;
    for (int i = from; i < to; i++) {
      int digit = HEX[text[i] & 0xFF];
      wrong |= digit;
      value = value << 4 | digit & 0xF;
    }
    return wrong < 0 ? -1 : value;
  }

  /** The form that a string could be of, by its looks; null for plain text. */
  static @Nullable JsonForm formOf(byte[] text, int size) {
    RecordBatch trial = new RecordBatch(1);
    JsonForm form = null;
    if (size == 36) {
      form = JsonForm.UUID;
    } else if (size == 10) {
      form = JsonForm.DATE;
    } else if (size >= SHORTEST && (text[10] == 'T' || text[10] == ' ')) {
      char separator = (char) text[10];
      int digits = 0;
      int zone = SHORTEST;
      if (size > SHORTEST && text[SHORTEST] == '.') {
        zone++;
        while (zone < size && isDigit(text[zone])) {
          zone++;
          digits++;
        }
      }
      String rest = new String(text, zone, size - zone, StandardCharsets.ISO_8859_1);
      if (digits <= LONGEST_FRACTION && (zone == SHORTEST || digits > 0)) {
        form =
            switch (rest) {
              case "" -> JsonForm.timestamps(digits, separator);
              case "Z", "+00:00" -> JsonForm.instants(digits, rest, separator);
              default -> null;
            };
      }
    }
    try {
      return form != null && isOf(form, text, size, trial) ? form : null;
    } catch (DateTimeException none) {
      return null;
    }
  }

  /** True if a string is spelled as a form says. */
  static boolean isOf(JsonForm form, byte[] text, int size, RecordBatch trial) {
    trial.clear();
    try {
      return form.kind() == Kind.UUID ? putUuid(text, size, trial) : put(form, text, size, trial);
    } catch (DateTimeException none) {
      return false;
    }
  }
}
