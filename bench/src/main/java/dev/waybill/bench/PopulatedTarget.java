package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Agent memory from SQLite into a PostgreSQL table that has records already: for every tenth of the
 * source one of the same key and another content, which is overwritten, and as many that the source
 * does not know.
 *
 * <p>The limit is that of scenario a: COPY of all records into an empty table. A peer does in SQL
 * what is asked for: COPY into a table beside, then INSERT … ON CONFLICT DO UPDATE.
 */
final class PopulatedTarget implements Scenario {
  private static final int ONE_OF = 10;

  private final Setting setting;
  private final BenchDatabase database;
  private final BenchDatabase populated;
  private final BenchDatabase empty;
  private final MemoryMove move;
  private @Nullable Path source;

  PopulatedTarget(Setting setting) throws IOException {
    this.setting = setting;
    this.database = BenchDatabase.ofEnvironment();
    this.populated = database.another("populated");
    this.empty = database.another("empty");
    this.move = new MemoryMove(setting, database);
  }

  @Override
  public String name() {
    return "c";
  }

  @Override
  public String title() {
    return "SQLite to PostgreSQL, a populated table, one in ten overwritten";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  private Path readyFile() {
    return move.file("c.copy");
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    Path file = move.prepare();
    source = file;
    populated.renew();
    move.migrate("sqlite:" + file, populated.url(), "--verify", "none");
    populated.execute("DROP SCHEMA waybill CASCADE");
    ReadyCopy.write(populated, AgentMemory.TABLE, readyFile());
    populated.execute(
        "CREATE TABLE kept AS SELECT * FROM memories WHERE hashtext(id) % " + ONE_OF + " = 0");
    populated.execute("TRUNCATE memories");
    empty.renewFrom(populated);
    empty.execute("DROP TABLE kept");
    populated.execute(
        "INSERT INTO memories (id, agent, kind, content, metadata, importance, use_count,"
            + " is_pinned, created_at, updated_at)"
            + " SELECT id, agent, kind, upper(content), metadata, importance, use_count,"
            + " is_pinned, created_at, updated_at FROM kept"
            + " UNION ALL"
            + " SELECT 'own-' || id, agent, kind, content, metadata, importance, use_count,"
            + " is_pinned, created_at, updated_at FROM kept");
    populated.execute("DROP TABLE kept");
    populated.execute("VACUUM ANALYZE memories");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", setting.rows());
    facts.put("sourceBytes", Files.size(file));
    facts.put("rowsThereBefore", populated.count(AgentMemory.TABLE));
    facts.put("columns", populated.types());
    facts.put("server", database.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    List<Contender> contenders = new ArrayList<>();
    contenders.add(new Contender("ready COPY, empty table", Role.LIMIT, this::readyCopy));
    for (String verify : List.of("none", "full")) {
      contenders.add(
          new Contender("migrate, verify " + verify, Role.WAYBILL, () -> migrate(verify)));
    }
    Programs.find("psql").map(this::upsert).ifPresent(contenders::add);
    return contenders;
  }

  private Cost readyCopy() throws IOException, SQLException, InterruptedException {
    database.renewFrom(empty);
    String psql = Programs.find("psql").orElse("");
    Cost cost =
        psql.isEmpty()
            ? move.measure(ReadyCopy.command(database, AgentMemory.TABLE, readyFile()))
            : move.measure(
                List.of(database.psql(psql, "COPY memories FROM STDIN (FORMAT binary)")),
                readyFile(),
                Map.of());
    database.requireRecords(AgentMemory.TABLE, setting.rows());
    return cost;
  }

  private Cost migrate(String verify) throws IOException, SQLException, InterruptedException {
    database.renewFrom(populated);
    return whole(
        move.migrate(
            "sqlite:" + Objects.requireNonNull(source),
            database.url(),
            "--on-conflict",
            "overwrite",
            "--verify",
            verify));
  }

  private Contender upsert(String psql) {
    return new Contender(
        "ready COPY, ON CONFLICT",
        Role.PEER,
        () -> {
          database.renewFrom(populated);
          String fields =
              "agent, kind, content, metadata, importance, use_count, is_pinned, created_at,"
                  + " updated_at";
          List<String> command = database.psql(psql, "CREATE TEMPORARY TABLE new (LIKE memories)");
          command = new ArrayList<>(command);
          command.addAll(
              List.of(
                  "-c",
                  "COPY new FROM STDIN (FORMAT binary)",
                  "-c",
                  "INSERT INTO memories SELECT * FROM new ON CONFLICT (id) DO UPDATE SET ("
                      + fields
                      + ") = ROW(EXCLUDED."
                      + fields.replace(", ", ", EXCLUDED.")
                      + ")"));
          return whole(move.measure(List.of(command), readyFile(), Map.of()));
        });
  }

  private Cost whole(Cost cost) throws IOException, SQLException {
    long own = database.count("memories WHERE id LIKE 'own-%'");
    database.requireRecords(AgentMemory.TABLE, setting.rows() + own);
    return cost;
  }

  @Override
  public void close() throws SQLException {
    database.close();
    populated.close();
    empty.close();
  }
}
