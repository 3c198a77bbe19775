package dev.waybill.stores.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in files does not depend on how many threads look for it. */
class JsonOpeningTest {
  @TempDir Path temp;

  /** All that opening tells, or the fault that it names. */
  static String told(Path file, String options, Path work, Workers workers) {
    JsonPlace place = JsonPlace.of(StoreUrl.parse("json:" + file + options));
    StringBuilder told = new StringBuilder();
    JsonContent content;
    try (workers) {
      content = JsonContent.open(place, new Workspace(work, 2), workers);
    } catch (StoreException | SpecException refused) {
      return refused.code() + ": " + refused.getMessage();
    }
    try (JsonSnapshot snapshot = new JsonSnapshot(content, false)) {
      content.findings().forEach(each -> told.append(each).append('\n'));
      for (Collection each : content.catalog().collections()) {
        told.append(each).append('\n');
        for (Chunk chunk : snapshot.chunks(each, 1)) {
          told.append(chunk).append('\n');
          rows(snapshot, each, chunk, told);
        }
      }
    } finally {
      content.release();
    }
    return told.toString();
  }

  private static void rows(
      JsonSnapshot snapshot, Collection collection, Chunk chunk, StringBuilder told) {
    if (collection.writtenFields().isEmpty()) {
      return;
    }
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    try (RecordReader reader = snapshot.read(collection, chunk)) {
      while (reader.read(batch, 100, 1 << 20)) {
        for (int record = 0; record < batch.records(); record++) {
          told.append(Documents.row(batch, record)).append('\n');
        }
        batch.clear();
      }
    }
  }

  @Test
  void whatIsToldDependsNeitherOnThreadsNorOnPieces() throws IOException {
    long first = Long.getLong("waybill.seed", System.nanoTime());
    int rounds = Integer.getInteger("waybill.rounds", 400);
    Map<String, Integer> answers = new HashMap<>();
    for (long seed = first; seed < first + rounds; seed++) {
      Path folder = temp.resolve("d" + seed);
      RandomDocuments documents = new RandomDocuments(seed);
      Path file = documents.make(folder);
      String options = documents.options();

      String one = told(file, options, temp.resolve("w"), new Workers(1, 1 << 20));
      String several = told(file, options, temp.resolve("w"), new Workers(4, 200));

      assertThat(several).as("seed %d, %s%s", seed, file, options).isEqualTo(one);
      String code = one.substring(0, Math.max(0, one.indexOf(':')));
      answers.merge(code.matches("[A-Z_0-9]+") ? code : "read", 1, Integer::sum);
      try (var files = Files.walk(folder)) {
        files.filter(Files::isRegularFile).forEach(each -> each.toFile().delete());
      }
    }
    assertThat(answers.getOrDefault("read", 0)).as("seed %d: %s", first, answers).isGreaterThan(20);
    assertThat(answers).as("seed %d", first).hasSizeGreaterThan(2);
  }

  @Test
  void ofTwoFaultsTheFirstIsNamed() throws IOException {
    String records = "{\"id\":1},".repeat(1_000);
    String text = "[" + records + "{\"id\":tru}," + records + "{\"id\":\"";
    Path file = Files.writeString(temp.resolve("two.json"), text);

    for (Workers workers : List.of(new Workers(1, 1 << 20), new Workers(4, 200))) {
      assertThat(told(file, "", temp.resolve("w"), workers))
          .startsWith("NOT_JSON: ")
          .contains("at byte " + text.indexOf("tru") + ":");
    }
  }

  private static boolean isAnyoneReading() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(each -> each.getName().equals("json-reader"));
  }

  @Test
  void noThreadOutlivesTheOpening() throws IOException {
    String records = "{\"id\":1,\"text\":\"0123456789\"}\n".repeat(10_000);
    Path whole = Files.writeString(temp.resolve("whole.jsonl"), records);
    Path broken = Files.writeString(temp.resolve("broken.jsonl"), records + "{]\n" + records);

    assertThat(told(whole, "", temp.resolve("w"), new Workers(4, 1000))).contains("10,000 records");
    assertThat(isAnyoneReading()).isFalse();
    assertThat(told(broken, "", temp.resolve("w"), new Workers(4, 1000)))
        .startsWith("NOT_JSON: ")
        .contains("at byte " + (records.length() + 1) + ":");
    assertThat(isAnyoneReading()).isFalse();
  }

  @Test
  void anOpeningThatIsInterruptedEndsAndSaysSo() throws IOException {
    String records = "{\"id\":1,\"text\":\"0123456789\"}\n".repeat(10_000);
    Path file = Files.writeString(temp.resolve("long.jsonl"), records);

    Thread.currentThread().interrupt();
    String told = told(file, "", temp.resolve("w"), new Workers(4, 1000));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(told).startsWith("FILE_UNREADABLE: ").contains("interrupted");
    assertThat(isAnyoneReading()).isFalse();
  }
}
