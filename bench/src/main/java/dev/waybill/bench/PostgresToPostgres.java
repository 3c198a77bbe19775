package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Agent memory from one PostgreSQL database to another, with uuid, jsonb and timestamptz.
 *
 * <p>The limit is binary COPY out piped into binary COPY in, into an empty table with its key.
 */
final class PostgresToPostgres implements Scenario {
  private final Setting setting;
  private final BenchDatabase source;
  private final BenchDatabase target;
  private final MemoryMove move;
  private final String psql;

  /**
   * @throws IllegalStateException if there is no psql, which the limit needs
   */
  PostgresToPostgres(Setting setting) throws IOException {
    this.setting = setting;
    this.psql =
        Programs.find("psql")
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Scenario f needs psql. Try: install PostgreSQL's client."));
    this.target = BenchDatabase.ofEnvironment();
    this.source = target.another("source");
    this.move = new MemoryMove(setting, target);
  }

  @Override
  public String name() {
    return "f";
  }

  @Override
  public String title() {
    return "PostgreSQL to PostgreSQL, agent memory, a new table";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    Path file = move.prepare();
    source.renew();
    source.execute(AgentMemory.TYPED_TABLE);
    move.migrate("sqlite:" + file, source.url(), "--verify", "none");
    source.execute("DROP SCHEMA waybill CASCADE");
    source.execute("VACUUM ANALYZE memories");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", setting.rows());
    facts.put("columns", source.types());
    facts.put("server", source.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    return List.of(
        new Contender("COPY to COPY", Role.LIMIT, this::pipe),
        new Contender("migrate, verify none", Role.WAYBILL, () -> migrate("none")),
        new Contender("migrate, verify full", Role.WAYBILL, () -> migrate("full")));
  }

  private Cost pipe() throws IOException, SQLException, InterruptedException {
    target.renew();
    target.execute(AgentMemory.TYPED_TABLE);
    return whole(
        move.measure(
            List.of(
                source.psql(psql, "COPY memories TO STDOUT (FORMAT binary)"),
                target.psql(psql, "COPY memories FROM STDIN (FORMAT binary)")),
            null,
            Map.of()));
  }

  private Cost migrate(String verify) throws IOException, SQLException, InterruptedException {
    target.renew();
    return whole(move.migrate(source.url(), target.url(), "--verify", verify));
  }

  private Cost whole(Cost cost) throws IOException, SQLException {
    target.requireRecords(AgentMemory.TABLE, setting.rows());
    return cost;
  }

  @Override
  public void close() throws SQLException {
    target.close();
    source.close();
  }
}
