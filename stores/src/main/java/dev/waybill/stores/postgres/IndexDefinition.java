package dev.waybill.stores.postgres;

import dev.waybill.model.SpecException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code pg_get_indexdef()} gives, without the names that are made anew. */
final class IndexDefinition {
  private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[^\" .]+)";
  private static final Pattern STATEMENT =
      Pattern.compile(
          "CREATE (?:UNIQUE )?INDEX "
              + NAME
              + " ON (?:ONLY )?"
              + NAME
              + "(?:\\."
              + NAME
              + ")? (USING .*)",
          Pattern.DOTALL);

  private IndexDefinition() {}

  /**
   * From {@code USING} on: method, columns, storage parameters, condition.
   *
   * @throws SpecException if the text is no such statement
   */
  static String tail(String definition) {
    Matcher matcher = STATEMENT.matcher(definition);
    if (!matcher.matches()) {
      throw new SpecException(
          "BAD_INDEX",
          "An index of the plan is no statement of PostgreSQL's: " + definition,
          "take the index out of the plan");
    }
    return SqlText.single("an index", matcher.group(1));
  }
}
