package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Step;
import dev.waybill.spi.StoreUrl;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The records that a run left behind, on their way once more: with the run's own mapping into its
 * own target, unless something else is asked for. Records without key are added once.
 */
public final class Redo {
  private final Path home;
  private final RunDirectory directory;
  private final Plan plan;
  private final Set<String> asked;
  private final RunState.Of states;

  private Redo(
      Path home, RunDirectory directory, Plan plan, Set<String> asked, RunState.Of states) {
    this.home = home;
    this.directory = directory;
    this.plan = plan;
    this.asked = asked;
    this.states = states;
  }

  /**
   * A redo, if that is what a source's URL asks for.
   *
   * @param home the folder that has {@code runs}
   * @throws SpecException if there is no such run, or it has no plan
   */
  public static Optional<Redo> of(Path home, String from, RunState.Of states) {
    if (!QuarantineUrl.isOne(from)) {
      return Optional.empty();
    }
    QuarantineUrl url = QuarantineUrl.parse(StoreUrl.parse(from));
    RunDirectory directory = RunDirectory.open(home, url.run());
    return Optional.of(new Redo(home, directory, plan(directory), url.taken(), states));
  }

  private static Plan plan(RunDirectory directory) {
    return PlanFile.read(
        directory
            .read("plan.yaml")
            .orElseThrow(
                () ->
                    new SpecException(
                        "NO_PLAN",
                        "The run directory " + directory.path() + " has no plan.yaml.",
                        "it was not made by this Waybill, or a file of it was removed")),
        false);
  }

  /** Where the run's records went, as its plan says: variables not resolved, no password. */
  public String to() {
    return plan.to();
  }

  /** The URL of what is still to be redone into a target. */
  public String from(String to) {
    Set<String> taken = new TreeSet<>(asked);
    taken.addAll(taken(to));
    return new QuarantineUrl(directory.run(), taken).toString();
  }

  /**
   * The run's plan as wishes for the redo.
   *
   * @param onConflict what to do with conflicts, null for what the run did
   */
  public Fragment wishes(String to, @Nullable ConflictPolicy onConflict) {
    return Fragment.of(
        plan,
        "the plan of run " + directory.run(),
        QuarantineFile.collections(directory),
        !to.equals(plan.to()),
        step ->
            !step.target().hasKey()
                ? ConflictPolicy.APPEND
                : onConflict == null ? step.onConflict() : onConflict);
  }

  /**
   * Makes sure that nothing would be added a second time.
   *
   * @param redo the plan by which this is redone
   * @throws SpecException STALE_PLAN if another run has done it since the plan was made
   */
  public void requireNotTaken(Plan redo) {
    Set<String> again = taken(redo.to());
    again.removeAll(asked);
    again.retainAll(redo.steps().stream().map(Step::source).collect(Collectors.toSet()));
    if (!again.isEmpty()) {
      throw new SpecException(
          "STALE_PLAN",
          "Another run has redone "
              + String.join(", ", again)
              + " since this plan was made; these records have no key by which that could be told.",
          "make a new plan: waybill migrate --from quarantine:" + directory.run());
    }
  }

  /**
   * Collections without key that another run has redone into the same target.
   *
   * @throws SpecException REDO_NOT_ENDED if one is at it
   */
  private Set<String> taken(String to) {
    Set<String> keyless =
        plan.steps().stream()
            .filter(step -> !step.target().hasKey())
            .map(Step::source)
            .collect(Collectors.toSet());
    Set<String> taken = new TreeSet<>();
    for (RunDirectory other : keyless.isEmpty() ? Set.<RunDirectory>of() : others()) {
      Plan redo = plan(other);
      QuarantineUrl url = QuarantineUrl.parse(StoreUrl.parse(redo.from()));
      Set<String> added =
          redo.steps().stream()
              .map(Step::source)
              .filter(keyless::contains)
              .filter(name -> !url.taken().contains(name))
              .collect(Collectors.toSet());
      if (!redo.to().equals(to) || added.isEmpty()) {
        continue;
      }
      switch (states.of(other)) {
        case DONE -> taken.addAll(added);
        case UNFINISHED ->
            throw new SpecException(
                "REDO_NOT_ENDED",
                "Run " + other.run() + " redoes these records and has not ended.",
                "end it first: waybill resume "
                    + other.run()
                    + ", or waybill rollback "
                    + other.run());
        case ABANDONED ->
            throw new SpecException(
                "REDO_NOT_ENDED",
                "Run "
                    + other.run()
                    + " redid these records and was forgotten before it had ended: which of them it"
                    + " added is not known.",
                "look which of them the target has; all are in "
                    + directory.path().resolve(QuarantineFile.FILE));
        case UNDONE -> {}
      }
    }
    return taken;
  }

  /** Runs that have begun to redo what this run left behind. */
  private Set<RunDirectory> others() {
    return RunDirectory.all(home).stream()
        .filter(
            each ->
                each.journal().stream()
                    .limit(1)
                    .map(line -> line.path("from").asText())
                    .filter(QuarantineUrl::isOne)
                    .anyMatch(
                        from ->
                            QuarantineUrl.parse(StoreUrl.parse(from))
                                .run()
                                .equals(directory.run())))
        .collect(Collectors.toSet());
  }
}
