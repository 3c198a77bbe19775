package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.WaybillException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a run or a rollback ended.
 *
 * @param losses what became of values that the target could not hold as they were
 * @param error why it did not end well, null if it did
 * @param notes sentences a user should read
 */
public record Ended(
    RunDirectory directory,
    End end,
    List<CollectionResult> collections,
    List<HandledLoss> losses,
    @Nullable WaybillException error,
    List<String> notes) {

  /** An end without losses. */
  public Ended(
      RunDirectory directory,
      End end,
      List<CollectionResult> collections,
      @Nullable WaybillException error,
      List<String> notes) {
    this(directory, end, collections, List.of(), error, notes);
  }

  /** The ways to end. */
  public enum End {
    DONE,
    /** Done, but records stayed behind. */
    PARTIAL,
    /** Failed; the target is as it was. */
    PUT_BACK,
    /** Stopped or failed; what was written is there. */
    STOPPED,
    ROLLED_BACK,
    /** Rolled back but for collections that somebody else has changed; the ledger is kept. */
    PARTLY_ROLLED_BACK;

    /** The word for it in journal and status. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  public Ended {
    collections = List.copyOf(collections);
    losses = List.copyOf(losses);
    notes = List.copyOf(notes);
  }
}
