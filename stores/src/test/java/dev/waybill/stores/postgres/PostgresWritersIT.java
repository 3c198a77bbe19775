package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Applications write to the source while it is read for seconds. */
class PostgresWritersIT {
  private static final int ACCOUNTS = 2_000;
  private static final int WRITERS = 4;
  private static final int READERS = 4;

  private TestDatabase database;

  @BeforeEach
  void begin() {
    database = new TestDatabase();
    for (String table : List.of("giving", "taking")) {
      database.run(
          "CREATE TABLE "
              + table
              + " (id integer PRIMARY KEY, balance bigint, moves bigint, rest text)",
          "INSERT INTO "
              + table
              + " SELECT i, 100, 0, repeat(md5(i::text), 20) FROM generate_series(1, "
              + ACCOUNTS
              + ") i");
    }
  }

  @AfterEach
  void end() {
    database.close();
  }

  /** Applications that move money from one table to the other and never rest. */
  private final class Applications implements AutoCloseable {
    private final AtomicBoolean isStopped = new AtomicBoolean();
    private final AtomicLong transfers = new AtomicLong();
    private final AtomicLong longest = new AtomicLong();
    private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    private final List<Future<?>> all = new ArrayList<>();

    Applications() throws Exception {
      for (int i = 0; i < WRITERS; i++) {
        int seed = i;
        all.add(threads.submit(() -> write(new SplittableRandom(seed))));
      }
      while (transfers.get() == 0) {
        Thread.sleep(1);
      }
    }

    private Void write(SplittableRandom random) throws SQLException {
      try (Connection connection = database.connect()) {
        connection.setAutoCommit(false);
        connection.createStatement().execute("SET synchronous_commit TO off");
        try (PreparedStatement give = move(connection, "giving", "-");
            PreparedStatement take = move(connection, "taking", "+")) {
          while (!isStopped.get()) {
            long begun = System.nanoTime();
            int amount = random.nextInt(50);
            for (PreparedStatement each : List.of(give, take)) {
              each.setInt(1, amount);
              each.setInt(2, 1 + random.nextInt(ACCOUNTS));
              each.executeUpdate();
            }
            connection.commit();
            transfers.incrementAndGet();
            longest.accumulateAndGet(System.nanoTime() - begun, Math::max);
          }
        }
      }
      return null;
    }

    private PreparedStatement move(Connection connection, String table, String sign)
        throws SQLException {
      return connection.prepareStatement(
          "UPDATE "
              + table
              + " SET balance = balance "
              + sign
              + " ?, moves = moves + 1 WHERE id = ?");
    }

    void stop() throws Exception {
      isStopped.set(true);
      for (Future<?> each : all) {
        each.get();
      }
    }

    @Override
    public void close() {
      isStopped.set(true);
      threads.shutdown();
    }
  }

