package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.LossRules;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Sidecar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What PostgreSQL cannot hold travels beside the data and comes back. */
class SidecarIT {
  static final List<String> NASTY =
      List.of(
          "CREATE TABLE \"select\" (\"order\" INTEGER PRIMARY KEY, \"group by\" TEXT DEFAULT 'it''s',"
              + " mixed INTEGER, \"real\" REAL, blob BLOB, any) ",
          "INSERT INTO \"select\" VALUES (1, 'a', 1, 0.1, x'00ff', 1)",
          "INSERT INTO \"select\" VALUES (2, '', 'text', 1e-320, x'', 'x')",
          "INSERT INTO \"select\" VALUES (3, NULL, 9223372036854775807, 9e999, NULL, 2.5)",
          "INSERT INTO \"select\" VALUES (4, 'a' || char(0) || 'b', -9223372036854775808, -9e999,"
              + " x'01', x'ff')",
          "INSERT INTO \"select\" VALUES (5, CAST(x'61ff62' AS TEXT), 2.5, -0.0, x'02', NULL)",
          "INSERT INTO \"select\" VALUES (9223372036854775807,"
              + " '{\"n\": 12345678901234567890}', x'ab', 5e-324, 'text in a blob', 1)",
          "CREATE TABLE keyless (a, b TEXT)",
          "INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), ('1', 'x'), (1.5, NULL)",
          "INSERT INTO keyless VALUES (NULL, 'a' || char(0)), (NULL, 'a' || char(0)), (NULL, 'a␀')",
          "CREATE TABLE nullkey (k TEXT PRIMARY KEY, v INT) ",
          "INSERT INTO nullkey VALUES (NULL, 1), (NULL, 2), ('k', 3)",
          "CREATE TABLE nocase (k TEXT COLLATE NOCASE, v TEXT DEFAULT \"double\", UNIQUE (k))",
          "INSERT INTO nocase VALUES ('a', 1), ('B', '2')",
          "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(3) NOT NULL)",
          "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INT REFERENCES parent(id))",
          "INSERT INTO parent VALUES (1, 'longer than three')",
          "INSERT INTO child VALUES (1, 1), (2, NULL), (3, 99)",
          "CREATE TABLE strictly (id TEXT PRIMARY KEY, n INT NOT NULL, a ANY,"
              + " g INT GENERATED ALWAYS AS (n * 2) STORED) STRICT, WITHOUT ROWID",
          "INSERT INTO strictly (id, n, a) VALUES ('x', 1, 'a'), ('y', 2, 3.5)",
          "CREATE INDEX child_by_parent ON child (parent) WHERE parent IS NOT NULL");

  @TempDir private Path folder;
  private TestServer server;
  private World world;

  @BeforeEach
  void begin() {
    server = new TestServer();
    world = new World(folder.resolve("home"));
  }

  @AfterEach
  void end() {
    server.close();
  }

