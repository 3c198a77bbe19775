package dev.waybill.e2e;

import static dev.waybill.e2e.DocumentRounds.documents;
import static dev.waybill.e2e.DocumentRounds.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Capabilities.Transactions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Documents taken apart into tables, and put together again. */
class DocumentsTest {
  @TempDir private Path folder;
  private World world;
  private DocumentRounds rounds;

  @BeforeEach
  void home() {
    world = new World(folder.resolve("home"));
    rounds = new DocumentRounds(world);
  }

  private String sqlite() {
    return "sqlite:" + folder.resolve(UUID.randomUUID() + ".db");
  }

  private void move(MigrationSpec spec) {
    rounds.move(spec);
  }

  @Test
  void anyDocumentComesBackFromTables() {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("documents and tables: seed " + seed);
    for (int i = 0; i < 60; i++) {
      rounds.thereAndBack(World.url(Transactions.BATCH), seed + i, false);
    }
  }

  @Test
  void anyDocumentComesBackFromSqlite() {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("documents and SQLite: seed " + seed);
    for (int i = 0; i < 15; i++) {
      rounds.thereAndBack(sqlite(), seed + i, false);
    }
  }

  // --- without a sidecar

  /** Everything as usual but for the sidecar, which there is not. */
  private static MigrationSpec bare(String from, String to, Nesting nesting) {
    MigrationSpec usual = World.spec(from, to);
    return new MigrationSpec(
        from,
        to,
        usual.only(),
        usual.exclude(),
        usual.keys(),
        usual.onConflict(),
        usual.verify(),
        usual.onFailure(),
        usual.connections(),
        usual.batchSize(),
        usual.maxQuarantined(),
        usual.maxRate(),
        usual.onLoss(),
        false,
        usual.session(),
        usual.triggers(),
        usual.backup(),
        null,
        nesting);
  }

  private String filled(String... records) {
    String url = documents();
    RecordBatch batch = World.batch(RandomDocuments.SESSIONS);
    for (int i = 0; i < records.length; i++) {
      batch.putText("session " + i);
      batch.putAbsent();
      batch.putJson(records[i].getBytes(StandardCharsets.UTF_8));
      batch.putAbsent();
      batch.putNull();
      batch.putAbsent();
    }
    world.fill(url, RandomDocuments.SESSIONS, batch);
    return url;
  }

  private static Nesting apart(String... paths) {
    return new Nesting(List.of(paths), List.of());
  }

  private static Nesting together(String... paths) {
    return new Nesting(List.of(), List.of(paths));
  }

  @Test
  void theTablesAloneTellWhatTheDocumentsWere() {
    String from =
        filled(
            "[]",
            "[{\"role\": \"user\", \"n\": null}, {}, {\"content\": [1, [2], {\"a\": null}]}]",
            "[null, 1, \"x\", [], {\"content\": [{\"a\": 1}], \"role\": null}]",
            "{\"role\": \"alone\"}",
            "[{\"a\": 1, \"a\": 2}]",
            "\"[]\"",
            "null");
    String tables = World.url(Transactions.BATCH);
    String to = documents();
    move(bare(from, tables, apart("sessions.messages", "sessions.messages.content")));
    move(bare(tables, to, together("sessions.messages.content", "sessions.messages")));
    rounds.assertEqual(World.spec(from, to));
    assertThat(records(to, "sessions")).isEqualTo(records(from, "sessions"));
  }

  /** The records of a collection, each as its digest, in no order. */
  private List<String> records(String url, String collection) {
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch batch = world.read(url, collection);
    List<String> digests = new ArrayList<>();
    for (int record = 0; record < batch.records(); record++) {
      digests.add(canonical.digest(batch, record).toString());
    }
    return digests.stream().sorted().toList();
  }

  @Test
  void elementsAreRecordsWithAKeyAnOrderAndTypesOfTheirOwn() {
    String from = filled("[{\"n\": 1, \"at\": 2.5}, {\"n\": 2, \"is\": true}]", "[]");
    String tables = World.url(Transactions.BATCH);
    move(spec(from, tables).withNesting(apart("sessions.messages")));
    Collection messages = world.collection(tables, "sessions.messages");
    assertThat(messages.fields().stream().map(field -> field.name() + " " + field.type()))
        .containsExactly(
            "sessions_id text",
            "ordinal int64",
            "n int64",
            "at float64",
            "is boolean",
            "waybill_rest json");
    assertThat(messages.key()).containsExactly("sessions_id", "ordinal");
    assertThat(messages.foreignKeys())
        .singleElement()
        .satisfies(link -> assertThat(link.targetCollection()).isEqualTo("sessions"));
    assertThat(world.read(tables, "sessions.messages").records()).isEqualTo(2);
  }

