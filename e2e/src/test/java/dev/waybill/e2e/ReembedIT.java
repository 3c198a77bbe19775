package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.ReembedSpec;
import dev.waybill.RunResult;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** New vectors of another dimension in a real pgvector, in processes that are killed. */
@Timeout(300)
class ReembedIT {
  private static final int DIMENSION = 12;

  @TempDir private Path folder;
  private TestServer server;
  private World world;
  private TestEndpoint endpoint;
  private String url;
  private Reembeddings notes;

  @BeforeEach
  void begin() throws Exception {
    server = new TestServer();
    world = new World(folder.resolve("home"));
    endpoint = new TestEndpoint(DIMENSION);
    url = server.database();
    notes = new Reembeddings(url);
  }

  @AfterEach
  void end() {
    endpoint.close();
    server.close();
  }

  private void makeIndexed(int records) throws Exception {
    notes.make(records);
    notes.run(
        "CREATE INDEX notes_near ON notes USING hnsw (embedding vector_cosine_ops) WITH (m = 8)",
        "CREATE INDEX notes_body ON notes (md5(body))");
  }

  /** The promised show: 2,000 texts, killed half-way, resumed. */
  @Test
  void aKilledRunEmbedsEachTextOnceAndShowsTheOldVectorsUntilAllNewOnesAreThere() throws Exception {
    int records = 2000;
    makeIndexed(records);
    String before = notes.content();
    String structure = notes.structure();
    endpoint.slow(80);
    Path home = folder.resolve("home");
    Path log = folder.resolve("log");

    Process first = Reembeddings.beginReembed(home, log, url, endpoint.model());
    long distinct = distinct(records);
    while (endpoint.asked().size() < distinct / 2) {
      assertThat(first.isAlive()).as(Files.readString(log)).isTrue();
      Thread.sleep(20);
    }
    first.destroyForcibly().waitFor();

    assertThat(notes.content()).isEqualTo(before);
    int asked = endpoint.asked().size();
    assertThat(asked).isLessThan((int) distinct);
    endpoint.slow(0);
    String run = world.waybill().runs().get(0).run();
    int exit = Reembeddings.end(Reembeddings.begin(home, log, "resume", run));

    assertThat(exit).as(Files.readString(log)).isZero();
    notes.requireNew(endpoint, records);
    // What was asked when the process was killed may be asked once more: one batch at most.
    assertThat(endpoint.asked()).hasSize((int) distinct);
    long twice = endpoint.asked().values().stream().filter(count -> count > 1).count();
    assertThat(twice).isLessThanOrEqualTo(50);
    assertThat(endpoint.asked().values()).allMatch(count -> count <= 2);
    assertThat(
            new Reembeddings("sqlite:" + home.resolve("embeddings.db"))
                .ask("SELECT count(*) FROM vector"))
        .containsExactly(Long.toString(distinct));
    requireIndexed();
    assertThat(world.waybill().verifyRun(run, event -> {}).isEqual()).isTrue();

    assertThat(Reembeddings.end(Reembeddings.begin(home, log, "rollback", run)))
        .as(Files.readString(log))
        .isZero();

    assertThat(notes.content()).isEqualTo(before);
    assertThat(notes.structure()).isEqualTo(structure);
  }

  private static long distinct(int records) {
    return IntStream.range(0, records)
        .mapToObj(Reembeddings::text)
        .filter(text -> text != null && !text.isBlank())
        .distinct()
        .count();
  }

