package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.SpecException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names of what {@link DetailReader} says about a table and {@link TableDefinition} and {@link
 * Completion} make of it (docs/stores/postgresql.md). Names of fields stand at the end, after a
 * point.
 */
final class TableDetail {
  static final String COMMENT = "comment";

  /** The partition key, as {@code PARTITION BY} takes it. */
  static final String PARTITION = "partition";

  /** A partition: {@code name OF parent FOR VALUES …}, parents first. */
  static final String PARTITION_NUMBER = "partition.%05d";

  /** Storage parameters, as {@code WITH} takes them. */
  static final String OPTIONS = "options";

  static final String PERSISTENCE = "persistence";

  /** For people: policies are not made. */
  static final String ROW_SECURITY = "row-security";

  static final String POLICY = "policy.";
  static final String COLLATION = "collation";

  /** {@code virtual} for a computed field that is not stored. */
  static final String GENERATED = "generated";

  /** The extension that a field's type belongs to. */
  static final String EXTENSION = "extension";

  /** Options of an identity's sequence, if not the usual ones. */
  static final String IDENTITY = "identity";

  /** A default that takes from a sequence of its own name. */
  static final String DEFAULT = "default";

  /** The sequence that goes with a field. */
  static final String OWNS = "owns";

  static final String FOREIGN_KEY = "foreign-key";

  /** The name of a check, by its definition. */
  static final String CHECK = "check";

  /** The kind of a sequence among the objects. */
  static final String SEQUENCE = "sequence";

  /** Before the name of a unique index that is no constraint. */
  static final String INDEX = "INDEX ";

  private static final Pattern NAMED =
      Pattern.compile("CONSTRAINT \"((?:[^\"]|\"\")+)\" (.+)", Pattern.DOTALL);
  private static final String NAME = "(\"(?:[^\"]|\"\")+\"|[^\" .]+)";
  private static final Pattern PART =
      Pattern.compile(NAME + " OF " + NAME + " ((?:FOR VALUES |DEFAULT).*)", Pattern.DOTALL);

  private TableDetail() {}

  static String of(String property, String field) {
    return property + "." + field;
  }

  static @Nullable String get(Collection collection, String property, String field) {
    return collection.detail().properties().get(of(property, field));
  }

  static String key(List<String> fields) {
    return of("key", String.join(", ", fields));
  }

  static String unique(List<String> fields) {
    return of("unique", String.join(", ", fields));
  }

  static String named(String name, String definition) {
    return "CONSTRAINT " + Dialect.quote(name) + " " + definition;
  }

  /** True if a key or unique constraint does not follow from its fields alone. */
  static boolean isMoreThanFields(String definition) {
    return !definition.endsWith(")")
        || definition.contains(" NULLS NOT DISTINCT ")
        || definition.contains(" INCLUDE (")
        || definition.contains(" WITHOUT OVERLAPS)");
  }

  /** A constraint with its name. */
  record Named(String name, String definition) {}

  /** What {@link #named} put together, if it is there. */
  static Optional<Named> named(Collection collection, String property) {
    String text = collection.detail().properties().get(property);
    if (text == null || text.startsWith(INDEX)) {
      return Optional.empty();
    }
    Matcher matcher = NAMED.matcher(text);
    if (!matcher.matches()) {
      throw bad(property, text);
    }
    return Optional.of(
        new Named(
            matcher.group(1).replace("\"\"", "\""), SqlText.single(property, matcher.group(2))));
  }

  /** One partition: quoted names and what follows them. */
  record Partition(String name, String parent, String bounds) {}

  static List<Partition> partitions(Collection collection) {
    return collection.detail().properties().entrySet().stream()
        .filter(each -> each.getKey().startsWith(PARTITION + "."))
        .map(each -> partition(each.getKey(), each.getValue()))
        .toList();
  }

  private static Partition partition(String property, String text) {
    Matcher matcher = PART.matcher(SqlText.single(property, text));
    if (!matcher.matches()) {
      throw bad(property, text);
    }
    return new Partition(quoted(matcher.group(1)), quoted(matcher.group(2)), matcher.group(3));
  }

  private static String quoted(String name) {
    return name.startsWith("\"") ? name : Dialect.quote(name);
  }

  private static SpecException bad(String property, String text) {
    return new SpecException(
        "BAD_DETAIL",
        "The plan's \"" + property + "\" is nothing that PostgreSQL says of a table: " + text,
        "take it out of the plan, or plan again: waybill plan --from … --to …");
  }
}
