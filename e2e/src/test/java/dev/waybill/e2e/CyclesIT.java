package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import dev.waybill.spi.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Data of real applications goes round SQLite, PostgreSQL and JSON and comes back the same. */
class CyclesIT {
  @TempDir private Path folder;
  private TestServer server;
  private World world;

  @BeforeEach
  void begin() {
    assumeTrue(Files.isDirectory(SourcesIT.sources()), "there is no folder " + SourcesIT.sources());
    server = new TestServer();
    world = new World(folder.resolve("home"));
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  static List<String> databases() throws IOException {
    return SourcesIT.databases();
  }

  private static MigrationSpec spec(String from, String to, List<String> exclude) {
    return MigrationSpec.of(from, to).withExclude(exclude);
  }

  /** Copies from each to the next; every record arrives and is verified. */
  private void move(List<String> exclude, String... urls) {
    for (int i = 1; i < urls.length; i++) {
      Plan plan = world.waybill().plan(spec(urls[i - 1], urls[i], i == 1 ? exclude : List.of()));
      assertThat(plan.refusals()).as(urls[i]).isEmpty();
      RunResult result = world.apply(plan, () -> false);
      assertThat(result.error()).as(urls[i - 1] + " to " + urls[i]).isNull();
      assertThat(result.status()).isEqualTo(Status.OK);
      for (CollectionResult each : result.collections()) {
        assertThat(each.verified()).as(each.name()).isEqualTo(each.read());
      }
    }
  }

  private void requireEqual(String first, String last, List<String> exclude) {
    Comparison comparison = world.waybill().diff(spec(first, last, exclude), event -> {});
    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.isEqual()).isTrue();
    assertThat(comparison.collections()).isNotEmpty();
  }

  private void requireSameSchema(String first, String last, List<String> exclude) {
    assertThat(world.waybill().diffSchema(spec(first, last, exclude)).structure()).isEmpty();
  }

  /** A foreign key to a table that is not there goes nowhere, not even to SQLite. */
  private void requireSchemaOfACopy(String first, String last, List<String> exclude) {
    String straight = "sqlite:" + folder.resolve("straight.db");
    move(exclude, first, straight);
    assertThat(world.waybill().diffSchema(spec(first, last, exclude)).structure())
        .isEqualTo(world.waybill().diffSchema(spec(first, straight, exclude)).structure());
  }

  // --- databases

  @ParameterizedTest
  @MethodSource("databases")
  void aDatabaseComesBackOverPostgresAndAFolderOfJson(String name) throws Exception {
    Path file = SourcesIT.sources().resolve(name);
    Map<String, String> before = SourcesIT.checksums(file.getParent());
    List<String> exclude = SourcesIT.excluded(file);
    String first = "sqlite:" + file;
    String last = "sqlite:" + folder.resolve("last.db");

    move(exclude, first, server.database(), "json:" + folder.resolve("there") + "/", last);

    requireEqual(first, last, exclude);
    requireSchemaOfACopy(first, last, exclude);
    assertThat(SourcesIT.checksums(file.getParent())).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("databases")
  void aDatabaseComesBackOverAJsonFileAndPostgres(String name) {
    Path file = SourcesIT.sources().resolve(name);
    List<String> exclude = SourcesIT.excluded(file);
    String first = "sqlite:" + file;
    String last = "sqlite:" + folder.resolve("last.db");

    move(exclude, first, "json:" + folder.resolve("there.json"), server.database(), last);

    requireEqual(first, last, exclude);
    requireSchemaOfACopy(first, last, exclude);
  }

  // --- files and folders of JSON

  static Stream<String> documents() throws IOException {
    if (!Files.isDirectory(SourcesIT.sources())) {
      return Stream.of("none");
    }
    List<String> documents = new ArrayList<>();
    try (Stream<Path> files = Files.walk(SourcesIT.sources())) {
      files
          .filter(
              file -> file.toString().endsWith(".json") && !file.toString().contains("Downloads"))
          .forEach(file -> documents.add(SourcesIT.sources().relativize(file).toString()));
    }
    // Files of one record each.
    documents.add("lsm/v07/Downloads/");
    return documents.stream().sorted();
  }

  private static String json(Path root, String name) {
    return "json:" + root.resolve(name) + (name.endsWith("/") ? "/" : "");
  }

  /** The content of each file as a tool reads it that is not ours, by path. */
  private static Map<String, String> contents(Path path) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = path.relativize(file).toString();
        if (!name.contains("waybill")) {
          contents.put(name, JsonContent.of(file));
        }
      }
    }
    return contents;
  }

  private void assertCameBack(String name, String first, String last) throws IOException {
    requireEqual(first, last, List.of());
    requireSameSchema(first, last, List.of());
    Map<String, String> before = contents(SourcesIT.sources().resolve(name));
    assertThat(before).isNotEmpty();
    assertThat(contents(folder.resolve("last").resolve(name))).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("documents")
  void aDocumentComesBackOverPostgresAndSqlite(String name) throws Exception {
    Path path = SourcesIT.sources().resolve(name);
    Map<String, String> before = SourcesIT.checksums(path.getParent());
    String first = json(SourcesIT.sources(), name);
    String last = json(folder.resolve("last"), name);
    Files.createDirectories(folder.resolve("last").resolve(name).getParent());

    move(List.of(), first, server.database(), "sqlite:" + folder.resolve("there.db"), last);

    assertCameBack(name, first, last);
    assertThat(SourcesIT.checksums(path.getParent())).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("documents")
  void aDocumentComesBackOverSqliteAndPostgres(String name) throws Exception {
    String first = json(SourcesIT.sources(), name);
    String last = json(folder.resolve("last"), name);
    Files.createDirectories(folder.resolve("last").resolve(name).getParent());

    move(List.of(), first, "sqlite:" + folder.resolve("there.db"), server.database(), last);

    assertCameBack(name, first, last);
  }

  @ParameterizedTest
  @CsvSource({
    "minsky/session-db.json, array",
    "minsky/session-db-keyed.json, keyed",
    "minsky/session-backup-object.json, wrapper"
  })
  void aFileIsOfTheShapeThatItHas(String name, String shape) {
    String url = json(SourcesIT.sources(), name);

    try (Store store = world.source(url)) {
      assertThat(store.catalog().collections())
          .isNotEmpty()
          .allMatch(each -> shape.equals(each.detail().properties().get("shape")));
    }
  }
}
