package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Finding;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tables guarded by policies, written and read as an ordinary role with two tenants. */
@Timeout(120)
class PostgresRowSecurityIT {
  private TestDatabase database;
  private String role;

  @BeforeEach
  void makeDatabase() {
    database = new TestDatabase();
    role = database.name() + "_app";
    database.run(
        "CREATE ROLE " + role + " LOGIN PASSWORD 'writing' NOSUPERUSER NOBYPASSRLS",
        "GRANT CREATE ON DATABASE " + database.name() + " TO " + role,
        "GRANT CREATE ON SCHEMA public TO " + role,
        """
        CREATE TABLE doc (id integer PRIMARY KEY, tenant text NOT NULL, body inet,
          shout text GENERATED ALWAYS AS (upper(tenant)) STORED, kind text DEFAULT 'plain')
        """,
        "CREATE TABLE part (id serial PRIMARY KEY, doc integer REFERENCES doc, tenant text)",
        "CREATE TABLE log (tenant text, line text)");
    for (String table : List.of("doc", "part", "log")) {
      database.run(
          "ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY",
          "ALTER TABLE " + table + " FORCE ROW LEVEL SECURITY",
          "ALTER TABLE " + table + " OWNER TO " + role,
          "CREATE POLICY of_tenant ON "
              + table
              + " USING (tenant = current_setting('app.tenant', true) OR tenant = 'all')");
    }
    database.run(
        "CREATE POLICY no_x ON doc AS RESTRICTIVE USING (shout <> 'X' AND kind = 'plain')",
        "CREATE POLICY not_mine ON doc TO postgres USING (true)");
  }

