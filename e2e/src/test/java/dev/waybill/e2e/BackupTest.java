package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.backup.Backup;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Plan;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run overwrites is kept, can be restored by itself, and goes when its time is over. */
class BackupTest {
  @TempDir private Path home;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(home);
  }

  private static MigrationSpec spec(String from, String to, String onConflict) {
    return World.spec(from, to, ConflictPolicy.parse(onConflict), 0, OnFailure.ROLLBACK);
  }

  /** People 0 to 30 of version 1, of which the source has 20 to 30 alike and 10 to 20 otherwise. */
  private String target(Transactions transactions) {
    String to = World.url(transactions);
    Collection people =
        new Collection(
            "people",
            People.FIELDS,
            List.of("id"),
            List.of(List.of("age")),
            List.of(),
            List.of(
                new Index("people_name", List.of(new Index.Column("name", true)), false, "", "")),
            List.of(),
            List.of(),
            null,
            -1,
            -1);
    world.fill(to, people, People.some(0, 30, 1));
    return to;
  }

  private String source(Transactions transactions) {
    String from = World.url(transactions);
    RecordBatch records = People.some(10, 20, 2);
    RecordBatch same = People.some(20, 30, 1);
    RecordBatch more = People.some(30, 45, 1);
    for (int i = 0; i < 10; i++) {
      records.putRecord(same, i);
    }
    for (int i = 0; i < 15; i++) {
      records.putRecord(more, i);
    }
    world.fill(from, People.people(), records);
    return from;
  }

  private RunResult overwritten(Transactions transactions, String to) {
    RunResult run = world.migrate(spec(source(transactions), to, "overwrite"));
    assertThat(run.error()).isNull();
    return run;
  }

  private static Path folder(RunResult run) {
    return run.directory().resolve("backup");
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRestoredBackupIsWhatTheRunOverwroteAndNothingElse(Transactions transactions) {
    String to = target(transactions);
    RecordBatch before = world.read(to, "people");
    String wanted = World.url(transactions);
    RecordBatch touched = new RecordBatch(4);
    for (int i = 10; i < 20; i++) {
      touched.putRecord(before, i);
    }
    world.fill(wanted, world.collection(to, "people"), touched);
    RunResult run = overwritten(transactions, to);
    String restored = World.url(transactions);

    RunResult result = world.migrate(MigrationSpec.of("backup:" + run.run(), restored));

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(world.state(restored)).isEqualTo(world.state(wanted));
    assertThat(world.waybill().verifyRun(result.run(), event -> {}).isEqual()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aBackupPutsBackWhatWasOverwrittenInPlace(Transactions transactions) {
    String to = target(transactions);
    RecordBatch before = world.read(to, "people");
    RunResult run = overwritten(transactions, to);

    RunResult result = world.migrate(spec("backup:" + run.run(), to, "overwrite"));

    assertThat(result.error()).isNull();
    RecordBatch after = world.read(to, "people");
    for (int i = 0; i < 30; i++) {
      assertThat(after.recordBytes(i)).as("record %d", i).isEqualTo(before.recordBytes(i));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fail", "skip", "newer:age"})
  void onlyWhatThePolicyReplacesIsKeptAndTheCatalogAlways(String policy) {
    String to = target(Transactions.BATCH);
    String from = World.url(Transactions.BATCH);
    RecordBatch records = policy.equals("fail") ? People.some(40, 50, 1) : People.some(5, 10, 0);
    if (!policy.equals("fail")) {
      People.one(records, 12, "newer", 5_000);
    }
    world.fill(from, People.people(), records);

    RunResult run = world.migrate(spec(from, to, policy));

    assertThat(run.error()).isNull();
    assertThat(world.waybill().backups())
        .singleElement()
        .satisfies(
            backup -> {
              assertThat(backup.run()).isEqualTo(run.run());
              assertThat(backup.records()).isEqualTo(policy.startsWith("newer") ? 1 : 0);
              assertThat(backup.entries())
                  .extracting(Backup.Entry::collection)
                  .containsExactly("people");
            });
  }

  @Test
  void aRunThatMakesEverythingKeepsNothingAndOneThatIsToldToNeither() {
    RunResult fresh = world.migrate(source(Transactions.BATCH), World.url(Transactions.BATCH));
    Plan plan =
        world
            .waybill()
            .plan(spec(source(Transactions.BATCH), target(Transactions.BATCH), "overwrite"));
    Plan.Options o = plan.options();
    Path file = home.resolve("plan.yaml");
    RunResult told = applied(plan, file, "enabled: true", "enabled: false");

    assertThat(o.backup()).isEqualTo(Plan.Backup.USUAL);
    assertThat(folder(fresh)).doesNotExist();
    assertThat(folder(told)).doesNotExist();
    assertThatThrownBy(
            () ->
                world.migrate(
                    MigrationSpec.of("backup:" + told.run(), World.url(Transactions.BATCH))))
        .hasMessageContaining("has no backup");
  }

  private RunResult applied(Plan plan, Path file, String part, String instead) {
    try {
      Files.createDirectories(home);
      String text = world.waybill().planText(plan);
      assertThat(text).contains(part);
      Files.writeString(file, text.replace(part, instead));
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
    RunResult run = world.apply(world.waybill().readPlan(file), () -> false);
    assertThat(run.error()).isNull();
    return run;
  }

  @Test
  void aBackupIsPrivateAndHoldsWhatPeopleCanRead() throws IOException {
    String to = target(Transactions.BATCH);
    RunResult run = overwritten(Transactions.BATCH, to);

    try (Stream<Path> files = Files.list(folder(run))) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(2);
      for (Path each : all) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
            .isEqualTo("rw-------");
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder(run))))
        .isEqualTo("rwx------");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "flipped", "gone", "backup.json"})
  void aDamagedBackupIsRefusedByTheNameOfItsFileBeforeAnythingIsWritten(String how)
      throws IOException {
    RunResult run = overwritten(Transactions.BATCH, target(Transactions.BATCH));
    Path file = folder(run).resolve(how.equals("backup.json") ? how : "001-people.ndjson.zst");
    byte[] bytes = Files.readAllBytes(file);
    switch (how) {
      case "cut" -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
      case "flipped" -> {
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
      case "gone" -> Files.delete(file);
      default -> Files.writeString(file, "{\"version\": 1");
    }
    String restored = World.url(Transactions.BATCH);

    assertThatThrownBy(() -> world.migrate(MigrationSpec.of("backup:" + run.run(), restored)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining("is damaged");
    assertThat(world.state(restored)).containsEntry("", "STORE_NOT_FOUND");
  }

  @Test
  void aForeignKeyToRecordsThatWereNotTouchedIsLeftOutByName() {
    Collection groups =
        Collection.of(
            "groups", List.of(World.field("id", LogicalType.INT64, false)), List.of("id"));
    Collection members =
        new Collection(
            "members",
            List.of(
                World.field("id", LogicalType.INT64, false),
                World.field("in_group", LogicalType.INT64, true),
                World.field("note", LogicalType.TEXT, true)),
            List.of("id"),
            List.of(),
            List.of(
                new ForeignKey(
                    "",
                    List.of("in_group"),
                    "groups",
                    List.of("id"),
                    ForeignKey.Action.NO_ACTION,
                    ForeignKey.Action.NO_ACTION,
                    false)),
            List.of(),
            List.of(),
            List.of(),
            null,
            -1,
            -1);
    String to = World.url(Transactions.BATCH);
    String from = World.url(Transactions.BATCH);
    RecordBatch some = new RecordBatch(1);
    some.putInt64(1);
    for (String url : List.of(to, from)) {
      world.fill(url, groups, some);
      RecordBatch one = new RecordBatch(3);
      one.putInt64(7);
      one.putInt64(1);
      one.putText(url);
      world.fill(url, members, one);
    }
    RunResult run = world.migrate(spec(from, to, "overwrite"));
    String restored = World.url(Transactions.BATCH);

    Plan plan = world.waybill().plan(MigrationSpec.of("backup:" + run.run(), restored));
    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).isNull();
    assertThat(plan.leftOut())
        .extracting(left -> left.name())
        .containsExactly("members [in_group]");
    assertThat(world.collection(restored, "members").foreignKeys()).isEmpty();
    assertThat(world.read(restored, "members").records()).isEqualTo(1);
    assertThat(world.collection(restored, "groups").key()).containsExactly("id");
  }

  @Test
  void onlyBackupsOfEndedRunsWhoseTimeIsOverArePruned() {
    String to = target(Transactions.BATCH);
    RunResult kept = overwritten(Transactions.BATCH, to);
    Plan plan = world.waybill().plan(spec(source(Transactions.BATCH), to, "overwrite"));
    RunResult over = applied(plan, home.resolve("p.yaml"), "keep: 30d", "keep: 0s");
    AtomicBoolean isStopped = new AtomicBoolean();
    Plan again = world.waybill().plan(spec(source(Transactions.BATCH), to, "overwrite"));
    RunResult stopped =
        world
            .waybill()
            .apply(
                again,
                event -> {
                  if (event.type() == RunEvent.Type.PHASE && event.text().equals("copy")) {
                    isStopped.set(true);
                  }
                },
                isStopped::get);
    assertThat(stopped.status()).isEqualTo(Status.STOPPED);

    assertThat(world.waybill().backups()).hasSize(3);
    assertThat(runs(world.waybill().pruneBackups(null, true))).containsExactly(over.run());
    assertThat(folder(over)).exists();
    assertThat(runs(world.waybill().pruneBackups(null, false))).containsExactly(over.run());
    assertThat(folder(over)).doesNotExist();
    assertThat(runs(world.waybill().pruneBackups(Duration.ofDays(1), false))).isEmpty();
    assertThat(runs(world.waybill().pruneBackups(Duration.ZERO, false)))
        .containsExactly(kept.run());
    assertThat(folder(stopped)).exists();
  }

  @Test
  void theBackupOfAForgottenRunIsPrunedLikeAnyOther() {
    String to = target(Transactions.BATCH);
    RunResult run = overwritten(Transactions.BATCH, to);
    world.waybill().forget(run.run(), false);

    assertThat(runs(world.waybill().pruneBackups(Duration.ZERO, false))).containsExactly(run.run());
  }

  private static List<String> runs(List<Backup> backups) {
    return backups.stream().map(Backup::run).toList();
  }

  @Test
  void aBackupThatAnUnfinishedRestoreReadsIsNotPruned() {
    RunResult run = overwritten(Transactions.BATCH, target(Transactions.BATCH));
    AtomicBoolean isStopped = new AtomicBoolean();
    RunResult restoring =
        world
            .waybill()
            .apply(
                world
                    .waybill()
                    .plan(MigrationSpec.of("backup:" + run.run(), World.url(Transactions.BATCH))),
                event -> isStopped.set(event.type() == RunEvent.Type.PHASE || isStopped.get()),
                isStopped::get);
    assertThat(restoring.status()).isEqualTo(Status.STOPPED);

    assertThat(world.waybill().pruneBackups(Duration.ZERO, false)).isEmpty();
    world.rollback(restoring);
    assertThat(runs(world.waybill().pruneBackups(Duration.ZERO, false))).containsExactly(run.run());
  }

  /** Stops a run as soon as something is told. */
  private RunResult stopped(MigrationSpec spec, Predicate<RunEvent> when) {
    AtomicBoolean isStopped = new AtomicBoolean();
    RunResult result =
        world
            .waybill()
            .apply(
                world.waybill().plan(spec),
                event -> isStopped.set(isStopped.get() || when.test(event)),
                isStopped::get);
    assertThat(result.status()).isEqualTo(Status.STOPPED);
    return result;
  }

  /** Restores a backup into an empty store and reads it. */
  private RecordBatch restored(RunResult run) {
    String restored = World.url(Transactions.BATCH);
    RunResult result = world.migrate(MigrationSpec.of("backup:" + run.run(), restored));
    assertThat(result.error()).isNull();
    return world.read(restored, "people");
  }

  /** True if a batch holds exactly these records, in any order. */
  private static boolean isMadeOf(RecordBatch batch, RecordBatch... parts) {
    List<String> wanted = new ArrayList<>();
    for (RecordBatch part : parts) {
      wanted.addAll(texts(part));
    }
    return texts(batch).stream().sorted().toList().equals(wanted.stream().sorted().toList());
  }

  private static List<String> texts(RecordBatch batch) {
    return IntStream.range(0, batch.records())
        .mapToObj(record -> HexFormat.of().formatHex(batch.recordBytes(record)))
        .toList();
  }

  private RunResult stoppedAfterTen(String from, String to) {
    return stopped(
        spec(from, to, "overwrite"),
        event -> event.type() == RunEvent.Type.PROGRESS && event.done() >= 10);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatARunThatGoesOnOverwritesIsAddedToItsBackup(Transactions transactions) {
    String from = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 2));
    String to = target(transactions);
    RunResult run = stoppedAfterTen(from, to);
    assertThat(isMadeOf(restored(run), People.some(0, 10, 1))).isTrue();

    RunResult resumed = world.waybill().resume(run.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    assertThat(isMadeOf(restored(run), People.some(0, 30, 1))).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatIsOverwrittenBecauseTheSourceHasMovedIsKeptAsItWasAtFirst(Transactions transactions) {
    String from = source(transactions);
    String to = target(transactions);
    RunResult run = stoppedAfterTen(from, to);
    world.put(from, People.people(), People.some(3, 12, 4));

    RunResult resumed = world.waybill().resume(run.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    assertThat(isMadeOf(restored(run), People.some(3, 20, 1))).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRollbackLeavesTheBackupAsItIs(Transactions transactions) {
    RunResult run = overwritten(transactions, target(transactions));
    List<Backup> before = world.waybill().backups();

    assertThat(world.rollback(run).error()).isNull();

    assertThat(world.waybill().backups()).isEqualTo(before);
    assertThat(isMadeOf(restored(run), People.some(10, 20, 1))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBackupOfTheFirstVersionIsReadAndGoneOnWith(boolean isGoneOn) throws IOException {
    String from = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 30, 2));
    RunResult run = stoppedAfterTen(from, target(Transactions.BATCH));
    asOfTheFirstVersion(folder(run));
    assertThat(world.waybill().backups()).extracting(Backup::records).containsExactly(10L);

    if (isGoneOn) {
      assertThat(world.waybill().resume(run.run(), event -> {}, () -> false).error()).isNull();
    }

    assertThat(isMadeOf(restored(run), People.some(0, isGoneOn ? 30 : 10, 1))).isTrue();
    try (Stream<Path> files = Files.list(folder(run))) {
      assertThat(files).hasSize(2);
    }
  }

  /** The first version had one frame without heads, and the digest of the whole file. */
  private static void asOfTheFirstVersion(Path folder) throws IOException {
    Path file = folder.resolve("001-people.ndjson.zst");
    String text;
    try (InputStream in = new ZstdInputStream(Files.newInputStream(file))) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    String first =
        text.replace("{\"waybill-records\":2,", "{\"waybill-records\":1,")
            .replace(",\"key\":[\"id\"]}\n", "}\n");
    assertThat(first).hasSize(text.length() - 13);
    try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(file))) {
      out.write(first.getBytes(StandardCharsets.UTF_8));
    }
    Path description = folder.resolve("backup.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode all = (ObjectNode) json.readTree(Files.readString(description));
    all.put("version", 1);
    ((ObjectNode) all.path("collections").get(0))
        .put("bytes", Files.size(file))
        .put("sha256", sha256(Files.readAllBytes(file)));
    Files.writeString(description, all.toString());
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException(missing);
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRestoreThatWasStoppedGoesOn(Transactions transactions) {
    RunResult run = overwritten(transactions, target(transactions));
    String restored = World.url(transactions);
    RunResult restoring =
        stopped(
            World.spec("backup:" + run.run(), restored),
            event -> event.type() == RunEvent.Type.PHASE && event.text().equals("copy"));

    RunResult resumed = world.waybill().resume(restoring.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    assertThat(world.read(restored, "people").records()).isEqualTo(10);
  }
}
