package dev.waybill.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Lines without order, each as often as it is there. */
final class Lines {
  private final Map<String, Integer> counts = new TreeMap<>();
  private long size;

  void add(String line) {
    counts.merge(line, 1, Integer::sum);
    size++;
  }

  long size() {
    return size;
  }

  /** What is here more often than there, as many times as it is. */
  List<String> without(Lines other) {
    List<String> more = new ArrayList<>();
    counts.forEach(
        (line, count) -> {
          for (int i = other.counts.getOrDefault(line, 0); i < count; i++) {
            more.add(line);
          }
        });
    return more;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Lines lines && counts.equals(lines.counts);
  }

  @Override
  public int hashCode() {
    return counts.hashCode();
  }
}
