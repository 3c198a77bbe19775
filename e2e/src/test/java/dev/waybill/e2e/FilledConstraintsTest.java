package dev.waybill.e2e;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad records among good ones for a table of SQLite's that is there. */
class FilledConstraintsTest {
  @TempDir private Path folder;

  private FilledConstraints filled() {
    return new FilledConstraints(
        new World(folder.resolve("home")),
        folder,
        SqlClient.SQLITE,
        "sqlite:" + folder.resolve("to.db"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "CHECK (n >= 0);-id, NULL, 1;id, NULL, 1;CHECK_VIOLATED",
        "UNIQUE (email);id, 'taken', 1;id, printf('m%d', id), 1;NOT_UNIQUE",
        "FOREIGN KEY (parent) REFERENCES parent (id);id, NULL, 2;id, NULL, 1;FOREIGN_KEY_VIOLATED"
      })
  void badRecordsAreIsolatedAndNothingElseIsLost(
      String constraint, String bad, String good, String code) throws Exception {
    filled().badRecordsAreIsolatedAndNothingElseIsLost(constraint, bad, good, code);
  }
}
