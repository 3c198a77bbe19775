package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.Comparison;
import dev.waybill.ReembedEstimate;
import dev.waybill.ReembedSpec;
import dev.waybill.RunResult;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** New vectors in stores that need no server, made by an endpoint. */
@Timeout(300)
class ReembedTest {
  private static final int RECORDS = 400;

  @TempDir private Path folder;
  private World world;
  private TestEndpoint endpoint;
  private String url;
  private Reembeddings notes;

  @BeforeEach
  void begin() throws Exception {
    world = new World(folder.resolve("home"));
    endpoint = new TestEndpoint(12);
    url = "sqlite:" + folder.resolve("app.db");
    notes = new Reembeddings(url);
    notes.make(RECORDS);
  }

  @AfterEach
  void end() {
    endpoint.close();
  }

  private RunResult reembed() {
    RunResult result = Reembeddings.apply(world, Reembeddings.spec(url, endpoint.model(), 32));
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return result;
  }

  @Test
  void newVectorsTakeTheOldOnesPlaceAndARollbackGivesThoseBack() throws Exception {
    notes.run(
        "CREATE TRIGGER touched AFTER UPDATE ON notes BEGIN"
            + " UPDATE notes SET stamp = stamp + 1 WHERE id = NEW.id; END");
    String before = notes.content();
    String structure = notes.structure();

    RunResult result = reembed();

    notes.requireNew(endpoint, RECORDS);
    assertThat(notes.ask("SELECT max(stamp) FROM notes")).containsExactly("0");
    assertThat(endpoint.asked().values()).containsOnly(1);
    Comparison verified = world.waybill().verifyRun(result.run(), event -> {});
    assertThat(verified.isEqual()).isTrue();

    RunResult back = world.waybill().rollback(result.run(), OnChanged.ABORT, event -> {});

    assertThat(back.error()).isNull();
    assertThat(notes.content()).isEqualTo(before);
    assertThat(notes.structure()).isEqualTo(structure);
  }

  @Test
  void whatWasEmbeddedOnceIsTakenFromTheCacheWhichOnlyItsOwnerReads() throws Exception {
    RunResult first = reembed();
    world.waybill().rollback(first.run(), OnChanged.ABORT, event -> {});
    int requests = endpoint.requests();

    reembed();

    // To be told the dimension it is asked once more.
    assertThat(endpoint.requests()).isLessThanOrEqualTo(requests + 1);
    notes.requireNew(endpoint, RECORDS);
    Path cache = folder.resolve("home/embeddings.db");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rw-------");
    assertThat(new Reembeddings("sqlite:" + cache).ask("SELECT count(*) FROM vector"))
        .containsExactly(Long.toString(endpoint.asked().size()));
  }

  @Test
  void anEstimateCountsMeasuresAndLeavesNothing() throws Exception {
    String before = notes.content();

    ReembedEstimate estimate =
        world.waybill().estimate(Reembeddings.spec(url, endpoint.model(), 32));

    long texts =
        java.util.stream.IntStream.range(0, RECORDS)
            .mapToObj(Reembeddings::text)
            .filter(text -> text != null && !text.isBlank())
            .distinct()
            .count();
    assertThat(estimate.records()).isEqualTo(RECORDS);
    assertThat(estimate.withoutText()).isEqualTo(8);
    assertThat(estimate.distinct()).isEqualTo(texts);
    assertThat(estimate.toEmbed()).isEqualTo(texts);
    assertThat(estimate.textsPerSecond()).isPositive();
    assertThat(notes.content()).isEqualTo(before);
    assertThat(folder.resolve("home/embeddings.db")).doesNotExist();

    reembed();

    assertThat(world.waybill().estimate(Reembeddings.spec(url, endpoint.model(), 32)).toEmbed())
        .isZero();
  }

