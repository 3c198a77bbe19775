package dev.waybill.bench;

import java.util.List;
import java.util.Map;

/**
 * A scenario's outcome.
 *
 * @param facts about what was moved and where to
 * @param lines one for each contender, each limit before those that are measured by it
 */
record Result(String scenario, String title, Map<String, Object> facts, List<Line> lines) {

  /** A contender's runs, in the order they were made. */
  record Line(String contender, Contender.Role role, List<Cost> runs) {
    Cost median() {
      return Cost.median(runs);
    }
  }

  /** A line's time as a multiple of that of the limit before it. */
  double ratio(Line line) {
    Line limit = lines.get(0);
    for (Line each : lines.subList(0, lines.indexOf(line) + 1)) {
      limit = each.role() == Contender.Role.LIMIT ? each : limit;
    }
    return (double) line.median().wall().toNanos() / limit.median().wall().toNanos();
  }
}
