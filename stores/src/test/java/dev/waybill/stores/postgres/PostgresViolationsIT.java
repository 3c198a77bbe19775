package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import dev.waybill.spi.Violation.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which loaded records a constraint refuses, asked of the server. */
@Timeout(120)
class PostgresViolationsIT {
  private TestDatabase database;

  @BeforeEach
  void makeDatabase() {
    database = new TestDatabase();
  }

  @AfterEach
  void dropDatabase() {
    if (database != null) {
      database.close();
    }
  }

  /** A table as a plan has it: described, then dropped. */
  private Collection like(String name, String... statements) {
    database.run(statements);
    Collection described = database.collection(name);
    database.run("DROP TABLE " + name);
    return described;
  }

  /** Rows of whole numbers, text, or null. */
  private static RecordBatch rows(int width, Object... values) {
    RecordBatch batch = new RecordBatch(width);
    for (Object value : values) {
      if (value instanceof Integer number) {
        batch.putInt64(number);
      } else if (value instanceof String text) {
        batch.putText(text);
      } else {
        batch.putNull();
      }
    }
    return batch;
  }

  private static void put(TargetSession session, Collection collection, RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      writer.apply(
          collection,
          ChangeBatch.puts(records, digests),
          ConflictPolicy.FAIL,
          new Mark(collection.name(), 0, 0, 0, false));
    }
  }

  /** What is named after a load that cannot be finished, and that finishing refuses it. */
  private List<String> violating(Collection collection, Rule rule, RecordBatch records) {
    List<String> named = new ArrayList<>();
    try (TargetStore store = database.target();
        TargetSession session = store.begin(TestDatabase.header("r1"), noLedger())) {
      session.create(collection);
      put(session, collection, records);
      assertThatThrownBy(() -> session.finish(List.of(collection), List.of()))
          .isInstanceOf(DataException.class);
      session.violations(
          collection,
          rule,
          found -> {
            collect(found, named);
            return true;
          });
    }
    return named;
  }

  private static void collect(Violation found, List<String> into) {
    int[] all = IntStream.range(0, found.records().width()).toArray();
    for (int i = 0; i < found.records().records(); i++) {
      into.add(KeyText.of(found.records(), i, all));
    }
  }

  @SuppressWarnings("NullAway")
  private static dev.waybill.spi.Ledger noLedger() {
    return null;
  }

  @Test
  void aCheckNamesTheRecordsForWhichItIsFalseNotThoseForWhichItIsUnknown() {
    Collection t =
        like("t", "CREATE TABLE t (id bigint PRIMARY KEY, n bigint CONSTRAINT pos CHECK (n > 0))");

    assertThat(violating(t, Rule.CHECK, rows(2, 1, 5, 2, -5, 3, null, 4, 0)))
        .containsExactlyInAnyOrder("2", "4");
  }

  @Test
  void nullsAreAlikeOnlyWhereTheConstraintSaysSo() {
    Collection distinct =
        like("t", "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b text, UNIQUE (a, b))");
    Collection alike =
        like(
            "u",
            "CREATE TABLE u (id bigint PRIMARY KEY, a bigint, b text,"
                + " UNIQUE NULLS NOT DISTINCT (a, b))");
    RecordBatch records =
        rows(3, 1, 7, "x", 2, 7, null, 3, 7, null, 4, null, null, 5, null, null, 6, 7, "x");

    assertThat(violating(distinct, Rule.UNIQUE, records)).containsExactly("6");
    assertThat(violating(alike, Rule.UNIQUE, records)).containsExactlyInAnyOrder("3", "5", "6");
  }

  @Test
  void indexesOverExpressionsAndPartsOfTheRecordsCompareAsTheServerDoes() {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id bigint PRIMARY KEY, a text, gone boolean)",
            "CREATE UNIQUE INDEX by_lower ON t (lower(a)) WHERE id < 100");

    assertThat(
            violating(
                t,
                Rule.UNIQUE,
                rows(3, 1, "Ada", null, 2, "ADA", null, 3, "Bob", null, 100, "ada", null)))
        .containsExactly("2");
  }

  @Test
  void recordsThatExcludeEachOtherAreNamedButForTheFirst() {
    database.run("CREATE EXTENSION btree_gist");
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint, CONSTRAINT apart EXCLUDE"
                + " USING gist (int8range(a, b) WITH &&) DEFERRABLE INITIALLY DEFERRED)");

    assertThat(violating(t, Rule.UNIQUE, rows(3, 1, 0, 10, 2, 5, 15, 3, 10, 20, 4, 19, 30)))
        .containsExactlyInAnyOrder("2", "4");
  }

  @Test
  void deferrableAndCompositeConstraintsAreNamedToo() {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (a bigint, b text, c bigint, PRIMARY KEY (a, b),"
                + " UNIQUE (c) DEFERRABLE INITIALLY DEFERRED)");

    assertThat(violating(t, Rule.UNIQUE, rows(3, 1, "x", 5, 1, "y", 5, 2, "x", 6)))
        .containsExactly("1, y");
  }

  @Test
  void ofRecordsOfOneKeyAllButTheFirstAreNamedWhole() {
    Collection t = like("t", "CREATE TABLE t (id bigint PRIMARY KEY, a text)");

    assertThat(violating(t, Rule.KEY, rows(2, 1, "x", 2, "y", 1, "z", 1, "x")))
        .containsExactlyInAnyOrder("1, z", "1, x");
  }

  @Test
  void aForeignKeyOfSeveralFieldsIsNotHeldAgainstNullsUnlessItMatchesInFull() {
    database.run("CREATE TABLE p (a bigint, b bigint, PRIMARY KEY (a, b))");
    database.run("INSERT INTO p VALUES (1, 1)");
    Collection simple =
        like(
            "t",
            "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint,"
                + " CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (a, b))");
    Collection full =
        like(
            "u",
            "CREATE TABLE u (id bigint PRIMARY KEY, a bigint, b bigint,"
                + " CONSTRAINT g FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL)");
    RecordBatch records = rows(3, 1, 1, 1, 2, 1, null, 3, null, null, 4, 1, 2, 5, null, 9);

    assertThat(violating(simple, Rule.FOREIGN_KEY, records)).containsExactly("4");
    assertThat(violating(full, Rule.FOREIGN_KEY, records)).containsExactlyInAnyOrder("2", "4", "5");
  }

  @Test
  void recordsWithoutKeyAreNamedWhole() {
    database.run("CREATE TABLE p (a bigint PRIMARY KEY)");
    Collection t = like("t", "CREATE TABLE t (a bigint REFERENCES p (a), b text UNIQUE)");
    RecordBatch records = rows(2, null, "x", 7, "y", 7, "z", null, "x", null, "x");

    assertThat(violating(t, Rule.FOREIGN_KEY, records)).containsExactlyInAnyOrder("7, y", "7, z");
  }

  @Test
  void askingChangesNothing() {
    Collection t =
        like(
            "t",
            "CREATE TABLE t (id bigint PRIMARY KEY, a text)",
            "CREATE UNIQUE INDEX by_lower ON t (lower(a))");

    violating(t, Rule.UNIQUE, rows(2, 1, "a", 2, "A"));

    assertThat(database.ask("SELECT id || a FROM t ORDER BY id")).containsExactly("1a", "2A");
    assertThat(database.ask("SELECT relname FROM pg_class WHERE relname LIKE 'waybill_trial%'"))
        .isEmpty();
  }
}
