package dev.waybill.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.RecordBatch;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimestampTextTest {
  @Test
  void theUsualSpellingMeansWhatJavaTimeSays() {
    long seed = 20261120;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      LocalDateTime local =
          LocalDateTime.ofEpochSecond(
              random.nextLong(-62_167_219_200L, 253_402_300_800L),
              random.nextInt(3) == 0 ? 0 : random.nextInt(1_000_000_000),
              ZoneOffset.UTC);
      String text = local.toString().length() == 16 ? local + ":00" : local.toString();
      ZoneOffset offset = ZoneOffset.ofTotalSeconds(random.nextInt(-17 * 60, 17 * 60) * 60);
      RecordBatch in = new RecordBatch(1);
      in.putText(text.replace("T", random.nextBoolean() ? "T" : " ") + offset.getId());
      RecordBatch out = new RecordBatch(1);

      TimestampText.parseInstant(in, in.at(0, 0), out);

      assertThat(Instant.ofEpochSecond(out.secondsAt(0), out.nanosAt(0)))
          .as("seed %d: %s%s", seed, text, offset)
          .isEqualTo(OffsetDateTime.parse(text + offset.getId()).toInstant());
      assertThat(out.instantOffsetAt(0)).isEqualTo(offset.getTotalSeconds());
      RecordBatch proven = new RecordBatch(1);
      TimestampText.provenInstant(in, in.at(0, 0), proven);
      assertThat(proven.recordBytes(0)).isEqualTo(out.recordBytes(0));
      assertThat(TimestampText.isSpelledAsRead(in, in.at(0, 0))).isTrue();
    }
  }

  @Test
  void aLocalTimestampHasNoOffset() {
    RecordBatch in = new RecordBatch(1);
    in.putText("2000-02-29 23:59:59.000000001");
    RecordBatch out = new RecordBatch(1);

    TimestampText.parseTimestamp(in, in.at(0, 0), out);

    assertThat(out.secondsAt(0)).isEqualTo(951_868_799);
    assertThat(out.nanosAt(0)).isEqualTo(1);
  }

  @Test
  void whatDoesNotExistIsRefusedAndNeverRolledOver() {
    for (String text :
        List.of(
            "2025-02-30T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-00T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T23:59:60Z",
            "2025-01-01T23:60:00Z",
            "2025-01-01T00:00:00.1234567890Z",
            "2025-01-01T00:00:00+19:00",
            "2025-01-01T00:00:00+01:60",
            "2025-01-01T00:00:00",
            "2025-01-01",
            "",
            "yesterday and all my troubles",
            "20a5-01-01T00:00:00Z")) {
      RecordBatch in = new RecordBatch(1);
      in.putText(text);

      assertThatThrownBy(() -> TimestampText.parseInstant(in, in.at(0, 0), new RecordBatch(1)))
          .as(text)
          .isInstanceOf(DateTimeException.class);
    }
  }
}