  @AfterEach
  void dropDatabase() {
    if (database != null) {
      database.run("DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role);
      database.close();
    }
  }

  private TargetStore open(String... tenants) {
    SessionOptions options =
        new SessionOptions(
            tenants.length == 0 ? Map.of() : Map.of("app.tenant", List.of(tenants)),
            Duration.ZERO,
            Duration.ZERO,
            true);
    return new PostgresAdapter()
        .openTarget(
            StoreUrl.parse(database.url().replaceFirst("//[^@]*@", "//" + role + ":writing@")),
            new Workspace(Path.of("target", "workspace"), 4, options));
  }

  private static RecordBatch docs(String... of) {
    RecordBatch records = new RecordBatch(3);
    for (int i = 0; i < of.length; i++) {
      records.putInt64(i);
      records.putText(of[i]);
      records.putText("10.0.0." + i);
    }
    return records;
  }

  private Collection doc() {
    Collection doc = database.collection("doc");
    return doc.withFields(
        doc.fields().stream().filter(field -> !field.name().equals("kind")).toList());
  }

  private static Outcome put(
      TargetSession session, Collection to, RecordBatch records, String policy, int batch) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          to,
          PostgresValuesIT.puts(records),
          ConflictPolicy.parse(policy),
          new Mark(to.name(), 0, batch, 0, false));
    }
  }

  private static Outcome take(
      TargetSession session, Collection from, RecordBatch keys, RecordDigest[] written) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          from,
          new ChangeBatch(ChangeBatch.ChangeKind.DELETE, keys, null, written),
          ConflictPolicy.FAIL,
          new Mark(from.name(), 0, 0, 0, true));
    }
  }

  private static RecordDigest[] digests(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return digests;
  }

  private List<String> held(String table) {
    return database.ask("SELECT " + table + "::text FROM " + table + " ORDER BY 1");
  }

  @Test
  void recordsOfEveryTenantAreWrittenReadCountedAndFoundOnceEach() {
    Collection doc = doc();
    RecordBatch records = docs("a", "b", "a", "all", "b");
    try (TargetStore target = open("a", "b");
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      assertThat(put(session, doc, records, "fail", 0).inserted()).isEqualTo(5);
      assertThat(put(session, doc, records, "fail", 1).unchanged()).isEqualTo(5);
      session.finish(List.of(), List.of(doc));

      try (Snapshot snapshot = target.snapshot()) {
        assertThat(TestDatabase.read(snapshot, doc, 100).records()).isEqualTo(5);
        assertThat(digests(TestDatabase.read(snapshot, doc, 100)))
            .containsExactlyInAnyOrder(digests(records));
        assertThat(snapshot.count(doc)).isEqualTo(5);
        RecordBatch keys = new RecordBatch(1);
        for (int key : new int[] {0, 1, 3, 99}) {
          keys.putInt64(key);
        }
        RecordBatch found = new RecordBatch(3);
        try (RecordReader reader = snapshot.lookup(doc, keys)) {
          while (reader.read(found, 100, Integer.MAX_VALUE)) {
            assertThat(found.records()).isLessThanOrEqualTo(3);
          }
        }
        assertThat(found.records()).isEqualTo(3);
      }
    }
    assertThat(held("doc"))
        .containsExactly(
            "(0,a,10.0.0.0,A,plain)",
            "(1,b,10.0.0.1,B,plain)",
            "(2,a,10.0.0.2,A,plain)",
            "(3,all,10.0.0.3,ALL,plain)",
            "(4,b,10.0.0.4,B,plain)");
  }

  @Test
  void oneTenantAloneIsSeenAndWrittenAlone() {
    Collection doc = doc();
    database.run("INSERT INTO doc VALUES (7, 'b', '::1')");
    try (TargetStore target = open("a");
        TargetSession session = target.begin(TestDatabase.header("r"), null);
        Snapshot before = target.snapshot()) {
      assertThat(before.count(doc)).isZero();
      assertThat(put(session, doc, docs("a", "a"), "fail", 0).inserted()).isEqualTo(2);
      try (Snapshot snapshot = target.snapshot()) {
        assertThat(snapshot.count(doc)).isEqualTo(2);
      }
    }
  }

  @Test
  void aRecordThatNoValueLetsInIsRefusedByNameAndNothingIsWritten() {
    Collection doc = doc();
    try (TargetStore target = open("a", "b");
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      DataException refused =
          catchThrowableOfType(
              DataException.class, () -> put(session, doc, docs("a", "c", "b"), "fail", 0));
      assertThat(refused.code()).isEqualTo("ROW_POLICY_REFUSED");
      assertThat(refused.record()).isEqualTo(1);
      assertThat(refused).hasMessageContaining("record 1");

      refused =
          catchThrowableOfType(
              DataException.class, () -> put(session, doc, docs("a", "x"), "fail", 0));
      assertThat(refused.record()).isEqualTo(1);
    }
    assertThat(held("doc")).isEmpty();
  }

  @Test
  void conflictsOfEveryTenantAreDecidedAndAnotherTenantsStaysUnseen() {
    Collection doc = doc();
    database.run("INSERT INTO doc VALUES (0, 'a', '::1'), (1, 'b', '::1'), (2, 'c', '::1')");
    try (TargetStore target = open("a", "b");
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      assertThatThrownBy(() -> put(session, doc, docs("a", "b"), "fail", 0))
          .isInstanceOfSatisfying(
              DataException.class, refused -> assertThat(refused.code()).isEqualTo("CONFLICT"));
      assertThat(put(session, doc, docs("a", "b"), "skip", 0).skipped()).isEqualTo(2);
      assertThat(put(session, doc, docs("a", "b"), "overwrite", 1).updated()).isEqualTo(2);
      assertThatThrownBy(() -> put(session, doc, docs("a", "b", "a"), "overwrite", 2))
          .isInstanceOfSatisfying(
              DataException.class, refused -> assertThat(refused.code()).isEqualTo("NOT_UNIQUE"));
      assertThatThrownBy(() -> put(session, doc, docs("b"), "overwrite", 3))
          .isInstanceOfSatisfying(
              DataException.class,
              refused -> assertThat(refused.code()).isEqualTo("ROW_POLICY_REFUSED"));
    }
    assertThat(held("doc"))
        .containsExactly("(0,a,10.0.0.0,A,plain)", "(1,b,10.0.0.1,B,plain)", "(2,c,::1,C,plain)");
  }

  @Test
  void whatWasWrittenForEveryTenantIsTakenBackUnlessReferredTo() {
    Collection doc = doc();
    RecordBatch records = docs("a", "b", "all");
    RecordBatch keys = new RecordBatch(1);
    for (int i = 0; i < 3; i++) {
      keys.putInt64(i);
    }
    try (TargetStore target = open("a", "b");
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      put(session, doc, records, "fail", 0);
      database.run("INSERT INTO part VALUES (1, 1, 'b')");
      assertThatThrownBy(() -> take(session, doc, keys, digests(records)))
          .isInstanceOfSatisfying(
              DataException.class, refused -> assertThat(refused.code()).isEqualTo("CONFLICT"));
      database.run("DELETE FROM part");

      assertThat(take(session, doc, keys, digests(records)).deleted()).isEqualTo(3);
    }
    assertThat(held("doc")).isEmpty();
  }

  @Test
  void recordsWithoutKeyAreWrittenAndTakenBackInEveryScope() {
    Collection log = database.collection("log");
    database.run("INSERT INTO log VALUES ('a', 'x'), ('c', 'x')");
    RecordBatch records = new RecordBatch(2);
    for (String tenant : List.of("a", "b", "a", "all")) {
      records.putText(tenant);
      records.putText("x");
    }
    try (TargetStore target = open("a", "b");
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      assertThat(put(session, log, records, "fail", 0).inserted()).isEqualTo(4);
      assertThat(held("log"))
          .containsExactly("(a,x)", "(a,x)", "(a,x)", "(all,x)", "(b,x)", "(c,x)");

      assertThat(take(session, log, records, digests(records)).deleted()).isEqualTo(4);
    }
    assertThat(held("log")).containsExactly("(a,x)", "(c,x)");
  }

  @Test
  void sequencesGoBehindTheNumbersOfEveryTenant() {
    database.run("INSERT INTO part (id, tenant) VALUES (3, 'a'), (9, 'b')");
    Collection part = database.collection("part");
    try (TargetStore target = open("b", "a");
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      session.finish(List.of(), List.of(part));
    }
    assertThat(database.ask("SELECT nextval('part_id_seq')")).containsExactly("10");
  }

  @Test
  void withoutASettingItIsSaidWhichOneIsMissingAndNothingIsWritten() {
    Collection doc = doc();
    try (TargetStore target = open()) {
      assertThat(target.findings(doc))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.isBlocking()).isTrue();
                assertThat(finding.code()).isEqualTo("ROW_SECURITY");
                assertThat(finding.hint()).contains("--set app.tenant=VALUE");
              });
      try (TargetSession session = target.begin(TestDatabase.header("r"), null)) {
        assertThatThrownBy(() -> put(session, doc, docs("a"), "fail", 0))
            .isInstanceOfSatisfying(
                StoreException.class,
                refused -> assertThat(refused.code()).isEqualTo("ROW_SECURITY"));
      }
    }
    try (TargetStore target = open("a", "b")) {
      assertThat(target.findings(doc)).noneMatch(Finding::isBlocking);
      assertThat(target.findings(doc))
          .extracting(Finding::code)
          .containsExactly("ROWS_UNDER_POLICY");
    }
  }
}
