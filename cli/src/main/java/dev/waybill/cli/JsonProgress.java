package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.run.RunEvent;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Every event a line of JSON; of progress at most ten a second for each collection. */
final class JsonProgress implements Progress {
  private final Screen screen;
  private final JsonLines lines;
  private final AtomicLong rejected = new AtomicLong();
  private final java.util.Map<String, Long> shownAt = new java.util.HashMap<>();

  JsonProgress(Screen screen) {
    this.screen = screen;
    lines = screen.jsonLines();
  }

  @Override
  public void on(RunEvent event) {
    if (event.type() == RunEvent.Type.RECORD_REFUSED) {
      rejected.incrementAndGet();
    }
    if (screen.isQuiet() || event.type() == RunEvent.Type.PROGRESS && !isDue(event)) {
      return;
    }
    lines.line(type(event), json -> write(json, event));
  }

  static String type(RunEvent event) {
    return event.type().name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The members of an event. */
  static void write(JsonGenerator json, RunEvent event) throws IOException {
    switch (event.type()) {
      case RUN_STARTED -> json.writeStringField("run", event.text());
      case PHASE -> json.writeStringField("phase", event.text());
      case COLLECTION_STARTED, PROGRESS, COLLECTION_DONE -> {
        json.writeStringField("collection", event.collection());
        json.writeNumberField("done", event.done());
        JsonLines.known(json, "total", event.total());
      }
      case RECORD_REFUSED, NOTE -> {
        if (!event.collection().isEmpty()) {
          json.writeStringField("collection", event.collection());
        }
        json.writeStringField("text", Secrets.masked(event.text()));
      }
    }
  }

  private synchronized boolean isDue(RunEvent event) {
    long now = screen.terminal().nanoTime().getAsLong();
    Long last = shownAt.get(event.collection());
    if (last != null && now - last < 100_000_000L) {
      return false;
    }
    shownAt.put(event.collection(), now);
    return true;
  }

  @Override
  public long rejected() {
    return rejected.get();
  }

  @Override
  public void say(String line) {
    screen.aside(line);
  }

  @Override
  public void close() {}
}
