package dev.waybill.cli;

import dev.waybill.model.StoreException;
import java.io.PrintStream;
import java.util.List;

/**
 * Where one command writes, in the manner it was asked to. What people read goes through here line
 * by line, so that no password and no escape sequence passes. Thread-safe.
 *
 * @param json NDJSON on stdout instead of text
 * @param isQuiet only errors and the last line
 * @param isVerbose more of everything
 */
record Screen(Terminal terminal, boolean json, boolean isQuiet, boolean isVerbose) {
  /** How many entries of a list are shown. */
  static final int SHOWN = 20;

  /** The colours of a line. */
  enum Colour {
    NONE(""),
    RED("\033[31m"),
    GREEN("\033[32m"),
    YELLOW("\033[33m"),
    BOLD("\033[1m");

    private final String on;

    Colour(String on) {
      this.on = on;
    }
  }

  /** A result, on stdout. */
  void result(String line) {
    print(terminal.out(), line);
  }

  void results(List<String> lines) {
    lines.forEach(this::result);
  }

  /** A result that holds users' data: shown as it is, but for what would upset a terminal. */
  void data(Colour colour, String line) {
    synchronized (terminal) {
      boolean isPlain = colour == Colour.NONE || !terminal.isColoured();
      String plain = Text.plain(line);
      terminal.out().print((isPlain ? plain : colour.on + plain + "\033[0m") + "\n");
      terminal.out().flush();
    }
  }

  /**
   * A whole text, on stdout as it is.
   *
   * @throws StoreException if it did not get there whole
   */
  void text(String text) {
    synchronized (terminal) {
      terminal.out().print(text.endsWith("\n") ? text : text + "\n");
      if (terminal.out().checkError()) {
        throw new StoreException(
            "OUTPUT_LOST", "The output cannot be written to stdout.", "", false, null);
      }
    }
  }

  /** Something beside the result, on stderr, unless it is to be quiet. */
  void aside(String line) {
    if (!isQuiet) {
      print(terminal.err(), line);
    }
  }

  /** What went wrong, on stderr. */
  void error(String line) {
    print(terminal.err(), line);
  }

  JsonLines jsonLines() {
    return new JsonLines(terminal.out());
  }

  private void print(PrintStream stream, String line) {
    synchronized (terminal) {
      stream.print(Text.plain(Secrets.masked(line)) + "\n");
      stream.flush();
    }
  }
}
