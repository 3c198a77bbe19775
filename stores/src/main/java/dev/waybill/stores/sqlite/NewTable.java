package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.SpecException;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes a table in the caller's transaction: by its own definition where that says what the plan
 * says, else from the plan's fields.
 */
final class NewTable {
  private static final String BEFORE = "waybill_before_table";

  private final Connected connection;
  private final Collection plan;

  NewTable(Connected connection, Collection plan) {
    this.connection = connection;
    this.plan = plan;
  }

  /**
   * @return the table made
   * @throws SpecException if the plan's definition or one of its expressions is not what it should
   *     be; the transaction must then be rolled back
   */
  Table make() throws SQLException {
    String definition = plan.detail().definition();
    if (!definition.isEmpty()) {
      OwnStatement.requireTable(definition, plan.name());
      if (isMadeBy(definition)) {
        return made();
      }
    }
    connection.run(Definition.table(plan));
    Table made = made();
    List<String> wanted = Definition.fields(plan).stream().map(Field::name).toList();
    if (!made.columns().stream().map(Table.Column::name).toList().equals(wanted)) {
      throw new SpecException(
          "DEFINITION_NOT_RUN",
          "\"" + plan.name() + "\" would be made with other columns than the plan names.",
          "look at its checks, defaults and computed fields in the plan");
    }
    return made;
  }

  private Table made() throws SQLException {
    return Table.of(connection, plan.name()).orElseThrow();
  }

  /** Runs the definition; takes it back and gives false if the table is not the plan's. */
  private boolean isMadeBy(String definition) throws SQLException {
    connection.run("SAVEPOINT " + BEFORE);
    try {
      connection.run(definition);
    } catch (SQLException failure) {
      throw new SpecException(
          "DEFINITION_NOT_RUN",
          "SQLite does not run the definition of \""
              + plan.name()
              + "\": "
              + SqliteErrors.reason(failure)
              + ".",
          "take it out of the plan: the table is then made from its fields",
          failure);
    }
    boolean isSame = isSame(Described.collection(connection, made()));
    if (!isSame) {
      connection.run("ROLLBACK TO " + BEFORE);
    }
    connection.run("RELEASE " + BEFORE);
    return isSame;
  }

  private boolean isSame(Collection made) {
    return made.key().equals(plan.key())
        && made.checks().equals(plan.checks())
        && hasSameFields(made)
        && hasSameUniqueSets(made)
        && hasSameForeignKeys(made);
  }

  private boolean hasSameFields(Collection made) {
    if (made.fields().size() != plan.fields().size()) {
      return false;
    }
    for (int i = 0; i < made.fields().size(); i++) {
      Field field = made.fields().get(i);
      Field wanted = plan.fields().get(i);
      boolean isSame =
          field.name().equals(wanted.name())
              && field.nativeType().equalsIgnoreCase(wanted.nativeType())
              && field.generation() == wanted.generation()
              && field.isNullable() == wanted.isNullable()
              && expression(field).equals(expression(wanted));
      if (!isSame) {
        return false;
      }
    }
    return true;
  }

  private static String expression(Field field) {
    Field.Default value = field.defaultValue();
    return value == null ? "" : value.expression();
  }

  /** The plan's unique sets are its constraints, and what its unique indexes make later. */
  private boolean hasSameUniqueSets(Collection made) {
    Set<Set<String>> now = sets(made.uniqueSets());
    Set<Set<String>> wanted = sets(plan.uniqueSets());
    Set<Set<String>> later =
        sets(
            plan.indexes().stream()
                .filter(Index::isUnique)
                .map(index -> index.columns().stream().map(Index.Column::field).toList())
                .toList());
    if (!wanted.containsAll(now)) {
      return false;
    }
    wanted.removeAll(now);
    return later.containsAll(wanted);
  }

  private static Set<Set<String>> sets(List<List<String>> lists) {
    Set<Set<String>> sets = new HashSet<>();
    lists.forEach(list -> sets.add(new HashSet<>(list)));
    return sets;
  }

  private boolean hasSameForeignKeys(Collection made) {
    return made.foreignKeys().size() == plan.foreignKeys().size()
        && made.foreignKeys().stream()
            .allMatch(
                foreignKey ->
                    plan.foreignKeys().stream().anyMatch(each -> isSame(foreignKey, each)));
  }

  /** What a foreign key leads to may not be there yet: then its columns are not known either. */
  private static boolean isSame(ForeignKey made, ForeignKey wanted) {
    return made.fields().equals(wanted.fields())
        && Sql.isSameName(made.targetCollection(), wanted.targetCollection())
        && (made.targetFields().isEmpty() || areSame(made.targetFields(), wanted.targetFields()))
        && made.onDelete() == wanted.onDelete()
        && made.onUpdate() == wanted.onUpdate()
        && made.isDeferrable() == wanted.isDeferrable();
  }

  private static boolean areSame(List<String> made, List<String> wanted) {
    if (made.size() != wanted.size()) {
      return false;
    }
    for (int i = 0; i < made.size(); i++) {
      if (!Sql.isSameName(made.get(i), wanted.get(i))) {
        return false;
      }
    }
    return true;
  }
}
