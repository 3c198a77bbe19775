package dev.waybill.stores.sqlite;

import static dev.waybill.stores.sqlite.Writing.ask;
import static dev.waybill.stores.sqlite.Writing.code;
import static dev.waybill.stores.sqlite.Writing.collection;
import static dev.waybill.stores.sqlite.Writing.collections;
import static dev.waybill.stores.sqlite.Writing.records;
import static dev.waybill.stores.sqlite.Writing.sum;
import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a schema on its way from one database to another. */
class SqliteSchemaTest {
  private static final String[] SCHEMA = {
    "CREATE TABLE parent(a TEXT COLLATE NOCASE, b INT, PRIMARY KEY(b DESC, a)) -- by b\n"
        + " WITHOUT ROWID /* and */, STRICT",
    "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, /* CHECK (no; yes) */"
        + " n \"VARCHAR\" NOT NULL DEFAULT 'it''s', e DEFAULT ('a'||' ''x''') ,"
        + " k INT DEFAULT -1 CHECK (k <> ')' -- never\n), d DEFAULT \"said\", w DEFAULT said,"
        + " a AS (k * 2), c TEXT GENERATED ALWAYS AS (lower(n) || ',') STORED COLLATE RTRIM,"
        + " u TEXT COLLATE NOCASE UNIQUE ON CONFLICT REPLACE, now DEFAULT CURRENT_TIMESTAMP,"
        + " self REFERENCES t ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,"
        + " gone REFERENCES nowhere(x), pb INT, pa TEXT,"
        + " CONSTRAINT fk FOREIGN KEY(pb, pa) REFERENCES parent(b, a) ON UPDATE CASCADE,"
        + " CONSTRAINT both CHECK (pb IS NULL OR pa IS NOT NULL))",
    "CREATE TABLE \"order\"(\"group\"\"s\" TEXT, [select] INT, `a\nb` BLOB, '😀' , \"\u0001\" REAL,"
        + " rowid TEXT, PRIMARY KEY(\"group\"\"s\"))",
    "CREATE TABLE flags(a ANY, b INTEGER NOT NULL, c REAL, d BLOB) STRICT",
    "CREATE TABLE loose(a, b NULL, c DECIMAL(10,2))",
    "CREATE TABLE plain_key(id INTEGER PRIMARY KEY DESC, v)",
    "CREATE INDEX partial ON t(k) WHERE n <> ';'",
    "CREATE UNIQUE INDEX \"by\nname\" ON T(n COLLATE NOCASE DESC)",
    "CREATE INDEX words ON t(lower(n), k)",
    "CREATE INDEX exact ON t(u COLLATE BINARY)",
    "CREATE UNIQUE INDEX plain ON t(k, pa)",
  };

  @TempDir Path temp;
  private Path source;
  private Path target;
  private Path work;

  @BeforeEach
  void paths() throws Exception {
    source = Sample.make(temp.resolve("source.db"), SCHEMA[0]);
    target = temp.resolve("target.db");
    work = temp.resolve("work");
  }

  private void sourceOf(String... statements) throws Exception {
    for (String statement : statements) {
      if (!statement.equals(SCHEMA[0])) {
        Sample.make(source, statement);
      }
    }
  }

  private void make(List<Collection> collections) {
    try (Writing run = new Writing(target, work)) {
      for (int again = 0; again < 2; again++) {
        collections.forEach(run.session::create);
        run.session.finish(collections, List.of());
      }
    }
  }

  private static List<String> statements(Path file) throws Exception {
    return ask(
        file,
        "SELECT name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'waybill%'"
            + " AND name NOT LIKE 'sqlite%' ORDER BY name");
  }

  private static Collection withoutDefinition(Collection collection) {
    return collection.withDetail(new NativeDetail("", List.of(), collection.detail().properties()));
  }

  private static Collection defined(Collection collection, String definition) {
    return collection.withDetail(
        new NativeDetail(definition, List.of(), collection.detail().properties()));
  }

  @Test
  void aCopyHasTheStatementsOfItsSourceToTheLetter() throws Exception {
    sourceOf(SCHEMA);

    make(collections(source, work));

    List<String> was = statements(source);
    List<String> plain = new ArrayList<>(statements(target));
    assertThat(was).hasSize(11);
    assertThat(plain.removeIf(each -> each.startsWith("plain|"))).isTrue();
    assertThat(was).containsAll(plain);
    assertThat(plain).hasSize(10);
  }

