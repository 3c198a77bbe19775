package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.run.RunEvent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
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

  /** A hold that dies alone is taken again before others can make use of it. */
  @Test
  void aSecondRunIsRefusedAlsoWhereTheFirstOnesHoldWasCut() throws SQLException {
    source(
        "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
            + " INSERT INTO people SELECT i, 'name ' || i FROM n");
    String from = "sqlite:" + folder.resolve("source.db");
    String to = server.database();
    Waybill waybill = Waybill.at(folder.resolve("home"));
    Waybill other = Waybill.at(folder.resolve("other"));
    AtomicInteger batches = new AtomicInteger();
    List<String> refused = new ArrayList<>();
    RunResult first =
        waybill.apply(
            waybill.plan(World.spec(from, to)),
            event -> {
              if (event.type() != RunEvent.Type.PROGRESS) {
                return;
              }
              int batch = batches.incrementAndGet();
              if (batch == 1) {
                server.run(
                    to,
                    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d"
                        + " ON d.oid = database WHERE locktype = 'advisory'"
                        + " AND datname = current_database()");
                LockSupport.parkNanos(1_500_000_000);
              } else if (batch == 3) {
                try {
                  other.apply(
                      other.plan(World.spec(from, to, ConflictPolicy.SKIP, 0, OnFailure.ROLLBACK)),
                      ignored -> {},
                      () -> false);
                } catch (SpecException busy) {
                  refused.add(busy.code());
                }
              }
            },
            () -> false);

    assertThat(refused).containsExactly("TARGET_IS_BUSY");
    assertThat(first.error()).isNull();
  }
}
