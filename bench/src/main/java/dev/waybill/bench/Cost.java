package dev.waybill.bench;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * What a job cost in the processes that were started for it; what a server did is not in it.
 *
 * @param cpu of all these processes, the kernel's part included
 * @param peakBytes the largest resident memory of each, added up; −1 where the system does not tell
 */
record Cost(Duration wall, Duration cpu, long peakBytes) {

  /** This job and then another, as one. */
  Cost plus(Cost next) {
    return new Cost(wall.plus(next.wall), cpu.plus(next.cpu), Math.max(peakBytes, next.peakBytes));
  }

  /** Median of wall and CPU, the largest of the peaks. */
  static Cost median(List<Cost> costs) {
    return new Cost(
        median(costs, Cost::wall),
        median(costs, Cost::cpu),
        costs.stream().mapToLong(Cost::peakBytes).max().orElse(-1));
  }

  private static Duration median(List<Cost> costs, Function<Cost, Duration> of) {
    List<Duration> sorted = costs.stream().map(of).sorted(Comparator.naturalOrder()).toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : sorted.get(middle - 1).plus(sorted.get(middle)).dividedBy(2);
  }
}
