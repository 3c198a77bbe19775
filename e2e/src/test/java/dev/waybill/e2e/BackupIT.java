package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backup, restore and redo between SQLite and PostgreSQL, looked at through their own clients. */
class BackupIT {
  private static final List<String> PEOPLE =
      List.of(
          "CREATE TABLE person (id bigint PRIMARY KEY, name text NOT NULL, score double precision,"
              + " twice double precision GENERATED ALWAYS AS (score * 2) STORED, price"
              + " numeric(12,3) CHECK (price >= 0), seen timestamptz DEFAULT now(), tags text[],"
              + " about jsonb, embedding vector(3), own uuid, UNIQUE (name))",
          "COMMENT ON TABLE person IS 'people'",
          "CREATE INDEX person_score ON person (score DESC) WHERE score > 0",
          "INSERT INTO person (id, name, score, price, seen, tags, about, embedding, own) SELECT n, 'name ' || n, CASE n % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN -0.0"
              + " ELSE n / 7.0::float8 END, (n || '.100')::numeric, '2020-01-01 00:00:00.123456+02'::timestamptz"
              + " + n * interval '1 day', ARRAY['a', NULL, 'ä' || n], jsonb_build_object('n', n,"
              + " 'big', 12345678901234567890.5), '[1,2.5,-3]', md5(n::text)::uuid FROM"
              + " generate_series(1, 200) n",
          "CREATE TABLE pet (id bigint PRIMARY KEY, owner bigint REFERENCES person (id), name text)",
          "INSERT INTO pet SELECT n, n, 'pet ' || n FROM generate_series(1, 200) n");

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

  private String postgres() {
    String url = server.database();
    PEOPLE.forEach(statement -> server.run(url, statement));
    return url;
  }

