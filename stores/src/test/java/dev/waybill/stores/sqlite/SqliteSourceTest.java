package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteSourceTest {
  @TempDir Path temp;
  private Path folder;
  private Path work;
  private Path file;

  @BeforeEach
  void folders() throws IOException {
    folder = Files.createDirectory(temp.resolve("data #1?"));
    work = temp.resolve("work");
    file = folder.resolve("a b%20.db");
  }

  private void readEverything(String... expected) throws Exception {
    String before = Sample.fingerprint(folder);

    try (Store store = Sample.source(file, work)) {
      store.findings();
      assertThat(Sample.rows(store, "t")).containsExactly(expected);
      assertThat(Sample.fingerprint(folder)).isEqualTo(before);
    }

    assertThat(Sample.fingerprint(folder)).isEqualTo(before);
    if (Files.exists(work)) {
      try (Stream<Path> left = Files.list(work)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "truncate", "persist", "wal"})
  void readingAClosedDatabaseLeavesNoTraceInAnyJournalMode(String mode) throws Exception {
    Sample.make(
        file,
        "PRAGMA journal_mode=" + mode,
        "CREATE TABLE t(a)",
        "INSERT INTO t VALUES(1)",
        "INSERT INTO t VALUES(2)");

    readEverything("INT64 1", "INT64 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "truncate", "persist", "wal"})
  void readingADatabaseInUseLeavesNoTraceAndSeesTheLastCommit(String mode) throws Exception {
    try (Connection writer = Sample.open(file)) {
      Sample.run(
          writer,
          "PRAGMA journal_mode=" + mode,
          "CREATE TABLE t(a)",
          "INSERT INTO t VALUES(1)",
          "BEGIN",
          "INSERT INTO t VALUES(2)");

      readEverything("INT64 1");

      Sample.run(writer, "COMMIT");
      readEverything("INT64 1", "INT64 2");
    }
  }

  @Test
  void rowsThatAreOnlyInTheWalOfACrashedProgramAreSeen() throws Exception {
    crashedWal("-wal");

    readEverything("INT64 1", "INT64 2");
  }

  @Test
  void aWalLeftWithItsShmIsReadWithoutTouchingEither() throws Exception {
    crashedWal("-wal", "-shm");

    readEverything("INT64 1", "INT64 2");
  }

  private void crashedWal(String... suffixes) throws Exception {
    Path live = temp.resolve("live.db");
    try (Connection writer = Sample.open(live)) {
      Sample.run(
          writer,
          "PRAGMA journal_mode=wal",
          "CREATE TABLE t(a)",
          "INSERT INTO t VALUES(1)",
          "PRAGMA wal_checkpoint(truncate)",
          "INSERT INTO t VALUES(2)");
      Sample.copy(live, file, "");
      Sample.copy(live, file, suffixes);
    }
  }

  @Test
  void aHotJournalIsPlayedBackInACopyOnly() throws Exception {
    makeWithHotJournal();

    readEverything("INT64 1");
  }

  @Test
  void aJournalThatIsGoneAtTheNextLookKeepsNobodyFromReading() throws Exception {
    makeWithHotJournal();
    Path journal = Header.beside(file, "-journal");

    CompletableFuture<Void> ended =
        CompletableFuture.runAsync(
            () -> {
              try {
                Files.delete(journal);
              } catch (IOException failure) {
                throw new UncheckedIOException(failure);
              }
            },
            CompletableFuture.delayedExecutor(30, TimeUnit.MILLISECONDS));
    try (Connected reader = Connected.open(file, "mode=ro", SessionOptions.USUAL)) {
      assertThatCode(reader::beginRead).doesNotThrowAnyException();
    }
    ended.get();
  }

  @Test
  void aCopyThatIsKeptServesTheNextStoreUntilTheFileChanges() throws Exception {
    Sample.make(file, "CREATE TABLE t(a)", "INSERT INTO t VALUES(1)");
    // So that a later change shows in the file's time, too.
    Thread.sleep(TimeUnit.NANOSECONDS.toMillis(5 * Stamp.TICK_NANOS));
    Store.Kept kept;
    try (Store first = Sample.source(file, work)) {
      first.snapshot().close();
      kept = first.keep();
    }
    List<Path> before = copies();

    try (kept) {
      try (Store second = Sample.source(file, work);
          Snapshot snapshot = second.snapshot()) {
        assertThat(before).hasSize(1);
        assertThat(copies()).isEqualTo(before);
      }
      Sample.make(file, "INSERT INTO t VALUES(2)");
      try (Store third = Sample.source(file, work);
          Snapshot snapshot = third.snapshot()) {
        assertThat(snapshot.count(third.catalog().collection("t").orElseThrow())).isEqualTo(2);
        assertThat(copies()).hasSize(2);
      }
    }
    assertThat(copies()).isEmpty();
  }

  @Test
  void eachCopyThatIsKeptGoesWithWhoKeepsIt() throws Exception {
    Sample.make(file, "CREATE TABLE t(a)");
    try (Store first = Sample.source(file, work);
        Store second = Sample.source(file, work)) {
      first.snapshot().close();
      second.snapshot().close();
      try (Store.Kept one = first.keep();
          Store.Kept another = second.keep()) {
        assertThat(copies()).hasSize(2);
      }
    }
    assertThat(copies()).isEmpty();
  }

  private List<Path> copies() throws IOException {
    try (Stream<Path> all = Files.walk(temp)) {
      return all.filter(each -> each.endsWith("copy.db")).sorted().toList();
    }
  }

  /** What a program leaves that was killed in a transaction. */
  private void makeWithHotJournal() throws Exception {
    Path live = temp.resolve("live.db");
    try (Connection writer = Sample.open(live)) {
      Sample.run(
          writer,
          "PRAGMA cache_size=1",
          "CREATE TABLE t(a)",
          "INSERT INTO t VALUES(1)",
          "CREATE TABLE u(b)",
          "BEGIN",
          "DELETE FROM t",
          "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<2000)"
              + " INSERT INTO u SELECT randomblob(500) FROM n",
          "DELETE FROM u WHERE rowid % 2");
      Sample.copy(live, file, "", "-journal");
      Sample.run(writer, "ROLLBACK");
    }
    assertThat(Header.hasJournal(file)).isTrue();
  }

  @Test
  void allReadersSeeOneStateWhileAnotherConnectionWrites() throws Exception {
    Sample.make(file, "PRAGMA journal_mode=wal", "CREATE TABLE t(a)", "INSERT INTO t VALUES(0)");
    AtomicBoolean stop = new AtomicBoolean();
    try (Connection writer = Sample.open(file)) {
      Sample.run(writer, "PRAGMA synchronous=off", "INSERT INTO t VALUES(0)");
      Thread writing =
          new Thread(
              () -> {
                while (!stop.get()) {
                  try {
                    Sample.run(writer, "INSERT INTO t VALUES(1)");
                    Thread.sleep(1);
                  } catch (SQLException | InterruptedException failure) {
                    throw new IllegalStateException(failure);
                  }
                }
              });
      writing.start();
      try (Store store = Sample.source(file, work)) {
        Collection t = store.catalog().collection("t").orElseThrow();
        for (int i = 0; i < 20; i++) {
          try (Snapshot snapshot = store.snapshot();
              RecordReader first = snapshot.read(t, snapshot.chunks(t, 1000).get(0))) {
            long count = snapshot.count(t);
            Thread.sleep(5);
            try (RecordReader second = snapshot.read(t, snapshot.chunks(t, 1_000_000).get(0))) {
              assertThat(Sample.rows(second, t)).hasSize((int) count);
            }
            assertThat(snapshot.count(t)).isEqualTo(count);
            assertThat(snapshot.hasMoved()).isFalse();
            assertThat(first).isNotNull();
          }
        }
      } finally {
        stop.set(true);
        writing.join();
      }
    }
  }

  @Test
  void aFileThatNobodyMayWriteToIsReadInItsPlaceAndToldIfItMovesAllTheSame() throws Exception {
    Sample.make(file, "PRAGMA journal_mode=wal", "CREATE TABLE t(a)", "INSERT INTO t VALUES(0)");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));

    try (Store store = Sample.source(file, work);
        Snapshot snapshot = store.snapshot()) {
      assertThat(work).doesNotExist();
      assertThat(snapshot.hasMoved()).isFalse();
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      Sample.make(file, "INSERT INTO t VALUES(1)");
      assertThat(snapshot.hasMoved()).isTrue();
    }
  }

  @Test
  void aProgramThatHoldsTheWriteLockTooLongIsATransientError() throws Exception {
    Sample.make(file, "CREATE TABLE t(a)");
    try (Connection writer = Sample.open(file)) {
      Sample.run(writer, "BEGIN EXCLUSIVE");

      assertThatThrownBy(() -> Sample.source(file, work))
          .isInstanceOfSatisfying(
              StoreException.class,
              busy -> {
                assertThat(busy.code()).isEqualTo("STORE_BUSY");
                assertThat(busy.isTransient()).isTrue();
              });
    }
  }

  @Test
  void lookingAtTheHeaderDoesNotDropTheLocksOfAnOpenReader() throws Exception {
    Sample.make(file, "CREATE TABLE t(a)", "INSERT INTO t VALUES(0)");

    try (Store target = Sample.target(file, work);
        Snapshot snapshot = target.snapshot();
        Store again = Sample.source(file, work)) {
      assertThat(again.catalog().collections()).hasSize(1);
      assertThat(snapshot.hasMoved()).isFalse();
      Process other =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  OtherProgram.class.getName(),
                  file.toString())
              .redirectErrorStream(true)
              .start();
      assertThat(new String(other.getInputStream().readAllBytes(), "UTF-8")).contains("BUSY");
    }
  }

  /** Another process that tries to write. */
  static final class OtherProgram {
    public static void main(String[] arguments) {
      try {
        Sample.make(Path.of(arguments[0]), "PRAGMA busy_timeout=50", "INSERT INTO t VALUES(9)");
        System.out.println("WRITTEN");
      } catch (SQLException failure) {
        System.out.println(failure.getMessage());
      }
    }
  }

  private static String code(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    try {
      call.call();
    } catch (StoreException failure) {
      return failure.code();
    } catch (Throwable other) {
      throw new AssertionError(other);
    }
    return "none";
  }

  @Test
  void whatIsNoDatabaseGivesOneClearError() throws Exception {
    assertThat(code(() -> Sample.source(file, work))).isEqualTo("FILE_MISSING");
    assertThat(code(() -> Sample.source(folder, work))).isEqualTo("FILE_IS_NO_DATABASE");
    Files.writeString(file, "");
    assertThat(code(() -> Sample.source(file, work))).isEqualTo("FILE_IS_NO_DATABASE");
    Files.writeString(file, "not a database at all, but long enough for a header".repeat(9));
    assertThat(code(() -> Sample.source(file, work))).isEqualTo("FILE_IS_NO_DATABASE");
    assertThat(Files.list(folder)).hasSize(1);
  }

  @Test
  void aTruncatedDatabaseIsDamaged() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(a)",
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<200)"
            + " INSERT INTO t SELECT randomblob(500) FROM n");
    byte[] whole = Files.readAllBytes(file);

    for (int length : new int[] {50, 100, 5000, whole.length / 2, whole.length - 1}) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThat(code(() -> Sample.source(file, work)))
          .as("%s bytes", length)
          .isEqualTo("DATABASE_DAMAGED");
    }
  }

  @Test
  void aDatabaseInAFolderThatCannotBeWrittenIsRead() throws Exception {
    crashedWal("-wal");
    try (Unwritable locked = new Unwritable(folder)) {
      readEverything("INT64 1", "INT64 2");
    }
  }

  @Test
  void findingsNameWhatDangles() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY)",
        "CREATE TABLE t(a REFERENCES p)",
        "INSERT INTO t VALUES(7)");

    try (Store store = Sample.source(file, work)) {
      assertThat(store.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.code()).isEqualTo("FOREIGN_KEY_DANGLES");
                assertThat(finding.text())
                    .contains("1 record of")
                    .contains("\"t\"")
                    .contains("\"p\"");
                assertThat(finding.isBlocking()).isFalse();
              });
    }
  }

  @Test
  void aBrokenIndexBlocks() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(a)",
        "CREATE INDEX i ON t(a)",
        "INSERT INTO t VALUES('abcdefgh')",
        "PRAGMA writable_schema=on");
    byte[] bytes = Files.readAllBytes(file);
    int at =
        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).lastIndexOf("abcdefgh");
    bytes[at] = 'x';
    Files.write(file, bytes);

    try (Store store = Sample.source(file, work)) {
      assertThat(store.findings()).anyMatch(finding -> finding.isBlocking());
    }
  }

  @Test
  void manyReadersShareFewConnections() throws Exception {
    Sample.make(file, "CREATE TABLE t(a)", "INSERT INTO t VALUES(1)");
    try (Store store = Sample.source(file, work);
        Snapshot snapshot = store.snapshot()) {
      Collection t = store.catalog().collection("t").orElseThrow();
      List<RecordReader> readers =
          Stream.generate(() -> snapshot.read(t, snapshot.chunks(t, 10).get(0))).limit(9).toList();
      for (RecordReader reader : readers) {
        assertThat(Sample.rows(reader, t)).containsExactly("INT64 1");
        reader.close();
      }
    }
  }
}
