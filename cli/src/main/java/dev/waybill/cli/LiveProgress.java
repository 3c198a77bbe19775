package dev.waybill.cli;

import dev.waybill.run.RunEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Progress for a terminal: a line for the phase and one for each collection under way, redrawn in
 * place ten times a second at most, gone at the end.
 */
final class LiveProgress implements Progress {
  private static final int MOST_LINES = 10;
  private static final long ASK_WIDTH_EVERY = 2_000_000_000L;

  private final Screen screen;
  private final String title;
  private final Map<String, Pace> underWay = new LinkedHashMap<>();
  private final long startedAt;
  private String phase = "";
  private long finished;
  private long rejected;
  private int drawn;
  private int columns;
  private long askedAt;
  private boolean isClosed;

  LiveProgress(Screen screen, String title) {
    this.screen = screen;
    this.title = Text.plain(Secrets.masked(title));
    startedAt = now();
    askedAt = startedAt;
    columns = screen.terminal().columns().getAsInt();
  }

  /** One that draws itself. */
  static LiveProgress started(Screen screen, String title) {
    LiveProgress progress = new LiveProgress(screen, title);
    Thread painter = new Thread(progress::paint, "progress");
    painter.setDaemon(true);
    painter.start();
    return progress;
  }

  private void paint() {
    try {
      while (draw()) {
        Thread.sleep(100);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void on(RunEvent event) {
    String name = event.collection();
    switch (event.type()) {
      case RUN_STARTED -> say("run " + event.text() + ": " + title);
      case PHASE -> {
        phase = Text.plain(event.text());
        finished = 0;
        underWay.clear();
      }
      case COLLECTION_STARTED -> underWay.put(name, new Pace(now(), event.total()));
      case PROGRESS ->
          underWay
              .computeIfAbsent(name, unannounced -> new Pace(now(), event.total()))
              .update(event.done(), event.total());
      case COLLECTION_DONE -> {
        underWay.remove(name);
        finished++;
      }
      case RECORD_REFUSED -> {
        rejected++;
        if (rejected <= Screen.SHOWN) {
          say(LineProgress.rejectedLine(event));
        }
      }
      case NOTE -> say(LineProgress.noteLine(event));
    }
  }

  /** A line that stays, above those that are redrawn. */
  @Override
  public synchronized void say(String line) {
    clear();
    screen.aside(line);
  }

  /** Redraws; false once closed. */
  synchronized boolean draw() {
    if (isClosed) {
      return false;
    }
    long now = now();
    if (now - askedAt > ASK_WIDTH_EVERY) {
      askedAt = now;
      columns = screen.terminal().columns().getAsInt();
    }
    List<String> lines = lines(now);
    StringBuilder out = new StringBuilder(toTop());
    for (int i = 0; i < lines.size(); i++) {
      out.append(i == 0 ? "" : "\n").append("\033[2K").append(Text.cut(lines.get(i), columns - 1));
    }
    out.append("\033[J");
    drawn = lines.size();
    print(out.toString());
    return true;
  }

  private List<String> lines(long now) {
    List<String> lines = new ArrayList<>();
    Pace whole = new Pace(startedAt, -1);
    lines.add(
        (phase.isEmpty() ? title : phase)
            + ", "
            + (finished == 0 ? "" : Text.collections(finished) + " done, ")
            + Text.duration(whole.elapsed(now)));
    int widest = 0;
    for (String name : underWay.keySet()) {
      widest = Math.max(widest, Text.width(Text.plain(name)));
    }
    for (Map.Entry<String, Pace> each : underWay.entrySet()) {
      if (lines.size() > MOST_LINES) {
        lines.add("+" + (underWay.size() - MOST_LINES) + " more");
        break;
      }
      String name = Text.plain(each.getKey());
      String blanks = " ".repeat(widest - Text.width(name));
      lines.add("  " + name + blanks + "  " + each.getValue().describe(now));
    }
    return lines;
  }

  private String toTop() {
    return drawn > 1 ? "\r\033[" + (drawn - 1) + "A" : "\r";
  }

  private void clear() {
    if (drawn > 0) {
      print(toTop() + "\033[J");
      drawn = 0;
    }
  }

  private void print(String text) {
    screen.terminal().err().print(text);
    screen.terminal().err().flush();
  }

  private long now() {
    return screen.terminal().nanoTime().getAsLong();
  }

  @Override
  public synchronized long rejected() {
    return rejected;
  }

  @Override
  public synchronized void close() {
    clear();
    isClosed = true;
  }
}
