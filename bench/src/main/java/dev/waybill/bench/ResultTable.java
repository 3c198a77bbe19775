package dev.waybill.bench;

import java.util.Locale;

/** A result as a table that can be pasted into docs/performance.md. */
final class ResultTable {
  private ResultTable() {}

  static String of(Result result) {
    StringBuilder out = new StringBuilder();
    out.append(result.scenario()).append(": ").append(result.title()).append('\n');
    out.append("| | wall | × limit | CPU | peak memory |\n|---|---|---|---|---|\n");
    for (Result.Line line : result.lines()) {
      Cost median = line.median();
      out.append(
          String.format(
              Locale.ROOT,
              "| %s | %.2f s | %.2f | %.2f s | %s |%n",
              line.contender(),
              median.wall().toNanos() / 1e9,
              result.ratio(line),
              median.cpu().toNanos() / 1e9,
              median.peakBytes() < 0 ? "?" : median.peakBytes() / (1 << 20) + " MiB"));
    }
    return out.toString();
  }
}
