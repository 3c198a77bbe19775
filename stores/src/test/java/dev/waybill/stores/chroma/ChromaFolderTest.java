package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that no server would write, and what a server would make of those that one could. */
class ChromaFolderTest {
  @TempDir Path temp;
  private Path folder;
  private Path work;

  @BeforeEach
  void folders() {
    folder = temp.resolve("data #1%20");
    work = temp.resolve("work");
  }

  private Map<String, List<Float>> vectors() {
    try (Store store = Answers.open(folder, work)) {
      Map<String, List<Float>> vectors = new HashMap<>();
      Answers.read(store, "things", 2)
          .forEach(
              (id, record) ->
                  vectors.put(
                      id,
                      ((List<?>) record.get("embedding"))
                          .stream().map(bits -> Float.intBitsToFloat((Integer) bits)).toList()));
      return vectors;
    }
  }

  private void assertRefused(String code, String... words) {
    assertThatThrownBy(this::vectors)
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure.getMessage()).contains(words);
              assertThat(failure.hint()).isNotEmpty();
            });
    try (Stream<Path> left = Files.exists(work) ? Files.list(work) : Stream.of()) {
      assertThat(left).as("nothing is left behind").isEmpty();
    } catch (IOException failed) {
      throw new AssertionError(failed);
    }
  }

  private HandMade three() throws Exception {
    return HandMade.of(folder, "l2", 2)
        .applied("a", 1)
        .applied("b", 2)
        .applied("c", 3)
        .indexed(
            3,
            Map.of(
                "a", new float[] {1, 2},
                "b", new float[] {3, 4},
                "c", new float[] {5, 6}));
  }

  @Test
  void theQueueIsPlayedOnTopOfTheIndexByChromasRules() throws Exception {
    three()
        .applied("d", 9)
        .queued(2, 2, "a", 99, 99) // is in the index already
        .queued(4, 0, "a", 98, 98) // an add of what is there changes nothing
        .queued(5, 1, "b", 30, 40)
        .queued(6, 1, "c") // an update without a vector
        .queued(7, 1, "nobody", 97, 97)
        .queued(8, 3, "d")
        .queued(9, 0, "d", 7, 8);

    assertThat(vectors())
        .isEqualTo(
            Map.of(
                "a", List.of(1f, 2f),
                "b", List.of(30f, 40f),
                "c", List.of(5f, 6f),
                "d", List.of(7f, 8f)));
  }

  @Test
  void underCosineAVectorIsWhatTheServerAnswers() throws Exception {
    // Any other order of additions gives other bits.
    int[] sent = {
      0x3f073a72,
      0xc0a7f595,
      0x3e370a77,
      0xc095c826,
      0xc0f04ce9,
      0x3eb300f2,
      0x3d5e9aa2,
      0x3e78f96c,
      0x3f1a34cb,
      0x3d9f6b69,
      0x405882e8
    };
    int[] answered = sent.clone();
    answered[1] = 0xc0a7f594;
    answered[2] = 0x3e370a76;
    answered[10] = 0x405882e7;
    float[] vector = new float[sent.length];
    for (int i = 0; i < sent.length; i++) {
      vector[i] = Float.intBitsToFloat(sent[i]);
    }
    HandMade.of(folder, "cosine", sent.length)
        .applied("queued", 1)
        .applied("zero", 2)
        .queued(1, 0, "queued", vector)
        .queued(2, 0, "zero", new float[sent.length]);

    Map<String, List<Float>> read = vectors();

    assertThat(read.get("queued").stream().map(Float::floatToIntBits).toList())
        .isEqualTo(Arrays.stream(answered).boxed().toList());
    assertThat(read.get("zero")).containsOnly(0f);
  }

  @Test
  void underCosineVectorsOfTheIndexGetTheirLengthsBack() throws Exception {
    HandMade.of(folder, "cosine", 2)
        .applied("a", 1)
        .indexed(1, Map.of("a", new float[] {0.6f, 0.8f}));

    assertThat(vectors()).isEqualTo(Map.of("a", List.of(1.2f, 1.6f)));
  }

  @Test
  void whatIsInfiniteOrNoNumberIsReadAsItStands() throws Exception {
    HandMade.of(folder, "l2", 2)
        .applied("a", 1)
        .queued(1, 0, "a", Float.POSITIVE_INFINITY, Float.NaN);

    assertThat(vectors()).isEqualTo(Map.of("a", List.of(Float.POSITIVE_INFINITY, Float.NaN)));
  }

  @Test
  void elementsThatAreDeletedAreNoVectors() throws Exception {
    three();
    Path elements = folder.resolve(HandMade.VECTORS).resolve("data_level0.bin");
    byte[] bytes = Files.readAllBytes(elements);
    bytes[2] = 1;
    Files.write(elements, bytes);

    assertRefused("CHROMA_DAMAGED", "has no vector");
  }

  @Test
  void numbersOfChangesWrittenAsBytesAreRead() throws Exception {
    three()
        .queued(2, 2, "a", 99, 99)
        .run(
            "DROP TABLE max_seq_id",
            "CREATE TABLE max_seq_id(segment_id TEXT PRIMARY KEY, seq_id BLOB)",
            "INSERT INTO max_seq_id VALUES('" + HandMade.VECTORS + "', x'0000000000000003')",
            "INSERT INTO max_seq_id VALUES('" + HandMade.METADATA + "', x'0000000000000003')");

    assertThat(vectors()).containsEntry("a", List.of(1f, 2f));
  }

  @Test
  void metadataThatIsBehindTheQueueIsBroughtUpToIt() throws Exception {
    three()
        .run(
            "INSERT INTO embedding_metadata VALUES(1, 'kept', 'x', NULL, NULL, NULL)",
            "INSERT INTO embedding_metadata_array VALUES(2, 'l', NULL, 5, NULL, NULL)")
        .queued(4, 3, "c")
        .queued(5, 2, "d", 7, 8)
        .queued(6, 1, "a")
        .run(
            "UPDATE embeddings_queue SET metadata ="
                + " '{\"n\":1.0,\"chroma:document\":\"doc\",\"list\":[true,false]}'"
                + " WHERE seq_id = 6");

    try (Store store = Answers.open(folder, work)) {
      Map<String, Map<String, Object>> read = Answers.read(store, "things", 1);
      assertThat(read.keySet()).containsExactly("a", "b", "d");
      assertThat(read.get("a"))
          .containsEntry("kept", "x")
          .containsEntry("n", 1.0)
          .containsEntry("document", "doc")
          .containsEntry("list", List.of(true, false));
      assertThat(read.get("b")).containsEntry("l", List.of(5L)).doesNotContainKey("n");
      assertThat(read.get("d")).containsEntry("n", 5L);
    }
  }

  @Test
  void theIndexIsToldInWordsThatAllStoresShare() throws Exception {
    HandMade.of(folder, "cosine", 2);

    try (Store store = Answers.open(folder, work)) {
      Index index = store.catalog().collection("things").orElseThrow().indexes().get(0);
      assertThat(index.method()).isEqualTo("hnsw");
      assertThat(index.options()).isEqualTo(Map.of("metric", "cosine"));
    }
  }

  @Test
  void readingLeavesTheFolderAsItWas() throws Exception {
    three();
    Map<Path, String> before = look();

    vectors();

    assertThat(look()).isEqualTo(before);
    try (Stream<Path> left = Files.list(work)) {
      assertThat(left).isEmpty();
    }
  }

  private Map<Path, String> look() throws IOException {
    Map<Path, String> found = new HashMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.toList()) {
        found.put(
            each,
            Files.getLastModifiedTime(each)
                + (Files.isRegularFile(each) ? Arrays.toString(Files.readAllBytes(each)) : ""));
      }
    }
    return found;
  }

  @Test
  void anIndexThatIsWrittenMeanwhileIsNoticed() throws Exception {
    three();
    try (Store store = Answers.open(folder, work);
        Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.hasMoved()).isFalse();
      Files.setLastModifiedTime(
          folder.resolve(HandMade.VECTORS).resolve("length.bin"), FileTime.fromMillis(1));
      assertThat(snapshot.hasMoved()).isTrue();
    }
  }

  @Test
  void anIndexThatMakesNoSenseBecauseItIsWrittenCanBeReadLater() throws Exception {
    three();
    Path pickle = folder.resolve(HandMade.VECTORS).resolve("index_metadata.pickle");
    try (Store store = Answers.open(folder, work)) {
      Files.write(pickle, HandMade.pickle(Map.of("a", 1)));

      assertThatThrownBy(() -> Answers.read(store, "things", 2))
          .isInstanceOfSatisfying(
              StoreException.class, failure -> assertThat(failure.isResumable()).isTrue());
    }
  }

  @Test
  void filesThatAreCutAreNamed() throws Exception {
    for (String name : List.of("header.bin", "data_level0.bin", "index_metadata.pickle")) {
      folder = temp.resolve(name);
      three();
      Path file = folder.resolve(HandMade.VECTORS).resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, name.equals("header.bin") ? 20 : bytes.length - 5));

      assertRefused("CHROMA_DAMAGED", name);
    }
  }

  @Test
  void headersThatPromiseTooMuchAreRefused() throws Exception {
    three();
    Path header = folder.resolve(HandMade.VECTORS).resolve("header.bin");

    Files.write(header, HandMade.header(2, 3, 148));
    assertRefused("CHROMA_FORMAT_UNKNOWN", "header.bin", "format 2");
    Files.write(header, HandMade.header(1, 9_999, 148));
    assertRefused("CHROMA_DAMAGED", "data_level0.bin");
    Files.write(header, HandMade.header(1, Long.MAX_VALUE, 148));
    assertRefused("CHROMA_DAMAGED", "header.bin");
    Files.write(header, HandMade.header(1, 3, Long.MAX_VALUE));
    assertRefused("CHROMA_DAMAGED", "header.bin");
    Files.write(header, HandMade.header(1, 3, 152));
    assertRefused("CHROMA_DAMAGED", "2 dimensions");
  }

  @Test
  void otherEncodingsAndBrokenVectorsAreRefusedByTheirChange() throws Exception {
    HandMade made = HandMade.of(folder, "l2", 2).applied("a", 7).queued(7, 0, "a", 1, 2);

    made.run("UPDATE embeddings_queue SET encoding = 'INT32'");
    assertRefused("CHROMA_FORMAT_UNKNOWN", "change 7", "INT32");
    made.run("UPDATE embeddings_queue SET encoding = 'FLOAT32', vector = x'000000'");
    assertRefused("CHROMA_DAMAGED", "change 7", "3 bytes");
    made.run("UPDATE embeddings_queue SET operation = 4");
    assertRefused("CHROMA_FORMAT_UNKNOWN", "operation 4");
  }

  @Test
  void aMissingIndexIsNoEmptyOne() throws Exception {
    three();
    Files.delete(folder.resolve(HandMade.VECTORS).resolve("index_metadata.pickle"));

    assertRefused("CHROMA_DAMAGED", "there is none");
  }

  @Test
  void linksAndNamesThatLeadOutOfTheFolderAreNotFollowed() throws Exception {
    HandMade made = three();
    Path elements = folder.resolve(HandMade.VECTORS).resolve("data_level0.bin");
    Path elsewhere = temp.resolve("elsewhere");
    Files.move(elements, elsewhere);
    Files.createSymbolicLink(elements, elsewhere);
    assertRefused("LINK_NOT_FOLLOWED", "data_level0.bin");

    made.run("UPDATE segments SET id = '../../" + "x' WHERE scope = 'VECTOR'");
    assertRefused("CHROMA_DAMAGED", "no UUID");
  }

  @Test
  void tablesThatAreOlderOrNewerThanWhatIsKnownAreRefusedByName() throws Exception {
    HandMade.of(folder, "l2", 2).run("ALTER TABLE embedding_metadata ADD COLUMN sparse_value BLOB");
    assertRefused("CHROMA_FORMAT_UNKNOWN", "sparse_value");

    folder = temp.resolve("old");
    HandMade.of(folder, "l2", 2).run("DROP TABLE databases");
    assertRefused("CHROMA_FORMAT_UNKNOWN", "databases");
  }

  @Test
  void oldTablesWithoutBooleansAndListsAreRead() throws Exception {
    HandMade.of(folder, "l2", 2)
        .applied("a", 1)
        .queued(1, 0, "a", 1, 2)
        .run(
            "DROP TABLE embedding_metadata_array",
            "ALTER TABLE embedding_metadata DROP COLUMN bool_value",
            "ALTER TABLE collection_metadata DROP COLUMN bool_value",
            "ALTER TABLE collections DROP COLUMN config_json_str",
            "INSERT INTO collection_metadata VALUES('"
                + HandMade.COLLECTION
                + "', 'hnsw:space', 'ip', NULL, NULL)",
            "INSERT INTO embedding_metadata VALUES(1, 'k', NULL, NULL, 0.5)");

    try (Store store = Answers.open(folder, work)) {
      assertThat(Answers.read(store, "things", 2).get("a")).containsEntry("k", 0.5);
      Collection things = store.catalog().collection("things").orElseThrow();
      assertThat(things.indexes().get(0).options()).containsEntry("metric", "ip");
    }
  }

  @Test
  void valuesInTheWrongColumnAreRefusedBeforeTheyBecomeOthers() throws Exception {
    HandMade.of(folder, "l2", 2)
        .applied("a", 1)
        .queued(1, 0, "a", 1, 2)
        .run("INSERT INTO embedding_metadata VALUES(1, 'k', NULL, 'twelve', NULL, NULL)");

    assertThatThrownBy(this::vectors)
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("\"k\"");
  }

  @Test
  void vectorsThatAreElsewhereLeaveTheirCollectionOutByName() throws Exception {
    HandMade.of(folder, "l2", 2)
        .run("UPDATE segments SET type = 'urn:chroma:segment/vector/spann' WHERE scope = 'VECTOR'");

    try (Store store = Answers.open(folder, work)) {
      assertThat(store.catalog().collections()).isEmpty();
      assertThat(store.catalog().leftOut())
          .singleElement()
          .satisfies(left -> assertThat(left.reason()).contains("spann"))
          .matches(Catalog.LeftOut::holdsData);
    }
  }

  @Test
  void whatIsNoFolderOfChromasIsRefusedWithAHint() throws Exception {
    assertRefused("FOLDER_MISSING", "no folder");
    Files.createDirectories(folder);
    assertRefused("NO_CHROMA_FOLDER", "chroma.sqlite3");
    Files.writeString(folder.resolve("chroma.sqlite3"), "no database at all");
    assertRefused("FILE_IS_NO_DATABASE", "chroma.sqlite3");

    assertThatThrownBy(() -> Answers.open("chroma:" + folder + "?nothing=1", work))
        .isInstanceOf(SpecException.class);
    assertThatThrownBy(() -> Answers.open("chroma://host:8000", work))
        .isInstanceOf(SpecException.class);
    assertThatThrownBy(
            () ->
                new ChromaAdapter()
                    .openTarget(StoreUrl.parse("chroma:" + folder), new Workspace(work, 1)))
        .isInstanceOfSatisfying(
            SpecException.class,
            failure -> assertThat(failure.code()).isEqualTo("READ_ONLY_STORE"));
  }
}