  @Test
  void aTextThatChangesMeanwhileEndsTheRunAndResumeGoesOn() throws Exception {
    Plan plan = world.waybill().plan(Reembeddings.spec(url, endpoint.model(), 32));
    String before = notes.content();
    boolean[] hasChanged = new boolean[1];

    RunResult stopped =
        world
            .waybill()
            .apply(
                plan,
                event -> {
                  if (event.text().equals("exchange") && !hasChanged[0]) {
                    hasChanged[0] = true;
                    change("UPDATE notes SET body = 'another text' WHERE id = 11");
                    change("INSERT INTO notes (id, body) VALUES (100000, 'a new note')");
                  }
                },
                () -> false);

    assertThat(stopped.status()).isEqualTo(RunResult.Status.STOPPED);
    assertThat(stopped.error()).hasMessageContaining("have come, gone or got another text");
    assertThat(before).contains("11 ");
    assertThat(notes.ask("SELECT length(embedding) FROM notes WHERE id = 12"))
        .containsExactly("" + 4 * Reembeddings.OLD_DIMENSION);

    RunResult resumed = world.waybill().resume(stopped.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    notes.requireNew(endpoint, RECORDS + 1);
    assertThat(endpoint.asked().values()).containsOnly(1);
  }

  @Test
  @Tag("processes")
  void aKilledRunGoesOnWithoutEmbeddingATextAgain() throws Exception {
    String before = notes.content();
    String structure = notes.structure();
    endpoint.slow(80);
    Path home = folder.resolve("home");
    Path log = folder.resolve("log");
    Process first = Reembeddings.beginReembed(home, log, url, endpoint.model());
    while (endpoint.asked().size() < 120) {
      assertThat(first.isAlive()).as(Files.readString(log)).isTrue();
      Thread.sleep(10);
    }
    first.destroyForcibly().waitFor();
    assertThat(notes.content()).isEqualTo(before);
    endpoint.slow(0);
    String run = world.waybill().runs().get(0).run();

    assertThat(Reembeddings.end(Reembeddings.begin(home, log, "resume", run)))
        .as(Files.readString(log))
        .isZero();

    notes.requireNew(endpoint, RECORDS);
    // What was asked when the process was killed may be asked once more.
    assertThat(endpoint.asked().values().stream().filter(count -> count > 1).count())
        .isLessThanOrEqualTo(50);
    assertThat(Reembeddings.end(Reembeddings.begin(home, log, "rollback", run)))
        .as(Files.readString(log))
        .isZero();
    assertThat(notes.content()).isEqualTo(before);
    assertThat(notes.structure()).isEqualTo(structure);
  }

  private void change(String statement) {
    try {
      notes.run(statement);
    } catch (java.sql.SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  @Test
  void whatSomebodyElseChangedSinceIsNotTakenBackUnasked() throws Exception {
    RunResult result = reembed();
    notes.run("UPDATE notes SET embedding = x'00000000' WHERE id = 5");

    for (OnChanged how : List.of(OnChanged.ABORT, OnChanged.KEEP)) {
      RunResult refused = world.waybill().rollback(result.run(), how, event -> {});
      assertThat(refused.status()).isEqualTo(RunResult.Status.STOPPED);
      assertThat(refused.error()).hasMessageContaining("Nothing was rolled back");
    }
    assertThat(notes.ask("SELECT hex(embedding) FROM notes WHERE id = 5"))
        .containsExactly("00000000");

    RunResult restored = world.waybill().rollback(result.run(), OnChanged.RESTORE, event -> {});

    assertThat(restored.error()).isNull();
    assertThat(notes.ask("SELECT DISTINCT length(embedding) FROM notes"))
        .containsExactly("" + 4 * Reembeddings.OLD_DIMENSION);
  }

  @Test
  void whatIsForgottenLeavesNothingOfTheRun() throws Exception {
    notes.run("ANALYZE");
    String structure = notes.structure();
    RunResult result = reembed();

    world.waybill().forget(result.run(), false);

    notes.requireNew(endpoint, RECORDS);
    assertThat(notes.structure()).isEqualTo(structure);
  }

  @Test
  void anEndpointThatRefusesForNowIsAskedAgain() throws Exception {
    Plan plan = world.waybill().plan(Reembeddings.spec(url, endpoint.model(), 64));
    endpoint.refuse(3);

    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).isNull();
    notes.requireNew(endpoint, RECORDS);
  }

  @Test
  void filesOfJsonGetThemTogetherWhenTheRunFinishes() throws Exception {
    Path file = folder.resolve("notes.json");
    Files.writeString(
        file,
        "[{\"id\": 1, \"body\": \"one\", \"embedding\": [0.5, 0.25], \"more\": {\"a\": [1]}},\n"
            + " {\"id\": 2, \"body\": \"two\", \"embedding\": [0.5, 0.75]},\n"
            + " {\"id\": 3, \"body\": null, \"embedding\": null}]\n");
    String before = Files.readString(file);
    ReembedSpec spec =
        ReembedSpec.of("json:" + file, "notes", "body", "embedding", endpoint.model());

    RunResult result = Reembeddings.apply(world, spec);

    assertThat(result.error()).isNull();
    String after = Files.readString(file);
    assertThat(after).contains("\"more\"").doesNotContain("0.75");
    assertThat(after).contains(Float.toString(endpoint.vector("one")[0]));

    RunResult back = world.waybill().rollback(result.run(), OnChanged.ABORT, event -> {});

    assertThat(back.error()).isNull();
    assertThat(Files.readString(file)).isEqualTo(before);
  }

  @Test
  void whatCannotGetVectorsIsRefusedByName() throws Exception {
    notes.run(
        "CREATE TABLE nokey (body TEXT, embedding BLOB)",
        "CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT, embedding TEXT)",
        "INSERT INTO texts VALUES (1, 'a', '[0.5, 0.25]')");

    refused("nokey", "body", "NO_KEY");
    refused("absent", "body", "UNKNOWN_COLLECTION");
    refused("notes", "nothing", "UNKNOWN_FIELD");
    refused("notes", "id", "NO_TEXT");
    refused("texts", "body", "FIELD_NOT_REEMBEDDABLE");
  }

  @Test
  void aModelThatIsNoneIsNamedWithoutWhatMayBeItsKey() {
    assertThatThrownBy(
            () ->
                world
                    .waybill()
                    .plan(
                        ReembedSpec.of(
                            url, "notes", "body", "embedding", "other://host?key=sk-planted")))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("other://host")
        .hasMessageNotContaining("sk-planted");
  }

  private void refused(String collection, String text, String code) {
    ReembedSpec spec = ReembedSpec.of(url, collection, text, "embedding", endpoint.model());
    assertThatThrownBy(() -> world.waybill().plan(spec))
        .isInstanceOfSatisfying(
            SpecException.class, failure -> assertThat(failure.code()).isEqualTo(code));
  }
}
