package dev.waybill.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.waybill.bench.Contender.Role;
import dev.waybill.journal.RunDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Agent memory as JSON lines, two gigabytes of it, to PostgreSQL and back.
 *
 * <p>The limit of the way there is to parse the file once with jackson-core, doing nothing with it,
 * and then COPY of a ready file of the same rows; of the way back COPY out and then such a parse.
 * For every run does both, and what PostgreSQL takes for its part is more than twice a parse.
 */
final class JsonLines implements Scenario {
  /** How many times the records of other scenarios: two gigabytes. */
  private static final int TIMES = 4;

  private final Setting setting;
  private final BenchDatabase filled;
  private final BenchDatabase target;
  private final MemoryMove move;
  private final String psql;
  private String emptyTable = "";

  /**
   * @throws IllegalStateException if there is no psql, which the limits need
   */
  JsonLines(Setting setting) throws IOException {
    this.setting = setting;
    this.psql =
        Programs.find("psql")
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Scenario json needs psql. Try: install PostgreSQL's client."));
    this.target = BenchDatabase.ofEnvironment();
    this.filled = target.another("source");
    this.move = new MemoryMove(setting, target);
  }

  @Override
  public String name() {
    return "json";
  }

  @Override
  public String title() {
    return "JSON lines to PostgreSQL, and back";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  private int rows() {
    return TIMES * setting.rows();
  }

  /** The folder of what comes back. */
  private Path back() {
    return move.file("json-back");
  }

  /** The rows as PostgreSQL reads them. */
  private Path readyFile() {
    return move.file("json.copy");
  }

  private Path source() throws IOException {
    return AgentMemory.jsonLines(setting.folder("data"), rows());
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    move.prepareHome();
    Path file = source();
    filled.renew();
    move.migrate("json:" + file, filled.url(), "--verify", "none");
    filled.execute("DROP SCHEMA waybill CASCADE");
    emptyTable = filled.emptyTable();
    ReadyCopy.write(filled, AgentMemory.TABLE, readyFile());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", rows());
    facts.put("sourceBytes", Files.size(file));
    facts.put("columns", filled.types());
    facts.put("server", filled.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    return List.of(
        new Contender("parse, then COPY in", Role.LIMIT, () -> parse().plus(copyIn())),
        new Contender("parse with jackson-core", Role.PEER, this::parse),
        new Contender("there, verify none", Role.WAYBILL, () -> there("none")),
        new Contender("there, verify full", Role.WAYBILL, () -> there("full")),
        new Contender("COPY out, then parse", Role.LIMIT, () -> copyOut().plus(parse())),
        new Contender("psql, row_to_json, synced", Role.PEER, this::rowsToJson),
        new Contender("back, verify none", Role.WAYBILL, () -> back("none")),
        new Contender("back, verify full", Role.WAYBILL, () -> back("full")));
  }

  private Cost parse() throws IOException, InterruptedException {
    return move.measure(Programs.java(Parse.class, source().toString()));
  }

  private Cost copyIn() throws IOException, SQLException, InterruptedException {
    target.renew();
    target.execute(emptyTable);
    String copy = "COPY " + AgentMemory.TABLE + " FROM STDIN (FORMAT binary)";
    Cost cost = move.measure(List.of(target.psql(psql, copy)), readyFile(), Map.of());
    target.requireRecords(AgentMemory.TABLE, rows());
    return cost;
  }

  private Cost copyOut() throws IOException, InterruptedException {
    String copy = "COPY " + AgentMemory.TABLE + " TO STDOUT (FORMAT binary)";
    List<String> command = new ArrayList<>(filled.psql(psql, copy));
    command.addAll(List.of("-o", "/dev/null"));
    return move.measure(command);
  }

  /** The file as a person would make it, and on the disk as Waybill leaves it. */
  private Cost rowsToJson() throws IOException, InterruptedException {
    RunDirectory.deleteTree(back());
    Path file = Files.createDirectories(back()).resolve(AgentMemory.TABLE + ".jsonl");
    // Delimiter and quote that no JSON has, so that each row is the line that it is.
    String copy =
        "COPY (SELECT row_to_json(row) FROM "
            + AgentMemory.TABLE
            + " AS row) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')";
    List<String> command = new ArrayList<>(filled.psql(psql, copy));
    command.addAll(List.of("-o", file.toString()));
    return move.measure(command).plus(move.measure(List.of("sync", file.toString())));
  }

  private Cost there(String verify) throws IOException, SQLException, InterruptedException {
    target.renew();
    Cost cost = move.migrate("json:" + source(), target.url(), "--verify", verify);
    target.requireRecords(AgentMemory.TABLE, rows());
    return cost;
  }

  private Cost back(String verify) throws IOException, InterruptedException {
    RunDirectory.deleteTree(back());
    Path file = Files.createDirectories(back()).resolve(AgentMemory.TABLE + ".jsonl");
    Cost cost = move.migrate(filled.url(), "json:" + file, "--verify", verify);
    try (Stream<String> lines = Files.lines(file)) {
      long count = lines.count();
      if (count != rows()) {
        throw new IOException(count + " of " + rows() + " records arrived.");
      }
    }
    return cost;
  }

  @Override
  public void close() throws SQLException {
    RunDirectory.deleteTree(back());
    target.close();
    filled.close();
  }

  /** The limit, in a process of its own. */
  static final class Parse {
    private Parse() {}

    public static void main(String[] arguments) throws IOException {
      long tokens = 0;
      try (InputStream in = Files.newInputStream(Path.of(arguments[0]));
          JsonParser parser = new JsonFactory().createParser(in)) {
        while (parser.nextToken() != null) {
          tokens++;
        }
      }
      System.out.println(tokens);
    }
  }
}
