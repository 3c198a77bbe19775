package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class TemporalsTest {
  private static final long FIRST_DAY = -365_243_219_162L;
  private static final long LAST_DAY = 365_241_780_471L;
  private static final long DAY = 86_400_000_000_000L;

  @Property
  void aDateIsReadBack(@ForAll @LongRange(min = FIRST_DAY, max = LAST_DAY) long day) {
    assertThat(Temporals.parseDate(Temporals.date(day))).isEqualTo(day);
  }

  @Property
  void aTimeIsReadBack(
      @ForAll @LongRange(min = 0, max = DAY) long nanos,
      @ForAll @IntRange(min = -64_800, max = 64_800) int offset,
      @ForAll boolean isLocal) {
    int zone = isLocal ? RecordBatch.NO_OFFSET : offset;
    RecordBatch batch = new RecordBatch(1);

    Temporals.parseTime(Temporals.time(nanos, zone), batch);

    assertThat(batch.timeNanosAt(0)).isEqualTo(nanos);
    assertThat(batch.timeOffsetAt(0)).isEqualTo(zone);
  }

  @Property
  void aTimestampIsReadBack(
      @ForAll @LongRange(min = FIRST_DAY * 86_400, max = LAST_DAY * 86_400 + 86_399) long seconds,
      @ForAll @IntRange(min = 0, max = 999_999_999) int nanos) {
    RecordBatch batch = new RecordBatch(1);

    Temporals.parseTimestamp(Temporals.timestamp(seconds, nanos), batch);

    assertThat(batch.secondsAt(0)).isEqualTo(seconds);
    assertThat(batch.nanosAt(0)).isEqualTo(nanos);
    assertThat(Temporals.instant(seconds, nanos))
        .isEqualTo(Temporals.timestamp(seconds, nanos) + "Z");
  }

  @Property
  void anIntervalIsReadBack(@ForAll int months, @ForAll int days, @ForAll long nanos) {
    RecordBatch batch = new RecordBatch(1);

    Temporals.parseInterval(Temporals.interval(months, days, nanos), batch);

    assertThat(batch.intervalMonthsAt(0)).isEqualTo(months);
    assertThat(batch.intervalDaysAt(0)).isEqualTo(days);
    assertThat(batch.intervalNanosAt(0)).isEqualTo(nanos);
  }

  @Example
  void infinitiesAreReadBack() {
    RecordBatch batch = new RecordBatch(1);
    for (long end : new long[] {RecordBatch.INFINITY, RecordBatch.MINUS_INFINITY}) {
      batch.clear();
      Temporals.parseTimestamp(Temporals.timestamp(end, 0), batch);

      assertThat(batch.secondsAt(0)).isEqualTo(end);
      assertThat(Temporals.parseDate(Temporals.date(end))).isEqualTo(end);
    }
    assertThat(Temporals.date(RecordBatch.MINUS_INFINITY)).isEqualTo("-infinity");
  }

  @Example
  void theTextIsTheCustomaryOne() {
    assertThat(Temporals.date(LocalDate.of(1, 1, 1).toEpochDay())).isEqualTo("0001-01-01");
    assertThat(Temporals.date(LocalDate.of(-43, 3, 15).toEpochDay())).isEqualTo("-0043-03-15");
    assertThat(Temporals.time(DAY, 3600)).isEqualTo("24:00:00+01:00");
    long seconds = LocalDateTime.of(10_000, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);
    assertThat(Temporals.timestamp(seconds, 120_000_000)).isEqualTo("+10000-01-01T00:00:00.12");
    assertThat(Temporals.instant(-1, 999_999_999)).isEqualTo("1969-12-31T23:59:59.999999999Z");
    assertThat(Temporals.interval(14, -3, -500_000_000)).isEqualTo("P14M-3DT-0.5S");
  }

  @Property
  void otherTextIsRefused(@ForAll String text) {
    for (String wrong : List.of(text + "?", "24:00:00.1", "24:00:00+99:00", "2024-02-30")) {
      RecordBatch batch = new RecordBatch(1);
      assertThatThrownBy(() -> Temporals.parseDate(wrong)).isInstanceOf(DateTimeException.class);
      assertThatThrownBy(() -> Temporals.parseTime(wrong, batch))
          .isInstanceOf(DateTimeException.class);
      assertThatThrownBy(() -> Temporals.parseTimestamp(wrong, batch))
          .isInstanceOf(DateTimeException.class);
      assertThatThrownBy(() -> Temporals.parseInterval(wrong, batch))
          .isInstanceOf(DateTimeException.class);
      assertThat(batch.size()).isZero();
    }
  }

  @Example
  void daysAndHoursThatAreNotThereAreRefused() {
    RecordBatch batch = new RecordBatch(1);
    for (String wrong : List.of("2023-02-29T00:00:00", "2024-02-30T10:00:00")) {
      assertThatThrownBy(() -> Temporals.parseTimestamp(wrong, batch))
          .as(wrong)
          .isInstanceOf(DateTimeException.class);
    }
  }
}
