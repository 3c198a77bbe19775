package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The difference of two equal stores: agent memory in SQLite and in PostgreSQL.
 *
 * <p>The limit is reading both once, over as many connections, into packed batches that are thrown
 * away. A peer prints both as text, one after the other.
 */
final class DiffOfEqual implements Scenario {
  private final Setting setting;
  private final BenchDatabase database;
  private final MemoryMove move;
  private @Nullable Path source;

  DiffOfEqual(Setting setting) throws IOException {
    this.setting = setting;
    this.database = BenchDatabase.ofEnvironment();
    this.move = new MemoryMove(setting, database);
  }

  @Override
  public String name() {
    return "g";
  }

  @Override
  public String title() {
    return "diff of two equal stores, SQLite and PostgreSQL";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    Path file = move.prepare();
    source = file;
    database.renew();
    move.migrate("sqlite:" + file, database.url(), "--verify", "none");
    database.execute("DROP SCHEMA waybill CASCADE");
    database.execute("VACUUM ANALYZE memories");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", setting.rows());
    facts.put("columns", database.types());
    facts.put("server", database.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    List<Contender> contenders = new ArrayList<>();
    contenders.add(
        new Contender(
            "read both", Role.LIMIT, () -> move.measure(ReadAll.command(move.home(), urls()))));
    contenders.add(
        new Contender(
            "diff",
            Role.WAYBILL,
            () -> move.waybill(Map.of(), "diff", "--from", urls()[0], "--to", urls()[1])));
    Programs.find("psql")
        .flatMap(psql -> Programs.find("sqlite3").map(sqlite -> printed(sqlite, psql)))
        .ifPresent(contenders::add);
    return contenders;
  }

  private String[] urls() {
    return new String[] {"sqlite:" + Objects.requireNonNull(source), database.url()};
  }

  private Contender printed(String sqlite, String psql) {
    return new Contender(
        "sqlite3, then psql, printed",
        Role.PEER,
        () -> {
          Cost first =
              move.measure(
                  List.of(sqlite, "-readonly", "-csv", source + "", "SELECT * FROM memories"));
          return first.plus(
              move.measure(database.psql(psql, "COPY memories TO STDOUT (FORMAT csv)")));
        });
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
