package dev.waybill.stores.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
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
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What becomes of files that are written to, also when writing is broken off at any step. */
class JsonTargetTest {
  private static final Collection PEOPLE =
      Collection.of(
          "people",
          List.of(
              Field.of("id", LogicalType.TEXT, "string", false),
              Field.of("name", LogicalType.TEXT, "string", true)),
          List.of("id"));

  @TempDir Path folder;
  private final TestLedger ledger = new TestLedger();
  private Path file = Path.of("unused");

  @BeforeEach
  void nameFile() {
    file = folder.resolve("people.json");
  }

  @Test
  void theFileIsUntouchedUntilTheRunFinishes() throws IOException {
    String old = "[ {\"id\":\"a\" , \"name\":\"Ada\"},\n {\"id\":\"b\",\"name\":null} ]";
    Files.writeString(file, old);

    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      put(session, 0, ConflictPolicy.OVERWRITE, "b", "Bob", "c", "Cyd");
      assertThat(file).hasContent(old);
      session.finish(List.of(), List.of(PEOPLE));
    }

    // What was not changed keeps its bytes and its place.
    assertThat(Files.readString(file))
        .contains("{\"id\":\"a\" , \"name\":\"Ada\"}")
        .containsSubsequence("\"a\"", "\"b\",\"name\":\"Bob\"", "\"c\"");
    assertThat(read()).isEqualTo(Map.of("a", "Ada", "b", "Bob", "c", "Cyd"));
  }

  @Test
  void aRunThatChangesNothingLeavesTheFileByteForByte() throws IOException {
    String old = "[ {\"name\":\"Ada\",\"id\":\"a\"} ]\r\n";
    Files.writeString(file, old);

    run(session -> put(session, 0, ConflictPolicy.FAIL, "a", "Ada"));

    assertThat(Files.readString(file)).isEqualTo(old);
    assertThat(besides()).containsExactly("people.json");
  }

  @Test
  void aRollbackGivesTheFileBackByteForByte() throws IOException {
    String old = "[ {\"name\":\"Ada\",\"id\":\"a\"} ]\r\n";
    Files.writeString(file, old);
    run(session -> put(session, 0, ConflictPolicy.FAIL, "b", "Bob"));
    assertThat(read()).hasSize(2);

    undo("b", "Bob");

    assertThat(Files.readString(file)).isEqualTo(old);
    assertThat(besides()).containsExactly("people.json");
  }

  @Test
  void aRollbackKeepsWhatSomebodyElseWroteSince() throws IOException {
    Files.writeString(file, "[{\"id\":\"a\",\"name\":\"Ada\"}]");
    run(session -> put(session, 0, ConflictPolicy.FAIL, "b", "Bob"));
    Files.writeString(
        file, Files.readString(file).replace("]", ",{\"id\":\"x\",\"name\":\"theirs\"}]"));

    undo("b", "Bob");

    assertThat(read()).isEqualTo(Map.of("a", "Ada", "x", "theirs"));
  }

  @Test
  void whatSomebodyElseWritesMeanwhileIsNotReplaced() throws IOException {
    Files.writeString(file, "[{\"id\":\"a\",\"name\":\"Ada\"}]");

    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      put(session, 0, ConflictPolicy.FAIL, "b", "Bob");
      Files.writeString(file, "[{\"id\":\"x\",\"name\":\"theirs\"}]");

      assertThatThrownBy(() -> session.finish(List.of(), List.of(PEOPLE)))
          .isInstanceOfSatisfying(
              StoreException.class,
              refused -> assertThat(refused.code()).isEqualTo("TARGET_CHANGED"));
      session.restore();
    }

    assertThat(read()).isEqualTo(Map.of("x", "theirs"));
    assertThat(besides()).containsExactly("people.json");
  }

  @Test
  void aBatchIsInTheFileOnceThoughTheLedgerMissedItsMark() {
    assertThatThrownBy(
            () ->
                run(
                    session -> {
                      session.create(PEOPLE);
                      ledger.failAtMark = true;
                      put(session, 0, ConflictPolicy.FAIL, "a", "Ada", "b", "Bob");
                    }))
        .hasMessage("broken off");
    assertThat(ledger.marks()).isEmpty();
    assertThat(file).doesNotExist();

    run(
        session -> {
          session.create(PEOPLE);
          Outcome again = put(session, 0, ConflictPolicy.FAIL, "a", "Ada", "b", "Bob");
          assertThat(again.inserted()).isEqualTo(2);
          session.finish(List.of(PEOPLE), List.of());
        });

    assertThat(read()).isEqualTo(Map.of("a", "Ada", "b", "Bob"));
  }

  @Test
  void aBatchThatComesOtherwiseAfterACrashReplacesTheOneThatWasNotMarked() {
    assertThatThrownBy(
            () ->
                run(
                    session -> {
                      session.create(PEOPLE);
                      ledger.failAtMark = true;
                      put(session, 0, ConflictPolicy.FAIL, "a", "Ada", "b", "Bob");
                    }))
        .hasMessage("broken off");

    run(
        session -> {
          session.create(PEOPLE);
          put(session, 0, ConflictPolicy.FAIL, "a", "Ada", "c", "Cyd");
          session.finish(List.of(PEOPLE), List.of());
        });

    assertThat(read()).isEqualTo(Map.of("a", "Ada", "c", "Cyd"));
  }

  @Test
  void whatWasNotedIsRenamedByWhoeverBeginsNext() throws IOException {
    Files.writeString(file, "[{\"id\":\"a\",\"name\":\"Ada\"}]");
    Path work = folder.resolve(".people.json.waybill-run-1");
    Files.createDirectory(work);
    Files.writeString(work.resolve("new-0"), "[{\"id\":\"z\",\"name\":\"Zoe\"}]\n");
    JsonNote.write(work.resolve("renaming"), Map.of("people.json", "new-0"));

    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      session.finish(List.of(), List.of());
    }

    assertThat(read()).isEqualTo(Map.of("z", "Zoe"));
    assertThat(besides()).containsExactly("people.json");
  }

  @Test
  void whatWasWrittenBesideButNotNotedIsNothing() throws IOException {
    String old = "[{\"id\":\"a\",\"name\":\"Ada\"}]";
    Files.writeString(file, old);
    Path work = folder.resolve(".people.json.waybill-run-1");
    Files.createDirectory(work);
    Files.writeString(work.resolve("new-0"), "[{\"id\":\"z\",\"na");

    run(session -> {});

    assertThat(file).hasContent(old);
  }

  @Test
  void equalKeysAreFoundWhenTheRunFinishes() {
    assertThatThrownBy(
            () ->
                run(
                    session -> {
                      session.create(PEOPLE);
                      put(session, 0, ConflictPolicy.FAIL, "a", "Ada");
                      put(session, 1, ConflictPolicy.FAIL, "a", "Ann");
                      session.finish(List.of(PEOPLE), List.of());
                    }))
        .isInstanceOfSatisfying(
            DataException.class, refused -> assertThat(refused.code()).isEqualTo("NOT_UNIQUE"));
    assertThat(file).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "people.json",
        "people.json?shape=lines",
        "people.json?shape=keyed",
        "people.json?shape=wrapper",
        "people.json?indent=2",
        "people.json?shape=keyed&indent=4",
        "people.json?shape=wrapper&indent=2",
        "people.jsonl",
        "people.jsonl.gz",
        "people.json.zst",
        "people/",
        "people/?shape=lines"
      })
  void everyShapeIsReadBackAndWrittenToAgain(String place) {
    String url = "json:" + folder.resolve("of").resolve(place);
    assertThat(folder.resolve("of").toFile().mkdir()).isTrue();

    try (TargetStore target = target(url);
        TargetSession session = begin(target)) {
      session.create(PEOPLE);
      put(session, 0, ConflictPolicy.FAIL, "a", "Ada \"x\" \u00e4", "b", "Bob");
      session.finish(List.of(PEOPLE), List.of());
    }
    assertThat(read(url)).isEqualTo(Map.of("a", "Ada \"x\" \u00e4", "b", "Bob"));
    ledger.clear();
    try (TargetStore target = target(url);
        TargetSession session = begin(target)) {
      put(session, 0, ConflictPolicy.OVERWRITE, "b", "Bill", "c", "Cyd");
      session.finish(List.of(), List.of(PEOPLE));
    }

    assertThat(read(url)).isEqualTo(Map.of("a", "Ada \"x\" \u00e4", "b", "Bill", "c", "Cyd"));
  }

  @Test
  void otherMembersOfAWrapperStayAsTheyAre() throws IOException {
    Files.writeString(
        file,
        "{\n  \"version\": 1.50,\n  \"people\": [\n    {\"id\": \"a\", \"name\": \"Ada\"}\n  ],\n"
            + "  \"more\": {\"x\": []}\n}\n");

    run(session -> put(session, 0, ConflictPolicy.FAIL, "b", "Bob"));

    assertThat(Files.readString(file))
        .isEqualTo(
            "{\n  \"version\": 1.50,\n  \"people\": [\n    {\"id\": \"a\", \"name\": \"Ada\"},\n"
                + "    {\n      \"id\": \"b\",\n      \"name\": \"Bob\"\n    }\n  ],\n"
                + "  \"more\": {\"x\": []}\n}\n");
  }

  @Test
  void aFileForOneCollectionTakesNoSecond() {
    String url = "json:" + folder.resolve("people.jsonl");
    Collection others = Collection.of("others", PEOPLE.fields(), PEOPLE.key());

    try (TargetStore target = target(url);
        TargetSession session = begin(target)) {
      session.create(PEOPLE);
      assertThatThrownBy(() -> session.create(others))
          .isInstanceOfSatisfying(
              StoreException.class, refused -> assertThat(refused.code()).isEqualTo("UNSUPPORTED"))
          .hasMessageContaining("shape=wrapper");
    }
  }

  @Test
  void aNewCollectionTakesThePlaceOfAnEmptyArrayOfItsName() throws IOException {
    Files.writeString(
        file, "{\"others\":[{\"id\":\"x\",\"name\":\"y\"}],\"people\":[ ],\"rest\":null}");

    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      if (target.catalog().collection("people").isEmpty()) {
        session.create(PEOPLE);
      }
      put(session, 0, ConflictPolicy.FAIL, "a", "Ada");
      session.finish(List.of(PEOPLE), List.of());
    }

    assertThat(Files.readString(file).split("\"people\"", -1)).hasSize(2);
    assertThat(read()).isEqualTo(Map.of("a", "Ada"));
  }

  @Test
  void aNewCollectionNeverStandsBesideAnotherMemberOfItsName() throws IOException {
    String old = "{\"others\":[{\"id\":\"x\",\"name\":\"y\"}],\"people\":\"none\"}";
    Files.writeString(file, old);

    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      assertThat(target.findings(PEOPLE))
          .anySatisfy(found -> assertThat(found.code()).isEqualTo("NAME_TAKEN"));
      assertThatThrownBy(() -> session.create(PEOPLE))
          .isInstanceOfSatisfying(
              StoreException.class, refused -> assertThat(refused.code()).isEqualTo("UNSUPPORTED"));
      session.restore();
    }

    assertThat(Files.readString(file)).isEqualTo(old);
  }

  @Test
  void recordsThatWereLinesGoAsAnArrayIntoAFileOfThatName() throws IOException {
    Collection lines = PEOPLE.withDetail(JsonLayout.of(JsonLayout.Shape.LINES).detail(Map.of()));
    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      session.create(lines);
      put(session, 0, ConflictPolicy.FAIL, "a", "Ada");
      session.finish(List.of(lines), List.of());
    }

    assertThat(Files.readString(file)).startsWith("[");
    assertThat(read()).isEqualTo(Map.of("a", "Ada"));
  }

  @Test
  void aFileInAFolderThatIsNotThereIsRefusedBeforeAnythingIsMade() {
    Path missing = folder.resolve("missing");

    try (TargetStore target = target("json:" + missing.resolve("people.json"))) {
      assertThat(target.findings())
          .anySatisfy(found -> assertThat(found.code()).isEqualTo("FOLDER_MISSING"));
      assertThatThrownBy(() -> begin(target))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("its folder is not there");
    }

    assertThat(missing).doesNotExist();
    assertThat(ledger.notes()).isEmpty();
  }

  @Test
  void aFolderThatIsAFileIsRefusedBeforeAnythingIsMade() throws IOException {
    Files.writeString(file, "[]");

    try (TargetStore target = target("json:" + file.resolve("sub/people.json"))) {
      assertThatThrownBy(() -> begin(target))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("people.json is no folder");
    }
  }

  @Test
  void anErrorOfTheWorkIsNoFullDiskUnlessItIsOne() {
    SQLiteException unread = new SQLiteException("disk", SQLiteErrorCode.SQLITE_IOERR_READ);
    SQLiteException full = new SQLiteException("full", SQLiteErrorCode.SQLITE_FULL);

    Path db = folder.resolve("work.db");
    assertThat(Work.failed(db, unread).code()).isEqualTo("WORK_FAILED");
    assertThat(Work.failed(db, full).code()).isEqualTo(StoreException.NO_SPACE);
    assertThat(Work.failed(folder.resolve("gone/work.db"), unread).code())
        .isEqualTo("FILE_MISSING");
  }

  // --- what several laws need

  private interface Writing {
    void on(TargetSession session);
  }

  private void run(Writing work) {
    try (TargetStore target = target();
        TargetSession session = begin(target)) {
      work.on(session);
      session.finish(List.of(), List.of());
    }
  }

  private void undo(String id, String name) {
    try (TargetStore target = target();
        TargetSession session = begin(target);
        TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      RecordBatch key = new RecordBatch(1);
      key.putText(id);
      RecordDigest[] expected = {new CanonicalForm().digest(records(id, name), 0)};
      ChangeBatch changes = new ChangeBatch(ChangeBatch.ChangeKind.DELETE, key, null, expected);
      writer.apply(PEOPLE, changes, ConflictPolicy.FAIL, new Mark("people", 0, 0, 0, true));
      session.restore();
    }
  }

  private TargetStore target() {
    return target("json:" + file);
  }

  private TargetStore target(String url) {
    return new JsonAdapter().openTarget(StoreUrl.parse(url), workspace());
  }

  private Workspace workspace() {
    return new Workspace(folder.resolve("unseen.waybill-workspace"), 2);
  }

  private TargetSession begin(TargetStore target) {
    return target.begin(new RunHeader("run-1", Instant.EPOCH, "", "test"), ledger);
  }

  private static RecordBatch records(String... values) {
    RecordBatch records = new RecordBatch(2);
    for (String value : values) {
      records.putText(value);
    }
    return records;
  }

  private static Outcome put(
      TargetSession session, int batch, ConflictPolicy policy, String... values) {
    RecordBatch records = records(values);
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          PEOPLE,
          ChangeBatch.puts(records, digests),
          policy,
          new Mark("people", 0, batch, 0, false));
    }
  }

  private Map<String, String> read() {
    return read("json:" + file);
  }

  private Map<String, String> read(String url) {
    Map<String, String> read = new TreeMap<>();
    try (Store source = new JsonAdapter().openSource(StoreUrl.parse(url), workspace());
        Snapshot snapshot = source.snapshot()) {
      assertThat(source.catalog().collection("people")).isPresent();
      for (Chunk chunk : snapshot.chunks(PEOPLE, 2)) {
        RecordBatch batch = new RecordBatch(2);
        try (RecordReader reader = snapshot.read(PEOPLE, chunk)) {
          reader.read(batch, 100, 1 << 20);
        }
        for (int i = 0; i < batch.records(); i++) {
          read.put(batch.textAt(batch.at(i, 0)), batch.textAt(batch.at(i, 1)));
        }
      }
    }
    return read;
  }

  private List<String> besides() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> !each.startsWith("unseen"))
          .sorted()
          .toList();
    }
  }
}
