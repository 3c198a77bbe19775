package dev.waybill.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Plays rounds until there is a fault or enough of them: {@code ./dev chaos}. */
public final class Main {
  private static final String USAGE =
      """
      ./dev chaos N [SEED]           N rounds; a seed is the first round's, the next has the next one
      ./dev chaos --seconds S [SEED] as many rounds as fit
        --from STORE, --to STORE     only rounds of that source or target: sqlite, postgres or json
        --verbose                    what each round does
      The first difference ends it with exit code 1; its folder and its seed are printed.
      """;

  private Main() {}

  /** What was asked for. */
  private record Wish(
      long rounds,
      @Nullable Duration time,
      @Nullable Long seed,
      @Nullable Dialect from,
      @Nullable Dialect to,
      boolean isVerbose,
      Paths paths) {
    boolean wants(Scenario scenario) {
      return (from == null || scenario.from() == from) && (to == null || scenario.to() == to);
    }
  }

  /** Where {@code ./dev} has put what is needed: Waybill, PostgreSQL, and the rounds' folder. */
  private record Paths(Path waybill, Path postgres, Path folder) {}

  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  private static int run(String[] arguments, PrintStream out, PrintStream err) {
    Wish wish;
    try {
      wish = read(arguments);
    } catch (IllegalArgumentException unclear) {
      err.println(unclear.getMessage());
      err.print(USAGE);
      return 2;
    }
    try {
      return play(wish, out);
    } catch (IOException | SQLException failure) {
      err.println("The rounds cannot go on: " + failure.getMessage());
      return 1;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static Wish read(String[] arguments) {
    long rounds = Long.MAX_VALUE;
    Long seed = null;
    Duration time = null;
    Dialect from = null;
    Dialect to = null;
    boolean isVerbose = false;
    int numbers = 0;
    for (int i = 3; i < arguments.length; i++) {
      if (arguments[i].equals("--verbose")) {
        isVerbose = true;
      } else if (arguments[i].equals("--from") && i + 1 < arguments.length) {
        from = store(arguments[++i]);
      } else if (arguments[i].equals("--to") && i + 1 < arguments.length) {
        to = store(arguments[++i]);
      } else if (arguments[i].equals("--seconds") && i + 1 < arguments.length) {
        time = Duration.ofSeconds(number(arguments[++i]));
      } else if (numbers++ == 0 && time == null) {
        rounds = number(arguments[i]);
      } else {
        seed = number(arguments[i]);
      }
    }
    if (arguments.length < 3 || rounds == Long.MAX_VALUE && time == null || numbers > 2) {
      throw new IllegalArgumentException("How many rounds?");
    }
    return new Wish(
        rounds,
        time,
        seed,
        from,
        to,
        isVerbose,
        new Paths(Path.of(arguments[0]), Path.of(arguments[1]), Path.of(arguments[2])));
  }

  private static Dialect store(String text) {
    return Arrays.stream(Dialect.values())
        .filter(each -> each.name().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(text + " is no store of the rounds."));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException noNumber) {
      throw new IllegalArgumentException(text + " is no number.", noNumber);
    }
  }

  private static int play(Wish wish, PrintStream out)
      throws IOException, SQLException, InterruptedException {
    long first = wish.seed() == null ? new Random().nextInt(1_000_000_000) : wish.seed();
    long begin = System.nanoTime();
    Tally tally = new Tally();
    Pace pace = new Pace();
    Path folder = wish.paths().folder().toAbsolutePath();
    Waybill waybill = Waybill.in(wish.paths().waybill().toAbsolutePath());
    PrivateServer server =
        PrivateServer.create(wish.paths().postgres().toAbsolutePath(), folder, List.of());
    Thread stop = new Thread(server::close, "stops the server");
    Runtime.getRuntime().addShutdownHook(stop);
    String fault = null;
    out.println("first seed: " + first);
    long seed = first;
    for (long i = 0; i < wish.rounds() && fault == null; i++) {
      Duration gone = Duration.ofNanos(System.nanoTime() - begin);
      if (wish.time() != null && gone.compareTo(wish.time()) > 0) {
        break;
      }
      if (i > 0 && i % 25 == 0) {
        out.printf(Locale.ROOT, "%d rounds, %d s%n", i, gone.toSeconds());
      }
      Scenario scenario = Scenario.of(seed++);
      while (!wish.wants(scenario)) {
        scenario = Scenario.of(seed++);
      }
      if (wish.isVerbose()) {
        out.println(scenario);
      }
      Path of = folder.resolve("round-" + scenario.seed());
      if (!pace.isKnown(scenario)) {
        fault = new Stage(waybill, server, pace, new Tally()).fault(scenario.undisturbed(), of);
      }
      if (fault == null) {
        fault = new Stage(waybill, server, pace, tally).fault(scenario, of);
      }
    }
    // What is wrong stands last: of a long log people see the end.
    out.print(tally.table());
    if (fault != null) {
      out.println(fault);
    }
    out.printf(
        Locale.ROOT,
        "%s, %d s%n",
        fault != null ? "FAILED" : "as promised",
        Duration.ofNanos(System.nanoTime() - begin).toSeconds());
    return fault != null ? 1 : 0;
  }
}
