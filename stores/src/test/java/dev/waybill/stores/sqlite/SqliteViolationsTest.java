package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Violation.Rule;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which loaded records a constraint refuses, asked of SQLite. */
class SqliteViolationsTest {
  @TempDir private Path folder;

  /** A table as a plan has it, described by a database that has it. */
  private Collection like(String name, String... statements) throws SQLException {
    Path model = folder.resolve("model" + System.nanoTime() + ".db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + model);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
    try (Store store =
        new SqliteAdapter()
            .openSource(
                StoreUrl.parse("sqlite:" + model), new Workspace(folder.resolve("work"), 2))) {
      return store.catalog().collection(name).orElseThrow();
    }
  }

  private List<String> violating(Rule rule, Collection collection, Object... values) {
    List<String> named = new ArrayList<>();
    try (Writing writing =
        new Writing(folder.resolve("to" + System.nanoTime() + ".db"), folder.resolve("work"))) {
      writing.session.create(collection);
      writing.put(collection, values);
      assertThatThrownBy(() -> writing.session.finish(List.of(collection), List.of()))
          .isInstanceOf(DataException.class);
      writing.session.violations(
          collection,
          rule,
          found -> {
            int[] all = IntStream.range(0, found.records().width()).toArray();
            for (int i = 0; i < found.records().records(); i++) {
              named.add(KeyText.of(found.records(), i, all));
            }
            return true;
          });
    }
    return named;
  }

  @Test
  void aColumnsOwnCollationDecidesWhatIsAlike() throws SQLException {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE)",
            "CREATE UNIQUE INDEX by_a ON t (a)");

    assertThat(violating(Rule.UNIQUE, t, 1L, "ada", 2L, null, 3L, "Ada", 4L, null))
        .containsExactly("3");
  }

  @Test
  void indexesOverExpressionsAndPartsOfTheRecordsCompareAsSqliteDoes() throws SQLException {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, twice TEXT AS (a || a))",
            "CREATE UNIQUE INDEX by_lower ON t (lower(a)) WHERE id < 100");

    assertThat(violating(Rule.UNIQUE, t, 1L, "Ada", 2L, "ADA", 3L, "Bob", 100L, "ada"))
        .containsExactly("2");
  }

  @Test
  void tablesWithoutRowidOrWithOneOfNoNameAreNoOtherMatter() throws SQLException {
    String index = "CREATE UNIQUE INDEX by_lower ON t (lower(b))";
    Collection without =
        like("t", "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID", index);
    Collection keyless = like("t", "CREATE TABLE t (a TEXT, b TEXT)", index);

    Object[] values = {"1", "x", "2", "X", "3", "y"};
    assertThat(violating(Rule.UNIQUE, without, values)).containsExactly("2, X");
    assertThat(violating(Rule.UNIQUE, keyless, values)).containsExactly("2, X");
  }

  @Test
  void aTrialLeavesTheTableAsItWas() throws SQLException {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
            "CREATE UNIQUE INDEX by_lower ON t (lower(a))");
    try (Writing writing = new Writing(folder.resolve("to.db"), folder.resolve("work"))) {
      writing.session.create(t);
      writing.put(t, 1L, "x", 2L, "X");
      writing.session.violations(t, Rule.UNIQUE, found -> false);

      List<String> rows =
          writing.session.use(connection -> connection.texts("SELECT id || a FROM t ORDER BY id"));
      assertThat(rows).containsExactly("1x", "2X");
    }
  }

  @Test
  void aForeignKeyOfSeveralFieldsIsNotHeldAgainstNulls() throws SQLException {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER,"
                + " UNIQUE (a, b), FOREIGN KEY (b, c) REFERENCES t (a, b))");

    assertThat(
            violating(
                Rule.FOREIGN_KEY,
                t,
                1L,
                1L,
                2L,
                null,
                2L,
                2L,
                1L,
                2L,
                3L,
                3L,
                8L,
                null,
                4L,
                4L,
                9L,
                9L,
                5L,
                5L,
                4L,
                9L))
        .containsExactlyInAnyOrder("4", "5");
  }
}
