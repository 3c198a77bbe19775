package dev.waybill.stores.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ChangeBatch.ChangeKind;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** New collections are only appended to, and whatever is broken off at any step is nothing. */
class JsonPartsTest {
  private static final Collection NOTES =
      Collection.of(
          "notes",
          List.of(
              Field.of("id", LogicalType.TEXT, "string", false),
              Field.of("text", LogicalType.TEXT, "string", true)),
          List.of("id"));

  @TempDir Path folder;
  private final TestLedger ledger = new TestLedger();
  private Path file = Path.of("unused");
  private int undone;
  private @Nullable TargetStore target;
  private @Nullable TargetSession session;

  @BeforeEach
  void begin() {
    file = folder.resolve("notes.jsonl");
    open();
    session().create(NOTES);
  }

  @AfterEach
  void close() {
    breakOff();
  }

  @Test
  void aTornTailOfAPartIsNothing() throws IOException {
    put(0, 0, "a", "b");
    breakOff();
    append(part(), "{\"id\":\"x\",\"text\":\"whole, but without a mark\"}\n{\"id\":\"y\",\"te");

    open();
    put(0, 1, "c");
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
  }

  @Test
  void aPartThatIsMissingItsLastBytesIsSaidToBeCut() throws IOException {
    put(0, 0, "a", "b");
    breakOff();
    try (var channel = Files.newByteChannel(part(), StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 3);
    }

    open();

    assertThatThrownBy(this::finish).hasMessageContaining("is cut");
    assertThat(file).doesNotExist();
  }

  @Test
  void aBatchThatComesOtherwiseTakesThePlaceOfTheFirst() {
    put(0, 0, "a", "b");
    put(0, 1, "c");
    breakOff();

    open();
    put(0, 0, "a", "x", "y");
    finish();

    assertThat(lines()).containsExactly("a", "x", "y", "c");
  }

  @Test
  void aBatchThatComesAgainIsThereOnce() {
    ledger.failAtMark = true;
    assertThatThrownBy(() -> put(0, 0, "a", "b")).hasMessage("broken off");
    breakOff();

    open();
    assertThat(put(0, 0, "a", "b").inserted()).isEqualTo(2);
    finish();

    assertThat(lines()).containsExactly("a", "b");
    assertThat(ledger.marks()).hasSize(1);
  }

