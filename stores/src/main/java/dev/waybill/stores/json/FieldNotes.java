package dev.waybill.stores.json;

import dev.waybill.model.RecordBatch;
import dev.waybill.stores.json.JsonScan.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What was seen of one field, and what it is for that. Not thread-safe. */
final class FieldNotes {
  private final String name;
  private final long first;
  private long lastRecord = -1;
  private long nulls;
  private long booleans;
  private long integers;
  private long doubles;
  private long decimals;
  private long strings;
  private long nested;
  private boolean areIntegersDoubles = true;
  private @Nullable JsonForm spelling;

  /**
   * @param first where the first record is that has the field
   */
  FieldNotes(String name, long first) {
    this.name = name;
    this.first = first;
  }

  String name() {
    return name;
  }

  /** Where the first record is that has the field. */
  long first() {
    return first;
  }

  /** What strings are copied to while they are looked at: one for all fields of a thread. */
  static final class Desk {
    private final JsonText text = new JsonText();
    private final RecordBatch trial = new RecordBatch(1);
  }

  /** Takes note of what was seen of the same field in the records that follow. */
  void add(FieldNotes next) {
    if (strings == 0) {
      spelling = next.spelling;
    } else if (next.strings > 0 && !Objects.equals(spelling, next.spelling)) {
      // No text is spelled as two forms say.
      spelling = null;
    }
    nulls += next.nulls;
    booleans += next.booleans;
    integers += next.integers;
    doubles += next.doubles;
    decimals += next.decimals;
    strings += next.strings;
    nested += next.nested;
    areIntegersDoubles &= next.areIntegersDoubles;
  }

  /** Takes note of a value. */
  void add(Token token, byte[] json, int from, int to, Desk desk) {
    switch (token) {
      case NULL -> nulls++;
      case TRUE, FALSE -> booleans++;
      case OBJECT, ARRAY -> nested++;
      case NOT_FINITE -> doubles++;
      case STRING -> string(json, from + 1, to - 1, desk);
      case INTEGER, NUMBER -> {
        if (token == Token.INTEGER && JsonNumbers.isInt64(json, from, to)) {
          integers++;
          areIntegersDoubles &= to - from < 16 || JsonNumbers.isDouble(json, from, to);
        } else if (JsonNumbers.isDouble(json, from, to)) {
          doubles++;
        } else {
          decimals++;
        }
      }
    }
  }

  private void string(byte[] json, int from, int to, Desk desk) {
    boolean isFirst = strings++ == 0;
    JsonForm form = spelling;
    if (!isFirst && form == null) {
      return;
    }
    JsonText text = desk.text;
    text.clear();
    if (to - from <= 200) {
      JsonStrings.unescape(json, from, to, text);
    }
    if (isFirst || form == null) {
      spelling = JsonTimes.formOf(text.bytes(), text.size());
    } else if (!JsonTimes.isOf(form, text.bytes(), text.size(), desk.trial)) {
      spelling = null;
    }
  }

  /** False if the field has been seen in this record before. */
  boolean isNewIn(long record) {
    boolean isNew = lastRecord != record;
    lastRecord = record;
    return isNew;
  }

  private long values() {
    return booleans + integers + doubles + decimals + strings + nested;
  }

  long seen() {
    return values() + nulls;
  }

  long nulls() {
    return nulls;
  }

  /** True if every record has a text or a whole number here. */
  boolean identifies(long records) {
    return records > 0 && (strings == records || integers == records);
  }

  JsonForm form() {
    long values = values();
    JsonForm form = spelling;
    if (strings == values) {
      return values > 0 && form != null ? form : JsonForm.STRING;
    }
    if (booleans == values) {
      return JsonForm.BOOLEAN;
    }
    if (integers == values) {
      return JsonForm.INTEGER;
    }
    if (integers + doubles + decimals == values) {
      return decimals == 0 && areIntegersDoubles ? JsonForm.NUMBER : JsonForm.DECIMAL;
    }
    return JsonForm.JSON;
  }

  /** What it is taken for and how many records say so: {@code createdAt instant (365 of 365)}. */
  String text(long records) {
    long values = values();
    JsonForm form = form();
    List<String> share = new ArrayList<>();
    share.add(String.format("%,d of %,d", values, records));
    if (nulls > 0) {
      share.add(String.format("null in %,d", nulls));
    }
    if (seen() < records) {
      share.add(String.format("absent in %,d", records - seen()));
    }
    List<String> mix = mix();
    if (form.equals(JsonForm.JSON) && mix.size() > 1) {
      share.add("mixed: " + String.join(", ", mix));
    }
    String spelled = form.digits() >= 0 ? " " + form.nativeType() : "";
    return name
        + (values == 0 ? " unknown, taken for " : " ")
        + form.kind().name().toLowerCase(java.util.Locale.ROOT)
        + spelled
        + " ("
        + String.join(", ", share)
        + ")";
  }

  private List<String> mix() {
    List<String> kinds = new ArrayList<>();
    count(kinds, strings, "text");
    count(kinds, integers + doubles + decimals, "number");
    count(kinds, booleans, "boolean");
    count(kinds, nested, "nested");
    return kinds;
  }

  private static void count(List<String> kinds, long number, String what) {
    if (number > 0) {
      kinds.add(String.format("%,d %s", number, what));
    }
  }
}
