package dev.waybill.bench;

import java.util.List;
import java.util.Map;

/**
 * A scenario's outcome.
 *
 * @param facts about what was moved and where to
 * @param lines one for each contender, the limit first
 */
record Result(String scenario, String title, Map<String, Object> facts, List<Line> lines) {

  /** A contender's runs, in the order they were made. */
  record Line(String contender, Contender.Role role, List<Cost> runs) {
    Cost median() {
      return Cost.median(runs);
    }
  }

  /** A line's time as a multiple of the limit's. */
  double ratio(Line line) {
    return (double) line.median().wall().toNanos() / lines.get(0).median().wall().toNanos();
  }
}