  @Test
  void recordsStandInTheOrderOfTheirChunks() {
    put(2, 0, "e");
    put(0, 1, "b");
    put(1, 0, "c", "d");
    put(0, 0, "a");
    finish();

    assertThat(lines()).containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void linesThatCameInTheirOrderAreNotWrittenASecondTime() throws IOException {
    put(0, 0, "a");
    put(0, 1, "b");
    put(1, 0, "c");
    String part = Stamp.of(part()).key();
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
    assertThat(Stamp.of(file).key()).isEqualTo(part);
    assertThat(isDescribed()).isTrue();
  }

  @Test
  void batchesOfALaterChunkWaitForThoseOfTheEarlierOne() throws IOException {
    try (TargetWriter one = writer();
        TargetWriter other = writer()) {
      apply(other, 1, 0, records("d"));
      apply(other, 1, 1, records("e"));
      assertThat(part()).doesNotExist();
      apply(one, 0, 0, records("a"));
      apply(one, 0, 1, records("b", "c"));
      apply(one, 2, 0, records("g"));
      apply(other, 1, 2, records("f"));
    }
    String part = Stamp.of(part()).key();
    finish();

    assertThat(lines()).containsExactly("a", "b", "c", "d", "e", "f", "g");
    assertThat(Stamp.of(file).key()).isEqualTo(part);
    assertThat(isDescribed()).isTrue();
  }

  @Test
  void aWriterThatIsClosedLeavesWhatWaitsToTheLastOne() throws IOException {
    try (TargetWriter one = writer()) {
      apply(one, 0, 0, records("a"));
      try (TargetWriter other = writer()) {
        apply(other, 1, 0, records("c"));
      }
      apply(one, 0, 1, records("b"));
    }
    assertThat(ledger.marks()).hasSize(3);
    breakOff();
    open();
    String part = Stamp.of(part()).key();
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
    assertThat(Stamp.of(file).key()).isEqualTo(part);
    assertThat(isDescribed()).isTrue();
  }

  @Test
  void whatWaitsIsThereForWhoAsks() {
    try (TargetWriter one = writer();
        TargetWriter other = writer()) {
      apply(one, 0, 0, records("a"));
      apply(other, 1, 0, records("c"));
      assertThat(seen()).containsExactly("a", "c");
      assertThat(ledger.marks()).hasSize(2);
      apply(one, 0, 1, records("b"));
    }
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
  }

  @Test
  void whatWaitsWhenARunIsBrokenOffHasNotCome() {
    TargetWriter one = writer();
    apply(one, 0, 0, records("a"));
    TargetWriter other = writer();
    apply(other, 1, 0, records("c"));
    assertThat(seen()).containsExactly("a", "c");
    apply(one, 0, 1, records("b"));
    apply(other, 1, 1, records("d"));
    breakOff();
    assertThat(ledger.marks()).hasSize(2);

    open();
    put(0, 1, "b");
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
  }

  @Test
  void moreThanThereIsRoomForToWaitArrivesInOrder() {
    String filler = "x".repeat(1 << 20);
    List<String> later = new ArrayList<>();
    try (TargetWriter one = writer();
        TargetWriter other = writer()) {
      for (int i = 0; i < 50; i++) {
        String id = "later" + i + filler;
        later.add(id);
        apply(other, 1, i, records(id));
      }
      apply(one, 0, 0, records("a"));
    }
    finish();

    later.add(0, "a");
    assertThat(lines()).isEqualTo(later);
  }

  @Test
  void aWriterThatIsFarAheadWaitsForTheOneBeforeIt() throws Exception {
    String filler = "x".repeat(1 << 19);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      all.add("id" + i + filler);
    }
    TargetWriter one = writer();
    TargetWriter other = writer();
    CountDownLatch isAhead = new CountDownLatch(20);
    Thread ahead =
        new Thread(
            () -> {
              for (int i = 60; i < 120; i++) {
                apply(other, 1, i, records(all.get(i)));
                isAhead.countDown();
              }
              other.close();
            });
    ahead.start();
    isAhead.await();
    for (int i = 0; i < 60; i++) {
      apply(one, 0, i, records(all.get(i)));
    }
    one.close();
    ahead.join();
    String part = Stamp.of(part()).key();
    finish();

    assertThat(lines()).isEqualTo(all);
    assertThat(Stamp.of(file).key()).isEqualTo(part);
  }

  @Test
  void manyGroupsArriveInOrderThoughTheyAreSyncedBesideTheCopy() {
    List<String> all = new ArrayList<>();
    try (TargetWriter one = writer()) {
      for (int batch = 0; batch < 30; batch++) {
        String[] ids = new String[6000];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = "id" + batch + "-" + i;
        }
        all.addAll(List.of(ids));
        apply(one, 0, batch, records(ids));
      }
    }
    assertThat(ledger.marks()).hasSize(30);
    finish();

