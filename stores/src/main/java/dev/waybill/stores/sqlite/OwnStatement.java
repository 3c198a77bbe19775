package dev.waybill.stores.sqlite;

import dev.waybill.model.SpecException;
import dev.waybill.stores.sqlite.Words.Word;

/**
 * A statement in SQLite's own words that came with a plan, which anybody may have written: it is
 * run only if it is exactly one statement that makes one table or one index.
 */
final class OwnStatement {
  private final String sql;
  private final Words words;
  private final int name;

  private OwnStatement(String sql, Words words, int name) {
    this.sql = sql;
    this.words = words;
    this.name = name;
  }

  /**
   * Requires a statement that makes a table of columns, neither temporary nor in another database
   * nor from a query.
   *
   * @throws SpecException if it is anything else
   */
  static void requireTable(String sql, String collection) {
    Words words = Words.of(sql);
    boolean isTable =
        words.is(0, "CREATE")
            && words.is(1, "TABLE")
            && isName(words, 2, collection)
            && words.at(2).unquoted().equals(collection)
            && words.is(3, "(");
    if (!isTable || !isOne(words) || !hasOnlyOptions(words, words.closing(3) + 1)) {
      throw new SpecException(
          "DEFINITION_NOT_RUN",
          "The definition of \""
              + collection
              + "\" is not one CREATE TABLE statement of that name.",
          "take it out of the plan: the table is then made from its fields");
    }
  }

  /**
   * A statement that makes an index on a table.
   *
   * @throws SpecException if it is anything else
   */
  static OwnStatement index(String sql, String index, String table, boolean isUnique) {
    Words words = Words.of(sql);
    int at = words.is(1, "UNIQUE") ? 2 : 1;
    boolean isIndex =
        words.is(0, "CREATE")
            && isUnique == (at == 2)
            && words.is(at, "INDEX")
            && isName(words, at + 1, index)
            && words.is(at + 2, "ON")
            && isName(words, at + 3, table)
            && words.is(at + 4, "(");
    if (!isIndex || !isOne(words)) {
      throw new SpecException(
          "DEFINITION_NOT_RUN",
          "The definition of the index \""
              + index
              + "\" is not one CREATE INDEX statement on \""
              + table
              + "\".",
          "take the index out of the plan");
    }
    return new OwnStatement(sql, words, at + 1);
  }

  private static boolean isName(Words words, int position, String name) {
    return position < words.count()
        && words.at(position).isName()
        && Sql.isSameName(words.at(position).unquoted(), name);
  }

  private static boolean isOne(Words words) {
    int depth = 0;
    for (Word word : words.all()) {
      depth += word.is("(") ? 1 : word.is(")") ? -1 : 0;
      if (depth < 0 || word.is(";")) {
        return false;
      }
    }
    return depth == 0 && words.isWhole();
  }

  private static boolean hasOnlyOptions(Words words, int from) {
    for (int i = from; i < words.count(); i++) {
      boolean isOption =
          words.is(i, "WITHOUT")
              || words.is(i, "ROWID")
              || words.is(i, "STRICT")
              || words.is(i, ",");
      if (!isOption) {
        return false;
      }
    }
    return true;
  }

  /** The statement with another name for what it makes. */
  String named(String other) {
    Word was = words.at(name);
    return was.unquoted().equals(other)
        ? sql
        : sql.substring(0, was.from()) + Sql.quoted(other) + sql.substring(was.to());
  }

  /**
   * An expression in parentheses.
   *
   * @throws SpecException if it does not end where it should
   */
  static String parenthesised(String expression, String of) {
    String sql = "(" + expression + (expression.contains("--") ? "\n)" : ")");
    Words words = Words.of(sql);
    if (!isOne(words) || words.closing(0) != words.count() - 1 || words.count() < 3) {
      throw new SpecException(
          "EXPRESSION_NOT_RUN",
          "The expression of " + of + " is not one expression: " + expression + ".",
          "write it in the plan as SQLite has it, without the parentheses around it");
    }
    return sql;
  }
}