  @Test
  void whatAComposedStatementCanSayItSays() throws Exception {
    sourceOf(
        SCHEMA[0],
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT NOT NULL DEFAULT 'it''s',"
            + " e DEFAULT ('a'||' ''x'''), k INT DEFAULT -1 CHECK (k <> ')' -- never\n),"
            + " d DEFAULT \"said\", w DEFAULT said, a AS (k * 2),"
            + " c TEXT AS (lower(n) || ',') STORED COLLATE RTRIM, u TEXT COLLATE NOCASE UNIQUE)",
        SCHEMA[2],
        SCHEMA[3],
        SCHEMA[4],
        "CREATE INDEX partial ON t(k) WHERE n <> ';'",
        "CREATE INDEX exact ON t(u COLLATE BINARY)");
    List<Collection> wanted = collections(source, work);

    make(wanted.stream().map(SqliteSchemaTest::withoutDefinition).toList());

    for (Collection each : wanted) {
      Collection made = collection(target, work, each.name());
      assertThat(made.detail().properties()).isEqualTo(each.detail().properties());
      assertThat(made)
          .usingRecursiveComparison()
          .ignoringFields("fields", "detail", "estimatedBytes")
          .isEqualTo(each);
      for (Field field : each.fields()) {
        Field copy = made.field(field.name()).orElseThrow();
        assertThat(copy).usingRecursiveComparison().ignoringFields("defaultValue").isEqualTo(field);
        Field.Default was = field.defaultValue();
        Field.Default is = copy.defaultValue();
        assertThat(is == null).as(field.name()).isEqualTo(was == null);
        if (is != null && was != null) {
          assertThat(is.literal()).isEqualTo(was.literal());
          if (was.literal() == null) {
            assertThat(is.expression()).isEqualTo(was.expression());
          }
        }
      }
    }
  }

