package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Plan;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL schema with all that PostgreSQL has goes to SQLite and comes back. */
class PostgresThereAndBackIT {
  private static final List<String> SCHEMA =
      List.of(
          "CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy')",
          "CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100)",
          "CREATE DOMAIN email AS text NOT NULL CHECK (VALUE LIKE '%@%')",
          "CREATE TYPE address AS (street text, number int)",
          "CREATE SEQUENCE ticket START 1000 INCREMENT 7",
          "CREATE TABLE \"Every type\" ("
              + " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
              + " sm smallint, it int, bg bigint, re real, dp double precision,"
              + " nu numeric, nps numeric(20,5), mo money, bo boolean,"
              + " tx text, vc varchar(10), ch char(5), ci \"char\", na name, by bytea, uu uuid,"
              + " da date, ti time, titz time with time zone, ts timestamp, tsz timestamptz,"
              + " ts3 timestamp(3), iv interval,"
              + " js json, jb jsonb, xm xml,"
              + " ine inet, cid cidr, mac macaddr, mac8 macaddr8,"
              + " bi bit(4), vb bit varying(9),"
              + " i4r int4range, nr numrange, tsr tstzrange, dr daterange, i4m int4multirange,"
              + " po point, li line, ls lseg, bx box, pa path, pg polygon, cr circle,"
              + " tv tsvector, tq tsquery, oi oid, pl pg_lsn,"
              + " ia int[], ta text[], aa int[][], na2 numeric(6,2)[],"
              + " md mood, mda mood[], pc percent, em email, ad address, ada address[],"
              + " ve vector(3), hv halfvec(2), sv sparsevec(5))",
          "INSERT INTO \"Every type\" (sm, it, bg, re, dp, nu, nps, mo, bo, tx, vc, ch, ci, na, by,"
              + " uu, da, ti, titz, ts, tsz, ts3, iv, js, jb, xm, ine, cid, mac, mac8, bi, vb, i4r, nr,"
              + " tsr, dr, i4m, po, li, ls, bx, pa, pg, cr, tv, tq, oi, pl, ia, ta, aa, na2, md, mda,"
              + " pc, em, ad, ada, ve, hv, sv) VALUES"
              + " (-32768, 2147483647, 9223372036854775807, '1e-45', '5e-324', '1e-300', 1.10000,"
              + " 12.34, true, E'tab\\tquote''\\\\', 'ä', 'a', 'x', 'name', '\\x00ff',"
              + " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '4713-01-01 BC', '24:00',"
              + " '12:00:00.123456+05:30', 'infinity', '-infinity', '2020-01-01 00:00:00.123',"
              + " '1 year -2 days 3.5 seconds', '{\"b\": 1, \"a\": 12345678901234567890, \"b\": 2}',"
              + " '{\"b\": 1.10, \"a\": [null, true]}', '<a>x</a>', '10.0.0.1/8', '10.0.0.0/8',"
              + " '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'1010', B'1', '[1,5)', '(1.5,]',"
              + " '[2020-01-01 00:00+00,)', 'empty', '{[1,3),[5,7)}', '(1.5,-0)', '{1,-1,0}',"
              + " '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(2,0))', '<(0,0),2>',"
              + " 'fat:1A cat:2', 'fat & !cat', 4294967295, '16/B374D848',"
              + " '{1,NULL,3}', '{\"a\",NULL,\"NULL\",\"\"}', '{{1,2},{3,4}}', '{1.10,NULL}',"
              + " 'so so', '{happy,sad}', 100, 'a@b', ROW('x, \"y\"', 1), ARRAY[ROW('a', 1)::address],"
              + " '[1,2.5,-0]', '[1,2]', '{1:1.5,5:2}/5')",
          "INSERT INTO \"Every type\" (dp, re, nu, tx, iv, em) VALUES"
              + " ('NaN', 'NaN', 'NaN', '', '-178000000 years', '@'),"
              + " ('-0', '-0', 'Infinity', ' ', '0', 'c@d'),"
              + " ('Infinity', '-Infinity', '-Infinity', 'x', '1 mon', 'e@f')",
          "CREATE TABLE parent (a int, b text, PRIMARY KEY (a, b))",
          "CREATE TABLE child (id serial PRIMARY KEY, a int, b text,"
              + " n int NOT NULL DEFAULT nextval('ticket'), made timestamptz DEFAULT now(),"
              + " twice int GENERATED ALWAYS AS (a * 2) STORED, note text COLLATE \"C\","
              + " CONSTRAINT positive CHECK (a > 0),"
              + " FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE CASCADE"
              + " DEFERRABLE INITIALLY DEFERRED)",
          "INSERT INTO parent VALUES (1, 'x'), (2, 'y')",
          "INSERT INTO child (a, b, note) VALUES (1, 'x', 'n'), (2, 'y', NULL)",
          "CREATE INDEX child_partial ON child (note) WHERE note IS NOT NULL",
          "CREATE INDEX child_expr ON child (lower(note))",
          "CREATE INDEX child_desc ON child (a DESC, b)",
          "CREATE INDEX child_incl ON child (a) INCLUDE (note)",
          "CREATE UNIQUE INDEX child_nnd ON child (note, id) NULLS NOT DISTINCT",
          "CREATE INDEX near_cosine ON \"Every type\" USING hnsw (ve vector_cosine_ops)"
              + " WITH (m=5, ef_construction=20)",
          "CREATE INDEX near_l2 ON \"Every type\" USING hnsw (ve vector_l2_ops)",
          "CREATE INDEX near_halves ON \"Every type\" USING ivfflat (hv halfvec_ip_ops) WITH (lists=3)",
          "CREATE INDEX near_sparse ON \"Every type\" USING hnsw (sv sparsevec_l1_ops)",
          "CREATE INDEX near_signs ON \"Every type\" USING hnsw"
              + " ((binary_quantize(ve)::bit(3)) bit_hamming_ops)",
          "CREATE INDEX near_some ON \"Every type\" USING hnsw (ve vector_ip_ops) WHERE re > 0",
          "COMMENT ON TABLE child IS 'a child''s table'",
          "COMMENT ON COLUMN child.note IS 'a note'",
          "CREATE TABLE event_log (at date NOT NULL, what text) PARTITION BY RANGE (at)",
          "CREATE TABLE event_log_2024 PARTITION OF event_log FOR VALUES FROM ('2024-01-01') TO"
              + " ('2025-01-01')",
          "CREATE TABLE event_log_rest PARTITION OF event_log DEFAULT",
          "INSERT INTO event_log VALUES ('2024-05-05', 'a'), ('2024-05-05', 'a'), ('2030-01-01', 'b')",
          "CREATE TABLE room (during tstzrange, EXCLUDE USING gist (during WITH &&))",
          "INSERT INTO room VALUES ('[2020-01-01 00:00+00,2020-01-02 00:00+00)')");

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

