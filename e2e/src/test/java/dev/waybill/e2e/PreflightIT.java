package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.cli.Spoken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every check before a run with PostgreSQL, failing: what is said, and that nothing was written.
 */
@Timeout(180)
class PreflightIT {
  private static final String[] TABLES = {
    "CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT)",
    "INSERT INTO agents VALUES (1, 'ada'), (2, 'bob'), (3, NULL)"
  };

  /** What there is, whatever it is called, with what it says of itself and who may use it. */
  private static final String CATALOG =
      """
      SELECT 'schema ' || nspname || coalesce(nspacl::text, '') FROM pg_namespace
      WHERE nspname !~ '^pg_(toast_)?temp'
      UNION ALL
      SELECT 'relation ' || c.relnamespace::regnamespace || '.' || c.relname || c.relkind::text || c.relnatts
             || c.relfilenode || coalesce(c.relacl::text, '')
             || CASE WHEN c.relkind = 'r' THEN (SELECT query_to_xml(
                  'SELECT t.* FROM ' || c.oid::regclass || ' t ORDER BY 1', true, false, '')::text)
                ELSE '' END
      FROM pg_class c WHERE c.relnamespace::regnamespace::text !~ '^pg_|^information_schema'
      UNION ALL
      SELECT 'type ' || oid || typname FROM pg_type
      WHERE typnamespace::regnamespace::text !~ '^pg_'
      UNION ALL SELECT 'extension ' || extname FROM pg_extension
      ORDER BY 1
      """;

  @TempDir private Path folder;
  private TestServer server;
  private final List<String> databases = new ArrayList<>();
  private String database;
  private String role;

  @BeforeEach
  void begin() throws Exception {
    server = new TestServer();
    database = server.database();
    databases.add(database);
    role = "r" + database.substring(database.lastIndexOf('_'));
    execute("a.db", TABLES);
  }

  @AfterEach
  void end() {
    server.close();
    server.run(database.replaceFirst("/[^/]*$", "/postgres"), "DROP ROLE IF EXISTS " + role);
  }