    assertThat(lines()).isEqualTo(all);
  }

  @Test
  void aGroupThatCouldNotBeKeptIsToldToWhoComesNext() {
    ledger.failAtMark = true;
    TargetWriter one = writer();
    assertThatThrownBy(
            () -> {
              for (int batch = 0; batch < 30; batch++) {
                String[] ids = new String[6000];
                for (int i = 0; i < ids.length; i++) {
                  ids[i] = "id" + batch + "-" + i;
                }
                apply(one, 0, batch, records(ids));
              }
            })
        .hasMessage("broken off");
  }

  @Test
  void aPartThatIsNotedToBeTheFileBecomesItAfterACrash() throws IOException {
    put(0, 0, "a", "b");
    breakOff();
    Map<String, String> renames = Map.of("notes.jsonl", String.valueOf(part().getFileName()));
    JsonNote.write(work().resolve("renaming"), renames);

    open();

    assertThat(lines()).containsExactly("a", "b");
    assertThat(work()).doesNotExist();
  }

  @Test
  void whatIsTakenBackAsItWasPutLeavesTheOthersInParts() {
    put(0, 0, "a", "b", "c");
    put(1, 0, "d", "e");

    assertThat(takeBack("e", "b", "d").deleted()).isEqualTo(3);
    assertThat(takeBack("b", "a").deleted()).isEqualTo(1);
    assertThat(takeBack("a", "b").unchanged()).isEqualTo(2);
    assertThat(isInParts()).isTrue();
    assertThat(seen()).containsExactly("c");
    put(1, 1, "b");
    finish();

    assertThat(lines()).containsExactly("c", "b");
  }

  @Test
  void whatIsLeftOfPartsIsBroughtIntoATable() {
    put(0, 0, "a", "b", "c");
    takeBack("b");

    assertThatThrownBy(() -> takeBack(otherDigests("a", "c"), "a", "c"))
        .isInstanceOf(DataException.class);
    put(0, 1, "d");
    assertThat(takeBack("a").deleted()).isEqualTo(1);
    finish();

    assertThat(lines()).containsExactly("c", "d");
  }

  @Test
  void whatWaitsWhileARecordIsLookedForArrives() {
    put(0, 0, "a");
    RecordBatch key = new RecordBatch(1);
    key.putText("a");
    try (Snapshot snapshot = Objects.requireNonNull(target).snapshot();
        TargetWriter writer = session().writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      apply(writer, 0, 1, records("b", "c"));
      RecordBatch found = new RecordBatch(2);
      try (RecordReader reader = snapshot.lookup(NOTES, key)) {
        assertThat(reader.read(found, 10, 1 << 20)).isTrue();
      }
      assertThat(found.textAt(found.at(0, 0))).isEqualTo("a");
      assertThat(isInParts()).isFalse();
    }
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
  }

  @Test
  void whatIsNotAsItWasPutIsNotTakenBack() {
    put(0, 0, "a", "b");

    assertThatThrownBy(() -> takeBack(otherDigests("a", "b"), "a", "b"))
        .isInstanceOf(DataException.class);
    finish();

    assertThat(lines()).containsExactly("a", "b");
  }

  @Test
  void equalKeysAreFoundAndNamedThoughNothingIsIndexed() {
    put(0, 0, "a", "b");
    put(1, 0, "c", "b");

    assertThatThrownBy(this::finish)
        .isInstanceOfSatisfying(
            DataException.class, refused -> assertThat(refused.code()).isEqualTo("NOT_UNIQUE"));
    List<String> named = new ArrayList<>();
    session()
        .violations(
            NOTES,
            Violation.Rule.KEY,
            found -> {
              RecordBatch keys = found.records();
              for (int i = 0; i < keys.records(); i++) {
                named.add(keys.textAt(keys.at(i, 0)));
              }
              return true;
            });

    assertThat(named).containsExactly("b");
    assertThat(file).doesNotExist();
  }

  @Test
  void equalValuesOfAUniqueSetAreFound() {
    Collection unique =
        new Collection(
            "notes",
            NOTES.fields(),
            NOTES.key(),
            List.of(List.of("text")),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            null,
            -1,
            -1,
            NOTES.detail());
    RecordBatch records = new RecordBatch(2);
    for (String value : List.of("a", "same", "b", "same")) {
      records.putText(value);
    }
    put(0, 0, records);

    assertThatThrownBy(() -> session().finish(List.of(unique), List.of()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("equal text,");
    assertThat(isInParts()).isTrue();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsCalledOneAndTheRunGoesOn() throws IOException {
    put(0, 0, "a");
    Files.move(part(), folder.resolve("aside"));
    Files.createSymbolicLink(part(), Path.of("/dev/full"));

    assertThatThrownBy(() -> put(1, 0, "b", "c"))
        .isInstanceOfSatisfying(
            StoreException.class,
            full -> {
              assertThat(full.code()).isEqualTo(StoreException.NO_SPACE);
              assertThat(full.hint()).contains("make room");
            });
    breakOff();
    Files.move(folder.resolve("aside"), part(), StandardCopyOption.REPLACE_EXISTING);

    open();
    put(1, 0, "b", "c");
    finish();

    assertThat(lines()).containsExactly("a", "b", "c");
  }

  @Test
  void nothingOfTheWorkIsLeft() throws IOException {
    put(0, 0, "a");
    finish();

    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("notes.jsonl", "notes.jsonl.waybill-schema.json");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"notes.jsonl", "notes.json", "notes.json?indent=2", "notes.jsonl.gz"})
  void whateverIsBrokenOffAndChangedWhatIsMarkedArrives(String name) throws IOException {
    long seed = System.nanoTime();
    try {
      for (int round = 0; round < 8; round++) {
        breakOff();
        PrivateFolder.remove(folder.resolve("of"));
        ledger.clear();
        Files.createDirectory(folder.resolve("of"));
        new Play(new Random(seed + round), folder.resolve("of").resolve(name)).play();
      }
    } catch (RuntimeException | AssertionError failure) {
      throw new AssertionError("seed " + seed, failure);
    }
  }

  /** Puts, takes back and breaks off at random, and knows what must be there. */
  private final class Play {
    private final Random random;
    private final Map<Integer, TreeMap<Integer, List<String>>> chunks = new TreeMap<>();
    private int next;

    Play(Random random, Path place) {
      this.random = random;
      file = place;
    }

    void play() throws IOException {
      open();
      session().create(NOTES);
      for (int step = 0; step < 40; step++) {
        switch (random.nextInt(8)) {
          case 0 -> {
            breakOff();
            tear();
            open();
          }
          case 1 -> takeBackOne();
          case 2 -> {
            if (random.nextInt(8) == 0) {
              takeBackRecord();
            }
          }
          case 3 -> assertThat(seen()).isEqualTo(all());
          default -> putOne();
        }
      }
      assertThat(seen()).isEqualTo(all());
      session().finish(List.of(NOTES), List.of());
      assertThat(seen()).isEqualTo(all());
    }

    private List<String> all() {
      return chunks.values().stream()
          .flatMap(chunk -> chunk.values().stream())
          .flatMap(List::stream)
          .toList();
    }

    private void putOne() {
      int chunk = random.nextInt(3);
      TreeMap<Integer, List<String>> batches =
          chunks.computeIfAbsent(chunk, none -> new TreeMap<>());
      // In a table what replaces a batch stands behind all that came since.
      boolean isAgain = !batches.isEmpty() && random.nextInt(4) == 0 && isInParts();
      int batch = isAgain ? batches.lastKey() : batches.isEmpty() ? 0 : batches.lastKey() + 1;
      List<String> ids = new ArrayList<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        ids.add("id" + next++);
      }
      put(chunk, batch, ids.toArray(String[]::new));
      batches.put(batch, ids);
    }

    private void takeBackOne() {
      for (TreeMap<Integer, List<String>> batches : chunks.values()) {
        if (!batches.isEmpty() && random.nextBoolean()) {
          List<String> last = batches.lastEntry().getValue();
          takeBack(last.toArray(String[]::new));
          batches.put(batches.lastKey(), new ArrayList<>());
          return;
        }
      }
    }

    private void takeBackRecord() {
      for (TreeMap<Integer, List<String>> batches : chunks.values()) {
        for (List<String> ids : batches.values()) {
          if (ids.size() > 1) {
            takeBack(ids.remove(0));
            return;
          }
        }
      }
    }

    private void tear() throws IOException {
      if (Files.exists(part()) && random.nextBoolean()) {
        append(part(), "{\"id\":\"id0\",\"text\":\"torn".substring(0, random.nextInt(20)));
      }
    }
  }

  // --- what several laws need

  private TargetSession session() {
    return Objects.requireNonNull(session);
  }

  private void open() {
    TargetStore opened =
        new JsonAdapter()
            .openTarget(
                StoreUrl.parse("json:" + file),
                new Workspace(folder.resolve("unseen.waybill-workspace"), 2));
    target = opened;
    session = opened.begin(new RunHeader("run-1", Instant.EPOCH, "", "test"), ledger);
  }

  private void breakOff() {
    if (session != null) {
      session.close();
      session = null;
    }
    if (target != null) {
      target.close();
      target = null;
    }
  }

  private void finish() {
    session().finish(List.of(NOTES), List.of());
  }

  private Path work() {
    String name = file.getFileName().toString();
    return file.resolveSibling("." + name + ".waybill-run-1");
  }

  private Path part() {
    return Parts.file(work(), 1);
  }

  private boolean isInParts() {
    return ((JsonSession) session()).work().collection("notes").orElseThrow().isInParts();
  }

  private static void append(Path to, String text) throws IOException {
    Files.writeString(to, text, StandardOpenOption.APPEND);
  }

  private static RecordBatch records(String... ids) {
    RecordBatch records = new RecordBatch(2);
    for (String id : ids) {
      records.putText(id);
      records.putText("of " + id + "\n");
    }
    return records;
  }

  private static RecordDigest[] digests(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return digests;
  }

  private static RecordDigest[] otherDigests(String... ids) {
    RecordDigest[] digests = digests(records(ids));
    digests[0] = digests[0].plus(new RecordDigest(0, 1));
    return digests;
  }

  private Outcome put(int chunk, int batch, String... ids) {
    return put(chunk, batch, records(ids));
  }

  private TargetWriter writer() {
    return session().writer(Triggers.FIRE, Overwritten.NOT_KEPT);
  }

  /** Whether the schema file beside it knows the file by size and sum. */
  private boolean isDescribed() throws IOException {
    Home home = Home.of(JsonPlace.of(StoreUrl.parse("json:" + file)));
    Described.Of of = Objects.requireNonNull(Described.read(home).files().get("notes.jsonl"));
    return Described.isStill(home, "notes.jsonl", of);
  }

  private Outcome put(int chunk, int batch, RecordBatch records) {
    try (TargetWriter writer = session().writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return apply(writer, chunk, batch, records);
    }
  }

  private static Outcome apply(TargetWriter writer, int chunk, int batch, RecordBatch records) {
    return writer.apply(
        NOTES,
        ChangeBatch.puts(records, digests(records)),
        ConflictPolicy.FAIL,
        new Mark("notes", chunk, batch, 0, false));
  }

  private Outcome takeBack(String... ids) {
    return takeBack(digests(records(ids)), ids);
  }

  private Outcome takeBack(RecordDigest[] expected, String... ids) {
    RecordBatch keys = new RecordBatch(1);
    for (String id : ids) {
      keys.putText(id);
    }
    try (TargetWriter writer = session().writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          NOTES,
          new ChangeBatch(ChangeKind.DELETE, keys, null, expected),
          ConflictPolicy.FAIL,
          new Mark("notes", 0, undone++, 0, true));
    }
  }

  /** The ids as a snapshot of the target gives them, read in small chunks. */
  private List<String> seen() {
    List<String> seen = new ArrayList<>();
    TargetStore open = Objects.requireNonNull(target);
    try (Snapshot snapshot = open.snapshot()) {
      for (Chunk chunk : snapshot.chunks(NOTES, 3)) {
        RecordBatch batch = new RecordBatch(2);
        try (RecordReader reader = snapshot.read(NOTES, chunk)) {
          while (reader.read(batch, 2, 1 << 20)) {
            for (int i = 0; i < batch.records(); i++) {
              seen.add(batch.textAt(batch.at(i, 0)));
            }
            batch.clear();
          }
        }
      }
      assertThat(snapshot.count(NOTES)).isEqualTo(seen.size());
    }
    return seen;
  }

  private List<String> lines() {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(line -> line.replaceAll("\\{\"id\":\"(.*)\",\"text\":\"of \\1\\\\n\"\\}", "$1"))
          .collect(Collectors.toList());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
