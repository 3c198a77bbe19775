package dev.waybill.testkit;

import dev.waybill.model.RecordBatch;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** Dates, times and intervals. */
final class HardTimes {
  private static final int NONE = RecordBatch.NO_OFFSET;
  private static final long DAY_NANOS = 86_400_000_000_000L;

  private HardTimes() {}

  private static List<LocalDate> days() {
    return List.of(
        LocalDate.of(1970, 1, 1),
        LocalDate.of(1969, 12, 31),
        LocalDate.of(2000, 1, 1),
        LocalDate.of(2000, 2, 29),
        LocalDate.of(2024, 2, 29),
        LocalDate.of(1900, 2, 28),
        LocalDate.of(1900, 3, 1),
        LocalDate.of(2038, 1, 20),
        LocalDate.of(1582, 10, 4),
        LocalDate.of(1582, 10, 10),
        LocalDate.of(1582, 10, 15),
        LocalDate.of(1, 1, 1),
        LocalDate.of(0, 12, 31),
        LocalDate.of(0, 2, 29),
        LocalDate.of(-43, 3, 15),
        LocalDate.of(-4000, 1, 1),
        LocalDate.of(-4713, 11, 24),
        LocalDate.of(-4713, 11, 23),
        LocalDate.of(999, 12, 31),
        LocalDate.of(9999, 12, 31),
        LocalDate.of(10_000, 1, 1),
        LocalDate.of(99_999, 1, 1),
        LocalDate.of(200_000, 6, 30),
        LocalDate.of(294_276, 12, 31),
        LocalDate.of(294_277, 1, 1),
        LocalDate.of(5_874_897, 12, 31),
        LocalDate.of(5_874_898, 1, 1),
        LocalDate.of(-999_999, 1, 1),
        LocalDate.of(999_999_999, 12, 31));
  }

  static void dates(HardValues values) {
    for (LocalDate day : days()) {
      values.add("date " + day, batch -> batch.putDate(day.toEpochDay()));
    }
    values.add("date infinity", batch -> batch.putDate(RecordBatch.INFINITY));
    values.add("date -infinity", batch -> batch.putDate(RecordBatch.MINUS_INFINITY));
  }

  static void times(HardValues values) {
    long[] nanos = {
      0,
      1,
      999,
      1_000,
      1_001,
      999_000,
      1_000_000,
      100_000_000,
      999_999_000,
      1_000_000_000L,
      59_000_000_000L,
      60_000_000_000L,
      3_599_999_999_000L,
      3_600_000_000_000L,
      DAY_NANOS / 2 - 1_000,
      DAY_NANOS / 2,
      DAY_NANOS / 3,
      45_296_789_012_000L,
      45_296_789_012_345L,
      DAY_NANOS - 1_000_000_000L,
      DAY_NANOS - 1_000_000,
      DAY_NANOS - 1_000,
      DAY_NANOS - 1,
      DAY_NANOS
    };
    for (long value : nanos) {
      values.add("time " + value, batch -> batch.putTime(value, NONE));
    }
    for (int offset : new int[] {0, 3_600, -3_600, 19_800, 50_400, -43_200, 64_800, -64_800, 1}) {
      values.add("time with offset " + offset, batch -> batch.putTime(43_200_123_456_000L, offset));
    }
    values.add("24:00 with an offset", batch -> batch.putTime(DAY_NANOS, 3_600));
    values.add(
        "a leap second's time",
        batch -> batch.putTime(DAY_NANOS, NONE),
        Map.of(HardValues.POSTGRES, "'23:59:60'::time"));
    values.add(
        "a time in the afternoon",
        batch -> batch.putTime(52_200_000_000_000L, NONE),
        Map.of(HardValues.POSTGRES, "'2:30 PM'::time"));
  }

  static void timestamps(HardValues values) {
    for (LocalDate day : days()) {
      long seconds = day.atTime(23, 59, 59).toEpochSecond(ZoneOffset.UTC);
      values.add("timestamp " + day, batch -> batch.putTimestamp(seconds, 0));
    }
    long seconds = LocalDateTime.of(2024, 3, 31, 2, 30).toEpochSecond(ZoneOffset.UTC);
    values.add("timestamp in a gap", batch -> batch.putTimestamp(seconds, 0));
    values.add("timestamp in milliseconds", batch -> batch.putTimestamp(seconds, 123_000_000));
    values.add("timestamp in microseconds", batch -> batch.putTimestamp(seconds, 123_456_000));
    values.add("timestamp in nanoseconds", batch -> batch.putTimestamp(seconds, 123_456_789));
    values.add("timestamp just before", batch -> batch.putTimestamp(seconds, 999_999_999));
    values.add("timestamp before 1970", batch -> batch.putTimestamp(-1, 999_999_000));
    values.add("timestamp a microsecond after", batch -> batch.putTimestamp(0, 1_000));
    long last = LocalDateTime.of(294_276, 12, 31, 23, 59, 59).toEpochSecond(ZoneOffset.UTC);
    values.add("the last timestamp", batch -> batch.putTimestamp(last, 999_999_000));
    long first = LocalDateTime.of(-4713, 11, 24, 0, 0).toEpochSecond(ZoneOffset.UTC);
    values.add("the first timestamp", batch -> batch.putTimestamp(first, 0));
    values.add("before the first timestamp", batch -> batch.putTimestamp(first - 1, 999_999_000));
    values.add("timestamp infinity", batch -> batch.putTimestamp(RecordBatch.INFINITY, 0));
    values.add("timestamp -infinity", batch -> batch.putTimestamp(RecordBatch.MINUS_INFINITY, 0));
    long newYear = LocalDateTime.of(2017, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);
    values.add(
        "a leap second's spelling",
        batch -> batch.putTimestamp(newYear, 0),
        Map.of(HardValues.POSTGRES, "'2016-12-31 23:59:60'::timestamp"));
  }