  private void requireIndexed() throws Exception {
    assertThat(
            notes.ask(
                "SELECT indexdef FROM pg_indexes WHERE tablename = 'notes'"
                    + " AND indexname = 'notes_near'"))
        .hasSize(1)
        .first()
        .asString()
        .contains("hnsw (embedding vector_cosine_ops)")
        .contains("m='8'");
    assertThat(
            notes.ask(
                "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                    + " WHERE attrelid = 'notes'::regclass AND attname = 'embedding'"))
        .containsExactly("vector(" + DIMENSION + ")");
    String plan;
    try (Connection connection = notes.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET enable_seqscan = off");
      StringBuilder lines = new StringBuilder();
      try (ResultSet rows =
          statement.executeQuery(
              "EXPLAIN SELECT id FROM notes ORDER BY embedding <=> '"
                  + Reembeddings.spelled(endpoint.vector("x"))
                  + "' LIMIT 3")) {
        while (rows.next()) {
          lines.append(rows.getString(1)).append('\n');
        }
      }
      plan = lines.toString();
    }
    assertThat(plan).contains("notes_near");
  }

  @Test
  void theIndexMayGoFirstOrBeBuiltBesideWritersAndComesBackWithARollback() throws Exception {
    makeIndexed(150);
    String before = notes.content();
    String structure = notes.structure();
    for (boolean isConcurrent : List.of(true, false)) {
      RunResult result =
          Reembeddings.apply(
              world,
              new ReembedSpec(
                  url,
                  "notes",
                  "body",
                  "embedding",
                  endpoint.model(),
                  64,
                  isConcurrent,
                  !isConcurrent,
                  null));
      assertThat(result.error()).isNull();
      notes.requireNew(endpoint, 150);
      requireIndexed();

      RunResult back = world.waybill().rollback(result.run(), OnChanged.ABORT, event -> {});

      assertThat(back.error()).isNull();
      assertThat(notes.content()).isEqualTo(before);
      assertThat(notes.structure()).isEqualTo(structure);
    }
  }

  @Test
  void whatWasForgottenLeavesTheNewVectorsAloneAndRequiredOnesStayRequired() throws Exception {
    notes.run(
        "CREATE TABLE notes (id bigint PRIMARY KEY, embedding vector(2) NOT NULL, body text)",
        "INSERT INTO notes VALUES (1, '[1,2]', 'one'), (2, '[3,4]', 'two')");

    RunResult result = Reembeddings.apply(world, Reembeddings.spec(url, endpoint.model(), 64));
    assertThat(result.error()).isNull();
    world.waybill().forget(result.run(), false);

    assertThat(notes.structure())
        .contains("embedding vector(" + DIMENSION + ") true")
        .doesNotContain("waybill");
    notes.requireNew(endpoint, 2);
  }

  @Test
  void aRecordWithoutTextIsRefusedWhereTheVectorIsRequiredAndAllIsPutBack() throws Exception {
    notes.run(
        "CREATE TABLE notes (id bigint PRIMARY KEY, embedding vector(2) NOT NULL, body text)",
        "INSERT INTO notes VALUES (1, '[1,2]', 'one'), (2, '[3,4]', ' ')");
    String before = notes.content();
    String structure = notes.structure();

    RunResult result = Reembeddings.apply(world, Reembeddings.spec(url, endpoint.model(), 64));

    assertThat(result.status()).isEqualTo(RunResult.Status.PUT_BACK);
    assertThat(result.error()).hasMessageContaining("1 records of notes have no text");
    assertThat(notes.content()).isEqualTo(before);
    assertThat(notes.structure()).isEqualTo(structure);
  }

  @Test
  void aTextThatChangesMeanwhileEndsTheRunAndResumeGoesOn() throws Exception {
    makeIndexed(120);
    boolean[] hasChanged = new boolean[1];
    Plan plan = world.waybill().plan(Reembeddings.spec(url, endpoint.model(), 32));

    RunResult stopped =
        world
            .waybill()
            .apply(
                plan,
                event -> {
                  if (event.text().equals("exchange") && !hasChanged[0]) {
                    hasChanged[0] = true;
                    server.run(url, "UPDATE notes SET body = 'another text' WHERE id = 11");
                    server.run(url, "INSERT INTO notes (id, body) VALUES (100000, 'a new note')");
                    server.run(url, "DELETE FROM notes WHERE id = 12");
                  }
                },
                () -> false);

    assertThat(stopped.status()).isEqualTo(RunResult.Status.STOPPED);
    assertThat(notes.ask("SELECT DISTINCT vector_dims(embedding) FROM notes WHERE id < 100"))
        .containsExactly(Integer.toString(Reembeddings.OLD_DIMENSION));

    RunResult resumed = world.waybill().resume(stopped.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    notes.requireNew(endpoint, 120);
    requireIndexed();
    assertThat(endpoint.asked().values()).containsOnly(1);
  }

  @Test
  void arraysAndJsonGetThemInTheirOwnForm() throws Exception {
    notes.run(
        "CREATE TABLE arrays (id bigint PRIMARY KEY, embedding real[], body text)",
        "INSERT INTO arrays VALUES (1, '{1,2}', 'one'), (2, NULL, NULL)",
        "CREATE TABLE documents (id bigint PRIMARY KEY, embedding jsonb, body text)",
        "INSERT INTO documents VALUES (1, '[1,2]', 'one'), (2, NULL, ' ')");
    for (String table : List.of("arrays", "documents")) {
      String before =
          notes.ask("SELECT string_agg(t::text, ' ' ORDER BY id) FROM " + table + " t").get(0);
      RunResult result =
          Reembeddings.apply(
              world, ReembedSpec.of(url, table, "body", "embedding", endpoint.model()));

      assertThat(result.error()).isNull();
      String made = notes.ask("SELECT embedding::text FROM " + table + " WHERE id = 1").get(0);
      String[] elements = made.substring(1, made.length() - 1).split(", ?");
      assertThat(elements).hasSize(DIMENSION);
      assertThat(Float.parseFloat(elements[3])).isEqualTo(endpoint.vector("one")[3]);

      RunResult back = world.waybill().rollback(result.run(), OnChanged.ABORT, event -> {});

      assertThat(back.error()).isNull();
      assertThat(notes.ask("SELECT string_agg(t::text, ' ' ORDER BY id) FROM " + table + " t"))
          .containsExactly(before);
    }
  }

  @Test
  void aRunThatWasKilledAfterTheExchangeIsFoundDone() throws Exception {
    makeIndexed(40);
    String before = notes.content();
    RunResult result = Reembeddings.apply(world, Reembeddings.spec(url, endpoint.model(), 32));
    Path journal = result.directory().resolve("journal.ndjson");
    List<String> lines = Files.readAllLines(journal);
    Files.write(journal, lines.subList(0, lines.size() - 1));

    RunResult resumed = world.waybill().resume(result.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    assertThat(resumed.collections().get(0).written()).isEqualTo(40);
    notes.requireNew(endpoint, 40);
    assertThat(world.waybill().rollback(result.run(), OnChanged.ABORT, event -> {}).error())
        .isNull();
    assertThat(notes.content()).isEqualTo(before);
  }

  @Test
  void columnsOfOtherKindsAndThoseThatOthersDependOnAreRefusedByName() throws Exception {
    notes.run(
        "CREATE TABLE halves (id bigint PRIMARY KEY, embedding halfvec(2), body text)",
        "CREATE TABLE blobs (id bigint PRIMARY KEY, embedding bytea, body text)",
        "CREATE TABLE seen (id bigint PRIMARY KEY, embedding vector(2), body text)",
        "CREATE VIEW looks AS SELECT id, embedding FROM seen",
        "CREATE TABLE partial (id bigint PRIMARY KEY, embedding vector(2), body text)",
        "CREATE INDEX some_near ON partial USING hnsw (embedding vector_l2_ops) WHERE id > 5");

    refused("halves", "halfvec(2)");
    refused("blobs", "bytea");
    refused("seen", "view looks");
    refused("partial", "index some_near");
  }

  @Test
  void anIndexThatCannotHaveTheNewDimensionIsNamedBeforeAnythingIsWritten() throws Exception {
    makeIndexed(5);
    try (TestEndpoint wide = new TestEndpoint(2500)) {
      assertThatThrownBy(() -> world.waybill().plan(Reembeddings.spec(url, wide.model(), 64)))
          .isInstanceOf(SpecException.class)
          .hasMessageContaining("notes_near")
          .hasMessageContaining("2500");
    }
  }

  private void refused(String collection, String why) {
    ReembedSpec spec = ReembedSpec.of(url, collection, "body", "embedding", endpoint.model());
    assertThatThrownBy(() -> world.waybill().plan(spec))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("cannot get new vectors")
        .hasMessageContaining(why);
  }
}
