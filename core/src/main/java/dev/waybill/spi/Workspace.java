package dev.waybill.spi;

import dev.waybill.model.SessionOptions;
import java.nio.file.Path;

/**
 * Room for an adapter's own work.
 *
 * @param directory for temporary copies; may not exist yet: make it (0700) when it is needed, and
 *     remove from it what you put there
 * @param connections how many connections the store may be asked for at once, at least one
 * @param session how these connections behave
 */
public record Workspace(Path directory, int connections, SessionOptions session) {
  /** A workspace whose connections behave as usual. */
  public Workspace(Path directory, int connections) {
    this(directory, connections, SessionOptions.USUAL);
  }
}
