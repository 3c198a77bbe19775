package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Vectors and their indexes from store to store, on a real pgvector. */
@Timeout(300)
class VectorsIT {
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
    if (server != null) {
      server.close();
    }
  }

  private Plan move(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return plan;
  }

  private static List<String> ask(String url, String query) throws Exception {
    String jdbc =
        url.startsWith("postgresql")
            ? "jdbc:" + url.replaceFirst("//([^@/:]+)@", "//") + "?user=postgres"
            : "jdbc:" + url;
    try (Connection connection = DriverManager.getConnection(jdbc);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        byte[] bytes = url.startsWith("sqlite") ? rows.getBytes(1) : null;
        found.add(
            bytes != null && rows.getObject(1) instanceof byte[]
                ? HexFormat.of().formatHex(bytes)
                : rows.getString(1));
      }
      return found;
    }
  }

  private static String types(String table) {
    return "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"
        + table
        + "'::regclass AND attnum > 0 ORDER BY attnum";
  }

  private String blobs(int records) throws Exception {
    Path file = folder.resolve("blobs.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE notes (id INTEGER PRIMARY KEY, embedding BLOB, wide BLOB, hash BLOB)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO notes VALUES (?, ?, ?, ?)")) {
        for (int i = 0; i < records; i++) {
          ByteBuffer single = ByteBuffer.allocate(4 * 48).order(ByteOrder.LITTLE_ENDIAN);
          ByteBuffer twice = ByteBuffer.allocate(8 * 16).order(ByteOrder.LITTLE_ENDIAN);
          for (int k = 0; k < 48; k++) {
            single.putFloat(k == i % 48 ? -0.0f : (float) Math.sin(i * 48.0 + k));
          }
          for (int k = 0; k < 16; k++) {
            twice.putDouble(Math.cos(i * 16.0 + k));
          }
          insert.setInt(1, i);
          insert.setBytes(2, i % 9 == 4 ? null : single.array());
          insert.setBytes(3, twice.array());
          insert.setBytes(
              4, java.security.MessageDigest.getInstance("SHA-256").digest(single.array()));
          insert.execute();
        }
      }
      connection.commit();
    }
    return "sqlite:" + file;
  }

  @Test
  void blobsOfFloatsAreVectorsThereAndTheSameBytesBack() throws Exception {
    String first = blobs(300);
    String there = server.database();
    String last = "sqlite:" + folder.resolve("last.db");

    Plan plan = move(MigrationSpec.of(first, there));
    move(MigrationSpec.of(there, last));

    assertThat(ask(there, types("notes")))
        .containsExactly("bigint", "vector(48)", "bytea", "bytea");
    assertThat(plan.losses())
        .filteredOn(loss -> loss.code().equals("VECTORS_RECOGNISED"))
        .extracting(Loss::field)
        .containsExactly("embedding", "wide");
    assertThat(world.waybill().diff(MigrationSpec.of(first, last), event -> {}).differences())
        .isEmpty();
    for (String column : List.of("embedding", "wide", "hash")) {
      String query = "SELECT " + column + " FROM notes ORDER BY id";
      assertThat(ask(last, query)).isEqualTo(ask(first, query));
    }
    assertThat(ask(last, "SELECT sql FROM sqlite_schema WHERE name = 'notes'"))
        .isEqualTo(ask(first, "SELECT sql FROM sqlite_schema WHERE name = 'notes'"));
  }

  @Test
  void oneRecordBeyondTheSampleKeepsBlobsFromBeingVectors() throws Exception {
    String first = blobs(100_500);
    try (Connection connection = DriverManager.getConnection("jdbc:" + first);
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE notes SET embedding = x'00112233' WHERE id = 4000");
    }

    Plan plan = world.waybill().plan(MigrationSpec.of(first, server.database()));

    assertThat(plan.losses())
        .filteredOn(loss -> loss.code().equals("VECTORS_RECOGNISED"))
        .extracting(Loss::field)
        .containsExactly("wide");
    assertThat(plan.losses())
        .anyMatch(loss -> loss.text().startsWith("all 100,500 values are vectors of 16 float64"));
  }

  @Test
  void halfSparseAndBitVectorsComeBackFromEveryStoreBitForBit() throws Exception {
    String first = server.database();
    server.run(
        first,
        "CREATE TABLE items (id int PRIMARY KEY, h halfvec(3), s sparsevec(4), b bit(11), v vector(2))");
    server.run(
        first,
        "INSERT INTO items VALUES (1, '[65504,-0,5.9604645e-8]', '{2:1e-45,4:-3e38}/4', B'10000000011',"
            + " '[1e-45,-0]'), (2, NULL, NULL, NULL, NULL), (3, '[0,0,0]', '{}/4', B'00000000000',"
            + " '[3e38,-3e38]')");
    server.run(first, "CREATE INDEX near ON items USING hnsw (h halfvec_l2_ops) WITH (m=7)");
    server.run(first, "CREATE INDEX signs ON items USING hnsw (b bit_jaccard_ops)");
    server.run(first, "CREATE INDEX few ON items USING ivfflat (v vector_ip_ops) WITH (lists=2)");
    String all = "SELECT items::text FROM items ORDER BY id";
    String indexes =
        "SELECT replace(pg_get_indexdef(indexrelid), 'public.', '') FROM pg_index"
            + " WHERE indrelid = 'items'::regclass ORDER BY 1";

    for (String between :
        List.of(
            "sqlite:" + folder.resolve("between.db"),
            "json:" + folder.resolve("between"),
            server.database())) {
      if (between.startsWith("json")) {
        Files.createDirectory(folder.resolve("between"));
      }
      String last = server.database();
      move(MigrationSpec.of(first, between));
      move(MigrationSpec.of(between, last));

      assertThat(ask(last, all)).as(between).isEqualTo(ask(first, all));
      assertThat(ask(last, types("items"))).as(between).isEqualTo(ask(first, types("items")));
      assertThat(ask(last, indexes)).as(between).isEqualTo(ask(first, indexes));
    }
  }

  @Test
  void indexesFollowAnotherNameOfTheirField() throws Exception {
    String first = server.database();
    server.run(first, "CREATE TABLE items (id int PRIMARY KEY, e vector(3))");
    server.run(first, "INSERT INTO items VALUES (1, '[1,2,3]'), (2, '[0,0,0]')");
    server.run(first, "CREATE INDEX near ON items USING hnsw (e vector_cosine_ops) WITH (m=9)");
    String last = server.database();
    Path profile = folder.resolve("p.yaml");
    Files.writeString(
        profile,
        "waybill-profile: 1\ncollections: [{source: items, fields: [{source: e, target: \"the vector\"}]}]");

    Plan plan =
        move(MigrationSpec.of(first, last).withProfile(world.waybill().readProfile(profile)));

    assertThat(ask(last, "SELECT pg_get_indexdef('near'::regclass)"))
        .containsExactly(
            "CREATE INDEX near ON public.items USING hnsw (\"the vector\" vector_cosine_ops) WITH"
                + " (m='9')");
    assertThat(plan.losses())
        .anyMatch(loss -> loss.code().equals("ZERO_VECTORS_NOT_INDEXED") && loss.records() == 1);
  }

  @Test
  void anIndexBeyondTheLimitIsLeftOutByNameAndTheRunIsNone() throws Exception {
    String first = server.database();
    server.run(first, "CREATE TABLE items (id int PRIMARY KEY, e halfvec(2500))");
    server.run(first, "INSERT INTO items SELECT 1, array_fill(0.5, ARRAY[2500])::halfvec(2500)");
    server.run(first, "CREATE INDEX near ON items USING hnsw (e halfvec_l2_ops)");
    Path profile = folder.resolve("p.yaml");
    Files.writeString(
        profile,
        "waybill-profile: 1\ncollections: [{source: items, fields: [{source: e, to: \"vector(float32,2500)\"}]}]");
    String last = server.database();

    Plan plan =
        move(MigrationSpec.of(first, last).withProfile(world.waybill().readProfile(profile)));

    assertThat(plan.losses())
        .anyMatch(
            loss ->
                loss.code().equals("INDEX_NOT_CARRIED")
                    && loss.text().contains("go up to 2000 dimensions, e has 2500")
                    && loss.text().contains("(\"e\"::halfvec(2500)) halfvec_l2_ops"));
    assertThat(ask(last, types("items"))).containsExactly("integer", "vector(2500)");
  }

  @Test
  void halvesAreMadeOfFloatsOnlyWhereThatIsSaid() throws Exception {
    String first = server.database();
    server.run(first, "CREATE TABLE items (id int PRIMARY KEY, e vector(2))");
    server.run(first, "INSERT INTO items VALUES (1, '[0.1,2]')");
    String last = server.database();
    Path profile = folder.resolve("p.yaml");
    String text =
        "waybill-profile: 1\ncollections: [{source: items, fields: [{source: e, %s native:"
            + " halfvec(2), to: \"vector(float32,2)\"}]}]";
    Files.writeString(profile, text.formatted(""));
    RunResult refused =
        world.migrate(
            MigrationSpec.of(first, last).withProfile(world.waybill().readProfile(profile)));
    assertThat(refused.status()).isEqualTo(RunResult.Status.PUT_BACK);
    assertThat(refused.error()).hasMessageContaining("half precision cannot hold exactly");

    Files.writeString(profile, text.formatted("as: half,"));
    Plan plan =
        move(MigrationSpec.of(first, last).withProfile(world.waybill().readProfile(profile)));

    assertThat(ask(last, "SELECT e::text FROM items")).containsExactly("[0.099975586,2]");
    assertThat(ask(last, types("items"))).containsExactly("integer", "halfvec(2)");
    assertThat(plan.losses()).anyMatch(loss -> loss.code().equals("NOT_PROVEN_BACK"));
  }

  @Test
  void whatIsNotFiniteIsFoundInThePlanAndGoesByItsPolicy() throws Exception {
    Path file = folder.resolve("in.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, e BLOB)");
      statement.execute("INSERT INTO t VALUES (1, x'0000803f00000040'), (2, x'0000c07f00000040')");
    }
    String first = "sqlite:" + file;
    String between = "json:" + folder.resolve("t.json");
    MigrationSpec typed =
        MigrationSpec.of(first, between)
            .withProfile(Fragment.withTypes(null, Map.of("t.e", "vector(float32,2)")));
    move(typed);
    String last = server.database();

    Plan plan = world.waybill().plan(MigrationSpec.of(between, last));
    assertThat(plan.losses())
        .anyMatch(loss -> loss.code().equals("NOT_FINITE_IN_VECTOR") && loss.records() == 1);
    RunResult result =
        world.apply(
            world
                .waybill()
                .plan(
                    MigrationSpec.of(between, last)
                        .withOnLoss(LossRules.parse(List.of("NOT_FINITE_IN_VECTOR=null")))),
            () -> false);

    assertThat(result.error()).isNull();
    assertThat(ask(last, "SELECT coalesce(e::text, 'null') FROM t ORDER BY id"))
        .containsExactly("[1,2]", "null");
  }

  @Test
  void textsOfNumbersAreVectorsWhereThatIsSaidAndComeBackAsTheyWereSpelled() throws Exception {
    Path file = folder.resolve("in.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, e TEXT)");
      statement.execute("INSERT INTO t VALUES (1, '[0.5, -0.25]'), (2, '[ 1,2.0 ]'), (3, NULL)");
    }
    String first = "sqlite:" + file;
    String there = server.database();
    String last = "sqlite:" + folder.resolve("last.db");

    move(
        MigrationSpec.of(first, there)
            .withProfile(Fragment.withTypes(null, Map.of("t.e", "json:vector(float32,2)")))
            .withOnLoss(LossRules.parse(List.of("COMPARED_BY_CONTENT=sidecar"))));
    move(MigrationSpec.of(there, last));

    assertThat(ask(there, types("t"))).containsExactly("bigint", "vector(2)");
    assertThat(ask(there, "SELECT coalesce(e::text, '') FROM t ORDER BY id"))
        .containsExactly("[0.5,-0.25]", "[1,2]", "");
    assertThat(ask(last, "SELECT e FROM t ORDER BY id"))
        .containsExactly("[0.5, -0.25]", "[ 1,2.0 ]", null);
  }

  private String texts(int records) throws Exception {
    Path file = folder.resolve("texts.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE notes (id INTEGER PRIMARY KEY, embedding TEXT, python TEXT, dim INT,"
              + " shape TEXT)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO notes VALUES (?, ?, ?, 12, ?)")) {
        for (int i = 0; i < records; i++) {
          StringBuilder text = new StringBuilder();
          StringBuilder python = new StringBuilder();
          for (int k = 0; k < 12; k++) {
            float element = (float) Math.sin(i * 12.0 + k);
            text.append(k == 0 ? "[" : ",").append(element);
            python.append(k == 0 ? "[" : ", ").append((double) element);
          }
          insert.setInt(1, i);
          insert.setString(2, i % 9 == 4 ? null : text + "]");
          insert.setString(3, python + "]");
          insert.setString(4, i == 7 ? "[ ]" : python + "]");
          insert.execute();
        }
      }
      connection.commit();
    }
    return "sqlite:" + file;
  }

  @Test
  void textsOfNumbersOfOneDimensionAreVectorsThereAndTheSameTextsBack() throws Exception {
    String first = texts(300);
    String there = server.database();
    String last = "sqlite:" + folder.resolve("last.db");

    Plan plan = move(MigrationSpec.of(first, there));
    move(MigrationSpec.of(there, last));

    assertThat(ask(there, types("notes")))
        .containsExactly("bigint", "vector(12)", "vector(12)", "bigint", "text");
    assertThat(plan.losses())
        .filteredOn(loss -> loss.code().equals("VECTORS_RECOGNISED"))
        .extracting(Loss::text)
        .first()
        .asString()
        .contains("of 300 values all 267 that are not null are vectors of 12 numbers")
        .contains("as dim beside them says")
        .contains("as text with --type notes.embedding=text");
    assertThat(world.waybill().diff(MigrationSpec.of(first, last), event -> {}).isEqual()).isTrue();
    for (String column : List.of("embedding", "python", "shape")) {
      String query = "SELECT " + column + " FROM notes ORDER BY id";
      assertThat(ask(last, query)).isEqualTo(ask(first, query));
    }
  }

  @Test
  void textsStayTextWhereThatIsSaidOrNothingWouldKeepTheirSpelling() throws Exception {
    String first = texts(30);
    String there = server.database();

    Plan without =
        world
            .waybill()
            .plan(
                MigrationSpec.of(first, there)
                    .withOnLoss(LossRules.parse(List.of("COMPARED_BY_CONTENT=fail"))));
    move(
        MigrationSpec.of(first, there)
            .withProfile(
                Fragment.withTypes(
                    null, Map.of("notes.embedding", "text", "notes.python", "text"))));

    assertThat(ask(there, types("notes")))
        .containsExactly("bigint", "text", "text", "bigint", "text");
    assertThat(without.steps().get(0).target().fields().get(1).type().kind()).isEqualTo(Kind.TEXT);
    assertThat(without.losses())
        .anyMatch(
            loss -> loss.text().endsWith("with --type notes.embedding=json:vector(float32,12)"));
  }

  @Test
  void anIndexThatARecordWouldKeepFromBeingMadeIsLeftOutByName() throws Exception {
    String first = server.database();
    server.run(first, "CREATE TABLE items (id int PRIMARY KEY, e vector(1200))");
    server.run(
        first,
        "INSERT INTO items SELECT n, (array_fill(0.5, ARRAY[n]) || array_fill(0, ARRAY[1200 - n]))"
            + "::vector(1200) FROM (VALUES (3), (1000), (1001)) v(n)");
    server.run(first, "CREATE INDEX near ON items USING hnsw (e vector_l2_ops)");
    Path profile = folder.resolve("p.yaml");
    Files.writeString(
        profile,
        "waybill-profile: 1\ncollections: [{source: items, fields: [{source: e, native:"
            + " sparsevec(1200), to: \"vector(float32,1200)\"}]}]");
    String last = server.database();

    Plan full =
        move(MigrationSpec.of(first, last).withProfile(world.waybill().readProfile(profile)));
    server.run(first, "DELETE FROM items WHERE id = 1001");
    String other = server.database();
    Plan fitting =
        move(MigrationSpec.of(first, other).withProfile(world.waybill().readProfile(profile)));
    Plan again = move(MigrationSpec.of(other, server.database()));

    assertThat(full.losses())
        .anyMatch(
            loss ->
                loss.code().equals("INDEX_NOT_CARRIED")
                    && loss.text().contains("up to 1,000 elements that are not zero")
                    && loss.text().endsWith("e has one of 1,001"));
    assertThat(ask(last, types("items"))).containsExactly("integer", "sparsevec(1200)");
    assertThat(fitting.steps().get(0).target().indexes()).hasSize(1);
    assertThat(again.steps().get(0).target().indexes()).hasSize(1);
  }

  @Test
  void anIndexFileOfHnswlibBecomesATableWithItsIndex() throws Exception {
    Path saved = Repository.root().resolve("stores/src/test/resources/hnsw/l2.bin");
    String there = server.database();

    move(MigrationSpec.of("hnsw:" + saved + "?space=ip", there));

    assertThat(ask(there, types("l2"))).containsExactly("bigint", "vector(5)");
    assertThat(ask(there, "SELECT count(*) FROM l2")).containsExactly("58");
    assertThat(ask(there, "SELECT indexdef FROM pg_indexes WHERE indexname LIKE '%hnsw%'"))
        .singleElement()
        .asString()
        .contains("vector_ip_ops", "m='4'", "ef_construction='30'");
  }

  @Test
  void anIndexOfAnotherKindOfStoreIsMadeByItsMetric() throws Exception {
    String first = World.url(Transactions.BATCH);
    List<Index> indexes = new ArrayList<>();
    for (String metric : List.of("l2", "ip", "cosine")) {
      indexes.add(
          new Index(
              metric,
              List.of(new Index.Column("embedding", false)),
              false,
              "hnsw",
              "",
              Map.of(Index.METRIC, metric, "m", "8")));
    }
    Collection people = People.rich().withConstraints(List.of(), List.of(), indexes);
    world.fill(first, people, People.richOnes(1, 30));
    String last = server.database();

    Plan plan = move(MigrationSpec.of(first, last));

    assertThat(plan.losses()).noneMatch(loss -> loss.code().equals("INDEX_NOT_CARRIED"));
    assertThat(plan.steps().get(0).target().indexes()).hasSize(3);
    assertThat(
            ask(
                last,
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index"
                    + " WHERE indrelid = 'people'::regclass AND NOT indisprimary ORDER BY 1"))
        .containsExactly(
            "CREATE INDEX cosine ON public.people USING hnsw (embedding vector_cosine_ops) WITH (m='8')",
            "CREATE INDEX ip ON public.people USING hnsw (embedding vector_ip_ops) WITH (m='8')",
            "CREATE INDEX l2 ON public.people USING hnsw (embedding vector_l2_ops) WITH (m='8')");
  }
}
