package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.spi.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders of a real application, and what a server answered for them. */
class SharedFoldersTest {
  @TempDir Path temp;

  private static Path sources() {
    String shared = System.getenv("WAYBILL_SHARED");
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("mvnw"))) {
      root = root.getParent();
    }
    return (shared == null ? root.resolve("../shared") : Path.of(shared)).resolve("sources/lsm");
  }

  @ParameterizedTest
  @CsvSource({"chroma-plain,150,384,1000", "chroma-hnsw8,220,8,13"})
  void aFolderIsReadAsItsServerAnsweredBitForBit(
      String name, int records, int dimension, long chunk) throws Exception {
    assumeTrue(Files.isDirectory(sources()), "there is no folder " + sources());
    Path folder = sources().resolve(name);
    Map<String, Map<String, Object>> expected =
        Answers.of(
            new ObjectMapper().readTree(sources().resolve(name + ".expected-get.json").toFile()));
    Path work = temp.resolve("work");

    try (Store store = Answers.open(folder, work)) {
      assertThat(expected).hasSize(records);
      assertThat(store.catalog().collections()).hasSize(1);
      assertThat(store.findings()).noneMatch(finding -> finding.isBlocking());
      assertThat(
              store
                  .catalog()
                  .collection("local_kb")
                  .orElseThrow()
                  .field("embedding")
                  .orElseThrow()
                  .type()
                  .size())
          .isEqualTo(dimension);
      assertThat(Answers.read(store, "local_kb", chunk)).isEqualTo(expected);
    }

    try (Stream<Path> left = Files.exists(work) ? Files.list(work) : Stream.of()) {
      assertThat(left).isEmpty();
    }
  }
}
