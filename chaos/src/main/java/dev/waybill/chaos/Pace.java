package dev.waybill.chaos;

import dev.waybill.chaos.Scenario.Kill;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** How long things usually take, so that kills hit all of a run. */
final class Pace {
  private static final long UNKNOWN = 1_500_000_000L;

  private final Map<String, Timeline> timelines = new HashMap<>();

  /**
   * One that nobody disturbed.
   *
   * @param phases when each began
   */
  private record Timeline(Map<String, Long> phases, long total, long records) {
    /** When the first phase began: Java and the plan are behind it. */
    long begin() {
      Iterator<Long> begins = phases.values().iterator();
      long start = begins.next();
      return begins.hasNext() ? begins.next() : start;
    }

    /** What a part of it would take with so many records. */
    long scaled(long part, long asked) {
      return (long) (part * Math.max(0.3, (double) asked / Math.max(1, records)));
    }

    long length(String phase) {
      long began = phases.getOrDefault(phase, 0L);
      return phases.values().stream().filter(next -> next > began).min(Long::compare).orElse(total)
          - began;
    }
  }

  private static String name(String verb, Scenario scenario) {
    return verb + " " + scenario.from() + " " + scenario.to();
  }

  /** Notes an attempt that came to its end. */
  void note(Attempt attempt, Scenario scenario, long records, long took) {
    timelines.put(name(attempt.verb(), scenario), new Timeline(attempt.phases(), took, records));
  }

  boolean isKnown(Scenario scenario) {
    return timelines.containsKey(name("migrate", scenario));
  }

  /** Waits in the attempt for the moment of a kill, or its end. True if it lives. */
  boolean await(Kill kill, Attempt attempt, Scenario scenario, long records)
      throws InterruptedException {
    Timeline usual = null;
    for (String verb : List.of(attempt.verb(), "migrate")) {
      usual = usual == null ? timelines.get(name(verb, scenario)) : usual;
    }
    if (usual == null) {
      return attempt.livesAfter(Duration.ofNanos((long) (kill.share() * UNKNOWN)));
    }
    if (usual.phases().containsKey(kill.phase())) {
      attempt.awaitPhase(kill.phase());
      long length = usual.scaled(usual.length(kill.phase()), records);
      return attempt.livesAfter(Duration.ofNanos((long) (kill.share() * length)));
    }
    double begin = usual.begin() * 0.9;
    double rest = usual.scaled(usual.total() - usual.begin(), records) + usual.begin() * 0.15;
    return attempt.livesAfter(
        Duration.ofNanos((long) (begin + kill.share() * rest) - attempt.age()));
  }
}
