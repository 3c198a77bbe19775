package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs into PostgreSQL that go on. */
class ResumeIT {
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

  private void source(String... statements) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("source.db"));
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Test
  void whatMovedIsCorrectedAlsoOnceForeignKeysAreThere() throws SQLException {
    source(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, boss INTEGER REFERENCES parent(id), name TEXT)",
        "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id))",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
            + " INSERT INTO parent SELECT i, nullif(i / 2, 0), 'name ' || i FROM n",
        "INSERT INTO child SELECT id, id FROM parent");
    String from = "sqlite:" + folder.resolve("source.db");
    String to = server.database();
    Waybill waybill = Waybill.at(folder.resolve("home"));
    AtomicBoolean isVerifying = new AtomicBoolean();
    RunResult stopped =
        waybill.apply(
            waybill.plan(MigrationSpec.of(from, to)),
            event -> isVerifying.compareAndSet(false, event.text().equals("verify")),
            isVerifying::get);
    assertThat(stopped.status()).isEqualTo(Status.STOPPED);
    source(
        "UPDATE parent SET name = 'moved' WHERE id = 7",
        "INSERT INTO parent VALUES (9000, 9000, 'new')");

    RunResult resumed = waybill.resume(stopped.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    Comparison comparison = waybill.diffSchema(MigrationSpec.of(from, to));
    assertThat(comparison.structure()).isEmpty();
    assertThat(waybill.diff(MigrationSpec.of(from, to), event -> {}).isEqual()).isTrue();
    assertThat(waybill.rollback(resumed.run(), Waybill.OnChanged.ABORT, event -> {}).error())
        .isNull();
  }
}
