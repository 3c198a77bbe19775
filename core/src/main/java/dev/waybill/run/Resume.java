package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.run.Ended.End;
import java.util.List;

/** Goes on with what a run was doing when it was broken off: writing, or taking back. */
public final class Resume {
  private Resume() {}

  /**
   * Goes on.
   *
   * <p>One that is done already is given back as it ended.
   *
   * @throws SpecException NOTHING_TO_RESUME if the run has been taken back, RUN_IS_BUSY if it is
   *     going on
   */
  public static Ended of(RunDirectory directory, Environment environment) {
    try (RunDirectory.Lock lock = directory.lock()) {
      try {
        PastRun past = PastRun.of(directory);
        String state = past.lastState();
        for (End end : List.of(End.DONE, End.PARTIAL)) {
          if (state.equals(end.word())) {
            // Killed after its last line: whoever asks until it is done must get an answer.
            return new Ended(
                directory, end, past.collections(), null, List.of("The run had ended before."));
          }
        }
        if (!state.isEmpty()
            && !PastRun.WORKING.contains(state)
            && !state.equals(End.STOPPED.word())) {
          throw new SpecException(
              "NOTHING_TO_RESUME",
              "Run " + directory.run() + " is " + state + ": there is nothing to go on with.",
              state.equals(End.PARTLY_ROLLED_BACK.word())
                  ? "take back the rest: waybill rollback "
                      + directory.run()
                      + " --on-changed restore"
                  : "see its story: waybill status " + directory.run());
        }
        JsonNode undoing = past.undoing();
        return undoing == null ? goOn(past, environment) : takeBack(past, undoing, environment);
      } finally {
        directory.clean();
      }
    }
  }

  private static Ended goOn(PastRun past, Environment environment) {
    try {
      return new Migration(past.plan(), environment)
          .resume(past.directory(), past.startedAt(environment), past.hasBegun());
    } catch (SpecException refused) {
      if (!refused.code().equals(Ends.STALE_PLAN) || !past.hasBegun()) {
        throw refused;
      }
      String run = past.directory().run();
      throw new SpecException(
          Ends.STALE_PLAN,
          String.valueOf(refused.getMessage()),
          "make it again what it was, then go on: waybill resume "
              + run
              + "; or put the target back: waybill rollback "
              + run,
          refused);
    }
  }

  private static Ended takeBack(PastRun past, JsonNode undoing, Environment environment) {
    if (undoing.path("state").asText().equals(PastRun.ROLLING_BACK)) {
      ConflictPolicy.Rule rule = ConflictPolicy.Rule.valueOf(undoing.path("on-changed").asText());
      return new TakingBack(past, environment).rollback(new ConflictPolicy(rule, ""), false);
    }
    Ended ended = new TakingBack(past, environment).rollback(ConflictPolicy.FAIL, false);
    if (ended.end() != End.ROLLED_BACK) {
      return ended;
    }
    return new Ended(
        ended.directory(),
        End.PUT_BACK,
        ended.collections(),
        new StoreException(
            undoing.path("code").asText(),
            "The run had failed, and the target is put back now: " + undoing.path("error").asText(),
            "mend that and begin anew: waybill migrate --from … --to …",
            false,
            null),
        List.of());
  }
}