  private void execute(String file, String... statements) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(file));
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private String url(String file) {
    return "sqlite:" + folder.resolve(file);
  }

  private void run(String... statements) {
    for (String each : statements) {
      server.run(database, each);
    }
  }

  /** An ordinary role that may do nothing but what is granted here. */
  private String asRole(String... grants) {
    run(
        "CREATE ROLE " + role + " LOGIN PASSWORD 'writing' NOSUPERUSER NOBYPASSRLS",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC");
    run(grants);
    return database.replaceFirst("//[^@]*@", "//" + role + "@") + passwords("writing");
  }

  /** The URL parameter that names a file with the role's password. */
  private String passwords(String password) {
    Path file = folder.resolve("passwords");
    try {
      Files.writeString(file, "*:*:*:*:" + password + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
    return "?passfile=" + file;
  }

  private List<String> catalog() {
    return databases.stream().flatMap(each -> catalog(each).stream()).toList();
  }

  private static List<String> catalog(String database) {
    String user = database.replaceFirst(".*//([^@/:]+)@.*", "$1");
    List<String> lines = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:" + database.replaceFirst("//([^@/:]+)@", "//"), user, "");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(CATALOG)) {
      while (row.next()) {
        lines.add(row.getString(1));
      }
    } catch (java.sql.SQLException failure) {
      throw new AssertionError(failure);
    }
    return lines;
  }

  private String plain(String said) {
    String address = database.replaceFirst(".*@", "");
    return said.replace(folder.toString(), "DIR")
        .replace(address, "HOST/db")
        .replace(address.replaceFirst("/.*", ""), "HOST")
        .replace(database.replaceFirst(".*/", ""), "db")
        .replace(role, "role")
        .replace("t".repeat(64), "TTT")
        .replace("f".repeat(64), "FFF")
        .replaceAll("-p \\d+", "-p PORT")
        .replaceAll("has [0-9,]+ MB", "has N MB");
  }

  private Spoken spoken(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    Path home = folder.resolve("home");
    all.addAll(List.of("--home", home.toString()));
    List<String> before = catalog();
    Spoken spoken = Spoken.of(all.toArray(String[]::new));
    assertThat(catalog()).isEqualTo(before);
    try (var runs = Files.exists(home) ? Files.walk(home) : java.util.stream.Stream.<Path>of()) {
      assertThat(runs.filter(Files::isRegularFile)).isEmpty();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return spoken;
  }

  private void refuses(String code, String said, String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--json");
    Spoken spoken = spoken(all.toArray(String[]::new));
    assertThat(plain(spoken.err())).isEqualTo(said);
    assertThat(spoken.code()).isEqualTo(code);
    assertThat(spoken.exit()).isEqualTo(2);
  }

  private void refusesToMigrate(String code, String from, String to, String said) {
    refuses(code, said, "migrate", "--from", from, "--to", to);
    refuses(code, said, "migrate", "--from", from, "--to", to, "--dry-run");
  }

  private void migrates(String from, String to) {
    Spoken spoken =
        Spoken.of(
            "migrate", "--from", from, "--to", to, "--home", folder.resolve("home").toString());
    assertThat(spoken.exit()).as(spoken.err()).isZero();
  }

  // --- reachability and versions

  @Test
  void aDatabaseThatIsNotThereIsNamed() {
    refusesToMigrate(
        "NO_SUCH_DATABASE",
        url("a.db"),
        database.replaceFirst("/[^/]*$", "/no_such_db"),
        """
        PostgreSQL at HOST/no_such_db has no database "no_such_db".
        Nothing was written.
        Try: create it first: createdb -h 127.0.0.1 -p PORT no_such_db
        """);
  }

  @Test
  void aUserWhomTheServerDoesNotLetInIsNamed() {
    refusesToMigrate(
        "WRONG_PASSWORD",
        database.replaceFirst("//[^@]*@", "//nobody_known@") + passwords("wrong"),
        url("b.db"),
        """
        PostgreSQL at HOST/db does not let user "nobody_known" in: password authentication failed for \
        user "nobody_known".
        Nothing was written.
        Try: set PGPASSWORD, or add a line to ~/.pgpass
        """);
  }

  /** A server between that says it is older than it is. */
  private static final class Older implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final String host;
    private final int port;

    Older(String address) throws IOException {
      host = address.replaceFirst(":.*", "");
      port = Integer.parseInt(address.replaceFirst(".*:(\\d+).*", "$1"));
      start(
          () -> {
            while (true) {
              Socket client = socket.accept();
              Socket server = new Socket(host, port);
              start(() -> pass(client, server, false));
              start(() -> pass(server, client, true));
            }
          });
    }

    private interface Work {
      void run() throws IOException;
    }

    private static void start(Work work) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work.run();
                } catch (IOException closed) {
                  Thread.currentThread().interrupt();
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    private static void pass(Socket from, Socket to, boolean isChanged) throws IOException {
      try (from;
          to) {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] buffer = new byte[1 << 16];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          String text = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
          String said = isChanged ? text.replaceAll("1[4-9](00\\d\\d)", "13$1") : text;
          out.write(said.getBytes(StandardCharsets.ISO_8859_1));
          out.flush();
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void aServerThatIsTooOldIsNamed() throws Exception {
    String address = database.replaceFirst(".*@", "").replaceFirst("/.*", "");
    try (Older older = new Older(address)) {
      String url = database.replace(address, "127.0.0.1:" + older.socket.getLocalPort());
      Spoken spoken = spoken("migrate", "--from", url, "--to", url("b.db"), "--json");

      assertThat(plain(spoken.err()).replaceAll("127\\.0\\.0\\.1:\\d+", "HOST"))
          .matches(
              """
              PostgreSQL [0-9.]+( \\(.*\\))? at HOST/db is older than PostgreSQL 14\\.
              Nothing was written\\.
              Try: upgrade the server
              """);
      assertThat(spoken.code()).isEqualTo("SERVER_TOO_OLD");
      assertThat(spoken.exit()).isEqualTo(2);
    }
  }

  // --- privileges

  @Test
  void aSourceTableThatTheUserMayNotReadIsNamedWithItsGrant() {
    run(TABLES);
    String url = asRole("GRANT USAGE ON SCHEMA public TO " + role);

    refusesToMigrate(
        "NO_PRIVILEGE",
        url,
        url("b.db"),
        """
        User "role" lacks SELECT on "agents".
        Nothing was written.
        Try: GRANT SELECT ON TABLE "public"."agents" TO "role";
        """);

    run("GRANT SELECT ON TABLE public.agents TO " + role);
    migrates(url, url("b.db"));
  }

  @Test
  void aTargetTableThatTheUserMayNotFillIsNamedWithItsGrant() throws Exception {
    run(TABLES[0], "CREATE TABLE log (id serial PRIMARY KEY, line text)");
    execute("a.db", "CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT)");
    String url =
        asRole(
            "GRANT USAGE, CREATE ON SCHEMA public TO " + role,
            "GRANT CREATE, TEMPORARY ON DATABASE "
                + database.replaceFirst(".*/", "")
                + " TO "
                + role,
            "GRANT SELECT, INSERT (id) ON agents TO " + role,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON log TO " + role);

    refusesToMigrate(
        "PREFLIGHT_REFUSED",
        url("a.db"),
        url,
        """
        2 things stand in the way of this run:
          NO_PRIVILEGE  User "role" lacks INSERT, UPDATE, DELETE on "agents".
          NO_PRIVILEGE  User "role" lacks SELECT, UPDATE on "public"."log_id_seq".
        Nothing was written.
        Try: GRANT INSERT, UPDATE, DELETE ON TABLE "public"."agents" TO "role"; \
        GRANT SELECT, UPDATE ON SEQUENCE "public"."log_id_seq" TO "role";
        """);

    run(
        "GRANT INSERT, UPDATE, DELETE ON TABLE public.agents TO " + role,
        "GRANT SELECT, UPDATE ON SEQUENCE public.log_id_seq TO " + role);
    migrates(url("a.db"), url);
  }

  @Test
  void aLedgerThatTheUserMayNotMakeIsNamedWithItsGrant() {
    String url = asRole("GRANT USAGE, CREATE ON SCHEMA public TO " + role);

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        url,
        """
        The plan cannot be applied: 1 thing stands in the way from sqlite:DIR/a.db to \
        postgresql://role@HOST/db?passfile=DIR/passwords:
          User "role" may not make the schema "waybill". Try: GRANT CREATE ON DATABASE "db" TO "role";
        Nothing was written.
        """);

    run("GRANT CREATE ON DATABASE " + database.replaceFirst(".*/", "") + " TO " + role);
    migrates(url("a.db"), url);
  }

  @Test
  void aSchemaInWhichTheUserMayMakeNoTableIsNamedWithItsGrant() {
    String url =
        asRole(
            "GRANT USAGE ON SCHEMA public TO " + role,
            "GRANT CREATE ON DATABASE " + database.replaceFirst(".*/", "") + " TO " + role,
            "CREATE TABLE other (id int PRIMARY KEY)");

    refusesToMigrate(
        "NO_PRIVILEGE",
        url("a.db"),
        url,
        """
        User "role" may not make tables in schema "public".
        Nothing was written.
        Try: GRANT USAGE, CREATE ON SCHEMA "public" TO "role";
        """);

    run("GRANT USAGE, CREATE ON SCHEMA public TO " + role);
    migrates(url("a.db"), url);
  }

  @Test
  void rowsThatPoliciesHideAreNamedBeforeTheyAreMissed() {
    run(
        "CREATE TABLE notes (id int PRIMARY KEY, tenant int, body text)",
        "INSERT INTO notes VALUES (1, 7, 'seven'), (2, 8, 'eight')",
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON notes USING (tenant = current_setting('app.tenant', true)::int)");
    String url =
        asRole("GRANT USAGE ON SCHEMA public TO " + role, "GRANT SELECT ON notes TO " + role);

    refusesToMigrate(
        "ROW_SECURITY",
        url,
        url("b.db"),
        """
        Row-level security hides records of "notes" from user "role", or refuses them.
        Nothing was written.
        Try: name the values under which its records may be seen and written: --set app.tenant=VALUE, \
        once for each
        """);
  }

  @Test
  void aTargetThatTakesNoWritesIsNamed() {
    run(
        "ALTER DATABASE "
            + database.replaceFirst(".*/", "")
            + " SET default_transaction_read_only TO on");

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        database,
        """
        The plan cannot be applied: 1 thing stands in the way from sqlite:DIR/a.db to \
        postgresql://postgres@HOST/db:
          PostgreSQL at HOST/db takes no writes: it is read-only. Try: write to the primary server, or \
        unset default_transaction_read_only
        Nothing was written.
        """);
  }

  // --- what is in the way

  @Test
  void whateverElseHasTheNameOfACollectionIsNamed() throws Exception {
    List<String> kinds = List.of("v", "m", "s", "i", "t", "c", "p");
    for (String each : kinds) {
      execute("c.db", "CREATE TABLE " + each + " (id INTEGER PRIMARY KEY)");
    }
    run(
        "CREATE TABLE other (id int, n int)",
        "CREATE VIEW v AS SELECT 1 AS id",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id",
        "CREATE SEQUENCE s",
        "CREATE INDEX i ON other (n)",
        "CREATE TYPE t AS ENUM ('a')",
        "CREATE TYPE c AS (a int)",
        "CREATE TABLE whole (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE p PARTITION OF whole FOR VALUES FROM (1) TO (2)");

    refusesToMigrate(
        "PREFLIGHT_REFUSED",
        url("c.db"),
        database,
        """
        7 things stand in the way of this run:
          NAME_TAKEN  Collection "v" cannot be made: a view of schema "public" has this name.
          NAME_TAKEN  Collection "m" cannot be made: a materialized view of schema "public" has this name.
          NAME_TAKEN  Collection "s" cannot be made: a sequence of schema "public" has this name.
          NAME_TAKEN  Collection "i" cannot be made: an index of schema "public" has this name.
          NAME_TAKEN  Collection "t" cannot be made: a type of schema "public" has this name.
          NAME_TAKEN  Collection "c" cannot be made: a composite type of schema "public" has this name.
          NAME_TAKEN  Collection "p" cannot be made: a partition of another table of schema "public" has \
        this name.
        Nothing was written.
        Try: give it another name in the plan, or leave it out (--exclude)
        """);
  }

  @Test
  void aTypeWhoseExtensionIsMissingIsNamed() throws Exception {
    run("CREATE TABLE items (id int PRIMARY KEY, place vector(3))");
    String from = database;
    String to = server.database();
    databases.add(to);
    server.run(to, "DROP EXTENSION vector");
    Path plan = folder.resolve("plan.yaml");
    Spoken planned = spoken("plan", "--from", from, "--to", to);
    assertThat(planned.exit()).as(planned.err()).isZero();
    assertThat(planned.err())
        .contains(
            "items.place: vector(float32,3) is held as real[]; held as an array, since the database"
                + " has no pgvector");
    Files.writeString(
        plan,
        planned
            .out()
            .replaceAll("native: \"?real\\[]\"?", "native: vector(3)")
            .replace("list(float32)", "vector(float32,3)"));

    refuses(
        "EXTENSION_MISSING",
        """
        The database has no type "vector", which "items.place" is to have; the extension vector has it.
        Nothing was written.
        Try: CREATE EXTENSION "vector";
        """,
        "apply",
        plan.toString());

    server.run(to, "CREATE EXTENSION vector");
    assertThat(
            Spoken.of("apply", plan.toString(), "--home", folder.resolve("home").toString()).err())
        .doesNotContain("EXTENSION_MISSING");
  }

  @Test
  void moreFieldsThanATableCanHaveAreNamed() throws Exception {
    execute(
        "wide.db",
        IntStream.rangeClosed(1, 1600)
            .mapToObj(i -> "f" + i + " INTEGER")
            .collect(Collectors.joining(", ", "CREATE TABLE wide (id INTEGER PRIMARY KEY, ", ")")));

    refusesToMigrate(
        "TOO_MANY_FIELDS",
        url("wide.db"),
        database,
        """
        Collection "wide" has 1,601 fields, and a table of PostgreSQL at most 1,600.
        Nothing was written.
        Try: leave fields out in the plan, or put several into one of type json
        """);
  }

  @Test
  void namesThatAreTooLongAreNamed() throws Exception {
    execute(
        "long.db",
        "CREATE TABLE " + "t".repeat(64) + " (id INTEGER PRIMARY KEY)",
        "CREATE TABLE u (id INTEGER PRIMARY KEY, " + "f".repeat(64) + " TEXT)");

    refusesToMigrate(
        "PLAN_REFUSED",
        url("long.db"),
        database,
        """
        The plan cannot be applied: 2 things cannot go from sqlite:DIR/long.db to \
        postgresql://postgres@HOST/db:
          TTT: the name is longer than the target's 63 bytes
          u.FFF: the name is longer than the target's 63 bytes
        Nothing was written.
        Try: mend it in the source, or leave it out: --exclude TTT,u
        """);
  }

  @Test
  void valuesThatTheTargetCannotHoldAreNamedWithTheRuleThatLetsThemThrough() throws Exception {
    execute("a.db", "INSERT INTO agents VALUES (4, 'a' || char(0) || 'b')");

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        database,
        """
        The plan cannot be applied: 1 thing cannot go from sqlite:DIR/a.db to postgresql://postgres@HOST/db:
          agents.name: text has NUL characters, which the target cannot hold (1 record: 4)
        Nothing was written.
        Try: mend it in the source, or leave it out: --exclude agents; or let them through: \
        --on-loss NUL_IN_TEXT=replace|sidecar|quarantine|null
        """);
  }

  @Test
  void referencesThatDangleAreNamed() throws Exception {
    execute(
        "a.db",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, agent INTEGER REFERENCES agents (id))",
        "INSERT INTO child VALUES (1, 42), (2, 1), (3, 43)");

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        database,
        """
        The plan cannot be applied: 1 thing cannot go from sqlite:DIR/a.db to \
        postgresql://postgres@HOST/db:
          child.agent: it points at no record of agents (2 records: 1; 3)
        Nothing was written.
        Try: mend it in the source, or leave it out: --exclude child; or let them through: \
        --on-loss FOREIGN_KEY_DANGLES=sidecar
        """);
  }

  // --- the dry run

  @Test
  void aDryRunIntoASchemaThatIsNotThereMakesNone() {
    Spoken spoken =
        spoken("migrate", "--from", url("a.db"), "--to", database + "?schema=new", "--dry-run");

    assertThat(spoken.exit()).as(spoken.err()).isZero();
    assertThat(plain(spoken.out()).replaceAll("PostgreSQL 1[^)]*\\)", "PostgreSQL)"))
        .isEqualTo(
            """
            collection  read  written  verified
            agents         3        0         0

            note: The source (SQLite 3.54.1) answers, its schema is the plan's, and its own checks find \
            nothing.
            note: The target (PostgreSQL) answers, its schema is the plan's, and its own checks find \
            nothing.
            note: The target does not say how much space it has; about 1 MB needed.
            note: The run directory has N MB free; about 17 MB needed.
            note: It takes about 1 s, guessed from the source's size.
            note: The run would write 3 records.
            Nothing was written. 3 records in 1 collection were read, and every one can go.
            """);
  }

  @Test
  void aDryRunIntoAnEmbeddedServerThatIsNotThereMakesNoFolder() {
    Path embedded = folder.resolve("embedded");

    Spoken spoken =
        spoken(
            "migrate",
            "--from",
            url("a.db"),
            "--to",
            "embedded-postgresql:" + embedded,
            "--dry-run");

    assertThat(spoken.exit()).as(spoken.err()).isZero();
    assertThat(spoken.out()).contains("is not there yet; the run would make it.");
    assertThat(embedded).doesNotExist();
  }
}
