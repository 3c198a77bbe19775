package dev.waybill.plan;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import java.util.Optional;

/** Which mappings there are between fields. */
final class Ways {
  private Ways() {}

  /** What stands in the way of a line, empty if nothing does. */
  static Optional<String> obstacle(FieldMapping line) {
    if (line.from().kind() == Kind.DYNAMIC && line.as().isEmpty()) {
      return Optional.empty();
    }
    if (line.sources().size() > 1 && !line.as().startsWith("join")) {
      return Optional.of("several fields go into one by \"as: join(' ')\" only");
    }
    try {
      Mapping.fidelity(line.from(), line.as(), line.to());
      return Optional.empty();
    } catch (IllegalArgumentException none) {
      return Optional.of(
          line.as().isEmpty()
              ? "values of type " + line.from() + " cannot be carried as " + line.to()
              : String.valueOf(none.getMessage()));
    }
  }

  /** The type that values have which are read as told. */
  static LogicalType natural(String as, LogicalType from) {
    String name = as.replaceFirst("\\(.*", "");
    return switch (name) {
      case "epoch" -> LogicalType.INSTANT;
      case "f32", "f32be" -> LogicalType.vector(LogicalType.FLOAT32, 0);
      case "f64", "f64be" -> LogicalType.vector(LogicalType.FLOAT64, 0);
      case "json" -> LogicalType.JSON;
      case "hex", "base64" -> LogicalType.BYTES;
      case "uuid" -> LogicalType.UUID;
      case "boolean" -> LogicalType.BOOLEAN;
      case "join", "split", "lower" -> LogicalType.TEXT;
      default -> from;
    };
  }
}
