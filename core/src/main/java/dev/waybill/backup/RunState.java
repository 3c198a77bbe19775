package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;

/** How far a run came, as far as it matters to what is kept of it. */
public enum RunState {
  /** It works, was interrupted or was stopped: it can go on. */
  UNFINISHED,
  /** Its records are in the target, but for those that stayed behind. */
  DONE,
  /** What it wrote was taken back. */
  UNDONE,
  /** It was forgotten before it had ended: what it wrote stays, and it cannot go on. */
  ABANDONED;

  /** Looks at runs. */
  public interface Of {
    RunState of(RunDirectory run);
  }
}