  @Test
  void aPlanThatSaysOtherwiseThanTheDefinitionIsFollowed() throws Exception {
    sourceOf(
        SCHEMA[0],
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT CHECK (a > 0), b TEXT DEFAULT 'x' UNIQUE,"
            + " c INT REFERENCES t, d AS (a + 1))");
    Collection t = collection(source, work, "t");
    List<Collection> changed =
        List.of(
            t.withFields(t.fields().subList(0, 4)),
            t.withFields(
                t.fields().stream()
                    .map(f -> f.name().equals("b") ? f.withType(LogicalType.TEXT, "CLOB") : f)
                    .toList()),
            t.withConstraints(List.of(), t.foreignKeys(), t.indexes()),
            t.withConstraints(t.uniqueSets(), List.of(), t.indexes()),
            new Collection(
                t.name(),
                t.fields(),
                t.key(),
                t.uniqueSets(),
                t.foreignKeys(),
                t.indexes(),
                List.of(),
                List.of(),
                null,
                -1,
                -1,
                t.detail()));
    for (Collection plan : changed) {
      try (Writing run = new Writing(target, work)) {
        run.session.create(plan);
        Collection made = collection(target, work, "t");
        assertThat(made.detail().definition()).isNotEqualTo(t.detail().definition());
        assertThat(made)
            .usingRecursiveComparison()
            .ignoringFields("detail", "fields", "estimatedRecords", "estimatedBytes")
            .isEqualTo(plan);
        assertThat(made.fields())
            .extracting(Field::name, Field::nativeType)
            .isEqualTo(
                plan.fields().stream()
                    .map(f -> org.assertj.core.groups.Tuple.tuple(f.name(), f.nativeType()))
                    .toList());
        run.session.drop("t");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP TABLE mine",
        "CREATE TABLE other(a)",
        "CREATE TABLE T(a)",
        "CREATE TABLE t(a); DROP TABLE mine",
        "CREATE TABLE t(a);",
        "CREATE TABLE t(a) AS SELECT 1",
        "CREATE TABLE t AS SELECT * FROM mine",
        "CREATE TABLE main.t(a)",
        "CREATE TABLE \"main\".\"t\"(a)",
        "CREATE TABLE IF NOT EXISTS t(a)",
        "CREATE TEMP TABLE t(a)",
        "CREATE TABLE temp.t(a)",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE VIEW t(a) AS SELECT 1",
        "CREATE TABLE t(a",
        "CREATE TABLE t(a))",
        "CREATE TABLE t(a DEFAULT 'x)",
        "CREATE TABLE t(a) /* ",
        "CREATE TABLE t(a) nonsense",
        "CREATE TABLE t(a)\u0000",
        "CREATE\u2003TABLE t(a)",
        "CREATE TABLE t(a, CHECK (fail))",
        "CREATE TABLE t(a NONSENSE) STRICT",
        "--",
      })
  void whatIsNotOneStatementThatMakesTheTableIsRefusedAndChangesNothing(String definition)
      throws Exception {
    sourceOf("CREATE TABLE t(a)");
    Collection t = defined(collection(source, work, "t"), definition);
    Sample.make(target, "CREATE TABLE mine(a)");
    try (Writing run = new Writing(target, work)) {
      assertThat(code(() -> run.session.create(t))).isEqualTo("DEFINITION_NOT_RUN");
    }
    assertThat(statements(target)).containsExactly("mine|CREATE TABLE mine(a)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE INDEX i ON t(a); DROP TABLE t",
        "CREATE INDEX i ON mine(a)",
        "CREATE INDEX main.i ON t(a)",
        "CREATE INDEX j ON t(a)",
        "CREATE UNIQUE INDEX i ON t(a)",
        "CREATE INDEX IF NOT EXISTS i ON t(a)",
        "CREATE INDEX i ON t(a) WHERE a <> '",
        "DROP TABLE t",
      })
  void whatIsNotOneStatementThatMakesTheIndexIsRefused(String definition) throws Exception {
    sourceOf("CREATE TABLE t(a)");
    Collection t =
        collection(source, work, "t")
            .withConstraints(
                List.of(), List.of(), List.of(new Index("i", List.of(), false, "", definition)));
    Sample.make(target, "CREATE TABLE mine(a)");
    try (Writing run = new Writing(target, work)) {
      run.session.create(t);
      assertThat(code(() -> run.session.finish(List.of(t), List.of())))
          .isEqualTo("DEFINITION_NOT_RUN");
    }
    assertThat(statements(target))
        .containsExactly("mine|CREATE TABLE mine(a)", "t|CREATE TABLE t(a)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1), (2", "1); DROP TABLE mine", "1 --", "1 /*", "'", "", ") b, (", "1), b AS (2"})
  void anExpressionThatDoesNotEndWhereItShouldIsRefused(String expression) throws Exception {
    Sample.make(target, "CREATE TABLE mine(a)");
    Field.Default value = new Field.Default(null, expression);
    Field plain = Field.of("a", LogicalType.INT64, "INT", true);
    List<Collection> plans =
        List.of(
            Collection.of(
                "t",
                List.of(
                    new Field("a", LogicalType.INT64, "INT", true, value, Field.Generation.NONE)),
                List.of()),
            Collection.of(
                "t",
                List.of(
                    plain,
                    new Field(
                        "c", LogicalType.INT64, "INT", true, value, Field.Generation.COMPUTED)),
                List.of()),
            new Collection(
                "t",
                List.of(plain),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(expression),
                List.of(),
                null,
                -1,
                -1));
    for (Collection plan : plans) {
      try (Writing run = new Writing(target, work)) {
        String code = code(() -> run.session.create(plan));
        if (expression.equals("1 --")) {
          assertThat(code).isEqualTo("none");
          run.session.drop("t");
        } else {
          assertThat(code).isEqualTo("EXPRESSION_NOT_RUN");
        }
      }
    }
    assertThat(statements(target)).containsExactly("mine|CREATE TABLE mine(a)");
  }

  @Test
  void aTableWithComputedColumnsIsFilledAndDroppedAgain() throws Exception {
    sourceOf(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v INT, twice AS (v * 2) STORED, more AS (v + 1))");
    Collection t = collection(source, work, "t");
    for (Collection plan : List.of(t, withoutDefinition(t))) {
      try (Writing run = new Writing(target, work)) {
        run.session.create(plan);
        run.put(plan, 1L, 5L, 2L, null);
        run.session.finish(List.of(plan), List.of());
        assertThat(ask(target, "SELECT * FROM t")).containsExactly("1|5|10|6", "2|null|null|null");

        assertThat(run.session.dropIfStill(plan, 2, sum(records(2, 1L, 5L, 2L, null)))).isTrue();
      }
    }
  }

  @Test
  void nullsInAKeyGoWhereThePlanLetsThem() throws Exception {
    sourceOf("CREATE TABLE t(k TEXT PRIMARY KEY, v INT)");
    Collection t = collection(source, work, "t");
    try (Writing run = new Writing(target, work)) {
      run.session.create(t);
      run.put(t, null, 1L, null, 2L, "a", 3L);
    }
    assertThat(ask(target, "SELECT * FROM t")).containsExactlyInAnyOrder("null|1", "null|2", "a|3");
  }

  @Test
  void aKeyThatThePlanCallsNotNullIsNotNull() throws Exception {
    sourceOf("CREATE TABLE t(k TEXT PRIMARY KEY, v INT)");
    Collection t = collection(source, work, "t");
    Collection planned =
        t.withFields(List.of(Field.of("k", LogicalType.TEXT, "TEXT", false), t.fields().get(1)));
    try (Writing run = new Writing(target, work)) {
      run.session.create(planned);
      assertThat(code(() -> run.put(planned, null, 1L))).isEqualTo("NULL_NOT_ALLOWED@0");
    }
  }
}
