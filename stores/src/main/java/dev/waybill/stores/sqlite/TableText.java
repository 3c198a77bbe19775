package dev.waybill.stores.sqlite;

import dev.waybill.stores.sqlite.Words.Word;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The text of a CREATE TABLE statement, as far as SQLite's pragmas do not tell what it says. What
 * is not recognised is left out.
 */
final class TableText {
  /** What a generated column is computed from, and whether the result is stored. */
  record Computed(String expression, boolean isStored) {}

  private final Words words;

  TableText(String sql) {
    words = Words.of(sql);
  }

  /** The expressions of all CHECK constraints, without their parentheses. */
  List<String> checks() {
    List<String> checks = new ArrayList<>();
    for (int i = 0; i + 1 < words.count(); i++) {
      if (words.is(i, "CHECK") && words.is(i + 1, "(")) {
        checks.add(words.within(i + 1));
        i = words.closing(i + 1);
      }
    }
    return checks;
  }

  /** For each REFERENCES clause, in the order they stand there, whether it is deferrable. */
  List<Boolean> deferrables() {
    List<Boolean> found = new ArrayList<>();
    for (int i = 0; i < words.count(); i++) {
      if (words.is(i, "REFERENCES")) {
        boolean isDeferrable = false;
        int depth = words.at(i).depth();
        for (int k = i + 1; k < words.count() && isInClause(words.at(k), depth); k++) {
          if (words.is(k, "DEFERRABLE")) {
            isDeferrable = !words.is(k - 1, "NOT");
          }
        }
        found.add(isDeferrable);
      }
    }
    return found;
  }

  private static boolean isInClause(Word word, int depth) {
    return word.depth() > depth || word.depth() == depth && !word.is(",") && !word.is("REFERENCES");
  }

  boolean isAutoincrement() {
    return words.all().stream().anyMatch(word -> word.depth() > 0 && word.is("AUTOINCREMENT"));
  }

  /** The collations that columns name, by column; without those that name none. */
  Map<String, String> collations() {
    Map<String, String> collations = new LinkedHashMap<>();
    eachColumnWord(
        (column, i) -> {
          if (words.is(i, "COLLATE") && i + 1 < words.count()) {
            collations.put(column, words.at(i + 1).unquoted());
          }
        });
    return collations;
  }

  /** The generated columns by name. */
  Map<String, Computed> computed() {
    Map<String, Computed> computed = new LinkedHashMap<>();
    eachColumnWord(
        (column, i) -> {
          if (words.is(i, "AS") && words.is(i + 1, "(")) {
            boolean isStored = words.is(words.closing(i + 1) + 1, "STORED");
            computed.put(column, new Computed(words.within(i + 1), isStored));
          }
        });
    return computed;
  }

  /** Takes the position of a word of a column's definition that is in no parentheses there. */
  private interface ColumnWord {
    void take(String column, int position);
  }

  /** Table constraints come along as if they were columns of the name they begin with. */
  private void eachColumnWord(ColumnWord use) {
    int open = 0;
    while (open < words.count() && !words.is(open, "(")) {
      open++;
    }
    String column = null;
    for (int i = open + 1; i < words.count() && words.at(i).depth() > 0; i++) {
      if (words.at(i).depth() > 1) {
        continue;
      }
      if (words.is(i, ",")) {
        column = null;
      } else if (column == null) {
        column = words.at(i).unquoted();
      } else {
        use.take(column, i);
      }
    }
  }

  /** The module of a virtual table in lower case, empty if there is none. */
  String module() {
    for (int i = 0; i + 1 < words.count(); i++) {
      if (words.at(i).depth() == 0 && words.is(i, "USING")) {
        return words.at(i + 1).unquoted().toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  /** The value of a {@code name=value} argument of a virtual table, or null. */
  @Nullable String argument(String name) {
    for (int i = 1; i + 2 < words.count(); i++) {
      if (words.at(i).depth() == 1
          && (words.is(i - 1, "(") || words.is(i - 1, ","))
          && words.is(i, name)
          && words.is(i + 1, "=")) {
        Word value = words.at(i + 2);
        return value.is(",") || value.is(")") ? "" : value.unquoted();
      }
    }
    return null;
  }
}
