package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.run.CollectionResult;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.ToLongFunction;

/** The counts of a run's collections, as JSON and as the closing table. */
final class Summary {
  private record Column(String name, boolean isAlways, ToLongFunction<CollectionResult> count) {}

  private static final List<Column> COLUMNS =
      List.of(
          new Column("read", true, CollectionResult::read),
          new Column("written", true, CollectionResult::written),
          new Column("unchanged", false, CollectionResult::unchanged),
          new Column("skipped", false, CollectionResult::skipped),
          new Column("repaired", false, CollectionResult::repaired),
          new Column("deleted", false, CollectionResult::deleted),
          new Column("quarantined", false, CollectionResult::quarantined),
          new Column("verified", true, CollectionResult::verified),
          new Column("different", false, CollectionResult::different));

  private Summary() {}

  static void writeCollections(JsonGenerator json, List<CollectionResult> collections)
      throws IOException {
    json.writeArrayFieldStart("collections");
    for (CollectionResult each : collections) {
      json.writeStartObject();
      json.writeStringField("name", each.name());
      for (Column column : COLUMNS) {
        json.writeNumberField(column.name(), column.count().applyAsLong(each));
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Columns that are zero everywhere are left out, but for the three that always matter. */
  static List<String> table(List<CollectionResult> collections) {
    CollectionResult total = total(collections);
    List<Column> shown =
        COLUMNS.stream()
            .filter(column -> column.isAlways() || column.count().applyAsLong(total) != 0)
            .toList();
    String[] heads = new String[shown.size() + 1];
    heads[0] = "collection";
    for (int i = 0; i < shown.size(); i++) {
      heads[i + 1] = ">" + shown.get(i).name();
    }
    Table table = new Table(heads);
    collections.forEach(each -> table.row(cells(each, shown)));
    if (collections.size() > 1) {
      table.row(cells(total, shown));
    }
    return table.lines();
  }

  private static String[] cells(CollectionResult of, List<Column> shown) {
    String[] cells = new String[shown.size() + 1];
    cells[0] = of.name();
    for (int i = 0; i < shown.size(); i++) {
      cells[i + 1] = Text.number(shown.get(i).count().applyAsLong(of));
    }
    return cells;
  }

  /** All collections together. */
  static CollectionResult total(List<CollectionResult> collections) {
    long[] sums = new long[COLUMNS.size()];
    for (CollectionResult each : collections) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += COLUMNS.get(i).count().applyAsLong(each);
      }
    }
    return new CollectionResult(
        "total", sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8]);
  }

  /** To the millisecond, never with an exponent. */
  static void writeSeconds(JsonGenerator json, double seconds) throws IOException {
    BigDecimal rounded = BigDecimal.valueOf(seconds).setScale(3, RoundingMode.HALF_UP);
    json.writeFieldName("seconds");
    json.writeNumber(rounded.toPlainString());
  }
}