  @Test
  void parentsThatNobodyTookApartGetTheirChildrenInTheOrderAskedFor() {
    String tables = World.url(Transactions.BATCH);
    Collection authors =
        Collection.of(
            "authors", List.of(World.field("id", LogicalType.INT64, false)), List.of("id"));
    Collection books =
        Collection.of(
                "books",
                List.of(
                    World.field("id", LogicalType.INT64, false),
                    World.field("author", LogicalType.INT64, true),
                    World.field("year", LogicalType.INT64, true)),
                List.of("id"))
            .withConstraints(
                List.of(),
                List.of(
                    new ForeignKey(
                        "",
                        List.of("author"),
                        "authors",
                        List.of("id"),
                        ForeignKey.Action.NO_ACTION,
                        ForeignKey.Action.NO_ACTION,
                        false)),
                List.of());
    RecordBatch some = World.batch(authors);
    RecordBatch written = World.batch(books);
    for (int author = 1; author <= 300; author++) {
      some.putInt64(author);
      for (int book = 0; book < author % 4; book++) {
        written.putInt64(10L * author + book);
        written.putInt64(author);
        if (book == 2) {
          written.putNull();
        } else {
          written.putInt64(2000L - book);
        }
      }
    }
    world.fill(tables, authors, some);
    world.fill(tables, books, written);
    String to = documents();
    move(spec(tables, to).withNesting(together("authors.works=books(year)")));
    RecordBatch found = world.read(to, "authors");
    assertThat(found.records()).isEqualTo(300);
    for (int record = 0; record < 300; record++) {
      long id = found.int64At(found.at(record, 0));
      String expected =
          switch ((int) id % 4) {
            case 0 -> "[]";
            case 1 -> "[{\"id\":%d0,\"year\":2000}]".formatted(id);
            case 2 -> "[{\"id\":%1$d1,\"year\":1999},{\"id\":%1$d0,\"year\":2000}]".formatted(id);
            default ->
                "[{\"id\":%1$d2,\"year\":null},{\"id\":%1$d1,\"year\":1999},{\"id\":%1$d0,\"year\":2000}]"
                    .formatted(id);
          };
      assertThat(found.textAt(found.at(record, 1))).isEqualTo(expected);
    }
    assertThat(
            world
                .waybill()
                .diff(spec(tables, to).withNesting(together("authors.works=books")), event -> {})
                .differences())
        .isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"text, TEXT", "dynamic, JSON"})
  void textThatIsJsonIsTakenApartByContentAndComesBackAsText(String type, String nativeType) {
    Collection notes =
        Collection.of(
            "notes",
            List.of(
                Field.of("id", LogicalType.INT64, "INTEGER", false),
                Field.of("tags", LogicalType.parse(type), nativeType, true)),
            List.of("id"));
    String from = sqlite();
    RecordBatch batch = World.batch(notes);
    List<String> texts =
        List.of("[\"a\",\"b\"]", "[]", "no json [", "{}", "[1, 2]", "{\"n\":1}", "\"x\"", "");
    for (int i = 0; i < texts.size(); i++) {
      batch.putInt64(i);
      batch.putText(texts.get(i));
    }
    batch.putInt64(99);
    batch.putNull();
    world.fill(from, notes, batch);
    String tables = World.url(Transactions.BATCH);
    String to = sqlite();
    MigrationSpec spec = spec(from, tables).withNesting(apart("notes.tags"));
    assertThat(world.waybill().plan(spec).risks())
        .anySatisfy(risk -> assertThat(risk).contains("by its content").contains("notes.tags"));
    move(spec);
    assertThat(world.read(tables, "notes.tags").records()).isEqualTo(6);
    move(World.spec(tables, to));
    RecordBatch back = world.read(to, "notes");
    for (int i = 0; i < texts.size(); i++) {
      // Of the one that was spelled with spaces the content comes back.
      assertThat(back.textAt(back.at(i, 1))).isEqualTo(texts.get(i).replace("1, 2", "1,2"));
    }
    assertThat(world.collection(to, "notes").fields())
        .isEqualTo(world.collection(from, "notes").fields());
  }

  @Test
  void betweenTwoStoresOfOneKindFieldsGetTypesThatItHas() {
    Collection notes =
        Collection.of(
            "notes",
            List.of(
                Field.of("id", LogicalType.INT64, "INTEGER", false),
                Field.of("lines", LogicalType.TEXT, "TEXT", true)),
            List.of("id"));
    String from = sqlite();
    RecordBatch batch = World.batch(notes);
    batch.putInt64(1);
    batch.putText("[{\"n\":1,\"at\":2.5,\"x\":[1,null]},{\"n\":null},3]");
    world.fill(from, notes, batch);
    String tables = sqlite();
    String to = sqlite();
    move(spec(from, tables).withNesting(apart("notes.lines")));
    move(spec(tables, to).withNesting(together("notes.lines")));
    RecordBatch back = world.read(to, "notes");
    assertThat(back.textAt(back.at(0, 1)))
        .isEqualTo("[{\"n\":1,\"at\":2.5,\"x\":[1,null]},{\"n\":null},3]");
  }

  // --- refusals

  @Test
  void anElementWithoutParentIsNamedAndNeverDropped() {
    String from = filled("[{\"n\": 1}]", "[{\"n\": 2}, {\"n\": 3}]");
    String tables = World.url(Transactions.BATCH);
    move(spec(from, tables).withNesting(apart("sessions.messages")));
    RecordBatch keys = new RecordBatch(1);
    keys.putText("session 1");
    world.delete(tables, world.collection(tables, "sessions"), keys);
    String to = documents();
    assertThat(world.waybill().plan(World.spec(tables, to)).refusals())
        .extracting(dev.waybill.model.Loss::text)
        .anySatisfy(
            text ->
                assertThat(text)
                    .contains("2 records of sessions.messages have no parent there")
                    .contains("(session 1, 0), (session 1, 1)"));
    move(bare(tables, to, Nesting.NONE));
    assertThat(world.read(to, "sessions.messages").records()).isEqualTo(3);
  }

  @Test
  void whatCannotBeTakenApartIsRefusedByName() {
    String from = filled("[]");
    for (String path : List.of("sessions.nothing", "nothing", "sessions.id")) {
      assertThatThrownBy(
              () -> world.waybill().plan(spec(from, documents()).withNesting(apart(path))))
          .isInstanceOf(SpecException.class)
          .hasMessageContaining("\"" + path + "\"");
    }
    for (String path : List.of("sessions.messages", "nothing.at.all", "sessions.x=sessions")) {
      assertThatThrownBy(
              () -> world.waybill().plan(spec(from, documents()).withNesting(together(path))))
          .isInstanceOf(SpecException.class)
          .extracting(no -> ((SpecException) no).code())
          .isEqualTo("CANNOT_DENORMALISE");
    }
  }

  // --- runs

  @Test
  void aPlanFileSaysItAndRollbackPutsBack() {
    String from = filled("[{\"n\": 1}, 2]", "[]", "{}");
    String tables = World.url(Transactions.BATCH);
    Map<String, String> before = world.state(tables);
    String text =
        world
            .waybill()
            .planText(
                world.waybill().plan(spec(from, tables).withNesting(apart("sessions.messages"))));
    assertThat(text).contains("normalise:").contains("- sessions.messages");
    Path file = folder.resolve("plan.yaml");
    try {
      Files.writeString(file, text);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    Plan plan = world.waybill().readPlan(file);
    assertThat(world.waybill().dryRun(plan, event -> {}).error()).isNull();
    assertThat(world.state(tables)).isEqualTo(before);
    RunResult run = world.apply(plan, () -> false);
    assertThat(run.error()).isNull();
    assertThat(world.waybill().verifyRun(run.run(), event -> {}).isEqual()).isTrue();
    assertThat(
            world.waybill().trace(run.run(), "sessions.messages", "session 0, 1", true).toString())
        .contains("session 0");
    assertThat(world.rollback(run).error()).isNull();
    assertThat(world.state(tables)).isEqualTo(before);
  }

  @Test
  void aRunThatBrokeOffAtAnyStepGoesOn() {
    String[] documents = new String[40];
    for (int i = 0; i < documents.length; i++) {
      documents[i] = "[{\"n\": " + i + "}, {\"m\": null}, " + i + "]";
    }
    String from = filled(documents);
    long step = 0;
    boolean isBroken = true;
    while (isBroken) {
      String tables = World.url(Transactions.BATCH);
      Plan plan =
          world
              .waybill()
              .plan(
                  new MigrationSpecKeeping(from, tables)
                      .spec()
                      .withNesting(apart("sessions.messages")));
      MemoryStores.faults().failAt(++step);
      RunResult run = world.apply(plan, () -> false);
      MemoryStores.faults().failAt(0);
      isBroken = run.error() != null;
      if (isBroken) {
        RunResult again = world.waybill().resume(run.run(), event -> {}, () -> false);
        assertThat(again.error()).isNull();
      }
      String to = documents();
      move(World.spec(tables, to));
      assertThat(records(to, "sessions")).isEqualTo(records(from, "sessions"));
      step += 2;
    }
    assertThat(step).isGreaterThan(30);
  }

  /** A spec whose run keeps what was written when it fails. */
  private record MigrationSpecKeeping(String from, String to) {
    MigrationSpec spec() {
      return World.spec(from, to, ConflictPolicy.FAIL, 0, MigrationSpec.OnFailure.KEEP);
    }
  }
}
