package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An application writes to the source, in a process of its own, while it is read for seconds. */
class SqliteWritersTest {
  /** What the application goes on by while it is read; if readers made it wait, it would not. */
  private static final int TRANSFERS = 50;

  @TempDir Path temp;
  private Path file;
  private Path work;

  @BeforeEach
  void paths() {
    file = temp.resolve("a.db");
    work = temp.resolve("work");
  }

  private Store source() {
    return new SqliteAdapter()
        .openSource(StoreUrl.parse("sqlite:" + file), Sample.workspace(work, 4));
  }

  /** Sum of the balances and of the moves that a chunk shows. */
  private static long[] sums(Snapshot snapshot, Collection accounts, Chunk chunk) {
    long[] sums = new long[2];
    RecordBatch batch = new RecordBatch(accounts.writtenFields().size());
    try (RecordReader reader = snapshot.read(accounts, chunk)) {
      while (reader.read(batch, 100, 1 << 20)) {
        for (int i = 0; i < batch.records(); i++) {
          sums[0] += batch.int64At(batch.at(i, 1));
          sums[1] += batch.int64At(batch.at(i, 2));
        }
        batch.clear();
      }
    }
    return sums;
  }

  private static long[] sums(Snapshot snapshot, Collection accounts, List<Chunk> chunks) {
    long[] sums = new long[2];
    for (Chunk each : chunks) {
      long[] more = sums(snapshot, accounts, each);
      sums[0] += more[0];
      sums[1] += more[1];
    }
    return sums;
  }

  /** Waits until the application has made so many more; each moves twice. */
  private void awaitTransfers(int more) throws Exception {
    long wanted = Transfers.now(file, "moves") + 2L * more;
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (Transfers.now(file, "moves") < wanted) {
      assertThat(System.nanoTime()).as("the application goes on").isLessThan(end);
      Thread.sleep(50);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "delete, false",
    "truncate, false",
    "persist, false",
    "wal, false",
    "delete, true",
    "persist, true",
    "wal, true"
  })
  void aLongReadShowsOneStateAndNoWriterWaitsForIt(String mode, boolean isComing) throws Exception {
    Transfers.make(file, mode, 8_000);

    Transfers.Told told;
    try (Transfers application = new Transfers(file, mode, isComing, 3);
        Store store = source()) {
      Collection accounts = store.catalog().collection("account").orElseThrow();
      assertThat(store.findings()).isEmpty();
      try (Snapshot snapshot = store.snapshot();
          RecordReader held = snapshot.read(accounts, new Chunk("account", 0, "", ""))) {
        held.read(new RecordBatch(4), 1, 1 << 20);
        List<Chunk> chunks = snapshot.chunks(accounts, 200);
        long[] first = sums(snapshot, accounts, chunks);
        awaitTransfers(TRANSFERS);
        long[] second = new long[2];
        chunks.parallelStream()
            .map(each -> sums(snapshot, accounts, each))
            .forEach(
                each -> {
                  synchronized (second) {
                    second[0] += each[0];
                    second[1] += each[1];
                  }
                });

        assertThat(chunks).hasSizeGreaterThan(4);
        assertThat(first[0]).isEqualTo(Transfers.SUM);
        assertThat(second).isEqualTo(first);
        assertThat(snapshot.hasMoved()).isFalse();
        assertThat(Transfers.now(file, "moves")).isGreaterThan(first[1]);
      }
      told = application.stop();
    }

    assertThat(told.refused()).isZero();
    assertThat(told.transfers()).isGreaterThan(TRANSFERS);
    assertThat(Transfers.now(file, "balance")).isEqualTo(Transfers.SUM);
  }

  @Test
  void aDatabaseThatIsOpenForMomentsOnlyIsReadBesideTheNext() throws Exception {
    Transfers.make(file, "wal", 8_000);

    try (Transfers application = new Transfers(file, "wal", true, 2);
        Store store = source()) {
      Collection accounts = store.catalog().collection("account").orElseThrow();
      for (int i = 0; i < 20; i++) {
        try (Snapshot snapshot = store.snapshot()) {
          long[] sums = sums(snapshot, accounts, snapshot.chunks(accounts, 500));
          assertThat(sums[0]).isEqualTo(Transfers.SUM);
        }
      }
      assertThat(application.stop().refused()).isZero();
    }
  }

  @Test
  void aWriterThatNeverRestsIsCopiedInOneStepAtTheEnd() throws Exception {
    Transfers.make(file, "delete", 30_000);
    Path to = temp.resolve("copy.db");

    Transfers.Told told;
    try (Transfers application = new Transfers(file, "delete", false, 0);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      new SteppedCopy(file, SessionOptions.USUAL, Duration.ofNanos(1), Duration.ofMinutes(1))
          .to(out);
      told = application.stop();
    }

    assertThat(Transfers.now(to, "balance")).isEqualTo(Transfers.SUM);
    assertThat(Transfers.now(to, "moves")).isPositive();
    assertThat(told.refused()).isZero();
  }

