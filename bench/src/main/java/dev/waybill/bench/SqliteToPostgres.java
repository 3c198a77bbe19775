package dev.waybill.bench;

import dev.waybill.MigrationSpec;
import dev.waybill.Waybill;
import dev.waybill.bench.Contender.Role;
import dev.waybill.plan.Plan;
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
 * Agent memory from SQLite to PostgreSQL.
 *
 * <p>The limit is COPY of a ready binary file, which the server itself made of the same table, over
 * one connection into an equal empty table that has its key.
 */
final class SqliteToPostgres implements Scenario {
  /** What the target's columns are. */
  enum Columns {
    /** Of the types that Waybill's planner chooses, in a table that the run makes. */
    PLANNED("a", "a new table"),
    /** uuid, jsonb, timestamptz and so on, chosen in a profile, in a table that the run makes. */
    TYPED("a-typed", "a new table of other types"),
    /** The same types in a table that is there and empty. */
    EXISTING("a-existing", "an existing table of other types");

    private final String scenario;
    private final String title;

    Columns(String scenario, String title) {
      this.scenario = scenario;
      this.title = title;
    }
  }

  private final Setting setting;
  private final Columns columns;
  private final BenchDatabase database;
  private final MemoryMove move;
  private @Nullable Path source;
  private @Nullable Plan plan;

  SqliteToPostgres(Setting setting, Columns columns) throws IOException {
    this.setting = setting;
    this.columns = columns;
    this.database = BenchDatabase.ofEnvironment();
    this.move = new MemoryMove(setting, database);
  }

  @Override
  public String name() {
    return columns.scenario;
  }

  @Override
  public String title() {
    return "SQLite to PostgreSQL, agent memory, " + columns.title;
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  private Path planFile() {
    return move.file(name() + ".yaml");
  }

  private Path readyFile() {
    return move.file(name() + ".copy");
  }

  private Path profile() {
    return move.file(name() + ".profile.yaml");
  }

  private List<String> options() {
    return columns == Columns.TYPED ? List.of("--profile", profile().toString()) : List.of();
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    Path file = move.prepare();
    source = file;
    Files.writeString(profile(), AgentMemory.PROFILE);
    renew();
    Waybill waybill = Waybill.at(move.home());
    MigrationSpec spec = MigrationSpec.of("sqlite:" + file, database.secretUrl());
    Plan made =
        waybill.plan(
            columns == Columns.TYPED ? spec.withProfile(waybill.readProfile(profile())) : spec);
    plan = made;
    Files.writeString(planFile(), waybill.planText(made));
    // Also brings source and program into the system's cache for whoever comes first.
    spike();
    ReadyCopy.write(database, AgentMemory.TABLE, readyFile());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", setting.rows());
    facts.put("sourceBytes", Files.size(file));
    facts.put("readyFileBytes", Files.size(readyFile()));
    facts.put("columns", database.types());
    facts.put("server", database.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    List<Contender> contenders = new ArrayList<>();
    contenders.add(new Contender("ready COPY", Role.LIMIT, this::readyCopy));
    contenders.add(new Contender("spike", Role.WAYBILL, this::freshSpike));
    for (String verify : List.of("none", "full")) {
      contenders.add(
          new Contender("migrate, verify " + verify, Role.WAYBILL, () -> migrate(verify)));
    }
    Programs.find("psql")
        .flatMap(psql -> Programs.find("sqlite3").map(sqlite -> csv(sqlite, psql)))
        .ifPresent(contenders::add);
    if (columns == Columns.PLANNED) {
      Programs.find("pgloader").map(this::pgloader).ifPresent(contenders::add);
    }
    return contenders;
  }

  /** An empty database; with the table in it, where the runs are to find one. */
  private void renew() throws SQLException {
    database.renew();
    if (columns == Columns.EXISTING) {
      database.execute(AgentMemory.TYPED_TABLE);
    }
  }

  /** A database with the empty table, its key included. */
  private void renewWithTable() throws SQLException {
    renew();
    if (columns != Columns.EXISTING) {
      Spike.createTable(move.home(), Objects.requireNonNull(plan), database.secretUrl());
    }
  }

  private Cost measure(List<List<String>> commands, @Nullable Path input)
      throws IOException, SQLException, InterruptedException {
    return whole(move.measure(commands, input, Map.of()));
  }

  private Cost whole(Cost cost) throws IOException, SQLException {
    database.requireRecords(AgentMemory.TABLE, setting.rows());
    return cost;
  }

  private Cost readyCopy() throws IOException, SQLException, InterruptedException {
    renewWithTable();
    String psql = Programs.find("psql").orElse("");
    String copy = "COPY " + AgentMemory.TABLE + " FROM STDIN (FORMAT binary)";
    return psql.isEmpty()
        ? measure(List.of(ReadyCopy.command(database, AgentMemory.TABLE, readyFile())), null)
        : measure(List.of(database.psql(psql, copy)), readyFile());
  }

  private Cost freshSpike() throws IOException, SQLException, InterruptedException {
    renew();
    return spike();
  }

  private Cost spike() throws IOException, SQLException, InterruptedException {
    return measure(List.of(Spike.command(move.home(), planFile())), null);
  }

  private Cost migrate(String verify) throws IOException, SQLException, InterruptedException {
    renew();
    List<String> options = new ArrayList<>(options());
    options.addAll(List.of("--verify", verify));
    return whole(move.migrate("sqlite:" + source, database.url(), options.toArray(String[]::new)));
  }

  private Contender csv(String sqlite, String psql) {
    return new Contender(
        "sqlite3 -csv to psql",
        Role.PEER,
        () -> {
          renewWithTable();
          return measure(
              List.of(
                  List.of(
                      sqlite,
                      "-readonly",
                      "-csv",
                      String.valueOf(source),
                      "SELECT * FROM " + AgentMemory.TABLE),
                  database.psql(psql, "COPY " + AgentMemory.TABLE + " FROM STDIN (FORMAT csv)")),
              null);
        });
  }

  /** Makes a table of its own. Its heap does not suffice without the option. */
  private Contender pgloader(String program) {
    return new Contender(
        "pgloader",
        Role.PEER,
        () -> {
          renew();
          return measure(
              List.of(
                  List.of(
                      program,
                      "--with",
                      "prefetch rows = 10000",
                      "sqlite://" + source,
                      database.url())),
              null);
        });
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
