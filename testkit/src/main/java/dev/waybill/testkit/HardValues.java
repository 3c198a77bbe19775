package dev.waybill.testkit;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Collects the values of one type; what is none of the type's is passed over. */
final class HardValues {
  static final String SQLITE = "sqlite";
  static final String POSTGRES = "postgresql";
  static final String JSON = "json";

  private final LogicalType type;
  private final List<HardValue> values = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  HardValues(LogicalType type) {
    this.type = type;
  }

  LogicalType type() {
    return type;
  }

  List<HardValue> all() {
    return List.copyOf(values);
  }

  /** A value that each store spells as it spells all of its kind. */
  void add(String name, Consumer<RecordBatch> put) {
    add(name, put, Map.of());
  }

  /** A value that is spelled in a particular way; an empty spelling says that there is none. */
  void add(String name, Consumer<RecordBatch> put, Map<String, String> spelled) {
    RecordBatch value = new RecordBatch(1);
    put.accept(value);
    if (!names.add(name)) {
      throw new IllegalStateException("two values of " + type + " are called " + name);
    }
    if (Fit.problem(type, value, 0) != null) {
      return;
    }
    Map<String, String> literals = new TreeMap<>();
    literals.put(SQLITE, orEmpty(spelled.get(SQLITE), SqliteLiteral.of(type, value, 0)));
    literals.put(POSTGRES, orEmpty(spelled.get(POSTGRES), PostgresLiteral.of(type, value, 0)));
    literals.put(JSON, orEmpty(spelled.get(JSON), JsonLiteral.of(type, value, 0)));
    if (type.kind() == Kind.DYNAMIC) {
      // A column there has one type.
      literals.remove(POSTGRES);
    }
    literals.values().removeIf(String::isEmpty);
    values.add(new HardValue(name, value, literals));
  }

  private static String orEmpty(@Nullable String given, @Nullable String usual) {
    return given != null ? given : usual == null ? "" : usual;
  }
}