  /** Sums of the balances and of the moves, read by several readers at once, not in a hurry. */
  private static List<Long> sums(Snapshot snapshot, List<Collection> tables) throws Exception {
    AtomicLong balance = new AtomicLong();
    AtomicLong moves = new AtomicLong();
    AtomicLong records = new AtomicLong();
    ExecutorService readers = Executors.newFixedThreadPool(READERS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (Collection table : tables) {
        for (Chunk chunk : snapshot.chunks(table, 200)) {
          all.add(
              readers.submit(
                  () -> {
                    RecordBatch batch = new RecordBatch(4);
                    try (RecordReader reader = snapshot.read(table, chunk)) {
                      while (reader.read(batch, 100, 1 << 20)) {
                        for (int i = 0; i < batch.records(); i++) {
                          balance.addAndGet(batch.int64At(batch.at(i, 1)));
                          moves.addAndGet(batch.int64At(batch.at(i, 2)));
                        }
                        records.addAndGet(batch.records());
                        batch.clear();
                        Thread.sleep(20);
                      }
                    }
                    return null;
                  }));
        }
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      readers.shutdown();
    }
    return List.of(balance.get(), moves.get(), records.get());
  }

  @Test
  void allReadersOfASnapshotSeeOneStateAndNoWriterWaitsForThem() throws Exception {
    try (Applications applications = new Applications();
        Store store = database.source();
        Snapshot snapshot = store.snapshot()) {
      List<Collection> tables = store.catalog().collections();
      List<Long> first = sums(snapshot, tables);
      database.run("VACUUM giving");
      long before = applications.transfers.get();
      List<Long> second = sums(snapshot, tables);

      assertThat(first.get(0)).isEqualTo(2L * ACCOUNTS * 100);
      assertThat(first.get(1)).isPositive();
      assertThat(first.get(2)).isEqualTo(2L * ACCOUNTS);
      assertThat(second).isEqualTo(first);
      assertThat(snapshot.hasMoved()).isFalse();
      assertThat(applications.transfers.get()).isGreaterThan(before);
      applications.stop();
      assertThat(Duration.ofNanos(applications.longest.get())).isLessThan(Duration.ofSeconds(1));
    }
  }

  @Test
  void noTimeOutOfTheDatabaseEndsASnapshotOrTheConnectionBesideIt() throws Exception {
    List<String> timeouts =
        database.ask(
            "SELECT name FROM pg_settings WHERE name IN ('statement_timeout',"
                + " 'idle_in_transaction_session_timeout', 'idle_session_timeout',"
                + " 'transaction_timeout')");
    assertThat(timeouts).hasSizeGreaterThanOrEqualTo(3);
    for (String each : timeouts) {
      database.run("ALTER DATABASE " + database.name() + " SET " + each + " TO '300ms'");
    }

    try (Store store = database.source();
        Snapshot snapshot = store.snapshot()) {
      Collection giving = store.catalog().collection("giving").orElseThrow();
      try (RecordReader begun = snapshot.read(giving, new Chunk("giving", 0, "", ""))) {
        begun.read(new RecordBatch(4), 1, 1 << 20);
        Thread.sleep(1_000);
        RecordBatch rest = new RecordBatch(4);
        assertThat(begun.read(rest, ACCOUNTS, Integer.MAX_VALUE)).isTrue();
      }
      assertThat(sums(snapshot, List.of(giving)).get(2)).isEqualTo(ACCOUNTS);
      assertThat(store.catalog().collections()).hasSize(2);
      assertThat(snapshot.count(giving)).isEqualTo(ACCOUNTS);
    }
  }

  @Test
  void aSnapshotWhoseConnectionIsLostIsSaidToBeGone() throws Exception {
    try (Store store = database.source()) {
      Collection giving = store.catalog().collection("giving").orElseThrow();
      Snapshot snapshot = store.snapshot();
      assertThat(snapshot.count(giving)).isEqualTo(ACCOUNTS);
      database.run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND pid <> pg_backend_pid()"
              + " AND state = 'idle in transaction'");

      assertThatThrownBy(() -> snapshot.count(giving))
          .isInstanceOfSatisfying(
              StoreException.class, broken -> assertThat(broken.isTransient()).isTrue());
      assertThatThrownBy(() -> snapshot.count(giving))
          .isInstanceOfSatisfying(
              StoreException.class,
              lost -> {
                assertThat(lost.code()).isEqualTo(StoreException.SNAPSHOT_LOST);
                assertThat(lost.isResumable()).isTrue();
              });
      snapshot.close();
      try (Snapshot anew = store.snapshot()) {
        assertThat(anew.count(giving)).isEqualTo(ACCOUNTS);
      }
    }
  }

  @Test
  void aReaderWhoseConnectionIsLostIsFollowedByOneThatSeesTheSameState() throws Exception {
    try (Applications applications = new Applications();
        Store store = database.source();
        Snapshot snapshot = store.snapshot()) {
      Collection taking = store.catalog().collection("taking").orElseThrow();
      List<Long> before = sums(snapshot, List.of(taking));
      String exporter =
          database
              .ask(
                  "SELECT min(backend_start)::text FROM pg_stat_activity"
                      + " WHERE datname = current_database() AND application_name = 'waybill'"
                      + " AND state = 'idle in transaction'")
              .get(0);
      database.run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND application_name = 'waybill'"
              + " AND state = 'idle in transaction' AND backend_start <> '"
              + exporter
              + "'");

      for (int i = 0; i < READERS; i++) {
        try {
          snapshot.count(taking);
        } catch (StoreException broken) {
          assertThat(broken.isTransient()).isTrue();
        }
      }
      assertThat(sums(snapshot, List.of(taking))).isEqualTo(before);
      applications.stop();
    }
  }
}