  private String nasty() throws Exception {
    Path file = folder.resolve("nasty.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : NASTY) {
        statement.execute(sql);
      }
    }
    return "sqlite:" + file;
  }

  /** Every value with its type, and every statement of the schema. */
  static List<String> dump(Path file) throws Exception {
    List<String> lines = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      List<String> tables = new ArrayList<>();
      try (ResultSet row =
          statement.executeQuery(
              "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE"
                  + " 'sqlite_%' AND name NOT LIKE 'waybill_%' ORDER BY name")) {
        while (row.next()) {
          lines.add(row.getString(3));
          if (row.getString(1).equals("table")) {
            tables.add(row.getString(2));
          }
        }
      }
      for (String table : tables) {
        List<String> records = new ArrayList<>();
        List<String> columns = new ArrayList<>();
        try (ResultSet row = statement.executeQuery("SELECT * FROM \"" + table + "\" LIMIT 0")) {
          for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            String name = "\"" + row.getMetaData().getColumnName(i) + "\"";
            columns.add("typeof(" + name + ") || ' ' || quote(CAST(" + name + " AS BLOB))");
          }
        }
        try (ResultSet row =
            statement.executeQuery(
                "SELECT " + String.join(" || ', ' || ", columns) + " FROM \"" + table + "\"")) {
          while (row.next()) {
            records.add(table + ": " + row.getString(1));
          }
        }
        records.sort(null);
        lines.addAll(records);
      }
    }
    return lines;
  }

  private static MigrationSpec with(String from, String to, String... rules) {
    return MigrationSpec.of(from, to).withOnLoss(LossRules.parse(List.of(rules)));
  }

  private RunResult move(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    return result;
  }

  @Test
  void nastyValuesAreRefusedByNameAndNothingIsWritten() throws Exception {
    String from = nasty();
    String to = server.database();

    Plan plan = world.waybill().plan(MigrationSpec.of(from, to));

    assertThat(plan.refusals())
        .extracting(loss -> loss.collection() + "." + loss.field() + " " + loss.code())
        .contains(
            "select.mixed MIXED_TYPES",
            "select.group by NUL_IN_TEXT",
            "select.group by INVALID_UTF8",
            "keyless.a MIXED_TYPES",
            "nullkey.k NULL_IN_KEY",
            "child.parent FOREIGN_KEY_DANGLES");
    assertThatThrownBy(() -> world.apply(plan, () -> false)).isInstanceOf(SpecException.class);
    assertThat(world.state(to)).isEmpty();
  }

  @Test
  void withASidecarEverythingGoesAndComesBack() throws Exception {
    String from = nasty();
    String there = server.database();
    Path last = folder.resolve("last.db");

    RunResult result = move(with(from, there, "sidecar"));
    RunResult back = move(with(there, "sqlite:" + last));
    Comparison across = world.waybill().diff(with(from, there), event -> {});
    Comparison comparison = world.waybill().diff(with(from, "sqlite:" + last), event -> {});
    Comparison schema = world.waybill().diffSchema(with(from, "sqlite:" + last));

    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(back.status()).isEqualTo(Status.OK);
    assertThat(result.collections()).allMatch(each -> each.repaired() == 0);
    assertThat(result.losses()).isNotEmpty();
    assertThat(across.structure()).isEmpty();
    assertThat(across.differences()).isEmpty();
    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(schema.structure()).isEmpty();
    assertThat(dump(last)).isEqualTo(dump(folder.resolve("nasty.db")));
  }

  @Test
  void aSecondRunWritesNothing() throws Exception {
    String from = nasty();
    String there = server.database();
    move(with(from, there, "sidecar").withExclude(List.of("keyless", "nullkey", "nocase")));

    RunResult again =
        move(with(from, there, "sidecar").withExclude(List.of("keyless", "nullkey", "nocase")));

    assertThat(again.collections()).allMatch(each -> each.written() == 0);
    assertThat(again.status()).isEqualTo(Status.OK);
  }

  @Test
  void aRollbackTakesTheSidecarWithIt() throws Exception {
    String there = server.database();

    RunResult result = move(with(nasty(), there, "sidecar"));
    RunResult undone = world.rollback(result);

    assertThat(undone.error()).isNull();
    assertThat(world.state(there)).isEmpty();
  }

  @Test
  void anEntryWhoseStandInWasChangedIsIgnored() throws Exception {
    String from = nasty();
    String there = server.database();
    Path last = folder.resolve("last.db");
    move(with(from, there, "sidecar"));
    server.run(there, "UPDATE \"select\" SET mixed = 77 WHERE \"order\" = 2");

    move(with(there, "sqlite:" + last));

    assertThat(dump(last)).anyMatch(line -> line.contains("integer X'3737'"));
  }

  @Test
  void repairedRecordsAreCountedAndTheirOriginalsKept() throws Exception {
    String from = nasty();
    String there = server.database();

    RunResult result =
        move(
            with(from, there, "sidecar", "NUL_IN_TEXT=replace", "select.mixed:MIXED_TYPES=null")
                .withExclude(List.of("keyless")));

    assertThat(result.status()).isEqualTo(Status.PARTIAL);
    assertThat(result.collections())
        .filteredOn(each -> each.name().equals("select"))
        .allMatch(each -> each.repaired() == 4 && each.written() == 6);
    assertThat(Files.readAllLines(result.directory().resolve("quarantine/repaired.ndjson")))
        .hasSize(4);
    assertThat(Sidecar.isPart("waybill_sidecar_values")).isTrue();
  }

  static void make(Path file, String... statements) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void aKeyThatTheStoreSpellsOtherwiseIsStillTheKey() {
    String from = server.database();
    String last = server.database();
    String between = "sqlite:" + folder.resolve("between.db");
    server.run(from, "CREATE TABLE t (id BIGINT PRIMARY KEY, j JSONB, f REAL, u UUID)");
    server.run(
        from,
        "INSERT INTO t VALUES (1, '{\"a\": 1}', 'NaN',"
            + " '6f9619ff-8b86-d011-b42d-00c04fc964ff')");

    move(with(from, between, "sidecar"));
    move(with(between, last));

    assertThat(world.waybill().diff(with(from, last), event -> {}).differences()).isEmpty();
    assertThat(world.waybill().diffSchema(with(from, last)).structure()).isEmpty();
  }

  @Test
  void aCollectionThatTookAnothersOldNameIsNotLost() throws Exception {
    Path file = folder.resolve("first.db");
    make(file, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x')");
    String there = server.database();
    move(
        with("sqlite:" + file, there)
            .withProfile(
                PlanFile.readFragment(
                    "profile.yaml", "waybill-profile: 1\ncollections: [{source: a, target: b}]")));
    server.run(there, "CREATE TABLE a (id INT PRIMARY KEY, w TEXT)");
    server.run(there, "INSERT INTO a VALUES (7, 'seven'), (8, 'eight')");
    Path last = folder.resolve("last.db");

    RunResult back = move(with(there, "sqlite:" + last));

    assertThat(back.collections()).extracting(each -> each.name()).contains("a", "b");
    assertThat(dump(last)).anyMatch(line -> line.startsWith("a: ") && line.contains("X'38'"));
  }

  @Test
  void aFieldMoreDoesNotPartRecordsWithoutKeyFromTheirValues() throws Exception {
    Path file = folder.resolve("first.db");
    make(
        file,
        "CREATE TABLE t (a TEXT, b INT)",
        "INSERT INTO t VALUES ('n' || char(0), 1), ('n' || char(0), 1), (NULL, 1)");
    String there = server.database();
    move(with("sqlite:" + file, there, "sidecar"));
    server.run(there, "ALTER TABLE t ADD COLUMN more INT DEFAULT 7");
    Path last = folder.resolve("last.db");

    move(with(there, "sqlite:" + last));

    assertThat(dump(last)).filteredOn(line -> line.contains("X'6E00'")).hasSize(2);
  }

  @Test
  void damageIsNamed() throws Exception {
    String there = server.database();
    move(with(nasty(), there, "sidecar"));
    String last = "sqlite:" + folder.resolve("last.db");

    server.run(there, "UPDATE waybill_sidecar_values SET original = ''");
    assertThat(world.waybill().plan(with(there, last)).refusals())
        .isNotEmpty()
        .allMatch(loss -> loss.text().contains("is damaged"));
    server.run(there, "ALTER TABLE waybill_sidecar_values DROP COLUMN original");
    assertThat(world.waybill().plan(with(there, last)).refusals())
        .extracting(loss -> loss.collection())
        .containsExactly("waybill_sidecar_values");
    List<String> values = List.of("waybill_sidecar_values");
    assertThat(move(with(there, last).withExclude(values)).status()).isEqualTo(Status.OK);

    server.run(there, "ALTER TABLE waybill_sidecar_schema ALTER definition DROP NOT NULL");
    server.run(there, "UPDATE waybill_sidecar_schema SET definition = NULL");
    move(with(there, "sqlite:" + folder.resolve("other.db")).withExclude(values));
  }

  @Test
  void aPolicyThatNeedsASidecarIsRefusedWithoutOne() throws Exception {
    MigrationSpec spec = with(nasty(), server.database(), "sidecar");
    MigrationSpec without =
        spec.withProfile(
            PlanFile.readFragment("profile.yaml", "waybill-profile: 1\noptions: {sidecar: false}"));

    assertThatThrownBy(() -> world.waybill().plan(without))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("needs a sidecar");
  }
}
