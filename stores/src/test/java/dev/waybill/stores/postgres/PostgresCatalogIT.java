package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Finding;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a schema holds, how it is read, and what stands in the way of that. */
class PostgresCatalogIT {
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

  @Test
  void aRichSchemaIsDescribedAsItIs() {
    database.run(
        "CREATE SCHEMA elsewhere",
        "CREATE TABLE elsewhere.hidden (a int)",
        """
        CREATE TABLE author (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          serial_no serial,
          name varchar(40) NOT NULL DEFAULT 'it''s',
          age integer DEFAULT 7 CHECK (age > 0),
          score numeric(10,2) DEFAULT -1.50,
          born timestamptz DEFAULT now(),
          doc jsonb DEFAULT '{}'::jsonb,
          shout text GENERATED ALWAYS AS (upper(name)) STORED,
          token uuid DEFAULT gen_random_uuid(),
          UNIQUE (name, age))
        """,
        """
        CREATE TABLE book (
          a integer, b integer, author bigint REFERENCES author ON DELETE CASCADE,
          parent_a integer, parent_b integer, title text,
          PRIMARY KEY (b, a),
          FOREIGN KEY (parent_b, parent_a) REFERENCES book (b, a)
            ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED)
        """,
        "CREATE INDEX plain ON book (title, a DESC)",
        "CREATE UNIQUE INDEX plain_unique ON book (title, author)",
        "CREATE INDEX partial ON book (title) WHERE a > 1",
        "CREATE INDEX expression ON book (lower(title))",
        "CREATE INDEX hashed ON book USING hash (title)",
        "CREATE TABLE part (k int, v text) PARTITION BY RANGE (k)",
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20)",
        "INSERT INTO part SELECT i, 'x' || i FROM generate_series(0, 19) i",
        "CREATE VIEW seen AS SELECT 1 AS one",
        "CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER watch BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION f()",
        "INSERT INTO book (a, b) SELECT i, i FROM generate_series(1, 5) i");

    Catalog catalog = database.catalog();

