package dev.waybill.cli;

import dev.waybill.run.RunEvent;
import java.util.HashMap;
import java.util.Map;

/**
 * Progress for a file or pipe: a line at the start, one at each tenth of a collection that takes
 * longer than a second, one for each of the first rejected records.
 */
final class LineProgress implements Progress {
  private static final long WORTH_A_LINE = 1_000_000_000L;

  private final Screen screen;
  private final String title;
  private final Map<String, Pace> paces = new HashMap<>();
  private final Map<String, Integer> tenths = new HashMap<>();
  private String phase = "";
  private boolean hasStarted;
  private long rejected;

  LineProgress(Screen screen, String title) {
    this.screen = screen;
    this.title = title;
  }

  @Override
  public synchronized void on(RunEvent event) {
    if (!hasStarted) {
      hasStarted = true;
      String run = event.type() == RunEvent.Type.RUN_STARTED ? "run " + event.text() + ": " : "";
      screen.aside(run + title);
    }
    String name = event.collection();
    switch (event.type()) {
      case RUN_STARTED -> {}
      case PHASE -> phase = event.text();
      case COLLECTION_STARTED -> {
        paces.put(name, new Pace(now(), event.total()));
        tenths.put(name, 0);
      }
      case PROGRESS -> advance(event);
      case COLLECTION_DONE -> paces.remove(name);
      case RECORD_REFUSED -> {
        rejected++;
        if (rejected <= Screen.SHOWN) {
          screen.aside(rejectedLine(event));
        }
      }
      case NOTE -> screen.aside(noteLine(event));
    }
  }

  static String rejectedLine(RunEvent event) {
    return "rejected: " + event.collection() + " " + event.text();
  }

  static String noteLine(RunEvent event) {
    return "note: "
        + (event.collection().isEmpty() ? "" : event.collection() + ": ")
        + event.text();
  }

  private void advance(RunEvent event) {
    String name = event.collection();
    Pace pace = paces.computeIfAbsent(name, unannounced -> new Pace(now(), event.total()));
    pace.update(event.done(), event.total());
    int tenth = pace.percent() / 10;
    if (tenth > tenths.getOrDefault(name, 0) && tenth < 10) {
      tenths.put(name, tenth);
      if (pace.elapsed(now()).toNanos() >= WORTH_A_LINE) {
        screen.aside((phase.isEmpty() ? "" : phase + " ") + name + ": " + pace.describe(now()));
      }
    }
  }

  private long now() {
    return screen.terminal().nanoTime().getAsLong();
  }

  @Override
  public synchronized long rejected() {
    return rejected;
  }

  @Override
  public void say(String line) {
    screen.aside(line);
  }

  @Override
  public void close() {}
}
