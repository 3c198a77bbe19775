package dev.waybill.cli;

import dev.waybill.run.RunEvent;

/** Shows what happens during a run; thread-safe. Closed, it leaves no half line behind. */
interface Progress extends RunEvent.Listener, AutoCloseable {
  /** How many rejected records were reported. */
  long rejected();

  /** A line for people, beside the events. */
  void say(String line);

  @Override
  void close();

  /**
   * Progress in the manner of a screen.
   *
   * @param title what is going on, for the line at the start
   */
  static Progress on(Screen screen, String title) {
    if (screen.json()) {
      return new JsonProgress(screen);
    }
    if (screen.terminal().isLive() && !screen.isQuiet()) {
      return LiveProgress.started(screen, title);
    }
    return new LineProgress(screen, title);
  }
}
