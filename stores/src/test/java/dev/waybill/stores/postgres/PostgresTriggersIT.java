package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Triggers of the target while records are written. */
@Timeout(120)
class PostgresTriggersIT {
  private static final String STATES =
      "SELECT tgrelid::regclass || '.' || tgname || '=' || tgenabled::text FROM pg_trigger"
          + " WHERE NOT tgisinternal ORDER BY 1";

  private TestDatabase database;

  @BeforeEach
  void makeDatabase() {
    database = new TestDatabase();
    database.run(
        "CREATE TABLE seen (what text)",
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN INSERT INTO seen VALUES (TG_TABLE_NAME || TG_NAME); RETURN NEW; END'",
        "CREATE TABLE parent (id integer PRIMARY KEY)",
        "INSERT INTO parent SELECT generate_series(1, 100)",
        "CREATE TABLE a (id integer PRIMARY KEY, v text, p integer,"
            + " FOREIGN KEY (p) REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
    for (String each : List.of("normal", "\"Always\"", "replica", "off")) {
      database.run(
          "CREATE TRIGGER "
              + each
              + " AFTER INSERT OR UPDATE OR DELETE ON a FOR EACH ROW"
              + " EXECUTE FUNCTION see()");
    }
    database.run(
        "ALTER TABLE a ENABLE ALWAYS TRIGGER \"Always\"",
        "ALTER TABLE a ENABLE REPLICA TRIGGER replica",
        "ALTER TABLE a DISABLE TRIGGER off");
  }

  @AfterEach
  void dropDatabase() {
    if (database != null) {
      database.close();
    }
  }

  private static RecordBatch records(int from, int to, String text, int parent) {
    RecordBatch records = new RecordBatch(3);
    for (int i = from; i < to; i++) {
      records.putInt64(i);
      records.putText(text);
      records.putInt64(parent < 0 ? i : parent);
    }
    return records;
  }

  private static Outcome put(
      TargetSession session, Collection to, RecordBatch records, int batch, Triggers triggers) {
    try (TargetWriter writer = session.writer(triggers, Overwritten.NOT_KEPT)) {
      return writer.apply(
          to,
          PostgresValuesIT.puts(records),
          ConflictPolicy.parse("overwrite"),
          new Mark(to.name(), 0, batch, 0, false));
    }
  }

  @Test
  void suppressedTriggersDoNotFireAndAreAfterwardsAsTheyWere() {
    List<String> before = database.ask(STATES);
    Collection a = database.collection("a");

    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      put(session, a, records(1, 5, "x", -1), 0, Triggers.SUPPRESS);
      put(session, a, records(3, 9, "y", -1), 1, Triggers.SUPPRESS);
      assertThat(database.ask("SELECT what FROM seen")).isEmpty();
      assertThat(database.ask(STATES)).isEqualTo(before);

      put(session, a, records(9, 10, "z", -1), 2, Triggers.FIRE);
    }

    assertThat(database.ask("SELECT what FROM seen ORDER BY 1"))
        .containsExactly("aAlways", "anormal");
    assertThat(database.ask("SELECT count(*) FROM a")).containsExactly("9");
  }

  @Test
  void foreignKeysHoldWhileTriggersAreSuppressedAndAFailureLeavesThemAsTheyWere() {
    List<String> before = database.ask(STATES);
    Collection a = database.collection("a");

    assertThatThrownBy(
            () -> {
              try (TargetStore target = database.target();
                  TargetSession session = target.begin(TestDatabase.header("r"), null)) {
                put(session, a, records(1, 2, "x", 7_777), 0, Triggers.SUPPRESS);
              }
            })
        .isInstanceOfSatisfying(
            DataException.class,
            refused -> assertThat(refused.code()).isEqualTo("FOREIGN_KEY_VIOLATED"));

    assertThat(database.ask(STATES)).isEqualTo(before);
    assertThat(database.ask("SELECT count(*) FROM a")).containsExactly("0");
  }

  @Test
  void triggersOfPartitionsAreSuppressedToo() {
    database.run(
        "CREATE TABLE p (id integer, v text, w integer) PARTITION BY RANGE (id)",
        "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION see()",
        "CREATE TRIGGER own AFTER INSERT ON p_1 FOR EACH ROW EXECUTE FUNCTION see()",
        "ALTER TABLE p_1 ENABLE ALWAYS TRIGGER own");
    List<String> before = database.ask(STATES);
    Collection p = database.collection("p");

    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      put(session, p, records(1, 5, "x", 1), 0, Triggers.SUPPRESS);
    }

    assertThat(database.ask("SELECT what FROM seen")).isEmpty();
    assertThat(database.ask(STATES)).isEqualTo(before);
  }

  @Test
  void severalWritersTakeTurnsWhileTriggersAreSuppressed() throws Exception {
    Collection a = database.collection("a");
    var threads = Executors.newFixedThreadPool(3);
    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      List<Future<Outcome>> all = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int batch = i;
        all.add(
            threads.submit(
                () ->
                    put(
                        session,
                        a,
                        records(batch * 5, batch * 5 + 5, "x", 1),
                        batch,
                        Triggers.SUPPRESS)));
      }
      for (Future<Outcome> each : all) {
        assertThat(each.get().inserted()).isEqualTo(5);
      }
    } finally {
      threads.shutdownNow();
    }

    assertThat(database.ask("SELECT what FROM seen")).isEmpty();
    assertThat(database.ask("SELECT count(*) FROM a")).containsExactly("60");
  }

  @Test
  void whoDoesNotOwnTheTableIsToldSo() {
    String role = database.name() + "_w";
    database.run(
        "CREATE ROLE " + role + " LOGIN PASSWORD 'writing'",
        "GRANT CREATE ON DATABASE " + database.name() + " TO " + role,
        "GRANT ALL ON a TO " + role);
    String url = database.url().replaceFirst("//[^@]*@", "//" + role + ":writing@");
    try (TargetStore target = TestDatabase.openTarget(url);
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      Collection a = target.catalog().collection("a").orElseThrow();

      assertThatThrownBy(() -> put(session, a, records(1, 2, "x", 1), 0, Triggers.SUPPRESS))
          .isInstanceOfSatisfying(
              StoreException.class, refused -> assertThat(refused.code()).isEqualTo("NO_PRIVILEGE"))
          .hasMessageContaining("triggers");
    } finally {
      database.run("DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role);
    }
  }
}
