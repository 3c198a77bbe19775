package dev.waybill.stores.sqlite;

import static dev.waybill.stores.sqlite.Writing.ask;
import static dev.waybill.stores.sqlite.Writing.code;
import static dev.waybill.stores.sqlite.Writing.collection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Triggers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a table's triggers while a run writes to it. */
class SqliteTriggersTest {
  private static final String TRIGGERS =
      "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid";

  @TempDir Path temp;

  private Path made(String mode) throws Exception {
    return Sample.make(
        temp.resolve("target.db"),
        "PRAGMA journal_mode = " + mode,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE TABLE log(x)",
        "CREATE TABLE other(x)",
        "CREATE TRIGGER b BEFORE INSERT ON t BEGIN INSERT INTO log VALUES('b' || new.id); END",
        "CREATE TRIGGER IF NOT EXISTS main.\"a;\nx\" AFTER UPDATE OF v ON t -- why\n"
            + " WHEN new.v <> 'it''s; ' /* ; */ BEGIN INSERT INTO log VALUES('u;');"
            + " DELETE FROM nowhere; END",
        "CREATE TRIGGER mine AFTER INSERT ON other BEGIN DELETE FROM t; END",
        "INSERT INTO t VALUES(1, 'one')",
        "DELETE FROM log");
  }

  private Collection table(Path file, String name) {
    return collection(file, temp.resolve("work"), name);
  }

  @Test
  void suppressedTriggersDoNotFireAndAreTheSameAfterwards() throws Exception {
    Path file = made("delete");
    Collection t = table(file, "t");
    List<String> before = ask(file, TRIGGERS + ", name");
    List<String> kept = ask(file, TRIGGERS.replace("rowid", "name"));
    try (Writing run = new Writing(file, temp.resolve("work"))) {
      run.put(t, Triggers.SUPPRESS, ConflictPolicy.OVERWRITE, 1L, "uno", 2L, "two", 3L, "three");
      assertThat(ask(file, TRIGGERS.replace("rowid", "name"))).isEqualTo(kept).hasSize(3);
      assertThat(ask(file, "SELECT * FROM log")).isEmpty();
      assertThat(before).hasSize(3);
      assertThat(table(file, "t"))
          .usingRecursiveComparison()
          .ignoringFields("estimatedRecords", "estimatedBytes")
          .isEqualTo(t);

      run.put(t, Triggers.FIRE, ConflictPolicy.FAIL, 4L, "four");
    }
    assertThat(ask(file, "SELECT * FROM log")).containsExactly("b4");
    assertThat(ask(file, "SELECT v FROM t")).containsExactly("uno", "two", "three", "four");
  }

  @Test
  void aBatchThatFailsLeavesTheTriggersWhereTheyWere() throws Exception {
    Path file = made("delete");
    Collection t = table(file, "t");
    List<String> before = ask(file, TRIGGERS);
    try (Writing run = new Writing(file, temp.resolve("work"))) {
      assertThat(
              code(
                  () -> run.put(t, Triggers.SUPPRESS, ConflictPolicy.FAIL, 2L, "two", 1L, "other")))
          .isEqualTo("CONFLICT@1");
    }
    assertThat(ask(file, TRIGGERS)).isEqualTo(before);
    assertThat(ask(file, "SELECT v FROM t")).containsExactly("one");
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "wal"})
  void nobodyElseEverSeesTheTableWithoutItsTriggersNorDoesACrash(String mode) throws Exception {
    Path file = made(mode);
    List<String> before = ask(file, TRIGGERS);
    Path crashed = Files.createDirectory(temp.resolve("crashed")).resolve("target.db");
    try (Writing run = new Writing(file, temp.resolve("work"))) {
      run.session.perform(
          connection -> {
            SuppressedTriggers suppressed = SuppressedTriggers.of(connection, "t");
            assertThat(connection.texts(TRIGGERS)).containsExactly("mine");
            assertThat(ask(file, TRIGGERS)).isEqualTo(before);
            // So much that pages must be written before the commit.
            connection.run("PRAGMA cache_size = 5");
            connection.run(
                "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                    + " INSERT INTO t SELECT i, hex(randomblob(100)) FROM n");
            String[] beside =
                mode.equals("wal") ? new String[] {"", "-wal"} : new String[] {"", "-journal"};
            try {
              Sample.copy(file, crashed, beside);
            } catch (java.io.IOException failure) {
              throw new AssertionError(failure);
            }
            suppressed.makeAgain();
          });
    }
    assertThat(ask(crashed, TRIGGERS)).isEqualTo(before);
    assertThat(ask(crashed, "SELECT v FROM t")).containsExactly("one");
    assertThat(ask(file, TRIGGERS.replace("rowid", "name"))).hasSize(3);
    assertThat(ask(file, "SELECT count(*) FROM t")).containsExactly("4992");
  }
}
