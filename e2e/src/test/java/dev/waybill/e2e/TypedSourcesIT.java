package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field;
import dev.waybill.model.FoundModel;
import dev.waybill.model.LogicalType;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.run.CollectionResult;
import dev.waybill.spi.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Databases of real applications go to PostgreSQL with the types that their values really are, as a
 * profile for each says, and come back the same to the letter.
 */
class TypedSourcesIT {
  private static final Pattern WISH =
      Pattern.compile("\\{source: \"?(\\w+)\"?, (?:as: [^,]+, )?to: \"?([^\"}]+)\"?}");

  private static final Map<String, List<String>> EXCLUDED =
      Map.of(
          "lsm.db",
          List.of("vec_chunks"),
          "chroma-hnsw8",
          List.of("embedding_fulltext_search"),
          "chroma-plain",
          List.of("embedding_fulltext_search"));

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

  private static String profile(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            TypedSourcesIT.class.getResourceAsStream("/typed/" + name + ".yaml"), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private RunResult move(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isIn(Status.OK, Status.PARTIAL);
    for (CollectionResult each : result.collections()) {
      assertThat(each.quarantined()).as(each.name()).isZero();
      assertThat(each.verified()).as(each.name()).isEqualTo(each.read());
    }
    return result;
  }

  @ParameterizedTest
  @CsvSource({
    "llmspell.db, llmspell/llmspell.db",
    "lsm.db, lsm/lsm.db",
    "memories-v07.db, lsm/v07/Agents/memories.db",
    "chroma-hnsw8, lsm/chroma-hnsw8/chroma.sqlite3",
    "chroma-plain, lsm/chroma-plain/chroma.sqlite3",
    "memory.db, memorygraph/memory.db",
    "memory-ts-v013.db, memorygraph/memory-ts-v013.db",
    "sessions-2025-07.db, minsky/sessions-2025-07.db",
    "sessions-2026-05.db, minsky/sessions-2026-05.db",
    "vestige-v13.db, vestige/vestige-v13.db",
    "vestige-planv15.db, vestige/vestige-planv15.db"
  })
  void itGoesWithItsRealTypesAndComesBackTheSame(String name, String file) throws IOException {
    List<String> exclude = EXCLUDED.getOrDefault(name, List.of());
    String text = profile(name);
    Fragment profile = PlanFile.readFragment(name + ".yaml", text);
    String first = "sqlite:" + SourcesIT.sources().resolve(file);
    String there = server.database();
    String last = "sqlite:" + folder.resolve("last.db");

    move(MigrationSpec.of(first, there).withExclude(exclude).withProfile(profile));
    assertThat(untyped(there, text)).isEmpty();
    move(MigrationSpec.of(there, last));

    Comparison comparison =
        world.waybill().diff(MigrationSpec.of(first, last).withExclude(exclude), event -> {});
    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.isEqual()).isTrue();
  }

  /** The fields that are of another type in the target than the profile says. */
  private List<String> untyped(String there, String profile) {
    List<String> untyped = new ArrayList<>();
    try (Store store = world.source(there)) {
      String collection = "";
      for (String line : profile.lines().toList()) {
        if (line.startsWith("  - source: ")) {
          collection = line.substring("  - source: ".length());
        }
        Matcher wish = WISH.matcher(line);
        if (wish.find()) {
          Collection made = store.catalog().collection(collection).orElseThrow();
          Field field = made.field(wish.group(1)).orElseThrow();
          LogicalType wished = LogicalType.parse(wish.group(2));
          if (field.type().kind() != wished.kind()
              || !Objects.equals(field.type().element(), wished.element())) {
            untyped.add(collection + "." + field.name() + ": " + field.type());
          }
        }
      }
    }
    return untyped;
  }

  @Test
  void ofVestigesVectorsTheModelIsFoundWithItsHash() {
    Path file = SourcesIT.sources().resolve("vestige/vestige-planv15.db");

    FoundModel found =
        world
            .waybill()
            .inspect("sqlite:" + file)
            .models()
            .getOrDefault("node_embeddings", Map.of())
            .get("embedding");

    assertThat(found.isMixed()).isFalse();
    EmbeddingModel model = found.seen().keySet().iterator().next();
    assertThat(model.name()).isEqualTo("nomic-ai/nomic-embed-text-v1.5");
    assertThat(model.dimension()).isEqualTo(256);
    assertThat(model.hash()).startsWith("abab");
  }
}