  private String sqlite(String name, String... statements) throws Exception {
    String url = "sqlite:" + folder.resolve(name);
    try (Connection connection = SqlClient.SQLITE.open(url);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
    return url;
  }

  private static List<String> rows(String url, String query) throws Exception {
    SqlClient client = url.startsWith("sqlite:") ? SqlClient.SQLITE : SqlClient.POSTGRES;
    List<String> rows = new ArrayList<>();
    try (Connection connection = client.open(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.add(row.getString(1));
      }
    }
    return rows;
  }

  private static MigrationSpec spec(String from, String to, String onConflict, long quarantined) {
    return World.spec(from, to, ConflictPolicy.parse(onConflict), quarantined, OnFailure.ROLLBACK);
  }

  private RunResult done(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    return result;
  }

  /** People 101 to 300 with other names, 151 to 200 as they are. */
  private String source() throws Exception {
    return sqlite(
        "source.db",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        "WITH RECURSIVE n(n) AS (SELECT 101 UNION ALL SELECT n + 1 FROM n WHERE n < 300) INSERT"
            + " INTO person SELECT n, CASE WHEN n BETWEEN 151 AND 200 THEN 'name ' || n ELSE"
            + " 'other ' || n END FROM n");
  }

  private static final String WHOLE_ROWS = "SELECT person::text FROM person ORDER BY id";

  @Test
  void aPostgresBackupIsRestoredIntoAnEmptyDatabaseAsItWas() throws Exception {
    String to = postgres();
    List<String> before =
        rows(to, "SELECT person::text FROM person WHERE id BETWEEN 101 AND 150 ORDER BY id");
    Collection person = world.collection(to, "person");
    RunResult run = done(spec(source(), to, "overwrite", 0));
    assertThat(rows(to, "SELECT count(*) FROM person WHERE name LIKE 'other%'"))
        .containsExactly("150");
    String restored = server.database();

    RunResult result = done(MigrationSpec.of("backup:" + run.run(), restored));

    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(rows(restored, WHOLE_ROWS)).isEqualTo(before).hasSize(50);
    Collection made = world.collection(restored, "person");
    assertThat(made.withEstimates(-1, -1)).isEqualTo(person.withEstimates(-1, -1));
    assertThat(made.indexes()).isNotEmpty();
    assertThat(made.checks()).isNotEmpty();
    assertThat(made.fields()).anyMatch(field -> field.generation() == Generation.COMPUTED);
  }

  @Test
  void aPostgresBackupPutsBackInPlaceWhatWasOverwritten() throws Exception {
    String to = postgres();
    List<String> before = rows(to, "SELECT person::text FROM person ORDER BY id");
    RunResult run = done(spec(source(), to, "overwrite", 0));

    done(spec("backup:" + run.run(), to, "overwrite", 0));

    assertThat(rows(to, "SELECT person::text FROM person WHERE id <= 200 ORDER BY id"))
        .isEqualTo(before);
  }

  @Test
  void aPostgresBackupGoesToAnotherKindOfStoreToo() throws Exception {
    String to = postgres();
    RunResult run = done(spec(source(), to, "overwrite", 0));
    String restored = "sqlite:" + folder.resolve("restored.db");

    done(
        MigrationSpec.of("backup:" + run.run(), restored)
            .withOnLoss(LossRules.parse(List.of("sidecar"))));

    assertThat(rows(restored, "SELECT name FROM person ORDER BY id"))
        .hasSize(50)
        .startsWith("name 101")
        .endsWith("name 150");
  }

  @Test
  void aSqliteBackupIsRestoredIntoAnEmptyFileAsItWas() throws Exception {
    String make =
        "CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE"
            + " NOCASE, any, n INT CHECK (n > 0), g INT GENERATED ALWAYS AS (n * 2) STORED, UNIQUE"
            + " (name))";
    String to =
        sqlite(
            "target.db",
            make,
            "CREATE INDEX by_n ON person (n) WHERE n > 1",
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200) INSERT"
                + " INTO person (id, name, any, n) SELECT n, 'name ' || n, CASE n % 5 WHEN 0 THEN"
                + " x'00ff' WHEN 1 THEN n WHEN 2 THEN -0.0 WHEN 3 THEN 'a' || char(0) ELSE"
                + " CAST(x'61ff' AS TEXT) END, n FROM n");
    String all =
        "SELECT id || ' ' || name || ' ' || typeof(any) || quote(CAST(any AS BLOB)) || n || g FROM"
            + " person WHERE id BETWEEN 101 AND 150 ORDER BY id";
    List<String> before = rows(to, all);
    RunResult run = done(spec(source(), to, "overwrite", 0));
    assertThat(rows(to, all)).isNotEqualTo(before);
    String restored = "sqlite:" + folder.resolve("restored.db");

    done(MigrationSpec.of("backup:" + run.run(), restored));

    assertThat(rows(restored, all)).isEqualTo(before).hasSize(50);
    assertThat(rows(restored, "SELECT count(*) FROM person")).containsExactly("50");
    String schema =
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'waybill%' AND name"
            + " NOT LIKE 'sqlite%' ORDER BY name";
    assertThat(rows(restored, schema)).isEqualTo(rows(to, schema)).contains(make);
  }

