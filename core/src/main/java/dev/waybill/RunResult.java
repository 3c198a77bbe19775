package dev.waybill;

import dev.waybill.model.WaybillException;
import dev.waybill.run.CollectionResult;
import dev.waybill.run.HandledLoss;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a run, a rollback or a verification of a run ended.
 *
 * @param run the run id
 * @param collections per source collection, in the plan's order
 * @param losses what became of values that the target could not hold as they were
 * @param error why it did not end well, null if it did
 * @param directory the run directory
 * @param notes sentences a user should read: what was left out, what goes on (a server), what next
 */
public record RunResult(
    String run,
    Status status,
    Duration took,
    List<CollectionResult> collections,
    List<HandledLoss> losses,
    @Nullable WaybillException error,
    Path directory,
    List<String> notes) {

  /** How it ended. */
  public enum Status {
    /** Done and, where asked, equal. */
    OK,
    /** Failed; the target is as it was before. */
    PUT_BACK,
    /** Done and everything else equal, but records were quarantined or repaired. */
    PARTIAL,
    /** The sides differ. */
    DIFFERENT,
    /** Stopped, or could not be put back: what was written is still there. */
    STOPPED
  }

  public RunResult {
    collections = List.copyOf(collections);
    losses = List.copyOf(losses);
    notes = List.copyOf(notes);
  }
}