  @Test
  void aWriterThatNeverRestsIsNotMadeToWaitForLong() throws Exception {
    Transfers.make(file, "delete", 30_000);

    try (Transfers application = new Transfers(file, "delete", false, 0);
        FileChannel out =
            FileChannel.open(
                temp.resolve("copy.db"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      SteppedCopy copy =
          new SteppedCopy(file, SessionOptions.USUAL, Duration.ofNanos(1), Duration.ofNanos(1));

      assertThatThrownBy(() -> copy.to(out))
          .isInstanceOfSatisfying(
              StoreException.class,
              moving -> {
                assertThat(moving.code()).isEqualTo("SOURCE_KEEPS_MOVING");
                assertThat(moving.isTransient()).isTrue();
              });
      assertThat(application.stop().refused()).isZero();
    }
  }

  @Test
  void aCopyIsTheFileByteForByteAndTheFileIsAsItWas() throws Exception {
    Transfers.make(file, "persist", 8_000);
    String before = Sample.fingerprint(temp);
    Path to = temp.resolve("work.db");

    try (FileChannel out =
        FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      new SteppedCopy(file, SessionOptions.USUAL, Duration.ofNanos(1), Duration.ofMinutes(1))
          .to(out);
    }

    assertThat(to).hasSameBinaryContentAs(file);
    Files.delete(to);
    assertThat(Sample.fingerprint(temp)).isEqualTo(before);
  }

  @Test
  void oneCopyServesAsLongAsNothingWasWritten() throws Exception {
    Transfers.make(file, "delete", 100);
    Thread.sleep(50);
    try (Store store = source();
        Snapshot first = store.snapshot()) {
      Collection accounts = store.catalog().collection("account").orElseThrow();
      try (Snapshot second = store.snapshot()) {
        assertThat(Files.list(work)).hasSize(1);
        Sample.make(file, "UPDATE account SET balance = 0");
        try (Snapshot third = store.snapshot()) {
          assertThat(Files.list(work)).hasSize(2);
          assertThat(sums(third, accounts, third.chunks(accounts, 100_000))[0]).isZero();
        }
        assertThat(sums(second, accounts, second.chunks(accounts, 100_000))[0])
            .isEqualTo(Transfers.SUM);
      }
      first.close();
      assertThat(Files.list(work)).hasSize(1);
    }
    assertThat(Files.list(work)).isEmpty();
  }

  @Test
  void aCopyForWhichThereIsNoRoomIsRefusedBeforeItIsBegun() throws Exception {
    Transfers.make(file, "delete", 100);
    enlarge(temp.toFile().getUsableSpace() + 1_000_000_000L);

    try (Store store = source()) {
      assertThat(store.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.code()).isEqualTo("NO_SPACE");
                assertThat(finding.isBlocking()).isTrue();
                assertThat(finding.hint()).contains("chmod a-w");
              });
      assertThatThrownBy(store::snapshot)
          .isInstanceOfSatisfying(
              StoreException.class, refused -> assertThat(refused.code()).isEqualTo("NO_SPACE"));
      assertThat(work).doesNotExist();

      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
      Collection accounts = store.catalog().collection("account").orElseThrow();
      try (Snapshot snapshot = store.snapshot()) {
        assertThat(snapshot.count(accounts)).isEqualTo(Transfers.ACCOUNTS);
      }
      assertThat(work).doesNotExist();
    }
  }

  @Test
  void aLargeCopyIsToldBeforehand() throws Exception {
    Transfers.make(file, "delete", 100);
    enlarge(70_000_000);

    try (Store store = source()) {
      assertThat(store.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.code()).isEqualTo("SOURCE_COPIED");
                assertThat(finding.text()).contains("70 MB");
                assertThat(finding.isBlocking()).isFalse();
              });
    }
  }

  /** Appends nothing that the database would know of. */
  private void enlarge(long size) throws IOException {
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(size);
    }
  }

  @Test
  void aLongReadInWalKeepsNoWriterFromCheckpointingWhatItMay() throws Exception {
    Transfers.make(file, "wal", 100);
    try (Connection writer = Sample.open(file)) {
      Sample.run(writer, "UPDATE account SET balance = balance");
      try (Store store = source();
          Snapshot snapshot = store.snapshot()) {
        Collection accounts = store.catalog().collection("account").orElseThrow();
        assertThat(work).doesNotExist();
        Sample.run(writer, "UPDATE account SET balance = 0", "PRAGMA wal_checkpoint(PASSIVE)");
        assertThat(sums(snapshot, accounts, snapshot.chunks(accounts, 100_000))[0])
            .isEqualTo(Transfers.SUM);
      }
    }
  }
}