  @Test
  void whatPostgresRefusedGoesOnceTheTableOrTheFileIsMended() throws Exception {
    String from =
        sqlite(
            "long.db",
            "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, any)",
            "CREATE TABLE log (line TEXT, at)",
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) INSERT"
                + " INTO note SELECT n, CASE WHEN n % 10 = 0 THEN 'far too long ' || n ELSE 'ok'"
                + " END, CASE WHEN n % 10 = 5 THEN 'text' ELSE n END FROM n",
            "INSERT INTO log VALUES ('x', 1), ('x', 1), ('long line', 2), ('long line', 2), ('y',"
                + " 'soon')");
    String to = server.database();
    server.run(to, "CREATE TABLE note (id bigint PRIMARY KEY, text varchar(8), \"any\" bigint)");
    server.run(to, "CREATE TABLE log (line varchar(4), \"at\" bigint)");
    MigrationSpec first =
        spec(from, to, "fail", 30).withOnLoss(LossRules.parse(List.of("MIXED_TYPES=quarantine")));
    RunResult run = done(first);
    assertThat(run.status()).isEqualTo(Status.PARTIAL);
    assertThat(rows(to, "SELECT count(*) FROM note")).containsExactly("80");
    assertThat(rows(to, "SELECT count(*) FROM log")).containsExactly("2");
    Path file = run.directory().resolve("quarantine/records.ndjson");
    server.run(to, "ALTER TABLE note ALTER COLUMN text TYPE varchar(100)");
    Files.writeString(
        file,
        Files.readString(file)
            .replace("\"any\":\"text\"", "\"any\":-5")
            .replace("\"line\":\"long line\"", "\"line\":\"long\"")
            .replace("\"at\":\"soon\"", "\"at\":3"));
    String again = "quarantine:" + run.run();
    String there = world.waybill().usualTarget(again).orElseThrow();

    RunResult redone = done(MigrationSpec.of(again, there));

    assertThat(redone.status()).isEqualTo(Status.OK);
    assertThat(redone.collections()).allMatch(each -> each.verified() == each.written());
    assertThat(rows(to, "SELECT count(*) FROM note")).containsExactly("100");
    assertThat(rows(to, "SELECT count(*) FROM note WHERE text LIKE 'far too long %'"))
        .containsExactly("10");
    assertThat(rows(to, "SELECT count(*) FROM note WHERE \"any\" = -5")).containsExactly("10");
    assertThat(rows(to, "SELECT line || \"at\" FROM log ORDER BY 1"))
        .containsExactly("long2", "long2", "x1", "x1", "y3");
    RunResult twice = done(MigrationSpec.of(again, there));
    assertThat(twice.collections()).allMatch(each -> each.written() == 0);
    assertThat(rows(to, "SELECT count(*) FROM log")).containsExactly("5");

    world.rollback(redone);
    assertThat(rows(to, "SELECT count(*) FROM note")).containsExactly("80");
    assertThat(rows(to, "SELECT count(*) FROM log")).containsExactly("2");
  }

  @Test
  void whatStayedBehindForItsValuesGoesWithStandInsAndComesBack() throws Exception {
    String[] nasty = {
      "CREATE TABLE nasty (id INTEGER PRIMARY KEY, text TEXT, mixed INTEGER, real REAL)",
      "INSERT INTO nasty VALUES (1, 'a', 1, 0.1), (2, 'b', 2, -0.0)",
      "INSERT INTO nasty VALUES (3, 'a' || char(0), 3, 1), (4, CAST(x'61ff' AS TEXT), 4, 9e999)",
      "INSERT INTO nasty VALUES (5, 'x', 'text', 2.5), (6, 'y', x'00ff', 1e-320)"
    };
    String from = sqlite("nasty.db", nasty);
    String to = server.database();
    RunResult run =
        done(spec(from, to, "fail", 10).withOnLoss(LossRules.parse(List.of("quarantine"))));
    assertThat(run.status()).isEqualTo(Status.PARTIAL);
    String back = "sqlite:" + folder.resolve("back.db");

    RunResult redone =
        done(
            MigrationSpec.of("quarantine:" + run.run(), to)
                .withOnLoss(LossRules.parse(List.of("sidecar"))));
    done(MigrationSpec.of(to, back));

    assertThat(redone.status()).isEqualTo(Status.OK);
    String all =
        "SELECT id || quote(CAST(text AS BLOB)) || typeof(text) || quote(CAST(mixed AS BLOB)) ||"
            + " typeof(mixed) || quote(real) || typeof(real) FROM nasty ORDER BY id";
    assertThat(rows(back, all)).isEqualTo(rows(from, all)).hasSize(6);
  }
}
