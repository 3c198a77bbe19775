package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.testkit.MemoryLedger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A forgotten run leaves its records and nothing else, and can be undone no more. */
class ForgetTest {
  @TempDir private Path folder;
  private World world;
  private String from;
  private String to;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
    from = World.url(Transactions.BATCH);
    to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 12, 1));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void itsRecordsStayAndItIsNeitherUndoneNorBegunAgain(Transactions transactions) {
    to = World.url(transactions);
    RunResult run = world.migrate(from, to);
    Map<String, String> arrived = world.state(to);

    assertThat(world.waybill().forgetting(run.run()))
        .anySatisfy(loss -> assertThat(loss).contains("can no longer be rolled back"));
    world.waybill().forget(run.run(), false);

    assertThat(world.state(to)).isEqualTo(arrived);
    assertThat(world.waybill().status(run.run()).state()).isEqualTo("forgotten");
    assertThat(run.directory().resolve("ledger")).doesNotExist();
    assertThat(run.directory().resolve("receipt.json")).exists();
    assertThatThrownBy(() -> world.rollback(run))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("has been forgotten");
    assertThat(world.state(to)).isEqualTo(arrived);
    assertThat(world.waybill().verifyRun(run.run(), event -> {}).isEqual()).isTrue();
  }

  @Test
  void nothingOfTheLedgerIsLeftInTheTarget() throws Exception {
    Path file = folder.resolve("to.db");
    RunResult run = world.migrate(from, "sqlite:" + file);

    world.waybill().forget(run.run(), false);

    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        ResultSet row =
            connection
                .createStatement()
                .executeQuery(
                    "SELECT group_concat(name) FROM sqlite_schema WHERE type='table'"
                        + " AND name NOT LIKE 'sqlite_%'")) {
      assertThat(row.getString(1)).doesNotContain("waybill_run").contains("people");
    }
  }

  @Test
  void nothingIsLostOfARunThatWasUndone() {
    RunResult run = world.migrate(from, to);
    world.rollback(run);
    Map<String, String> before = world.state(to);

    assertThat(world.waybill().forgetting(run.run())).isEmpty();
    world.waybill().forget(run.run(), false);
    assertThat(world.state(to)).isEqualTo(before);
    assertThatThrownBy(() -> world.waybill().verifyRun(run.run(), event -> {}))
        .hasMessageContaining("was put back");
  }

  @Test
  void ofARunThatStoppedItIsSaidThatItCannotGoOn() {
    MemoryStores.faults().failAt(5);
    RunResult run = world.migrate(World.spec(from, to, ConflictPolicy.FAIL, 0, OnFailure.KEEP));
    MemoryStores.faults().failAt(0);
    assertThat(run.status()).isEqualTo(RunResult.Status.STOPPED);

    assertThat(world.waybill().forgetting(run.run()))
        .anySatisfy(loss -> assertThat(loss).contains("nor gone on with"));
  }

  @Test
  void ofARollbackThatBrokeOffNobodySaysHowMuchIsLeft() {
    RunResult run = world.migrate(from, to);
    assertThat(world.waybill().forgetting(run.run()).get(0)).contains("(12 records)");
    MemoryStores.faults().failAt(1);
    assertThat(world.rollback(run).status()).isEqualTo(RunResult.Status.STOPPED);
    MemoryStores.faults().failAt(0);

    assertThat(world.waybill().forgetting(run.run()).get(0))
        .contains("what is left of it in ")
        .doesNotContain("records");
  }

  @Test
  void aRunThatIsAliveIsNotForgotten() {
    RunResult run = world.migrate(from, to);
    Map<String, String> arrived = world.state(to);

    try (RunDirectory.Lock lock = RunDirectory.open(world.home(), run.run()).lock()) {
      assertThatThrownBy(() -> world.waybill().forget(run.run(), true))
          .isInstanceOf(SpecException.class)
          .hasMessageContaining("Another process is working");
    }
    assertThat(world.waybill().status(run.run()).state()).isEqualTo("done");
    assertThat(world.rollback(run, OnChanged.ABORT).error()).isNull();
    assertThat(arrived).isNotEqualTo(world.state(to));
  }

  @Test
  void aTargetThatIsGoneIsSaidSoAndNotMadeAgain() throws Exception {
    Path file = folder.resolve("to.db");
    RunResult run = world.migrate(from, "sqlite:" + file);
    Files.delete(file);

    assertThatThrownBy(() -> world.waybill().forget(run.run(), false))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("is not there any more");
    assertThat(world.waybill().status(run.run()).state()).isEqualTo("done");

    assertThat(world.waybill().forget(run.run(), true)).isNotEmpty();
    assertThat(world.waybill().status(run.run()).state()).isEqualTo("forgotten");
    assertThat(file).doesNotExist();
  }

  /** Of a run that was killed before, and after, its target had an entry of it. */
  @Test
  void aDryRollbackMakesNothingAndForgetsNothing() throws Exception {
    Path file = folder.resolve("to.db");
    RunResult run = world.migrate(from, "sqlite:" + file);
    assertThat(world.rollback(run).error()).isNull();
    assertThat(file).doesNotExist();
    Path journal = run.directory().resolve("journal.ndjson");
    Files.write(journal, Files.readAllLines(journal).subList(0, 1));

    assertThat(world.waybill().dryRollback(run.run(), OnChanged.ABORT).error()).isNull();
    assertThat(file).doesNotExist();

    RunHeader header = new RunHeader(run.run(), Instant.EPOCH, "", "test");
    Files.createFile(file);
    try (TargetStore store = world.target("sqlite:" + file)) {
      store.begin(header, new MemoryLedger()).close();
    }
    assertThat(world.waybill().dryRollback(run.run(), OnChanged.ABORT).error()).isNull();
    try (TargetStore store = world.target("sqlite:" + file);
        TargetSession session = store.begin(header, new MemoryLedger())) {
      assertThat(session.isNew()).isFalse();
    }
    assertThat(world.rollback(run).error()).isNull();
    try (TargetStore store = world.target("sqlite:" + file);
        TargetSession session = store.begin(header, new MemoryLedger())) {
      assertThat(session.isNew()).isTrue();
    }
  }
}
