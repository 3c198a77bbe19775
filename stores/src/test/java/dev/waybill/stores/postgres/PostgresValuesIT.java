package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Values of every type, there and back. */
class PostgresValuesIT {
  private static TestDatabase database;
  private static boolean hasVectors;

  @BeforeAll
  static void makeDatabase() {
    database = new TestDatabase();
    hasVectors = database.offers("vector");
    if (hasVectors) {
      database.run("CREATE EXTENSION vector");
    }
    database.run(OWN_TYPES);
  }

  @AfterAll
  static void dropDatabase() {
    if (database != null) {
      database.close();
    }
  }

  @AfterEach
  void dropTables() {
    database.run("DROP TABLE IF EXISTS a, b, c", "DROP SCHEMA IF EXISTS waybill CASCADE");
  }

  static Stream<Arguments> types() {
    String vector =
        IntStream.range(0, 1536)
            .mapToObj(i -> Float.toString(i / 7f - 100))
            .reduce((a, b) -> a + "," + b)
            .orElseThrow();
    return Stream.of(
        type("boolean", Kind.BOOLEAN, "true", "false"),
        type("smallint", Kind.INT64, "32767", "-32768", "0"),
        type("integer", Kind.INT64, "2147483647", "-2147483648"),
        type("bigint", Kind.INT64, "9223372036854775807", "-9223372036854775808"),
        type("oid", Kind.INT64, "4294967295", "0"),
        type("real", Kind.FLOAT32, "3.4028235e38", "1e-45", "-0", "NaN", "Infinity", "-Infinity"),
        type(
            "double precision",
            Kind.FLOAT64,
            "1.7976931348623157e308",
            "1e-320",
            "0.1",
            "-0",
            "NaN",
            "Infinity",
            "-Infinity"),
        type(
            "numeric",
            Kind.DECIMAL,
            "1.10",
            "1.1",
            "0",
            "0.00",
            "-0.00001234",
            "12345678901234567890.123456789",
            "10000",
            "1e500",
            "1e-400",
            "99999999",
            "NaN",
            "Infinity",
            "-Infinity"),
        type("numeric(10,2)", Kind.DECIMAL, "12345678.90", "-0.01", "NaN"),
        type("numeric(2,5)", Kind.DECIMAL, "0.00012"),
        type("numeric(3,-2)", Kind.DECIMAL, "12300"),
        type("text", Kind.TEXT, "", "a", "é e\u0301 \uD83D\uDE00 \t\n\\.", "x".repeat(100_000)),
        type("character varying(3)", Kind.TEXT, "", "äöü", "\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00"),
        type("character(5)", Kind.TEXT, "ab", "", "abcde"),
        type("name", Kind.TEXT, "a name"),
        type("xml", Kind.TEXT, "<a>b</a>"),
        type("bytea", Kind.BYTES, "\\x", "\\x00ff00", "\\x" + "ab".repeat(70_000)),
        type("uuid", Kind.UUID, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        type(
            "date",
            Kind.DATE,
            "4713-01-01 BC",
            "5874897-12-31",
            "2000-02-29",
            "infinity",
            "-infinity"),
        type("time without time zone", Kind.TIME, "00:00", "23:59:59.999999", "24:00"),
        type("time(3) without time zone", Kind.TIME, "23:59:59.123"),
        type("time with time zone", Kind.TIME, "10:11:12.000001+05:30", "24:00:00-12:34:56"),
        type(
            "timestamp without time zone",
            Kind.TIMESTAMP,
            "4713-11-24 00:00:00 BC",
            "294276-12-31 23:59:59.999999",
            "1969-12-31 23:59:59.999999",
            "infinity",
            "-infinity"),
        type("timestamp(2) without time zone", Kind.TIMESTAMP, "2026-01-01 00:00:00.12"),
        type(
            "timestamp with time zone",
            Kind.INSTANT,
            "4713-11-24 00:00:00 BC UTC",
            "294276-12-31 23:59:59.999999 UTC",
            "2026-06-01 10:00:00+02",
            "infinity",
            "-infinity"),
        type(
            "interval",
            Kind.INTERVAL,
            "1 year 2 mons -3 days 04:05:06.000007",
            "-178000000 years",
            "2000000 hours"),
        type("interval year to month", Kind.INTERVAL, "1 year 2 mons"),
        type("interval hour to minute", Kind.INTERVAL, "3 days 4 hours 5 minutes"),
        type("json", Kind.JSON, "{\"a\": 1,  \"a\":2}", "[-0]", "null", "\"\\u0000\""),
        type("jsonb", Kind.JSON, "{\"b\": [1.10, null, \"x\"], \"a\": {}}", "1e300", "\"\""),
        type("integer[]", Kind.LIST, "{}", "{1,NULL,3}", "{{1,2},{3,NULL}}", "{{{1}}}"),
        type("text[]", Kind.LIST, "{\"\",NULL,\"NULL\",\"a,b\"}"),
        type("character varying(3)[]", Kind.LIST, "{abc,d}"),
        type("numeric(5,2)[]", Kind.LIST, "{1.10,NaN}"),
        type("jsonb[]", Kind.LIST, "{\"{\\\"a\\\":1}\"}"),
        type("timestamp with time zone[]", Kind.LIST, "{\"2026-01-01 00:00:00+00\"}"),
        type("uuid[]", Kind.LIST, "{00000000-0000-0000-0000-000000000001}"),
        type("vector(3)", Kind.VECTOR, "[1,-0,3e38]"),
        type("vector", Kind.VECTOR, "[" + vector + "]", "[1]"),
        type("halfvec(2)", Kind.VECTOR, "[1,2.5]", "[65504,-65504]", "[-0,0]"),
        type("halfvec(3)", Kind.VECTOR, "[5.9604645e-8,-6.0975552e-5,6.1035156e-5]"),
        type("halfvec", Kind.VECTOR, "[" + vector + "]", "[1]"),
        type("sparsevec(5)", Kind.VECTOR, "{1:1,3:2}/5", "{}/5", "{5:1e-45}/5"),
        type("sparsevec(16000)", Kind.VECTOR, "{16000:-3e38}/16000"),
        type("sparsevec(16001)", Kind.TEXT, "{16001:0.1}/16001"),
        type("sparsevec", Kind.TEXT, "{1:0.1}/2", "{1000000000:1e-45}/1000000000"),
        type("halfvec(1)[]", Kind.TEXT, "{[1],[2]}"),
        type("citext", Kind.TEXT, "MiXed"),
        type("mood", Kind.TEXT, "very happy", "sad"),
        type("mood[]", Kind.LIST, "{\"very happy\",sad}"),
        type("small", Kind.INT64, "7"),
        type("short_text", Kind.TEXT, "abc"),
        type("small[]", Kind.LIST, "{7,8}"),
        type("money", Kind.TEXT, "-12345678.90"),
        type("inet", Kind.TEXT, "192.168.0.1/24", "::1"),
        type("inet[]", Kind.TEXT, "{192.168.0.1/24}"),
        type("bit varying(8)", Kind.TEXT, "10101"),
        type("bit(3)", Kind.VECTOR, "101", "000"),
        type("bit(8)", Kind.VECTOR, "10000001"),
        type("bit(64000)", Kind.VECTOR, "1".repeat(63_999) + "0"),
        type("bit(64001)", Kind.TEXT, "1".repeat(64_001)),
        type("point", Kind.TEXT, "(0.1,-0)"),
        type("int4range", Kind.TEXT, "[1,5)", "empty"),
        type("int4multirange", Kind.TEXT, "{[1,3),[5,8)}"),
        type("tsvector", Kind.TEXT, "'a':1 'b':2"),
        type("pair", Kind.TEXT, "(1,\"x y\")"),
        type("pair[]", Kind.TEXT, "[0:1]={\"(1,a)\",\"(2,)\"}"),
        type("\"Wide Pair\"", Kind.TEXT, "(\"(1,a)\",\"{sad,\"\"very happy\"\"}\")"),
        type("moods", Kind.LIST, "{sad}"),
        type("moods[]", Kind.TEXT, "{\"{sad}\"}"),
        type("network", Kind.TEXT, "10.0.0.0/8"),
        type("span", Kind.TEXT, "[0.5,1.5)"),
        type("span_multirange", Kind.TEXT, "{[0.5,1.5),[2.5,)}"),
        type("inet[]", Kind.TEXT, "[2:3]={::1,10.0.0.1}", "{{::1},{10.0.0.1}}"),
        type("bit(3)[]", Kind.TEXT, "{101,010}"),
        type("bit(1)", Kind.VECTOR, "1"),
        type("bpchar", Kind.TEXT, "a ", ""),
        type("cidr", Kind.TEXT, "10.0.0.0/8"),
        type("macaddr", Kind.TEXT, "08:00:2b:01:02:03"),
        type("hstore", Kind.TEXT, "\"a\"=>NULL, \"b\"=>\"\""),
        type("ltree", Kind.TEXT, "a.b.c"),
        type("lo", Kind.INT64, "4294967295"),
        type("regclass", Kind.TEXT, "pg_class"),
        type("\"char\"", Kind.TEXT, "x", ""));
  }

  private static Arguments type(String nativeType, Kind kind, String... values) {
    return Arguments.of(nativeType, kind, List.of(values));
  }

  private static final String[] OWN_TYPES = {
    "CREATE EXTENSION citext",
    "CREATE EXTENSION hstore",
    "CREATE EXTENSION ltree",
    "CREATE EXTENSION lo",
    "CREATE TYPE mood AS ENUM ('sad', 'very happy')",
    "CREATE DOMAIN moods AS mood[]",
    "CREATE DOMAIN network AS inet CHECK (masklen(VALUE) < 9)",
    "CREATE TYPE span AS RANGE (subtype = float8)",
    "CREATE DOMAIN small AS integer CHECK (VALUE < 10)",
    "CREATE DOMAIN short_text AS varchar(3)",
    "CREATE TYPE pair AS (a integer, b text)",
    "CREATE TYPE \"Wide Pair\" AS (p pair, m mood[])"
  };

  @ParameterizedTest(name = "{0}")
  @MethodSource("types")
  void valuesOfEveryTypeComeBackAsTheyWere(String nativeType, Kind kind, List<String> values) {
    assumeTrue(
        database.version() >= 15 || !nativeType.matches("numeric\\((2,5|3,-2)\\)"),
        "such a scale is known since 15");
    assumeTrue(hasVectors || !isVector(nativeType), "pgvector is not there");
    String columns = "(id integer PRIMARY KEY, v " + nativeType + ")";
    database.run(
        "CREATE TABLE a " + columns, "CREATE TABLE b " + columns, "CREATE TABLE c " + columns);
    for (int i = 0; i < values.size(); i++) {
      database.run("INSERT INTO a VALUES (" + i + ", '" + values.get(i).replace("'", "''") + "')");
    }
    database.run("INSERT INTO a VALUES (-1, NULL)", "INSERT INTO c SELECT * FROM a WHERE id = 0");

    Collection from = database.collection("a");
    RecordBatch records = database.read(from);
    for (int record = 0; record < records.records(); record++) {
      assertThat(records.kind(record, 1))
          .isEqualTo(records.int64At(records.at(record, 0)) < 0 ? Kind.NULL : kind);
    }
    assertThat(from.fields().get(1).type().kind()).isEqualTo(kind);
    assertThat(from.fields().get(1).nativeType()).isEqualTo(nativeType);

    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header("r"), null);
        TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      // One through an empty table's fast way, one by staging, where a record is there already.
      for (String name : List.of("b", "c")) {
        Collection to = database.collection(name);
        writer.apply(to, puts(records), ConflictPolicy.FAIL, new Mark(name, 0, 0, 0, false));
      }
    }

