package dev.waybill.stores.sqlite;

import static dev.waybill.stores.sqlite.Writing.collection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Finding;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found wrong with a table before its records are looked at. */
class SqliteFindingsTest {
  @TempDir Path temp;
  private Path file;
  private Path work;

  @BeforeEach
  void paths() {
    file = temp.resolve("source.db");
    work = temp.resolve("work");
  }

  /** As source and as target. */
  private List<Finding> findings(String table) throws Exception {
    List<Finding> asSource;
    String before = Sample.fingerprint(temp);
    try (Store store = Sample.source(file, work)) {
      asSource = store.findings(store.catalog().collection(table).orElseThrow());
    }
    try (TargetStore store = Sample.target(file, work)) {
      assertThat(store.findings(store.catalog().collection(table).orElseThrow()))
          .isEqualTo(asSource);
    }
    assertThat(Sample.fingerprint(temp)).isEqualTo(before);
    return asSource;
  }

  private static List<String> codes(List<Finding> findings) {
    return findings.stream().map(Finding::code).distinct().toList();
  }

  @Test
  void anIndexThatDoesNotHoldWhatItShouldIsNamedForItsTableOnly() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(a)",
        "CREATE INDEX the_index ON t(a)",
        "CREATE TABLE sound(a)",
        "CREATE INDEX another ON sound(a)",
        "INSERT INTO t VALUES('abcdefgh')",
        "INSERT INTO sound VALUES('sound')");
    byte[] bytes = Files.readAllBytes(file);
    bytes[new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf("abcdefgh")] = 'x';
    Files.write(file, bytes);

    assertThat(findings("t"))
        .isNotEmpty()
        .allSatisfy(
            finding -> {
              assertThat(finding.code()).isEqualTo("INDEX_DAMAGED");
              assertThat(finding.text()).contains("the_index");
              assertThat(finding.isBlocking()).isTrue();
            });
    assertThat(findings("sound")).isEmpty();
  }

  @Test
  void recordsThatPointNowhereAreNamedByTheirKeyTheFirstTwenty() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE)",
        "INSERT INTO p VALUES(1, 'One')",
        "CREATE TABLE by_rowid(p REFERENCES p)",
        "INSERT INTO by_rowid VALUES(1), (2), (NULL), (3)",
        "CREATE TABLE by_id(id INTEGER PRIMARY KEY, p REFERENCES p, n REFERENCES p(name))",
        "INSERT INTO by_id VALUES(10, 1, 'ONE'), (11, 2, 'two')",
        "CREATE TABLE by_key(k TEXT PRIMARY KEY, p REFERENCES p)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
            + " INSERT INTO by_key SELECT 'k' || i, i FROM n",
        "CREATE TABLE no_rowid(a TEXT, b INT, p TEXT, q, PRIMARY KEY(a, b),"
            + " FOREIGN KEY(p) REFERENCES p(name), FOREIGN KEY(q) REFERENCES missing(x))"
            + " WITHOUT ROWID",
        "INSERT INTO no_rowid VALUES('x', 1, 'one', NULL), ('y', 2, 'none', NULL), ('z', 3, NULL, 5)",
        "CREATE TABLE self(id INTEGER PRIMARY KEY, up REFERENCES self)",
        "INSERT INTO self VALUES(1, 1), (2, 3)",
        "CREATE TABLE unchecked(a REFERENCES self(up))",
        "INSERT INTO unchecked VALUES(1)");

    assertThat(findings("by_rowid"))
        .extracting(Finding::text)
        .containsExactly("2 records of \"by_rowid\" point at no record of \"p\" (rowid 2; 4).");
    assertThat(findings("by_id"))
        .extracting(Finding::text)
        .containsExactly("2 records of \"by_id\" point at no record of \"p\" (key 11; 11).");
    assertThat(findings("by_key"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.text()).startsWith("29 records").endsWith("k21; …).");
              assertThat(finding.text().split(";")).hasSize(21);
            });
    List<String> texts = new ArrayList<>();
    findings("no_rowid").forEach(finding -> texts.add(finding.text()));
    assertThat(texts)
        .containsExactlyInAnyOrder(
            "1 record of \"no_rowid\" points at no record of \"p\" (key y, 2).",
            "1 record of \"no_rowid\" points at no record of \"missing\" (key z, 3).");
    assertThat(findings("self"))
        .extracting(Finding::text)
        .containsExactly("1 record of \"self\" points at no record of \"self\" (key 2).");
    assertThat(codes(findings("unchecked"))).containsExactly("FOREIGN_KEY_UNCHECKED");
    assertThat(findings("p")).isEmpty();
  }

  @Test
  void aCounterBehindTheLargestValueIsNamed() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE empty(id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "INSERT INTO t VALUES(5)",
        "INSERT INTO empty VALUES(7)",
        "DELETE FROM empty");
    assertThat(findings("t")).isEmpty();
    assertThat(findings("empty")).isEmpty();

    Sample.make(file, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 't'");

    assertThat(findings("t"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo("SEQUENCE_BEHIND");
              assertThat(finding.text()).contains("\"t\"").contains("2").contains("5");
              assertThat(finding.isBlocking()).isFalse();
            });
  }

  @Test
  void valuesThatAConstraintForbidsAreNoDamage() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(a INT)",
        "INSERT INTO t VALUES(NULL)",
        "PRAGMA writable_schema = on",
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a INT NOT NULL)' WHERE name = 't'");

    assertThat(findings("t"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo("CONSTRAINT_BROKEN");
              assertThat(finding.isBlocking()).isFalse();
            });
  }

  @Test
  void aTableThatIsNotThereHasNothingWrong() throws Exception {
    Sample.make(file, "CREATE TABLE t(a)");
    dev.waybill.model.Collection t = collection(file, work, "t");
    try (TargetStore store = Sample.target(temp.resolve("absent.db"), work)) {
      assertThat(store.findings(t)).isEmpty();
    }
  }

  @Test
  void everyNativeTypeIsReadAsTheTableOfTypesSays() throws Exception {
    for (TypeTable.Native each : SqliteTypes.TABLE.natives()) {
      boolean isStrict = each.nativeType().equals("ANY");
      LogicalType logical = SqliteTypes.logical(each.nativeType(), isStrict);
      assertThat(logical).as(each.nativeType()).isEqualTo(each.logical());
      assertThat(SqliteTypes.TABLE.isKnown(each.nativeType())).isTrue();
    }
    assertThat(SqliteTypes.TABLE.natives())
        .extracting(TypeTable.Native::nativeType)
        .doesNotHaveDuplicates();
  }
}
