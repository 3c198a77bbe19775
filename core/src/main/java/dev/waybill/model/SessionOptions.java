package dev.waybill.model;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How connections to a store behave. A store that knows no such thing ignores the time-outs and
 * refuses settings. Immutable.
 *
 * @param settings the store's own settings by name ({@code app.current_tenant_id}). Where one has
 *     several values, everything is read and written once under each of them
 * @param lockTimeout how long to wait for a lock; zero for the store's own way
 * @param statementTimeout how long one statement may take; zero for the store's own way
 * @param isAnalyzed whether statistics are brought up to date after the load
 */
public record SessionOptions(
    Map<String, List<String>> settings,
    Duration lockTimeout,
    Duration statementTimeout,
    boolean isAnalyzed) {
  public static final SessionOptions USUAL =
      new SessionOptions(Map.of(), Duration.ZERO, Duration.ZERO, true);

  public SessionOptions {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    settings.forEach((name, values) -> copy.put(name, List.copyOf(values)));
    settings = java.util.Collections.unmodifiableMap(copy);
  }
}