    assertThat(catalog.store()).startsWith("PostgreSQL ");
    assertThat(catalog.collections())
        .extracting(Collection::name)
        .containsExactly("author", "book", "part");
    assertThat(catalog.leftOut())
        .extracting(Catalog.LeftOut::name, Catalog.LeftOut::holdsData)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("kept", false),
            org.assertj.core.groups.Tuple.tuple("seen", false));
    Collection author = catalog.collection("author").orElseThrow();
    assertThat(author.key()).containsExactly("id");
    assertThat(author.uniqueSets()).containsExactly(List.of("name", "age"));
    assertThat(author.checks()).containsExactly("CHECK ((age > 0))");
    assertThat(author.fields())
        .extracting(Field::generation)
        .containsExactly(
            Generation.IDENTITY_ALWAYS,
            Generation.IDENTITY,
            Generation.NONE,
            Generation.NONE,
            Generation.NONE,
            Generation.NONE,
            Generation.NONE,
            Generation.COMPUTED,
            Generation.NONE);
    assertThat(author.fields())
        .extracting(field -> field.defaultValue() == null ? "-" : field.defaultValue().literal())
        .containsExactly("-", "-", "it's", "7", "-1.50", null, "{}", null, null);
    assertThat(author.field("born").orElseThrow().defaultValue())
        .isEqualTo(new Field.Default(null, Field.Default.NOW));
    assertThat(author.field("name").orElseThrow().isNullable()).isFalse();
    Collection book = catalog.collection("book").orElseThrow();
    assertThat(book.key()).containsExactly("b", "a");
    assertThat(book.estimatedRecords()).isEqualTo(5);
    assertThat(book.triggers()).containsExactly("watch");
    assertThat(book.uniqueSets()).containsExactly(List.of("title", "author"));
    assertThat(book.foreignKeys())
        .containsExactly(
            new ForeignKey(
                "book_author_fkey",
                List.of("author"),
                "author",
                List.of("id"),
                ForeignKey.Action.CASCADE,
                ForeignKey.Action.NO_ACTION,
                false),
            new ForeignKey(
                "book_parent_b_parent_a_fkey",
                List.of("parent_b", "parent_a"),
                "book",
                List.of("b", "a"),
                ForeignKey.Action.NO_ACTION,
                ForeignKey.Action.SET_NULL,
                true));
    assertThat(book.indexes())
        .extracting(Index::name, Index::isPortable, Index::method)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("expression", false, ""),
            org.assertj.core.groups.Tuple.tuple("hashed", false, "hash"),
            org.assertj.core.groups.Tuple.tuple("partial", false, ""),
            org.assertj.core.groups.Tuple.tuple("plain", true, ""));
    Collection part = catalog.collection("part").orElseThrow();
    assertThat(database.read(part).records()).isEqualTo(20);
  }

  @Test
  void aSchemaMadeAnewIsTheSchemaThatWasRead() {
    database.run(
        """
        CREATE TABLE node (
          id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
          "Up Here" bigint REFERENCES node, other text, tag text[] NOT NULL DEFAULT '{}',
          CONSTRAINT positive CHECK (id > 0), UNIQUE (other))
        """,
        "CREATE TABLE edge (a bigint REFERENCES node ON DELETE CASCADE, b numeric(8,3), at timestamptz"
            + " DEFAULT now())",
        "CREATE INDEX edge_part ON edge USING btree (lower(b::text) DESC NULLS LAST) WHERE a > 3",
        "CREATE INDEX edge_plain ON edge (b DESC, a)",
        "INSERT INTO node (\"Up Here\", other) VALUES (NULL, 'x'), (1, 'y')",
        "INSERT INTO edge VALUES (1, 1.5, now())");
    List<Collection> read = database.catalog().collections();
    String copy = database.url() + "?schema=copy";

    try (TargetStore target = TestDatabase.openTarget(copy);
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      read.forEach(session::create);
      session.finish(read, List.of());
      session.finish(read, List.of());
    }

    try (Store store = TestDatabase.openSource(copy)) {
      List<Collection> made = store.catalog().collections();
      for (int i = 0; i < read.size(); i++) {
        Collection from = read.get(i);
        Collection to = made.get(i);
        assertThat(to.fields()).isEqualTo(from.fields());
        assertThat(to.key()).isEqualTo(from.key());
        assertThat(to.uniqueSets()).isEqualTo(from.uniqueSets());
        assertThat(to.foreignKeys()).isEqualTo(from.foreignKeys());
        assertThat(to.checks()).isEqualTo(from.checks());
        assertThat(to.indexes())
            .extracting(index -> index.definition().replace("copy.", "public."))
            .isEqualTo(from.indexes().stream().map(Index::definition).toList());
      }
    }
    try (TargetStore target = TestDatabase.openTarget(copy);
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      read.forEach(collection -> session.drop(collection.name()));
      session.restore();
      session.ledger().forget();
    }
    assertThat(
            database.ask("SELECT nspname FROM pg_namespace WHERE nspname IN ('copy', 'waybill')"))
        .isEmpty();
  }

  @Test
  void chunksCoverATableExactlyWhateverHappensMeanwhile() {
    database.run(
        "CREATE TABLE big (id bigint PRIMARY KEY, filler text)",
        "INSERT INTO big SELECT i, repeat('x', 200) FROM generate_series(1, 20000) i",
        "DELETE FROM big WHERE id % 3 = 0");
    Collection big = database.collection("big");
    long expected = Long.parseLong(database.ask("SELECT sum(id) FROM big").get(0));

    try (Store store = database.source();
        Snapshot snapshot = store.snapshot()) {
      List<Chunk> chunks = snapshot.chunks(big, 1000);
      RecordBatch first = new RecordBatch(2);
      TestDatabase.readChunk(snapshot, big, chunks.get(0), first);
      database.run("UPDATE big SET filler = 'y'", "DELETE FROM big WHERE id > 10000", "VACUUM big");
      RecordBatch all = TestDatabase.read(snapshot, big, 1000);

      assertThat(chunks.size()).isBetween(8, 30);
      assertThat(first.records()).isBetween(300, 3000);
      assertThat(LongStream.range(0, all.records()).map(i -> all.int64At(all.at((int) i, 0))).sum())
          .isEqualTo(expected);
      assertThat(snapshot.count(big)).isEqualTo(all.records());
      assertThat(snapshot.hasMoved()).isFalse();
    }
  }

  @Test
  void keysOfEveryKindAreFound() {
    database.run(
        """
        CREATE TABLE k (t timestamptz, d date, b bytea, x text COLLATE "C", n numeric, f float8,
          u uuid, l integer[], i interval, PRIMARY KEY (t, d, b, x, n, f, u, l, i))
        """,
        """
        INSERT INTO k VALUES ('infinity', '4713-01-01 BC', '\\x00ff', 'a"b\\c,{}', 1e300, 1e-320,
          gen_random_uuid(), '{1,2}', '1 year -3 days 00:00:00.000001'),
          ('0044-03-15 12:00:00.000001 BC', 'infinity', '', '', 'NaN', '-Infinity',
          gen_random_uuid(), '{}', '0')
        """);
    Collection collection = database.collection("k");
    RecordBatch records = database.read(collection);
    RecordBatch keys = new RecordBatch(9);
    for (int record = 0; record < 2; record++) {
      records.project(record, collection.keyPositions(), keys);
      records.project(record, collection.keyPositions(), keys);
    }

    try (Store store = database.source();
        Snapshot snapshot = store.snapshot();
        RecordReader reader = snapshot.lookup(collection, keys)) {
      RecordBatch found = new RecordBatch(9);
      assertThat(reader.read(found, 100, Integer.MAX_VALUE)).isTrue();
      assertThat(reader.read(found, 100, Integer.MAX_VALUE)).isFalse();
      assertThat(found.records()).isEqualTo(2);
    }
  }

  @Test
  void aReaderLeftEarlyLeavesTheSnapshotUsable() {
    database.run(
        "CREATE TABLE big (id bigint PRIMARY KEY)",
        "INSERT INTO big SELECT generate_series(1, 200000)");
    Collection big = database.collection("big");

    try (Store store = database.source();
        Snapshot snapshot = store.snapshot()) {
      RecordBatch some = new RecordBatch(1);
      try (RecordReader reader = snapshot.read(big, snapshot.chunks(big, 1_000_000).get(0))) {
        reader.read(some, 10, Integer.MAX_VALUE);
      }

      assertThat(some.records()).isEqualTo(10);
      assertThat(TestDatabase.read(snapshot, big, 1_000_000).records()).isEqualTo(200_000);
    }
  }

  @Test
  void aRowThatAPolicyHidesIsNeverLeftOutInSilence() {
    String reader = database.name() + "_hidden";
    database.run(
        "CREATE TABLE a (id integer PRIMARY KEY)",
        "INSERT INTO a VALUES (1), (2)",
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON a USING (id = 1)",
        "CREATE ROLE " + reader + " LOGIN PASSWORD 'reading'",
        "GRANT SELECT ON a TO " + reader);
    try {
      String url = database.url().replaceFirst("//[^@]*@", "//" + reader + ":reading@");
      assertThatThrownBy(
              () -> {
                try (Store store = TestDatabase.openSource(url);
                    Snapshot snapshot = store.snapshot()) {
                  Collection a = store.catalog().collection("a").orElseThrow();
                  TestDatabase.read(snapshot, a, 10);
                }
              })
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("row-level security")
          .extracting(failure -> ((StoreException) failure).hint())
          .asString()
          .contains("--set");
    } finally {
      database.run("DROP OWNED BY " + reader, "DROP ROLE " + reader);
    }
  }

  @Test
  void readingChangesNothingAndNeedsNoMoreThanSelect() {
    String reader = database.name() + "_reader";
    database.run(
        "CREATE TABLE a (id integer PRIMARY KEY)",
        "INSERT INTO a VALUES (1)",
        "CREATE ROLE " + reader + " LOGIN PASSWORD 'reading'",
        "GRANT SELECT ON a TO " + reader,
        "REVOKE TEMPORARY ON DATABASE " + database.name() + " FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    try {
      String url = database.url().replaceFirst("//[^@]*@", "//" + reader + ":reading@");
      try (Store store = TestDatabase.openSource(url);
          Snapshot snapshot = store.snapshot()) {
        Collection a = store.catalog().collection("a").orElseThrow();
        assertThat(TestDatabase.read(snapshot, a, 10).records()).isEqualTo(1);
        RecordBatch key = new RecordBatch(1);
        key.putInt64(1);
        try (RecordReader found = snapshot.lookup(a, key)) {
          assertThat(found.read(new RecordBatch(1), 1, 100)).isTrue();
        }
      }
      try (TargetStore target = TestDatabase.openTarget(url)) {
        assertThat(target.findings()).extracting(Finding::isBlocking).contains(true);
        assertThat(target.findings())
            .extracting(Finding::hint)
            .contains("GRANT CREATE ON DATABASE \"" + database.name() + "\" TO \"" + reader + "\";")
            .contains("GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"" + reader + "\";");
        assertThatThrownBy(() -> target.begin(TestDatabase.header("r"), null))
            .isInstanceOfSatisfying(
                StoreException.class,
                refused -> assertThat(refused.code()).isEqualTo("NO_PRIVILEGE"));
      }
      assertThat(database.ask("SELECT nspname FROM pg_namespace WHERE nspname = 'waybill'"))
          .isEmpty();
    } finally {
      database.run("DROP OWNED BY " + reader, "DROP ROLE " + reader);
    }
  }

  @Test
  void aReadOnlyDatabaseIsSaidSoBeforeAndAtWriting() {
    database.run("ALTER DATABASE " + database.name() + " SET default_transaction_read_only TO on");

    try (TargetStore target = database.target()) {
      assertThat(target.findings())
          .filteredOn(Finding::isBlocking)
          .extracting(Finding::code)
          .contains("READ_ONLY_TARGET");
      assertThatThrownBy(() -> target.begin(TestDatabase.header("r"), null))
          .isInstanceOfSatisfying(
              StoreException.class,
              refused -> assertThat(refused.code()).isEqualTo("READ_ONLY_TARGET"));
    }
  }

  @Test
  void whatIsNotThereIsNamedInOneSentence() throws IOException {
    assertFails(database.url() + "x", "NO_SUCH_DATABASE");
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    assertFails("postgresql://x@127.0.0.1:" + free + "/x", "UNREACHABLE");
    assertFails("postgresql://x@no-such-host.invalid/x", "UNREACHABLE");
    assertThatThrownBy(() -> TestDatabase.openSource(database.url() + "?shema=x"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("shema");
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void aServerThatNeverAnswersIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0)) {
      assertFails(
          "postgresql://x:secret@127.0.0.1:" + silent.getLocalPort() + "/x?connect_timeout=2",
          "UNREACHABLE");
    }
  }

  private static void assertFails(String url, String code) {
    assertThatThrownBy(
            () -> new PostgresAdapter().openSource(StoreUrl.parse(url), TestDatabase.workspace()))
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure.getMessage()).doesNotContain("\n").doesNotContain("secret");
              assertThat(failure.hint()).isNotEmpty();
            });
  }

  @Test
  void manyTablesNeedNoMoreQueriesThanFew() {
    List<String> tables = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      tables.add("CREATE TABLE t" + i + " (id integer PRIMARY KEY, v text UNIQUE)");
    }
    database.run(tables.get(0));
    long few = statements();
    database.run(tables.subList(1, 60).toArray(new String[0]));

    assertThat(statements()).isEqualTo(few);
    assertThat(database.catalog().collections()).hasSize(60);
  }

  /** Rounds to the server that one catalog takes, as the connection counts them. */
  private long statements() {
    try (CountingProxy proxy = new CountingProxy(database)) {
      try (Store store = TestDatabase.openSource(proxy.url())) {
        long before = proxy.messages();
        store.catalog();
        return proxy.messages() - before;
      }
    }
  }
}
