package dev.waybill.e2e;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Records of people with a text key, as many as a test wants. */
final class People {
  static final List<Field> FIELDS =
      List.of(
          World.field("id", LogicalType.TEXT, false),
          World.field("name", LogicalType.TEXT, true),
          World.field("age", LogicalType.INT64, true),
          World.field("score", LogicalType.FLOAT64, true));

  private People() {}

  static Collection named(String name) {
    return Collection.of(name, FIELDS, List.of("id"));
  }

  static Collection people() {
    return named("people");
  }

  static String id(int number) {
    return String.format("p%03d", number);
  }

  /** People {@code from} to before {@code to}; what they are depends on {@code version}. */
  static RecordBatch some(int from, int to, int version) {
    RecordBatch records = new RecordBatch(FIELDS.size());
    for (int i = from; i < to; i++) {
      one(records, i, "name " + i + " v" + version, 100L * version + i);
    }
    return records;
  }

  static void one(RecordBatch into, int number, String name, long age) {
    into.putText(id(number));
    if (number % 7 == 3) {
      into.putNull();
    } else {
      into.putText(name);
    }
    into.putInt64(age);
    into.putFloat64(number / 4.0);
  }

  /** Keys of people. */
  static RecordBatch keys(int... numbers) {
    RecordBatch keys = new RecordBatch(1);
    for (int number : numbers) {
      keys.putText(id(number));
    }
    return keys;
  }

  /** People with fields of many types, as a relational store has them. */
  static Collection rich() {
    List<Field> fields = new ArrayList<>(FIELDS);
    fields.add(World.field("code", LogicalType.UUID, true));
    fields.add(World.field("price", LogicalType.DECIMAL, true));
    fields.add(World.field("seen", LogicalType.INSTANT, true));
    fields.add(World.field("born", LogicalType.DATE, true));
    fields.add(World.field("notes", LogicalType.JSON, true));
    fields.add(World.field("embedding", LogicalType.vector(LogicalType.FLOAT32, 3), true));
    return Collection.of("people", fields, List.of("id"));
  }

  static RecordBatch richOnes(int from, int to) {
    RecordBatch records = new RecordBatch(rich().writtenFields().size());
    for (int i = from; i < to; i++) {
      one(records, i, "name " + i, i);
      records.putUuid(new UUID(i, -i));
      records.putDecimal(i + ".50");
      records.putInstant(1_700_000_000L + i, i * 1000, RecordBatch.NO_OFFSET);
      records.putDate(-i);
      records.putJson(
          ("{\"b\": [" + i + ", null], \"a\":0.10}")
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      records.putVector(new float[] {i, -0.0f, 0.1f});
    }
    return records;
  }
}
