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
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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

/** What becomes of folders whose files are a record each, also when writing is broken off. */
class JsonRecordsTest {
  private static final Collection PEOPLE =
      Collection.of(
          "people",
          List.of(
              Field.of("id", LogicalType.TEXT, "string", false),
              Field.of("name", LogicalType.TEXT, "string", true)),
          List.of("id"));

  @TempDir Path folder;
  private final TestLedger ledger = new TestLedger();
  private Path people = Path.of("unused");

  @BeforeEach
  void nameFolder() {
    people = folder.resolve("people");
  }

  // --- what is written

  @Test
  void eachRecordOfANewCollectionIsAFileThatItsKeyIsTheNameOf() throws IOException {
    create("json:" + folder.resolve("all") + "/?shape=records", "a", "Ada", "b c", "Bob");

    Path all = folder.resolve("all");
    assertThat(all.resolve("people/a.json")).hasContent("{\"name\":\"Ada\"}\n");
    assertThat(all.resolve("people/b c.json")).hasContent("{\"name\":\"Bob\"}\n");
    assertThat(files(all))
        .containsOnlyKeys(".waybill-schema.json", "people/a.json", "people/b c.json");
    assertThat(rows("json:" + all + "/"))
        .containsExactly("TEXT a | TEXT Ada", "TEXT b c | TEXT Bob");
  }

  @Test
  void aCollectionThatIsCalledByTheFolderIsInTheFolderItself() throws IOException {
    create(url(), "a", "Ada");

    assertThat(people.resolve("a.json")).exists();
    assertThat(rows("json:" + people)).containsExactly("TEXT a | TEXT Ada");
  }

  @Test
  void aFolderOfOneRecordOrOfUnlikeOnesIsReadAsWhatItWasWrittenAs() throws IOException {
    Path all = folder.resolve("all");
    create("json:" + all + "/?shape=records", "a", "Ada");
    assertThat(rows("json:" + all)).containsExactly("TEXT a | TEXT Ada");

    Files.writeString(all.resolve("people/b.json"), "{\"other\":[{\"x\":1}]}");

    assertThat(rows("json:" + all)).hasSize(2);
  }

  @Test
  void aCollectionWithoutRecordsIsToldByTheSchemaFileAlone() throws IOException {
    create(url());

    assertThat(files(people)).containsOnlyKeys(".waybill-schema.json");
    assertThat(rows("json:" + people)).isEmpty();
  }

  @Test
  void onlyFilesOfRecordsThatChangeAreTouched() throws IOException {
    given("a", "{ \"name\" : \"Ada\",\"more\":[1] }");
    given("b", "\uFEFF{\"name\":\"Bob\",\"more\":[2]}");
    given("c", "{\"name\":\"Cyd\"}");
    Files.writeString(people.resolve("README"), "kept");
    Files.writeString(people.resolve("rest.jsonl"), "{\"id\":\"x\"}\n");
    Files.createDirectories(people.resolve("below"));
    Map<String, String> before = files(people);
    Object untouched = facts("a");

    try (TargetStore target = target("json:" + people + "/?key=id");
        TargetSession session = begin(target)) {
      put(session, 0, ConflictPolicy.OVERWRITE, "a", "Ada", "b", "Bea", "d", "Dan");
      assertThat(files(people, ".waybill-run-1")).isEqualTo(before);
      session.finish(List.of(), List.of(PEOPLE));
    }

    assertThat(facts("a")).isEqualTo(untouched);
    assertThat(Files.readString(people.resolve("b.json")))
        .isEqualTo("\uFEFF{\"name\":\"Bea\",\"more\":[2]}\n");
    assertThat(people.resolve("d.json")).hasContent("{\"name\":\"Dan\"}\n");
    Map<String, String> after = files(people);
    after.keySet().removeAll(List.of(".waybill-schema.json", "b.json", "d.json"));
    before.remove("b.json");
    after.keySet().removeIf(each -> each.startsWith(".waybill-run-1"));
    assertThat(after).isEqualTo(before);
  }

