package dev.waybill.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Runs the contenders of a scenario in turn, A B A B, so that whatever else slows the machine for a
 * while slows them all.
 */
final class Rounds {
  private final PrintStream progress;

  Rounds(PrintStream progress) {
    this.progress = progress;
  }

  Result run(Scenario scenario, int asked) throws IOException, SQLException, InterruptedException {
    progress.println(scenario.name() + ": " + scenario.title());
    Map<String, Object> facts = scenario.prepare();
    List<Contender> contenders = scenario.contenders();
    List<List<Cost>> costs = new ArrayList<>();
    contenders.forEach(contender -> costs.add(new ArrayList<>()));
    int runs = Math.max(asked, scenario.leastRuns());
    for (int round = 1; round <= runs; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        Cost cost = contenders.get(i).trial().run();
        costs.get(i).add(cost);
        progress.printf(
            Locale.ROOT,
            "  %d/%d  %-24s %8.2f s%n",
            round,
            runs,
            contenders.get(i).name(),
            cost.wall().toNanos() / 1e9);
      }
    }
    List<Result.Line> lines = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      Contender contender = contenders.get(i);
      lines.add(new Result.Line(contender.name(), contender.role(), List.copyOf(costs.get(i))));
    }
    return new Result(scenario.name(), scenario.title(), facts, List.copyOf(lines));
  }
}
