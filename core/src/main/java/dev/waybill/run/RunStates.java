package dev.waybill.run;

import dev.waybill.backup.RunState;
import dev.waybill.journal.RunDirectory;
import dev.waybill.run.Ended.End;
import java.util.Arrays;

/** How far runs came, for those who keep something of them. */
public final class RunStates {
  private RunStates() {}

  /** What the run's journal says; one that nobody works on and that has not ended is unfinished. */
  public static RunState of(RunDirectory directory) {
    PastRun past = PastRun.of(directory);
    if (!past.state().equals(Forgetting.STATE)) {
      return of(past.state());
    }
    RunState before = of(past.stateBeforeForgotten());
    return before == RunState.UNFINISHED ? RunState.ABANDONED : before;
  }

  private static RunState of(String state) {
    return Arrays.stream(End.values())
        .filter(end -> end.word().equals(state))
        .findFirst()
        .map(RunStates::of)
        .orElse(RunState.UNFINISHED);
  }

  private static RunState of(End end) {
    return switch (end) {
      case DONE, PARTIAL -> RunState.DONE;
      case PUT_BACK, ROLLED_BACK, PARTLY_ROLLED_BACK -> RunState.UNDONE;
      case STOPPED -> RunState.UNFINISHED;
    };
  }
}