  static void instants(HardValues values) {
    for (LocalDate day : days()) {
      long seconds = day.atTime(0, 0, 1).toEpochSecond(ZoneOffset.UTC);
      values.add("instant " + day, batch -> batch.putInstant(seconds, 0, NONE));
    }
    long summer = 1_711_850_400;
    values.add("instant in milliseconds", batch -> batch.putInstant(summer, 123_000_000, 0));
    values.add("instant in microseconds", batch -> batch.putInstant(summer, 123_456_000, 3_600));
    values.add("instant in nanoseconds", batch -> batch.putInstant(summer, 123_456_789, -3_600));
    values.add("instant before 1970", batch -> batch.putInstant(-1, 999_999_999, NONE));
    values.add("instant before 1970 in microseconds", batch -> batch.putInstant(-1, 1_000, NONE));
    values.add("instant infinity", batch -> batch.putInstant(RecordBatch.INFINITY, 0, NONE));
    values.add("instant -infinity", batch -> batch.putInstant(RecordBatch.MINUS_INFINITY, 0, NONE));
    spelled(values, "instant with half hours", summer, 19_800, "2024-03-31 07:30:00+05:30");
    spelled(values, "instant with quarters", summer, 20_700, "2024-03-31 07:45:00+05:45");
    spelled(values, "instant far east", summer, 50_400, "2024-03-31T16:00:00+14");
    spelled(values, "instant far west", summer, -43_200, "2024-03-30 14:00:00-12:00");
    spelled(values, "instant with seconds", summer, -17_762, "2024-03-30 21:03:58-04:56:02");
    spelled(values, "instant in Zulu", summer, 0, "2024-03-31T02:00:00Z");
    long newYear = LocalDateTime.of(2017, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);
    spelled(values, "a leap second's spelling", newYear, 0, "2016-12-31 23:59:60+00");
  }

  private static void spelled(
      HardValues values, String name, long seconds, int offset, String spelling) {
    values.add(
        name,
        batch -> batch.putInstant(seconds, 0, offset),
        Map.of(HardValues.POSTGRES, "'" + spelling + "'::timestamptz"));
  }

  static void intervals(HardValues values) {
    interval(values, "no interval", 0, 0, 0);
    interval(values, "a month", 1, 0, 0);
    interval(values, "a month back", -1, 0, 0);
    interval(values, "thirty days", 0, 30, 0);
    interval(values, "a day", 0, 1, 0);
    interval(values, "a day back", 0, -1, 0);
    interval(values, "a day but a second", 0, 1, -1_000_000_000);
    interval(values, "24 hours", 0, 0, DAY_NANOS);
    interval(values, "25 hours", 0, 0, DAY_NANOS + DAY_NANOS / 24);
    interval(values, "twelve months", 12, 0, 0);
    interval(values, "a year and a month", 13, 0, 0);
    interval(values, "a year but a month", 11, 0, 0);
    interval(values, "365 days", 0, 365, 0);
    interval(values, "unlike signs", 1, -1, 1_000);
    interval(values, "unlike signs the other way", -1, 1, -1_000);
    interval(values, "a month but 30 days", 1, -30, 0);
    interval(values, "all negative", -14, -3, -5_000_000_000L);
    interval(values, "half a second", 0, 0, 500_000_000);
    interval(values, "half a second back", 0, 0, -500_000_000);
    interval(values, "a millisecond", 0, 0, 1_000_000);
    interval(values, "a microsecond", 0, 0, 1_000);
    interval(values, "a microsecond back", 0, 0, -1_000);
    interval(values, "a nanosecond", 0, 0, 1);
    interval(values, "a thousand hours", 0, 0, 3_600_000_000_000_000L);
    interval(values, "many months", Integer.MAX_VALUE, 0, 0);
    interval(values, "many months back", Integer.MIN_VALUE, 0, 0);
    interval(values, "many days", 0, Integer.MAX_VALUE, 0);
    interval(values, "many days back", 0, Integer.MIN_VALUE, 0);
    interval(values, "many hours", 0, 0, 9_000_000_000_000_000_000L);
    interval(values, "many hours back", 0, 0, -9_000_000_000_000_000_000L);
    interval(values, "the largest", Integer.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE);
  }

  private static void interval(HardValues values, String name, int months, int days, long nanos) {
    values.add(name, batch -> batch.putInterval(months, days, nanos));
  }
}
