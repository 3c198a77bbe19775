package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.RunResult;
import dev.waybill.model.Collection;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.testkit.MemoryForm;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What was left behind several copies ago comes back as well, PostgreSQL among the stores. */
class SidecarChainIT {
  /** What SQLite cannot hold, and what it spells otherwise. */
  private static final List<String> NASTY =
      List.of(
          "CREATE TABLE t (id BIGINT PRIMARY KEY, j JSONB, f DOUBLE PRECISION, u UUID, n"
              + " NUMERIC(30, 10), w TIMESTAMPTZ, d DATE, i INTERVAL, a TEXT[], b BYTEA, c CHAR(3),"
              + " k BOOLEAN)",
          "INSERT INTO t VALUES (1, '{\"a\": 1, \"b\": [1.0, null]}', 'NaN',"
              + " '6f9619ff-8b86-d011-b42d-00c04fc964ff', 12345678901234567890.0123456789,"
              + " '2024-02-29 23:59:59.123456+02', '0044-03-15 BC', '1 mon 2 days 03:04:05',"
              + " ARRAY['x', NULL], '\\x00ff', 'ab', true)",
          "INSERT INTO t VALUES (2, 'null', '-0', NULL, NULL, 'infinity', NULL, NULL, '{}', '', NULL,"
              + " false)",
          "INSERT INTO t VALUES (3, NULL, 'Infinity', NULL, 0, NULL, 'infinity', NULL, NULL, NULL,"
              + " NULL, NULL)",
          "CREATE TABLE keyless (f DOUBLE PRECISION, s TEXT)",
          "INSERT INTO keyless VALUES ('NaN', 'x'), ('NaN', 'x'), ('-0', 'x'), (NULL, 'x')");

  @TempDir private Path folder;
  private TestServer server;
  private World world;
  private Rounds rounds;

  @BeforeEach
  void begin() {
    server = new TestServer();
    world = new World(folder.resolve("home"));
    rounds = new Rounds(world);
  }

  @AfterEach
  void end() {
    server.close();
  }

  private String sqlite(String name) {
    return "sqlite:" + folder.resolve(name);
  }

  private static String documents() {
    return MemoryStores.url(MemoryForm.DOCUMENT);
  }

  @TestFactory
  Stream<DynamicTest> fromSqliteOverTwoStoresAndBack() {
    return Stream.of(true, false)
        .map(
            isServerFirst ->
                DynamicTest.dynamicTest(
                    isServerFirst ? "PostgreSQL, documents" : "documents, PostgreSQL",
                    () -> {
                      Path first = folder.resolve("first" + isServerFirst + ".db");
                      Path last = folder.resolve("last" + isServerFirst + ".db");
                      SidecarIT.make(first, SidecarIT.NASTY.toArray(new String[0]));
                      String one = isServerFirst ? server.database() : documents();
                      String other = isServerFirst ? documents() : server.database();

                      rounds.move(List.of("sqlite:" + first, one, other, "sqlite:" + last));

                      rounds.requireSame(first, last);
                    }));
  }

  @Test
  void fromPostgresOverTwoStoresAndBack() {
    String first = server.database();
    NASTY.forEach(sql -> server.run(first, sql));
    String last = server.database();
    String again = server.database();

    rounds.move(List.of(first, sqlite("a.db"), documents(), last));
    rounds.move(List.of(first, documents(), sqlite("b.db"), again));

    rounds.requireEqual(first, last);
    rounds.requireEqual(first, again);
  }

  @Test
  void valuesOfBothStagesComeBack() {
    Collection things =
        Collection.of(
            "things",
            List.of(
                World.field("id", LogicalType.TEXT, false),
                World.field("text", LogicalType.TEXT, true),
                World.field("number", LogicalType.FLOAT64, true)),
            List.of("id"));
    RecordBatch records = World.batch(things);
    records.putText("1");
    records.putText("no place in PostgreSQL: \0");
    records.putFloat64(Double.NaN);
    records.putText("2");
    records.putAbsent();
    records.putNull();
    String first = documents();
    world.fill(first, things, records);
    String postgres = server.database();
    String sqlite = sqlite("between.db");
    String again = server.database();
    String last = documents();

    rounds.move(first, postgres);
    RunResult onwards = rounds.move(postgres, sqlite);
    rounds.move(sqlite, again);
    rounds.move(again, last);
    String straight = documents();
    rounds.move(sqlite, straight);

    assertThat(onwards.collections()).allMatch(each -> each.repaired() == 0);
    rounds.requireEqual(postgres, again);
    rounds.requireEqual(first, last);
    rounds.requireEqual(first, straight);
    assertThat(world.state(last)).containsAllEntriesOf(world.state(first));
    assertThat(world.state(straight)).containsAllEntriesOf(world.state(first));
  }

  @Test
  void aLongerRoundIsNoOther() {
    String first = server.database();
    NASTY.forEach(sql -> server.run(first, sql));
    String last = server.database();

    rounds.move(
        List.of(
            first,
            sqlite("a.db"),
            documents(),
            sqlite("b.db"),
            MemoryStores.url(MemoryForm.RELATIONAL),
            documents(),
            last));

    rounds.requireEqual(first, last);
  }
}