    String content = "SELECT id || ' ' || coalesce(v::text, 'null') FROM %s ORDER BY id";
    assertThat(database.ask(content.formatted("b")))
        .isEqualTo(database.ask(content.formatted("a")));
    assertThat(database.ask(content.formatted("c")))
        .isEqualTo(database.ask(content.formatted("a")));
    assertThat(shown(database.read(database.collection("b")))).isEqualTo(shown(records));
  }

  @Test
  void theTableOfTypesSaysWhatTheServerReads() {
    for (TypeTable.Native each : new PostgresTypes(true).natives()) {
      if (Set.of("enum", "domain", "composite", "range", "multirange", "array", "other")
              .contains(each.nativeType())
          || isVector(each.nativeType()) && !hasVectors) {
        continue;
      }
      database.run("CREATE TABLE a (v " + each.nativeType() + ")");
      Field field = database.collection("a").fields().get(0);

      assertThat(field.type()).as(each.nativeType()).isEqualTo(each.logical());
      try (Store store = database.source()) {
        assertThat(store.capabilities().types().isKnown(field.nativeType()))
            .as(field.nativeType())
            .isTrue();
      }
      database.run("DROP TABLE a");
    }
  }

  @Test
  void valuesWithoutALogicalTypeAreReadAsTheServerShowsThem() {
    database.run(
        "CREATE TABLE a (i inet, n network, p pair, q pair)",
        "INSERT INTO a VALUES ('10.0.0.1', '10.0.0.0/8', ROW(NULL, NULL), NULL)");

    RecordBatch records = database.read(database.collection("a"));

    assertThat(KeyText.of(records, 0, new int[] {0, 1, 2, 3}))
        .isEqualTo("10.0.0.1, 10.0.0.0/8, (,), null");
  }

  @Test
  void everyBuiltInTypeOfTheServerIsKnown() {
    PostgresTypes types = new PostgresTypes(false);

    assertThat(
            database.ask(
                "SELECT format_type(oid, NULL) FROM pg_type WHERE typtype IN ('b', 'r', 'm')"
                    + " AND typnamespace = 'pg_catalog'::regnamespace AND typcategory NOT IN ('A', 'Z')"
                    + " AND typname NOT LIKE 'pg\\_%' AND typname <> 'gtsvector'"
                    + " AND typname <> 'aclitem'"))
        .allMatch(types::isKnown);
  }

  private static boolean isVector(String nativeType) {
    return nativeType.matches("(vector|halfvec|sparsevec).*");
  }

  static ChangeBatch puts(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return ChangeBatch.puts(records, digests);
  }

  private static List<String> shown(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    return IntStream.range(0, records.records())
        .mapToObj(i -> KeyText.of(records, i, new int[] {0, 1}) + canonical.digest(records, i))
        .sorted()
        .toList();
  }
}
