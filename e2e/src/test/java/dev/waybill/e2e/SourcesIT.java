package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import dev.waybill.spi.Store;
import dev.waybill.testkit.MemoryForm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Databases of real applications go SQLite → PostgreSQL → SQLite and come back the same. */
class SourcesIT {
  /** Tables that hold data and cannot be read yet. */
  private static final Map<String, List<String>> EXCLUDED =
      Map.of(
          "lsm.db", List.of("vec_chunks"), "chroma.sqlite3", List.of("embedding_fulltext_search"));

  @TempDir private Path folder;
  private TestServer server;
  private World world;

  static Path sources() {
    String shared = System.getenv("WAYBILL_SHARED");
    Path root = shared == null ? Repository.root().resolve("../shared") : Path.of(shared);
    return root.resolve("sources").normalize();
  }

  static List<String> databases() throws IOException {
    if (!Files.isDirectory(sources())) {
      return List.of("none");
    }
    try (Stream<Path> files = Files.walk(sources())) {
      return files
          .filter(SourcesIT::isDatabase)
          .map(file -> sources().relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static boolean isDatabase(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(15), StandardCharsets.ISO_8859_1).equals("SQLite format 3");
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  @BeforeEach
  void begin() {
    assumeTrue(Files.isDirectory(sources()), "there is no folder " + sources());
    server = new TestServer();
    world = new World(folder.resolve("home"));
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  /** Tables of a database that hold data and cannot be read yet. */
  static List<String> excluded(Path file) {
    return EXCLUDED.getOrDefault(file.getFileName().toString(), List.of());
  }

  static Map<String, String> checksums(Path folder) throws Exception {
    Map<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sums.put(
            file.getFileName().toString(),
            HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
      }
    }
    return sums;
  }

  private static MigrationSpec spec(String from, String to, List<String> exclude) {
    MigrationSpec base = MigrationSpec.of(from, to);
    return new MigrationSpec(
        from,
        to,
        base.only(),
        exclude,
        base.keys(),
        base.onConflict(),
        base.verify(),
        base.onFailure(),
        base.connections(),
        base.batchSize(),
        0,
        0);
  }

  private RunResult move(String from, String to, List<String> exclude) {
    Plan plan = world.waybill().plan(spec(from, to, exclude));
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    for (CollectionResult each : result.collections()) {
      assertThat(each.verified()).as(each.name()).isEqualTo(each.read());
    }
    return result;
  }

  @ParameterizedTest
  @MethodSource("databases")
  void itGoesToPostgresAndComesBackTheSame(String name) throws Exception {
    Path file = sources().resolve(name);
    List<String> exclude = excluded(file);
    String first = "sqlite:" + file;
    String there = server.database();
    String last = "sqlite:" + folder.resolve("last.db");
    Map<String, String> before = checksums(file.getParent());

    Plan plan = world.waybill().plan(spec(first, there, exclude));
    RunResult result = move(first, there, exclude);
    RunResult back = move(there, last, List.of());
    Comparison comparison = world.waybill().diff(spec(first, last, exclude), event -> {});

    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.isEqual()).isTrue();
    assertThat(comparison.collections()).hasSameSizeAs(result.collections());
    assertThat(back.collections()).hasSameSizeAs(result.collections());
    try (Store source = world.source(first)) {
      List<String> carried = result.collections().stream().map(CollectionResult::name).toList();
      assertThat(source.catalog().collections())
          .extracting(each -> each.name())
          .filteredOn(each -> !exclude.contains(each))
          .containsExactlyInAnyOrderElementsOf(carried);
      assertThat(plan.leftOut())
          .extracting(LeftOut::name)
          .containsAll(source.catalog().leftOut().stream().map(LeftOut::name).toList())
          .containsAll(exclude);
    }
    assertThat(checksums(file.getParent())).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("databases")
  void itGoesOverTwoStoresAndComesBackTheSame(String name) {
    Path file = sources().resolve(name);
    List<String> exclude = EXCLUDED.getOrDefault(file.getFileName().toString(), List.of());
    String first = "sqlite:" + file;
    String there = server.database();
    String documents = MemoryStores.url(MemoryForm.DOCUMENT);
    String last = "sqlite:" + folder.resolve("last.db");

    move(first, there, exclude);
    move(there, documents, List.of());
    move(documents, last, List.of());
    MemoryStores.remove(documents);
    Comparison comparison = world.waybill().diff(spec(first, last, exclude), event -> {});
    Comparison schema = world.waybill().diffSchema(spec(first, last, exclude));
    String straight = "sqlite:" + folder.resolve("straight.db");
    move(first, straight, exclude);

    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.isEqual()).isTrue();
    // A foreign key to a table that is not there goes nowhere, not even to SQLite.
    assertThat(schema.structure())
        .isEqualTo(world.waybill().diffSchema(spec(first, straight, exclude)).structure());
  }

  @ParameterizedTest
  @MethodSource("databases")
  void aRollbackLeavesThePostgresDatabaseAsItWas(String name) {
    Path file = sources().resolve(name);
    List<String> exclude = excluded(file);
    String there = server.database();
    Map<String, String> before = world.state(there);

    RunResult result = move("sqlite:" + file, there, exclude);
    RunResult undone = world.rollback(result);

    assertThat(undone.error()).isNull();
    assertThat(world.state(there)).isEqualTo(before);
  }
}
