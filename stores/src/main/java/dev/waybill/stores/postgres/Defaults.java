package dev.waybill.stores.postgres;

import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads and writes the defaults of columns. */
final class Defaults {
  private static final Pattern QUOTED =
      Pattern.compile("'((?:[^']|'')*)'::[\\w .\"]+(?:\\(\\d+(?:,-?\\d+)?\\))?[\\w ]*");
  private static final Pattern NUMBER =
      Pattern.compile("\\(?(-?\\d+(?:\\.\\d+)?)\\)?(?:::[\\w ]+)?");
  private static final Pattern SEQUENCE = Pattern.compile("nextval\\('.*'::regclass\\)");
  private static final Set<String> NOW =
      Set.of("now()", "current_timestamp", "transaction_timestamp()", "localtimestamp");

  /** Types whose constants other stores understand in PostgreSQL's spelling. */
  private static final Set<Kind> COMMON =
      Set.of(
          Kind.BOOLEAN,
          Kind.INT64,
          Kind.DECIMAL,
          Kind.FLOAT32,
          Kind.FLOAT64,
          Kind.TEXT,
          Kind.UUID,
          Kind.DATE,
          Kind.JSON);

  private static final Set<Kind> TEMPORAL =
      Set.of(Kind.TIMESTAMP, Kind.INSTANT, Kind.DATE, Kind.TIME);

  private Defaults() {}

  static boolean isSequence(String expression) {
    return SEQUENCE.matcher(expression).matches();
  }

  /** A default from what {@code pg_get_expr()} says. */
  static Field.@Nullable Default of(String expression, LogicalType type) {
    if (NOW.contains(expression.toLowerCase(Locale.ROOT))) {
      return new Field.Default(null, Field.Default.NOW);
    }
    if (expression.startsWith("NULL::") || expression.equals("NULL")) {
      return null;
    }
    return new Field.Default(COMMON.contains(type.kind()) ? literal(expression) : null, expression);
  }

  private static @Nullable String literal(String expression) {
    Matcher quoted = QUOTED.matcher(expression);
    if (quoted.matches()) {
      String text = quoted.group(1).replace("''", "'");
      // 'now'::text::date and its like are no constants.
      return Set.of("now", "today", "tomorrow", "yesterday").contains(text) ? null : text;
    }
    Matcher number = NUMBER.matcher(expression);
    if (number.matches()) {
      return number.group(1);
    }
    return expression.equals("true") || expression.equals("false") ? expression : null;
  }

  /** The clause of a column's definition, or nothing where the default cannot be carried. */
  static String clause(Field field, String nativeType) {
    Field.Default value = field.defaultValue();
    if (value == null) {
      return "";
    }
    if (value.literal() != null) {
      return " DEFAULT " + Dialect.literal(value.literal()) + "::" + nativeType;
    }
    if (value.expression().equals(Field.Default.NOW)) {
      return TEMPORAL.contains(field.type().kind()) ? " DEFAULT CURRENT_TIMESTAMP" : "";
    }
    return " DEFAULT (" + value.expression() + ")";
  }
}