  @Test
  void aPackedRecordStaysPacked() throws IOException {
    Files.createDirectories(people);
    given("b", "{\"name\":\"Bob\"}");
    try (var out = Packing.GZIP.pack(Files.newOutputStream(people.resolve("a.json.gz")))) {
      out.write("{\"name\":\"Ada\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    run(session -> put(session, 0, ConflictPolicy.OVERWRITE, "a", "Ann"));

    assertThat(people.resolve("a.json")).doesNotExist();
    assertThat(rows(url())).containsExactly("TEXT a | TEXT Ann", "TEXT b | TEXT Bob");
  }

  // --- the way back

  @Test
  void aRollbackGivesEveryByteBack() throws IOException {
    given("a", "{ \"name\" : \"Ada\" }\r\n");
    given("b", "{\"name\":\"Bob\"}");
    Map<String, String> before = files(people);
    run(session -> put(session, 0, ConflictPolicy.OVERWRITE, "a", "Ann", "c", "Cyd"));
    assertThat(files(people)).isNotEqualTo(before);

    restore();

    assertThat(files(people)).isEqualTo(before);
  }

  @Test
  void aRollbackOfAFolderThatTheRunMadeLeavesNothing() throws IOException {
    Path all = folder.resolve("all");
    Files.createDirectories(all);
    String url = "json:" + all + "/?shape=records";
    create(url, "a", "Ada", "b", "Bob");

    restore(url);

    assertThat(all).isEmptyDirectory();
  }

  @Test
  void aRollbackKeepsAFolderThatWasThereAndFilesOfOthers() throws IOException {
    Path all = folder.resolve("all");
    Files.createDirectories(all.resolve("people"));
    Files.writeString(all.resolve("people/README"), "kept");
    Map<String, String> before = files(all);
    String url = "json:" + all + "/?shape=records";
    create(url, "a", "Ada");

    restore(url);

    assertThat(files(all)).isEqualTo(before);
  }

  @Test
  void aRollbackKeepsTheRecordThatSomebodyElseAddedSince() throws IOException {
    given("a", "{\"name\":\"Ada\"}");
    given("b", "{\"name\":\"Bob\"}");
    run(session -> put(session, 0, ConflictPolicy.FAIL, "c", "Cyd"));
    given("x", "{\"name\":\"theirs\"}");

    try (TargetStore target = target(url());
        TargetSession session = begin(target)) {
      delete(session, "c", "Cyd");
      session.restore();
    }

    assertThat(files(people))
        .containsOnlyKeys(".waybill-schema.json", "a.json", "b.json", "x.json");
    assertThat(people.resolve("x.json")).hasContent("{\"name\":\"theirs\"}");
  }

  // --- what others do meanwhile

  @Test
  void aFolderThatSomebodyElseChangesMeanwhileIsLeftAlone() throws IOException {
    given("a", "{\"name\":\"Ada\"}");
    given("b", "{\"name\":\"Bob\"}");

    try (TargetStore target = target(url());
        TargetSession session = begin(target)) {
      put(session, 0, ConflictPolicy.FAIL, "c", "Cyd");
      given("c", "{\"name\":\"theirs\"}");
      assertThatThrownBy(() -> session.finish(List.of(), List.of(PEOPLE)))
          .isInstanceOfSatisfying(
              StoreException.class,
              refused -> assertThat(refused.code()).isEqualTo("TARGET_CHANGED"));
      session.restore();
    }

    assertThat(people.resolve("c.json")).hasContent("{\"name\":\"theirs\"}");
    assertThat(files(people)).containsOnlyKeys("a.json", "b.json", "c.json");
  }

  @Test
  void aFileThatIsNoRecordIsNeverOverwritten() throws IOException {
    given("a", "{\"name\":\"Ada\"}");
    given("b", "{\"name\":\"Bob\"}");
    Files.createSymbolicLink(people.resolve("link.json"), folder.resolve("elsewhere"));
    Files.createDirectories(people.resolve("sub.json"));

    try (TargetStore target = target(url());
        TargetSession session = begin(target)) {
      for (String name : List.of("link", "sub")) {
        assertThatThrownBy(() -> put(session, 0, ConflictPolicy.OVERWRITE, name, "x"))
            .isInstanceOfSatisfying(
                DataException.class, refused -> assertThat(refused.code()).isEqualTo("NAME_TAKEN"));
      }
      session.restore();
    }

    assertThat(Files.isSymbolicLink(people.resolve("link.json"))).isTrue();
    assertThat(folder.resolve("elsewhere")).doesNotExist();
  }

  @Test
  void aFolderBehindALinkIsNotWrittenInto() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Path all = Files.createDirectories(folder.resolve("all"));
    Files.createSymbolicLink(all.resolve("people"), elsewhere);

    try (TargetStore target = target("json:" + all + "/?shape=records");
        TargetSession session = begin(target)) {
      assertThat(target.findings(PEOPLE)).anyMatch(found -> found.text().contains("a link"));
      assertThatThrownBy(() -> session.create(PEOPLE)).hasMessageContaining("a link");
      session.restore();
    }

    assertThat(elsewhere).isEmptyDirectory();
  }

  // --- names

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "\u0085",
        ".hidden",
        "a.",
        "a ",
        "con",
        "COM1",
        "nul.txt",
        "x.waybill-y",
        "waybill-sidecar",
        "Waybill-Sidecar",
        "\uD800x"
      })
  void aRecordWhoseNameCannotBeAFilesIsRefusedByItself(String name) throws IOException {
    assertNameRefused(name);
  }

  @Test
  void aRecordWhoseNameIsTooLongInBytesIsRefused() throws IOException {
    assertNameRefused("ä".repeat(126));
    assertThat(RecordNames.fault("ä".repeat(125))).isNull();
  }

  private void assertNameRefused(String name) throws IOException {
    assertThat(RecordNames.fault(name)).isNotNull();
    try (TargetStore target = target(url());
        TargetSession session = begin(target)) {
      session.create(PEOPLE);
      assertThatThrownBy(() -> put(session, 0, ConflictPolicy.FAIL, "a", "Ada", name, "x"))
          .isInstanceOfSatisfying(
              DataException.class,
              refused -> {
                assertThat(refused.code()).isEqualTo("NAME_NOT_POSSIBLE");
                assertThat(refused.record()).isEqualTo(1);
              });
      put(session, 0, ConflictPolicy.FAIL, "a", "Ada");
      session.finish(List.of(PEOPLE), List.of());
    }
    assertThat(files(folder)).containsKey("people/a.json");
    assertThat(files(people)).containsOnlyKeys("a.json", ".waybill-schema.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.json", "a.gz", "%2F", "é", "e\u0301", "日本", "a:b", "-rf", "$x", "a'b"})
  void unusualNamesComeBack(String name) throws IOException {
    create(url(), name, "x", "plain", "y");

    assertThat(rows("json:" + people)).contains("TEXT " + name + " | TEXT x").hasSize(2);
  }

  // --- what is refused

  @Test
  void aCollectionWithoutAFieldThatCanNameItsFilesIsRefusedBeforeAnythingIsMade() {
    Collection numbered =
        Collection.of(
            "numbered",
            List.of(Field.of("id", LogicalType.INT64, "integer", false)),
            List.of("id"));

    try (TargetStore target = target("json:" + folder.resolve("all") + "/?shape=records")) {
      assertThat(target.findings(numbered))
          .anySatisfy(found -> assertThat(found.code()).isEqualTo("UNSUPPORTED"));
    }
  }

  @Test
  void moreRecordsThanFilesAreReadOfAreRefusedBeforeAnythingIsMade() {
    try (TargetStore target = target("json:" + folder.resolve("all") + "/?shape=records")) {
      assertThat(target.findings(PEOPLE.withEstimates(200_000, -1))).isEmpty();
      assertThat(target.findings(PEOPLE.withEstimates(200_001, -1)))
          .anySatisfy(found -> assertThat(found.code()).isEqualTo("TOO_MANY_FILES"));
    }
  }

  // --- broken off

  @Test
  void whatWasNotedIsCarriedToItsEndFromAnyPoint() throws IOException {
    given("a", "{\"name\":\"Ada\"}");
    given("b", "{\"name\":\"Bob\"}");
    Path work = Files.createDirectories(people.resolve(".waybill-run-1"));
    Exchange exchange = Exchange.begin(work.resolve("new-0"));
    Files.writeString(exchange.coming("a.json"), "{\"name\":\"Ann\"}");
    Files.writeString(exchange.coming("c.json"), "{\"name\":\"Cyd\"}");
    exchange.goes("b.json");
    exchange.keep();
    JsonNote.write(work.resolve("renaming"), Map.of("./", "new-0"));
    // One step had been taken.
    Files.move(work.resolve("new-0/c.json"), people.resolve("c.json"));

    run(session -> {});

    assertThat(files(people)).containsOnlyKeys("a.json", "c.json");
    assertThat(people.resolve("a.json")).hasContent("{\"name\":\"Ann\"}");
  }

  @Test
  void whatWasWrittenBesideButNotNotedIsNothing() throws IOException {
    given("a", "{\"name\":\"Ada\"}");
    given("b", "{\"name\":\"Bob\"}");
    Map<String, String> before = files(people);
    Path work = Files.createDirectories(people.resolve(".waybill-run-1"));
    Exchange exchange = Exchange.begin(work.resolve("new-0"));
    Files.writeString(exchange.coming("a.json"), "{\"name\":\"Ann\"}");
    exchange.goes("b.json");
    exchange.keep();

    run(session -> {});

    assertThat(files(people)).isEqualTo(before);
  }

  // --- one record, one file

  @Test
  void aRecordThatIsCalledByItsFileIsOneAgain() throws IOException {
    Path file = folder.resolve("a.json");
    Collection alone =
        PEOPLE.withDetail(
            new JsonLayout(JsonLayout.Shape.RECORD, "id", "", 2, false, "").detail(Map.of()));
    create("json:" + file, alone, "a", "Ada");
    assertThat(file).hasContent("{\n  \"name\": \"Ada\"\n}\n");
    Path other = folder.resolve("other.json");
    ledger.clear();

    create("json:" + other, alone, "a", "Ada");

    assertThat(Files.readString(other)).startsWith("[");
    assertThat(rows("json:" + other)).containsExactly("TEXT a | TEXT Ada");
  }

  @Test
  void aFileThatIsOneRecordTakesNoSecondOne() throws IOException {
    Path file = folder.resolve("people.json");
    Files.writeString(file, "{\"name\":\"Ada\"}");

    try (TargetStore target = target("json:" + file + "?key=id");
        TargetSession session = begin(target)) {
      put(session, 0, ConflictPolicy.FAIL, "b", "Bob");
      assertThatThrownBy(() -> session.finish(List.of(), List.of(PEOPLE)))
          .hasMessageContaining("the file is one record");
      session.restore();
    }

    assertThat(file).hasContent("{\"name\":\"Ada\"}");
  }

  // --- what several laws need

  private interface Writing {
    void on(TargetSession session);
  }

  private String url() {
    return "json:" + people + "/?shape=records&key=id";
  }

  private void given(String name, String json) throws IOException {
    Files.createDirectories(people);
    Files.writeString(people.resolve(name + ".json"), json);
  }

  private void create(String url, String... values) {
    create(url, PEOPLE, values);
  }

  private void create(String url, Collection collection, String... values) {
    try (TargetStore target = target(url);
        TargetSession session = begin(target)) {
      session.create(collection);
      put(session, 0, ConflictPolicy.FAIL, values);
      session.finish(List.of(collection), List.of());
    }
  }

  private void run(Writing work) {
    try (TargetStore target = target(url());
        TargetSession session = begin(target)) {
      work.on(session);
      session.finish(List.of(), List.of(PEOPLE));
    }
  }

  private void restore() {
    restore(url());
  }

  /** Takes the run back where all is as it left it. */
  private void restore(String url) {
    try (TargetStore target = target(url);
        TargetSession session = begin(target)) {
      // What a rollback has to take out first, it finds there.
      if (ledger.notes().stream().anyMatch(note -> note.name().equals("people"))) {
        session.drop("people");
      } else {
        put(session, 7, ConflictPolicy.OVERWRITE, "a", "Ann");
        delete(session, "c", "Cyd");
      }
      session.restore();
    }
    ledger.clear();
  }

  private static void delete(TargetSession session, String id, String name) {
    RecordBatch key = new RecordBatch(1);
    key.putText(id);
    RecordDigest[] expected = {new CanonicalForm().digest(records(id, name), 0)};
    ChangeBatch changes = new ChangeBatch(ChangeBatch.ChangeKind.DELETE, key, null, expected);
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      writer.apply(PEOPLE, changes, ConflictPolicy.FAIL, new Mark("people", 0, 0, 0, true));
    }
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
      records.putText(Layouts.utf8(value));
    }
    return records;
  }

  private static void put(
      TargetSession session, int batch, ConflictPolicy policy, String... values) {
    RecordBatch records = records(values);
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      writer.apply(
          PEOPLE,
          ChangeBatch.puts(records, digests),
          policy,
          new Mark("people", 0, batch, 0, false));
    }
  }

  private List<String> rows(String url) {
    try (Store source = new JsonAdapter().openSource(StoreUrl.parse(url), workspace())) {
      assertThat(source.catalog().collections()).hasSize(1);
      return Documents.rows(source, source.catalog().collections().get(0), 2);
    }
  }

  private Object facts(String name) throws IOException {
    BasicFileAttributes facts =
        Files.readAttributes(people.resolve(name + ".json"), BasicFileAttributes.class);
    return facts.lastModifiedTime() + " " + facts.fileKey();
  }

  private Map<String, String> files(Path root) throws IOException {
    return files(root, "unseen");
  }

  /** What each file holds, and each folder by its name alone. */
  private static Map<String, String> files(Path root, String but) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : all.toList()) {
        String name = root.relativize(each).toString();
        if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS) && !name.startsWith(but)) {
          files.put(name, Files.readString(each, java.nio.charset.StandardCharsets.ISO_8859_1));
        }
      }
    }
    return files;
  }
}
