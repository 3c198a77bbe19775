package dev.waybill.stores.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSourceTest {
  @TempDir Path temp;
  private Documents documents;

  @BeforeEach
  void begin() {
    documents = new Documents(temp);
  }

  private List<String> rows(String name, String text, String options, String collection)
      throws IOException {
    try (Store store = documents.open(documents.file(name, text), options)) {
      return Documents.rows(store, collection);
    }
  }

  private StoreException refused(String text, String options) throws IOException {
    Path file = documents.file("a.json", text.getBytes(StandardCharsets.ISO_8859_1));
    try {
      documents.open(file, options).close();
    } catch (StoreException refused) {
      return refused;
    }
    throw new AssertionError("was read: " + text);
  }

  private static long offset(StoreException refused) {
    String text = String.valueOf(refused.getMessage());
    String behind = text.substring(text.indexOf(" at byte ") + 9);
    return Long.parseLong(behind.substring(0, behind.indexOf(':')));
  }

  // --- shapes

  @Test
  void anArrayIsACollectionCalledByItsFile() throws IOException {
    assertThat(rows("people.json", "[{\"id\":1,\"n\":\"a\"}, {\"id\":2}]", "", "people"))
        .containsExactly("INT64 1 | TEXT a", "INT64 2 | ABSENT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"p.jsonl", "p.ndjson", "p.json"})
  void valuesOneAfterTheOtherAreLines(String name) throws IOException {
    assertThat(rows(name, "{\"a\":1}\r\n\n{\"a\":null}\n{}", "", "p"))
        .containsExactly("INT64 1", "NULL", "ABSENT");
  }

  @Test
  void anObjectOfRecordsIsKeyedByTheirNames() throws IOException {
    String text = "{\"x\":{\"v\":1},\"y\\u0000\":{\"v\":2}}";
    try (Store store = documents.open(documents.file("k.json", text))) {
      assertThat(Documents.rows(store, "k"))
          .containsExactly("TEXT x | INT64 1", "TEXT y\\u0000 | INT64 2");
      assertThat(store.catalog().collection("k").orElseThrow().key()).containsExactly("key");
    }
    assertThat(rows("k.json", "{\"x\":{\"key\":1},\"y\":{\"key\":2}}", "", "k"))
        .containsExactly("TEXT x | INT64 1", "TEXT y | INT64 2");
    try (Store store = documents.open(documents.file("k.json", text), "?key=session")) {
      assertThat(Documents.fields(store, "k")).isEqualTo("session:text v:int64");
    }
  }

  @Test
  void anObjectWithArraysOfObjectsIsAWrapperWhoseOtherMembersAreKept() throws IOException {
    String text = "{\"version\": 1.0, \"a\":[{\"id\":1}], \"none\":[], \"b\":[{\"x\":\"q\"}]}";
    try (Store store = documents.open(documents.file("w.json", text))) {
      assertThat(Documents.rows(store, "a")).containsExactly("INT64 1");
      assertThat(Documents.rows(store, "b")).containsExactly("TEXT q");
      Collection a = store.catalog().collection("a").orElseThrow();
      assertThat(JsonLayout.of(a.detail()).orElseThrow().frame())
          .isEqualTo("{\"version\":1.0,\"a\":[],\"none\":[],\"b\":[]}");
    }
  }

  @Test
  void anyOtherObjectIsOneRecord() throws IOException {
    assertThat(rows("r.json", "{\"a\":1,\"b\":[1,2]}", "", "r"))
        .containsExactly("TEXT r | INT64 1 | JSON [1,2]");
  }

  @Test
  void elementsThatAreNoObjectsAreValues() throws IOException {
    assertThat(rows("v.json", "[{\"a\":1}, [2], \"x\"]", "", "v"))
        .containsExactly("JSON {\"a\":1}", "JSON [2]", "JSON \"x\"");
    assertThat(rows("n.json", "[1, 2]", "", "n")).containsExactly("INT64 1", "INT64 2");
  }

  @Test
  void namesThatAreWrittenAlikeAndAreNotAreOtherFields() throws IOException {
    // The name a\u0061, whose backslash is escaped, and the name aa.
    assertThat(rows("e.json", "[{\"a\\\\u0061\":1},{\"a\\u0061\":2},{\"aa\":3}]", "", "e"))
        .containsExactly("INT64 1 | ABSENT", "ABSENT | INT64 2", "ABSENT | INT64 3");
    assertThat(rows("h.json", "[{\"\\ud800\":1,\"?\":2},{\"?\":3}]", "", "h"))
        .containsExactly("INT64 1 | INT64 2", "ABSENT | INT64 3");
  }

  @Test
  void aShapeThatIsAskedForAndIsNotThereIsRefused() throws IOException {
    assertThat(refused("{\"a\":1}", "?shape=keyed").code()).isEqualTo("OTHER_SHAPE");
    assertThat(rows("c.json", "{\"a\":{\"x\":1}}", "?shape=keyed", "c"))
        .containsExactly("TEXT a | INT64 1");
  }

  @Test
  void aFolderIsItsFilesAndLikeOnesAreRecords() throws IOException {
    documents.file("f/one/1.json", "{\"a\":1,\"r\":[{\"x\":1}]}");
    documents.file("f/one/2.json", "{\"a\":2,\"r\":[]}");
    documents.file("f/two.jsonl", "{\"b\":true}");
    documents.file("f/.deep/k.json", "{\"x\":{\"v\":1},\"y\":{\"v\":2}}");
    documents.file("f/not.txt", "?");
    Path root = documents.file("f/.two.waybill-1/part.json", "[").getParent().getParent();
    try (Store store = documents.open(root)) {
      assertThat(store.catalog().collections().stream().map(Collection::name))
          .containsExactlyInAnyOrder("one", "two", ".deep/k");
      assertThat(Documents.rows(store, "one"))
          .containsExactly("TEXT 1 | INT64 1 | JSON [{\"x\":1}]", "TEXT 2 | INT64 2 | JSON []");
      assertThat(store.catalog().leftOut()).extracting("name").containsExactly("not.txt");
    }
  }

  @Test
  void compressedFilesAreLikeOthersAndLeaveNothing() throws IOException {
    Path gz = documents.file("z.jsonl.gz", "");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gz))) {
      out.write("{\"a\":1}\n{\"a\":2}".getBytes(StandardCharsets.UTF_8));
    }
    Path zst = documents.file("y.json.zst", "");
    try (OutputStream out =
        new com.github.luben.zstd.ZstdOutputStream(Files.newOutputStream(zst))) {
      out.write("[{\"a\":1}]".getBytes(StandardCharsets.UTF_8));
    }
    try (Store store = documents.open(gz)) {
      assertThat(Documents.rows(store, "z")).containsExactly("INT64 1", "INT64 2");
    }
    try (Store store = documents.open(zst)) {
      assertThat(Documents.rows(store, "y")).containsExactly("INT64 1");
    }
    Files.write(gz, java.util.Arrays.copyOf(Files.readAllBytes(gz), 20));
    assertThatThrownBy(() -> documents.open(gz))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("cannot be unpacked");
    try (Stream<Path> left = Files.list(documents.work())) {
      assertThat(left).isEmpty();
    }
  }

  // --- fields

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1;2;int64",
        "1;2.5;float64",
        "9007199254740993;0.5;decimal",
        "9223372036854775807;-9223372036854775808;int64",
        "9223372036854775808;1;decimal",
        "0.1;3.0;float64",
        "0.12345678901234567890;1;decimal",
        "1e400;1;decimal",
        "-0;1;float64",
        "NaN;-Infinity;float64",
        "true;false;boolean",
        "\"a\";1;json",
        "[];{};json",
        "null;null;text",
        "\"2026-01-31\";\"2024-02-29\";date",
        "\"2026-01-31\";\"2026-02-30\";text",
        "\"2026-01-31T10:00:00.123Z\";\"2026-01-31T10:00:00.000Z\";instant(3)",
        "\"2026-01-31T10:00:00.123Z\";\"2026-01-31T10:00:00Z\";text",
        "\"2026-01-31T10:00:00+00:00\";\"2026-01-31T10:00:01+00:00\";instant(0)",
        "\"2026-01-31 10:00:00\";\"2026-01-31 24:00:00\";text",
        "\"2026-01-31 10:00:00\";\"2026-01-31 23:59:59\";timestamp(0)",
        "\"1eb20109-a91c-4439-95ab-8b4d15b40aeb\";\"1eb20109-a91c-4439-95ab-8b4d15b40aec\";uuid",
        "\"1eb20109-a91c-4439-95ab-8b4d15b40aeb\";\"1EB20109-a91c-4439-95ab-8b4d15b40aec\";text",
        "\"1eb20109-a91c-4439-95ab-8b4d15b40aeb\";\"\";text"
      })
  void aTypeIsRecognisedOnlyWhenEveryValueIsOfIt(String a, String b, String type)
      throws IOException {
    String text = "[{\"v\":" + a + "},{\"v\":" + b + "}]";
    try (Store store = documents.open(documents.file("t.json", text))) {
      assertThat(store.catalog().collection("t").orElseThrow().fields().get(0).type())
          .hasToString(type);
    }
  }

  @Test
  void whatWasDecidedIsSaidWithTheShareOfRecordsBehindIt() throws IOException {
    String text = "[{\"id\":1,\"n\":\"a\",\"m\":1},{\"id\":2,\"n\":null,\"m\":\"x\"},{\"id\":3}]";
    try (Store store = documents.open(documents.file("p.json", text))) {
      assertThat(Documents.findings(store))
          .contains(
              "p is read from p.json in the shape \"array\", because it begins with a bracket")
          .contains("Its key is id, present and unique in 3 of 3")
          .contains("id int64 (3 of 3)")
          .contains("n text (1 of 3, null in 1, absent in 1)")
          .contains("m json (2 of 3, absent in 1, mixed: 1 text, 1 number)");
    }
  }

  @Test
  void aKeyIsFoundOnlyWhereItIsPresentAndUniqueInEveryRecord() throws IOException {
    Path twice =
        documents.file("session-db.json", "[{\"session\":\"a\"},{\"session\":\"\\u0061\"}]");
    try (Store store = documents.open(twice)) {
      assertThat(store.catalog().collections().get(0).key()).isEmpty();
      assertThat(Documents.findings(store))
          .contains("session is no key: two records have the same");
    }
    documents.file("session-db.json", "[{\"session\":\"a\",\"id\":1},{\"session\":\"b\"}]");
    try (Store store = documents.open(twice)) {
      assertThat(store.catalog().collections().get(0).key()).containsExactly("session");
    }
    documents.file("session-db.json", "[{\"x\":1},{\"x\":2}]");
    try (Store store = documents.open(twice, "?key=x")) {
      assertThat(store.catalog().collections().get(0).key()).containsExactly("x");
    }
    documents.file("session-db.json", "[{\"x\":1},{\"x\":1}]");
    assertThatThrownBy(() -> documents.open(twice, "?key=x"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("two records have the same");
  }

  @Test
  void moreKeysThanFitInMemoryAreStillToldApart() throws IOException {
    Path file = documents.file("many.jsonl", "");
    int records = 300_000;
    try (var out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < records; i++) {
        out.write("{\"id\":" + (i * 7919L % 1_000_003) + "}\n");
      }
    }
    try (Store store = documents.open(file);
        Snapshot snapshot = store.snapshot()) {
      Collection many = store.catalog().collections().get(0);
      assertThat(many.key()).containsExactly("id");
      assertThat(snapshot.count(many)).isEqualTo(records);
      RecordBatch keys = new RecordBatch(1);
      keys.putInt64(7919L * 299_999 % 1_000_003);
      keys.putInt64(-1);
      keys.putInt64(0);
      keys.putInt64(0);
      RecordBatch found = new RecordBatch(1);
      try (RecordReader reader = snapshot.lookup(many, keys)) {
        while (reader.read(found, 1, 1)) {
          // All of them.
        }
      }
      assertThat(found.records()).isEqualTo(2);
      assertThat(Documents.rows(store, many, 10_000)).hasSize(records).doesNotHaveDuplicates();
    }
    Files.writeString(file, "{\"id\":0}\n", java.nio.file.StandardOpenOption.APPEND);
    try (Store store = documents.open(file)) {
      assertThat(store.catalog().collections().get(0).key()).isEmpty();
    }
    try (Stream<Path> left = Files.list(documents.work())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void lookUpFindsRecordsByKeysOfAnyTypeAndOfSeveralFields() throws IOException {
    String text =
        "[{\"id\":\"1eb20109-a91c-4439-95ab-8b4d15b40aeb\",\"n\":1},"
            + "{\"id\":\"1eb20109-a91c-4439-95ab-8b4d15b40aec\",\"n\":2}]";
    try (Store store = documents.open(documents.file("u.json", text));
        Snapshot snapshot = store.snapshot()) {
      Collection found = store.catalog().collections().get(0);
      Collection both = Collection.of("u", found.fields(), List.of("n", "id"));
      RecordBatch keys = new RecordBatch(2);
      keys.putInt64(2);
      keys.putUuid(java.util.UUID.fromString("1eb20109-a91c-4439-95ab-8b4d15b40aec"));
      keys.putInt64(2);
      keys.putUuid(java.util.UUID.fromString("1eb20109-a91c-4439-95ab-8b4d15b40aeb"));
      RecordBatch records = new RecordBatch(2);
      try (RecordReader reader = snapshot.lookup(both, keys)) {
        assertThat(reader.read(records, 10, 1000)).isTrue();
        assertThat(reader.read(records, 10, 1000)).isFalse();
      }
      assertThat(Documents.row(records, 0))
          .isEqualTo("UUID 1eb20109-a91c-4439-95ab-8b4d15b40aec | INT64 2");
    }
  }

  @Test
  void chunksHaveEveryRecordOnceInOneOrder() throws IOException {
    StringBuilder text = new StringBuilder("{\"other\":0,\"c\":[");
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      text.append(i == 0 ? "" : " ,\n").append("{\"i\":").append(i).append(",\"s\":\"}],{\"}");
      expected.add("INT64 " + i + " | TEXT }],{");
    }
    Path file = documents.file("c.json", text + "] }");
    try (Store store = documents.open(file)) {
      Collection c = store.catalog().collections().get(0);
      for (long size : new long[] {1, 17, 100, 4_999, Long.MAX_VALUE}) {
        assertThat(Documents.rows(store, c, size)).isEqualTo(expected);
      }
    }
  }

  @Test
  void valuesAreDecodedAsAskedAndAreWhatTheyAreWhereTheyDoNotFit() throws IOException {
    Path file = documents.file("d.json", "[{\"v\":\"AQI=\"},{\"v\":\"?\"},{\"v\":1}]");
    try (Store store = documents.open(file)) {
      Collection asked =
          Collection.of(
              "d", List.of(Field.of("v", LogicalType.BYTES, "string(base64)", true)), List.of());
      assertThat(Documents.rows(store, asked, 10))
          .containsExactly("BYTES x'0102'", "TEXT ?", "INT64 1");
    }
  }

  @Test
  void aFileThatComesMeanwhileIsNoticedAndRead() throws IOException {
    Path first = documents.file("folder/a.json", "[{\"id\":1}]");
    Path folder = Objects.requireNonNull(first.getParent());
    try (Store store = documents.open(folder);
        Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.hasMoved()).isFalse();
      documents.file("folder/b.json", "[{\"id\":2}]");
      assertThat(snapshot.hasMoved()).isTrue();
      try (Store again = documents.open(folder)) {
        assertThat(again.catalog().collection("b")).isPresent();
      }
    }
  }

  @Test
  void aFileThatChangesMeanwhileIsNoticed() throws IOException {
    Path file = documents.file("m.jsonl", "{\"a\":1}\n");
    try (Store store = documents.open(file);
        Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.hasMoved()).isFalse();
      Files.writeString(file, "{\"a\":2}\n", java.nio.file.StandardOpenOption.APPEND);
      assertThat(snapshot.hasMoved()).isTrue();
    }
  }

  // --- hostile input

  @Test
  void aByteOrderMarkIsAFactOfTheFile() throws IOException {
    try (Store store = documents.open(documents.file("b.json", "\uFEFF[{\"a\":1}]"))) {
      assertThat(Documents.rows(store, "b")).containsExactly("INT64 1");
      assertThat(
              JsonLayout.of(store.catalog().collections().get(0).detail()).orElseThrow().hasMark())
          .isTrue();
    }
  }

  @Test
  void commentsAndTrailingCommasAreReadOnlyWhenAskedFor() throws IOException {
    String text = "// a\n[{\"a\":\"//x\", /* ] } */ \"b\":[1,],},]\n";
    assertThat(rows("l.json", text, "?lenient=true", "l")).containsExactly("TEXT //x | JSON [1]");
    assertThat(refused(text, "").code()).isEqualTo("NOT_JSON");
    assertThat(offset(refused("[{\"a\":1},]", ""))).isEqualTo(9);
    for (String each : List.of("[{\"a\":1},]", "[{\"a\":1, }]", "/* x */[]", "[{\"a\":1//\n}]")) {
      assertThat(refused(each, "").hint()).contains("?lenient=true");
    }
    for (String each : List.of("[{\"a\":1}", "[{\"a\":}]", "[{\"a\":1]")) {
      assertThat(refused(each, "").hint()).doesNotContain("?lenient=true");
    }
    assertThat(offset(refused("[{\"a\":1,}]", ""))).isEqualTo(8);
  }

  @Test
  void aNameThatStandsTwiceInARecordIsRefusedByRecordAndName() throws IOException {
    StoreException refused = refused("[{\"a\":1}, {\"a\":1,\"\\u0061\":2}]", "");

    assertThat(refused.code()).isEqualTo("NAME_TWICE");
    assertThat(refused).hasMessageContaining("\"a\"");
    assertThat(offset(refused)).isEqualTo(10);
    assertThat(rows("n.json", "[{\"a\":{\"x\":1,\"x\":2}}]", "", "n"))
        .containsExactly("JSON {\"x\":1,\"x\":2}");
  }

  @Test
  void halfSurrogatePairsAndNulsComeBackAsTheyAre() throws IOException {
    String text = "[{\"a\":\"x\\ud800y\\u0000\\udc00\\ud83d\\ude00é\"}]";
    try (Store store = documents.open(documents.file("s.json", text));
        Snapshot snapshot = store.snapshot()) {
      Collection s = store.catalog().collections().get(0);
      RecordBatch batch = new RecordBatch(1);
      try (RecordReader reader = snapshot.read(s, snapshot.chunks(s, 10).get(0))) {
        reader.read(batch, 1, 1);
      }
      JsonText out = new JsonText();
      new JsonValues().encode(JsonForm.STRING, batch, batch.at(0, 0), out);

      assertThat(out).hasToString("\"x\\ud800y\\u0000\\udc00😀é\"");
    } catch (Unwritable unwritable) {
      throw new AssertionError(unwritable);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[{\"a\":1},{\"a\":;FILE_IS_CUT;14",
        "[{\"a\":1},{\"a\":\"x;FILE_IS_CUT;16",
        "[{\"a\":1};FILE_IS_CUT;8",
        "[{\"a\":1},;FILE_IS_CUT;9",
        "{\"x\":[{\"a\":1}];FILE_IS_CUT;14",
        "{\"x\";FILE_IS_CUT;4",
        "[{\"a\":tru}];NOT_JSON;6",
        "[{\"a\":01}];NOT_JSON;6",
        "[{\"a\":1.}];NOT_JSON;8",
        "[{\"a\":+1}];NOT_JSON;6",
        "[{\"a\" 1}];NOT_JSON;6",
        "[{\"a\":1}] x;NOT_JSON;10",
        "[{\"a\":\"\\x\"}];NOT_JSON;7",
        "[{\"a\":\"\\u12G4\"}];NOT_JSON;7",
        "[{\"a\":\"\u0001\"}];NOT_JSON;7",
        "[{\"a\":\"Ã(\"}];INVALID_UTF8;7",
        "[{\"a\":\"\u00ed\u00a0\u0080\"}];INVALID_UTF8;7",
        "'';EMPTY_FILE;0",
        "' \n';EMPTY_FILE;2"
      })
  void whatIsNoJsonIsRefusedByItsByte(String text, String code, long offset) throws IOException {
    StoreException refused = refused(text, "");

    assertThat(refused.code()).isEqualTo(code);
    assertThat(offset(refused)).isEqualTo(offset);
  }

  @Test
  void nestingDeeperThanTheCanonicalFormIsRefusedByItsByte() throws IOException {
    String deep = "[".repeat(500) + "]".repeat(500);
    assertThat(rows("ok.json", "[{\"a\":" + deep + "}]", "", "ok")).hasSize(1);

    String deeper = "[{\"a\":" + "[".repeat(502) + "]".repeat(502) + "}]";
    assertThat(refused(deeper, "").code()).isEqualTo("NESTED_TOO_DEEPLY");
  }

  @Test
  void aRecordBeyondTheLimitIsRefusedByItsByte() throws IOException {
    Path file = documents.file("big.jsonl", "{\"a\":1}\n{\"a\":\"");
    byte[] megabyte = "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
    try (OutputStream out = Files.newOutputStream(file, java.nio.file.StandardOpenOption.APPEND)) {
      for (int i = 0; i < 66; i++) {
        out.write(megabyte);
      }
      out.write("\"}".getBytes(StandardCharsets.US_ASCII));
    }
    assertThatThrownBy(() -> documents.open(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("at byte 8: a record is larger than 67108864 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"?shape=round", "?frob=1", "?lenient=yes", "?indent=99"})
  void whatAUrlCannotMeanIsRefused(String options) throws IOException {
    Path file = documents.file("a.json", "[]");

    assertThatThrownBy(() -> documents.open(file, options)).isInstanceOf(SpecException.class);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> documents.open(temp.resolve("none.json")))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("it is not there");
  }
}
