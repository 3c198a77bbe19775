package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.NativeDetail;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Holds a collection as it should be against the one that is there. */
public final class SchemaComparison {
  private final Collection expected;
  private final Collection actual;
  private final List<String> differences = new ArrayList<>();

  private SchemaComparison(Collection expected, Collection actual) {
    this.expected = expected;
    this.actual = actual;
  }

  /**
   * What records depend on: fields with their types and nulls, key, unique sets, foreign keys,
   * indexes.
   *
   * @return one sentence for each difference, none if they are alike
   */
  public static List<String> essentials(Collection expected, Collection actual) {
    return new SchemaComparison(expected, actual).essentials();
  }

  /** As {@link #essentials}, and all else that two stores of one dialect can say. */
  public static List<String> everything(Collection expected, Collection actual) {
    SchemaComparison comparison = new SchemaComparison(expected, actual);
    comparison.essentials();
    comparison.words();
    return comparison.differences;
  }

  private List<String> essentials() {
    for (Field field : expected.fields()) {
      actual
          .field(field.name())
          .ifPresentOrElse(
              there -> compare(field, there),
              () -> differ("field " + field.name() + " is missing"));
    }
    for (Field field : actual.fields()) {
      if (expected.field(field.name()).isEmpty()) {
        differ("field " + field.name() + " is only in the target");
      }
    }
    if (!expected.key().equals(actual.key())) {
      differ("the key is " + names(actual.key()) + ", not " + names(expected.key()));
    }
    Set<Set<String>> unique = sets(expected.uniqueSets());
    Set<Set<String>> uniqueThere = sets(actual.uniqueSets());
    missing("the unique set ", texts(unique), texts(uniqueThere));
    missing("the foreign key ", foreignKeys(expected), foreignKeys(actual));
    missing("the index ", indexes(expected), indexes(actual));
    return differences;
  }

  private void compare(Field field, Field there) {
    String name = "field " + field.name();
    if (!field.type().equals(there.type())) {
      differ(name + " is " + type(there) + ", not " + type(field));
    }
    if (field.isNullable() != there.isNullable()) {
      differ(name + (there.isNullable() ? " may be null" : " may not be null"));
    }
    if (field.generation() != there.generation()) {
      differ(
          name
              + " is generated as "
              + there.generation().name().toLowerCase(java.util.Locale.ROOT)
              + ", not "
              + field.generation().name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  private static String type(Field field) {
    return field.nativeType().isEmpty() ? field.type().toString() : field.nativeType();
  }

  /** What only the store's own words say. */
  private void words() {
    for (Field field : expected.fields()) {
      Optional<Field> there = actual.field(field.name());
      if (there.isPresent()
          && field.type().equals(there.get().type())
          && !field.nativeType().equals(there.get().nativeType())) {
        differ("field " + field.name() + " is " + type(there.get()) + ", not " + type(field));
      }
      if (there.isPresent() && !text(field).equals(text(there.get()))) {
        differ(
            "field "
                + field.name()
                + " has the default "
                + text(there.get())
                + ", not "
                + text(field));
      }
    }
    missing("the check ", new TreeSet<>(expected.checks()), new TreeSet<>(actual.checks()));
    missing("the trigger ", new TreeSet<>(expected.triggers()), new TreeSet<>(actual.triggers()));
    Map<String, String> facts = new TreeMap<>(expected.detail().properties());
    Map<String, String> there = new TreeMap<>(actual.detail().properties());
    // How something is known is no part of the schema.
    for (String name : List.of(NativeDetail.DANGLING, NativeDetail.KEY_FOUND)) {
      facts.remove(name);
      there.remove(name);
    }
    facts.forEach(
        (name, value) -> {
          if (!value.equals(there.get(name))) {
            differ(name + " is " + there.getOrDefault(name, "not there") + ", not " + value);
          }
        });
    there.forEach(
        (name, value) -> {
          if (!facts.containsKey(name)) {
            differ(name + " is only in the target: " + value);
          }
        });
    missing("", objects(expected), objects(actual));
    if (!expected.detail().definition().equals(actual.detail().definition())
        && differences.isEmpty()) {
      differ("the store's own statement for it is another one");
    }
  }

  private static String text(Field field) {
    Default given = field.defaultValue();
    return given == null ? "none" : given.literal() == null ? given.expression() : given.literal();
  }

  private void missing(String what, Set<String> wanted, Set<String> there) {
    for (String each : wanted) {
      if (!there.contains(each)) {
        differ(what + each + " is missing");
      }
    }
    for (String each : there) {
      if (!wanted.contains(each)) {
        differ(what + each + " is only in the target");
      }
    }
  }

  private static Set<Set<String>> sets(List<List<String>> lists) {
    Set<Set<String>> sets = new HashSet<>();
    lists.forEach(list -> sets.add(new TreeSet<>(list)));
    return sets;
  }

  private static Set<String> texts(Set<Set<String>> sets) {
    Set<String> texts = new TreeSet<>();
    sets.forEach(set -> texts.add(names(List.copyOf(set))));
    return texts;
  }

  private static Set<String> foreignKeys(Collection collection) {
    Set<String> texts = new TreeSet<>();
    for (ForeignKey key : collection.foreignKeys()) {
      texts.add(
          names(key.fields())
              + " → "
              + key.targetCollection()
              + " "
              + names(key.targetFields())
              + action(" on delete ", key.onDelete())
              + action(" on update ", key.onUpdate())
              + (key.isDeferrable() ? " deferrable" : ""));
    }
    return texts;
  }

  private static String action(String when, ForeignKey.Action action) {
    return action == ForeignKey.Action.NO_ACTION
        ? ""
        : when + action.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  private static Set<String> indexes(Collection collection) {
    Set<String> texts = new TreeSet<>();
    for (Index index : collection.indexes()) {
      texts.add(
          index.isPortable()
              ? (index.isUnique() ? "unique " : "") + index.description()
              : index.definition());
    }
    return texts;
  }

  private static Set<String> objects(Collection collection) {
    Set<String> texts = new TreeSet<>();
    collection
        .detail()
        .objects()
        .forEach(each -> texts.add(each.kind() + " " + each.name() + ": " + each.definition()));
    return texts;
  }

  private static String names(List<String> names) {
    return names.isEmpty() ? "none" : "(" + String.join(", ", names) + ")";
  }

  private void differ(String what) {
    differences.add(expected.name() + ": " + what);
  }
}
