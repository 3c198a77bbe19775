package dev.waybill.chaos;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What happened in all rounds. */
final class Tally {
  private final Map<String, Long> counts = new TreeMap<>();
  private final Map<String, Map<String, Long>> kills = new TreeMap<>();

  /** What is counted. */
  enum What {
    ROUNDS("rounds"),
    RECORDS("records that had to be there at the end"),
    TOO_LATE("kills that came too late"),
    RESUMES("resumes"),
    ROLLBACKS("rollbacks"),
    PUT_BACK("runs that put the target back themselves"),
    MOVED("sources that moved before a resume"),
    RIVALS("rivals refused"),
    LOST("records lost"),
    TWICE("records there twice"),
    WRONG("records wrong"),
    NOT_AS_BEFORE("targets not as before after a rollback");

    private final String words;

    What(String words) {
      this.words = words;
    }
  }

  void add(What what, long count) {
    counts.merge(what.name(), count, Long::sum);
  }

  void addKill(String victim, String verb, String phase) {
    kills
        .computeIfAbsent(victim, each -> new TreeMap<>())
        .merge(verb + ", " + phase, 1L, Long::sum);
  }

  long count(What what) {
    return counts.getOrDefault(what.name(), 0L);
  }

  /** All of it, for people. */
  String table() {
    StringBuilder out = new StringBuilder();
    kills.forEach(
        (victim, phases) -> {
          long all = phases.values().stream().mapToLong(Long::longValue).sum();
          line(out, all, "kills of " + victim);
          phases.forEach((phase, count) -> line(out, count, "  in " + phase));
        });
    for (What what : What.values()) {
      line(out, count(what), what.words);
    }
    return out.toString();
  }

  private static void line(StringBuilder out, long count, String words) {
    out.append(String.format(Locale.ROOT, "%8d  %s%n", count, words));
  }
}