  private static MigrationSpec with(String from, String to) {
    return MigrationSpec.of(from, to).withOnLoss(LossRules.parse(List.of("sidecar")));
  }

  private void move(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
  }

  private String everything() {
    String database = server.database();
    SCHEMA.forEach(statement -> server.run(database, statement));
    return database;
  }

  @Test
  void everyTypeAndFeatureComesBackFromSqlite() {
    String first = everything();
    String there = "sqlite:" + folder.resolve("there.db");
    String last = server.database();

    move(with(first, there));
    move(with(there, last));
    Comparison records = world.waybill().diff(with(first, last), event -> {});
    Comparison schema = world.waybill().diffSchema(with(first, last));

    assertThat(records.structure()).isEmpty();
    assertThat(records.differences()).isEmpty();
    assertThat(schema.structure()).isEmpty();
  }

  @Test
  void everyTypeAndFeatureIsKeptByAnotherPostgres() {
    String first = everything();
    String last = server.database();

    move(with(first, last));
    Comparison records = world.waybill().diff(with(first, last), event -> {});
    Comparison schema = world.waybill().diffSchema(with(first, last));

    assertThat(records.structure()).isEmpty();
    assertThat(records.differences()).isEmpty();
    assertThat(schema.structure()).isEmpty();
  }
}
