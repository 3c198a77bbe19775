package dev.waybill.e2e;

import dev.waybill.model.Collection;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Nested documents of every shape, all from one seed. */
final class RandomDocuments {
  static final Collection SESSIONS =
      Collection.of(
          "sessions",
          List.of(
              World.field("id", LogicalType.TEXT, false),
              World.field("title", LogicalType.TEXT, true),
              World.field("messages", LogicalType.JSON, true),
              World.field("state", LogicalType.JSON, true),
              World.field("tags", LogicalType.JSON, true),
              World.field("any", LogicalType.JSON, true)),
          List.of("id"));

  private static final List<String> SCALARS =
      List.of(
          "0",
          "-0",
          "-0.0",
          "1",
          "-17",
          "1.0",
          "0.1",
          "1e3",
          "1e400",
          "1e-400",
          "123456789012345678901234567890",
          "9223372036854775807",
          "9223372036854775808",
          "0.1000000000000000055511151231257827",
          "1E99999999999",
          "true",
          "false",
          "null",
          "\"\"",
          "\"text\"",
          "\"\\u00e4 \\n \\\"q\\\" \\\\\"",
          "\"\uD83D\uDE00\"",
          "\"\\uD83D\\uDE00\"",
          "\"half \\ud800\"",
          "\"nul \\u0000\"",
          "\"[]\"",
          "\"null\"");

  private static final List<String> NAMES =
      List.of(
          "role",
          "text",
          "n",
          "ordinal",
          "sessions_id",
          "value",
          "waybill_rest",
          "Role",
          "",
          "a b",
          "\\u0061",
          "half \\ud800",
          "x\\u0000y",
          "long".repeat(20),
          "content");

  /** What jsonb refuses or bends: the writer names it, and the run is put back. */
  private static final Predicate<String> IS_HARD =
      text ->
          text.startsWith("-0")
              || text.contains("E9")
              || text.contains("\\u0000")
              || text.contains("\\ud800");

  private final RandomGenerator random;
  private final boolean isMild;
  private final List<String> scalars;
  private final List<String> names;

  /**
   * @param isMild true to leave out what jsonb cannot hold
   */
  RandomDocuments(RandomGenerator random, boolean isMild) {
    this.random = random;
    this.isMild = isMild;
    this.scalars = SCALARS.stream().filter(each -> !isMild || !IS_HARD.test(each)).toList();
    this.names = NAMES.stream().filter(each -> !isMild || !IS_HARD.test(each)).toList();
  }

  RecordBatch records(int count) {
    RecordBatch batch = World.batch(SESSIONS);
    int usual = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      batch.putText("session " + i);
      switch (random.nextInt(3)) {
        case 0 -> batch.putNull();
        case 1 -> batch.putAbsent();
        default -> batch.putText("title " + i);
      }
      field(batch, usual == 0 ? value(4) : array(i % 5, 3));
      field(batch, usual == 1 ? value(3) : object(3));
      field(batch, usual == 2 ? value(2) : strings());
      field(batch, value(4));
    }
    return batch;
  }

  private void field(RecordBatch batch, String json) {
    switch (random.nextInt(8)) {
      case 0 -> batch.putNull();
      case 1 -> batch.putAbsent();
      default -> batch.putJson(json.getBytes(StandardCharsets.UTF_8));
    }
  }

  private String strings() {
    StringBuilder out = new StringBuilder("[");
    for (int i = random.nextInt(4); i > 0; i--) {
      out.append(random.nextInt(6) == 0 ? "null" : "\"tag " + i + "\"").append(i > 1 ? ", " : "");
    }
    return out + "]";
  }

  private String value(int depth) {
    int kind = random.nextInt(depth > 0 ? 5 : 2);
    return switch (kind) {
      case 0, 1, 2 -> scalars.get(random.nextInt(scalars.size()));
      case 3 -> array(random.nextInt(4), depth - 1);
      default -> object(depth - 1);
    };
  }

  private String array(int length, int depth) {
    boolean isMixed = random.nextInt(4) == 0;
    StringBuilder out = new StringBuilder("[ ");
    for (int i = 0; i < length; i++) {
      out.append(i > 0 ? " ," : "").append(isMixed ? value(depth) : object(depth));
    }
    return out + "]";
  }

  private String object(int depth) {
    StringBuilder out = new StringBuilder("{");
    boolean mayRepeat = random.nextInt(20) == 0 && !isMild;
    java.util.Set<String> used = new java.util.HashSet<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      String name = names.get(random.nextInt(names.size()));
      if (!used.add(name.equals("\\u0061") ? "a" : name) && !mayRepeat) {
        continue;
      }
      String value =
          name.equals("content") && depth > 0
              ? array(random.nextInt(3), depth - 1)
              : name.equals("role") && random.nextInt(9) > 0 ? "\"user\"" : value(depth);
      out.append(out.length() > 1 ? ", " : "")
          .append('"')
          .append(name)
          .append("\" : ")
          .append(value);
    }
    return out.append("}").toString();
  }
}
