package dev.waybill.e2e;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad records among good ones for a table of PostgreSQL's that is there. */
class FilledConstraintsIT {
  @TempDir private Path folder;
  private TestServer server;

  @BeforeEach
  void begin() {
    server = new TestServer();
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "CHECK (n >= 0);-id, NULL, 1;id, NULL, 1;CHECK_VIOLATED",
        "UNIQUE (email);id, 'taken', 1;id, printf('m%d', id), 1;NOT_UNIQUE",
        "UNIQUE (email) DEFERRABLE INITIALLY DEFERRED;id, 'taken', 1;id, printf('m%d', id), 1"
            + ";NOT_UNIQUE",
        "FOREIGN KEY (parent) REFERENCES parent (id);id, NULL, 2;id, NULL, 1;FOREIGN_KEY_VIOLATED",
        "FOREIGN KEY (parent) REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED"
            + ";id, NULL, 2;id, NULL, 1;FOREIGN_KEY_VIOLATED"
      })
  void badRecordsAreIsolatedAndNothingElseIsLost(
      String constraint, String bad, String good, String code) throws Exception {
    new FilledConstraints(
            new World(folder.resolve("home")), folder, SqlClient.POSTGRES, server.database())
        .badRecordsAreIsolatedAndNothingElseIsLost(constraint, bad, good, code);
  }
}
