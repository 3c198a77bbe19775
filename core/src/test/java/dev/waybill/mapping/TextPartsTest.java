package dev.waybill.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TextPartsTest {
  private static final LogicalType TEXT = LogicalType.TEXT;

  private static Mapping join(String as, int fields) {
    return new Mapping(
        fields + 1,
        List.of(
            new Way("id", fields, LogicalType.INT64, LogicalType.INT64),
            new Way(
                IntStream.range(0, fields).mapToObj(i -> "part" + i).toList(),
                IntStream.range(0, fields).boxed().toList(),
                TEXT,
                as,
                TEXT,
                null,
                true,
                false)));
  }

  private static Mapping split(String separator, int parts) {
    return new Mapping(
        1,
        IntStream.rangeClosed(1, parts)
            .mapToObj(
                part ->
                    new Way(
                        "name",
                        0,
                        TEXT,
                        "split('" + separator + "', " + part + ", " + parts + ")",
                        TEXT))
            .toList());
  }

  private static RecordBatch record(@Nullable String... values) {
    RecordBatch batch = new RecordBatch(values.length);
    for (String value : values) {
      if (value == null) {
        batch.putNull();
      } else {
        batch.putText(value);
      }
    }
    return batch;
  }

  private static RecordBatch parts(@Nullable String... values) {
    RecordBatch batch = new RecordBatch(values.length + 1);
    for (String value : values) {
      if (value == null) {
        batch.putNull();
      } else {
        batch.putText(value);
      }
    }
    batch.putInt64(7);
    return batch;
  }

  @Test
  void joinedPartsComeBackOrAreRefused() {
    long seed = 20261120;
    Random random = new Random(seed);
    int joined = 0;
    for (int i = 0; i < 20_000; i++) {
      String separator = List.of(" ", "-", "--", "aa", "aba", "é").get(random.nextInt(6));
      String[] values = new String[2 + random.nextInt(3)];
      for (int part = 0; part < values.length; part++) {
        values[part] =
            random
                .ints(random.nextInt(4), 0, 4)
                .mapToObj(c -> List.of("a", "b", "-", "é").get(c))
                .reduce("", String::concat);
      }
      Mapping mapping = join("join('" + separator + "')", values.length);
      RecordBatch batch = parts(values);

      Mapped there = mapping.forward(batch);

      String what = "seed " + seed + ": " + List.of(values) + " with " + separator;
      if (there.refused().isEmpty()) {
        joined++;
        assertThat(there.records().textAt(there.records().at(0, 1)))
            .as(what)
            .isEqualTo(String.join(separator, values));
        assertThat(mapping.inverse(there.records()).records().recordBytes(0))
            .as(what)
            .isEqualTo(mapping.comparable(batch).records().recordBytes(0));
        assertThat(mapping.both(batch).comparables().recordBytes(0))
            .as(what)
            .isEqualTo(mapping.comparable(batch).records().recordBytes(0));
      } else {
        assertThat(there.refused().get(0).code()).as(what).isEqualTo("NOT_EXACT");
        assertThat(
                String.join(separator, values).split(java.util.regex.Pattern.quote(separator), -1))
            .as(what)
            .isNotEqualTo(values);
      }
    }
    assertThat(joined).isGreaterThan(5_000);
  }

  @Test
  void nullsAreJoinedOnlyWithNulls() {
    Mapping mapping = join("join(' ')", 2);

    assertThat(mapping.forward(parts("a", null)).refused()).hasSize(1);
    assertThat(mapping.forward(parts(null, "b")).refused()).hasSize(1);
    RecordBatch nulls = parts(null, null);
    Mapped there = mapping.forward(nulls);
    assertThat(there.refused()).isEmpty();
    assertThat(mapping.inverse(there.records()).records().recordBytes(0))
        .isEqualTo(mapping.comparable(nulls).records().recordBytes(0));
  }

  @Test
  void aSplitTextComesBackOrIsRefused() {
    Mapping mapping = split(" ", 2);

    assertThat(mapping.width()).isEqualTo(2);
    assertThat(mapping.comparableWidth()).isEqualTo(1);
    for (String whole : List.of("Ada Lovelace", " x", "x ", " ")) {
      RecordBatch name = record(whole);
      Mapped there = mapping.forward(name);
      assertThat(there.refused()).as(whole).isEmpty();
      assertThat(mapping.inverse(there.records()).records().recordBytes(0))
          .as(whole)
          .isEqualTo(name.recordBytes(0));
    }
    for (String other : List.of("Ada", "", "Ada King Lovelace", "  ")) {
      assertThat(mapping.forward(record(other)).refused())
          .as(other)
          .singleElement()
          .extracting(Mapping.Refused::code)
          .isEqualTo("NOT_EXACT");
    }
    RecordBatch nothing = record((String) null);
    assertThat(mapping.inverse(mapping.forward(nothing).records()).records().recordBytes(0))
        .isEqualTo(nothing.recordBytes(0));
  }

  @Test
  void aPartThatWasChangedIsNotTakenForTheText() {
    Mapping mapping = split("--", 2);
    RecordBatch target = record("a-", "b");

    assertThat(mapping.inverse(target).refused()).hasSize(1);
  }

  @Test
  void aSplitThatLosesAPartIsRefused() {
    assertThatThrownBy(
            () -> new Mapping(1, List.of(new Way("name", 0, TEXT, "split(' ', 1, 2)", TEXT))))
        .hasMessageContaining("part 2 goes nowhere");
    assertThatThrownBy(
            () ->
                new Mapping(
                    1,
                    List.of(
                        new Way("name", 0, TEXT, "split(' ', 1, 2)", TEXT),
                        new Way("name", 0, TEXT, "split(' ', 1, 2)", TEXT))))
        .hasMessageContaining("each part once");
  }

  @Test
  void theKeyOfAJoinIsItsParts() {
    assertThat(join("join(' ')", 2).comparableFields(new int[] {1})).containsExactly(1, 2);
    assertThat(split(" ", 2).comparableFields(new int[] {0, 1})).containsExactly(0);
  }
}
