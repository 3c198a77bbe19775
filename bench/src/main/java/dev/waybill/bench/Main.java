package dev.waybill.bench;

import dev.waybill.bench.SqliteToPostgres.Columns;
import dev.waybill.model.WaybillException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Measures the scenarios that are asked for: {@code ./dev bench [SCENARIO…] [--rows N]}. */
public final class Main {
  private static final String USAGE =
      """
      ./dev bench [SCENARIO…] [--rows N] [--runs N]
        a         SQLite to PostgreSQL, a new table; with every record verified it is b
        a-typed   the same, with uuid, jsonb, timestamptz and so on
        a-existing  the same into a table that is there and empty
        c         the same into a populated table, one in ten overwritten
        d         peak memory: narrow records, and ten times as many
        e         PostgreSQL to SQLite
        f         PostgreSQL to PostgreSQL
        g         diff of two equal stores
        j         what ledger and undo cost: on against off
        json      JSON lines to PostgreSQL and back, four times as many records
        k         start-up
        vectors   embeddings in BLOBs of SQLite to pgvector, a tenth of the records
      All of them if none is named. --rows (1000000): fewer for a try, whose results stay in
      bench/target. --runs (3): how often each contender runs at least.
      """;

  /** Makes a scenario. */
  private interface Maker {
    Scenario make(Setting setting) throws IOException;
  }

  private static final Map<String, Maker> SCENARIOS = new LinkedHashMap<>();

  static {
    SCENARIOS.put("a", setting -> new SqliteToPostgres(setting, Columns.PLANNED));
    SCENARIOS.put("a-typed", setting -> new SqliteToPostgres(setting, Columns.TYPED));
    SCENARIOS.put("a-existing", setting -> new SqliteToPostgres(setting, Columns.EXISTING));
    SCENARIOS.put("c", PopulatedTarget::new);
    SCENARIOS.put("d", PeakMemory::new);
    SCENARIOS.put("e", PostgresToSqlite::new);
    SCENARIOS.put("f", PostgresToPostgres::new);
    SCENARIOS.put("g", DiffOfEqual::new);
    SCENARIOS.put("j", LedgerCost::new);
    SCENARIOS.put("json", JsonLines::new);
    SCENARIOS.put("k", StartUp::new);
    SCENARIOS.put("vectors", Embeddings::new);
  }

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  private static int run(String[] arguments, PrintStream out, PrintStream err) {
    List<String> names = new ArrayList<>();
    int rows = Setting.ROWS;
    int runs = 3;
    try {
      for (int i = 0; i < arguments.length; i++) {
        switch (arguments[i]) {
          case "--rows" -> rows = number(arguments, ++i);
          case "--runs" -> runs = number(arguments, ++i);
          default -> {
            String name = arguments[i].equals("b") ? "a" : arguments[i];
            if (!SCENARIOS.containsKey(name)) {
              throw new IllegalArgumentException("There is no scenario " + name + ".");
            }
            if (!names.contains(name)) {
              names.add(name);
            }
          }
        }
      }
    } catch (IllegalArgumentException unclear) {
      err.println(unclear.getMessage());
      err.print(USAGE);
      return 2;
    }
    try {
      measure(
          new Setting(Path.of("").toAbsolutePath(), rows, runs),
          names.isEmpty() ? List.copyOf(SCENARIOS.keySet()) : names,
          out,
          err);
      return 0;
    } catch (IOException | SQLException | IllegalStateException failure) {
      err.println(failure.getMessage());
      return 1;
    } catch (WaybillException failure) {
      err.println(failure.getMessage() + " Try: " + failure.hint());
      return 1;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static int number(String[] arguments, int at) {
    int number = at < arguments.length ? parsed(arguments[at]) : 0;
    if (number < 1) {
      throw new IllegalArgumentException(arguments[at - 1] + " needs a number from 1 on.");
    }
    return number;
  }

  private static int parsed(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException noNumber) {
      return 0;
    }
  }

  private static void measure(Setting setting, List<String> names, PrintStream out, PrintStream err)
      throws IOException, SQLException, InterruptedException {
    Instant start = Instant.now();
    Map<String, Object> machine = Machine.facts();
    if (Machine.isBusy()) {
      err.println("Something else keeps this machine busy: the numbers will say little.");
    }
    List<Result> results = new ArrayList<>();
    for (String name : names) {
      try (Scenario scenario = Objects.requireNonNull(SCENARIOS.get(name)).make(setting)) {
        results.add(new Rounds(err).run(scenario, setting.runs()));
      }
    }
    Path file = ResultFile.write(setting.results(), machine, start, results);
    out.println(machine);
    for (Result result : results) {
      out.println();
      if (!result.facts().isEmpty()) {
        out.println(result.facts());
      }
      out.print(ResultTable.of(result));
    }
    out.println();
    out.println("All runs: " + setting.root().relativize(file));
  }
}
