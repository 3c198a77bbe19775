package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Reembedding;
import dev.waybill.plan.ReembeddingPlanner;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.sidecar.DerivingSource;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Difference;
import dev.waybill.verify.Except;
import dev.waybill.verify.Pairing;
import dev.waybill.verify.SearchComparison;
import dev.waybill.verify.SearchEquality;
import dev.waybill.verify.SearchSample;
import dev.waybill.verify.Skipped;
import dev.waybill.verify.Verifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Reads both sides of a plan anew and holds them against each other. */
public final class Comparing {
  private final Plan planned;
  private boolean isExchanged;
  private final Environment environment;
  private final Consumer<Difference> differences;
  private final List<CollectionVerification> results = new ArrayList<>();
  private final List<String> structure = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final SearchSample sample;
  private final List<SearchEquality> searches = new ArrayList<>();

  /**
   * @param sample what is searched for on both sides beside
   */
  public Comparing(
      Plan plan, Environment environment, SearchSample sample, Consumer<Difference> differences) {
    this.planned = plan;
    this.environment = environment;
    this.sample = sample;
    this.differences = differences;
  }

  /** What was found, by collection in the plan's order. */
  public List<CollectionVerification> results() {
    return results;
  }

  /**
   * What searching both sides found, by field of vectors; none if nothing was to be searched for.
   */
  public List<SearchEquality> searches() {
    return searches;
  }

  /** Collections that only one side has. */
  public List<String> structure() {
    return structure;
  }

  /**
   * Compares as a run's verification does.
   *
   * @param directory the run; what it left behind in quarantine and what the target held before are
   *     taken into account
   */
  public void asRun(RunDirectory directory) {
    Map<String, Except> except = Quarantine.read(directory);
    Map<String, Skipped> skipped = ReceiptFile.skipped(directory);
    TargetBefore before = TargetBefore.read(directory);
    isExchanged = Exchanging.isNoted(directory);
    if (isExchanged) {
      whole(directory.workspace(), true);
      return;
    }
    compare(
        directory.workspace(),
        true,
        (verifier, pairing, step) -> {
          Except gone = except.getOrDefault(step.source(), Except.NOTHING);
          Skipped left = skipped.getOrDefault(step.source(), Skipped.NONE);
          if (step.creates() && !Sidecar.isPart(step)) {
            return verifier.verifyWhole(pairing, null, gone);
          }
          if (before.wasEmpty(step) && left.records() == 0) {
            return verifier.verifyFilled(pairing, null, gone);
          }
          return pairing.targetKey().length == 0
              ? verifier.verifyAppended(pairing, gone, before.records(step))
              : verifier.verifyByKey(pairing, gone, left);
        });
    if (!searches.isEmpty()) {
      ReceiptFile.note(directory, environment.clock().instant(), searches);
    }
  }

  /**
   * Compares whole collections.
   *
   * @param workspace folder for temporary files
   * @param isOfRun true to take the target as a run writes it; false to see it, as the source, as
   *     its sidecar tells
   */
  public void whole(Path workspace, boolean isOfRun) {
    compare(
        workspace,
        isOfRun,
        (verifier, pairing, step) -> verifier.verifyWhole(pairing, null, Except.NOTHING));
  }

  /** What a reader of the result should know: records left out, a side that moved. */
  public List<String> notes() {
    return notes;
  }

  private Store openTarget(Path workspace, boolean isOfRun) {
    Path folder = workspace.resolve("target");
    int threads = planned.options().connections();
    return isOfRun
        ? environment
            .stores()
            .openStored(planned.to(), folder, threads, planned.options().session())
        : environment
            .stores()
            .openSource(
                planned.to(),
                planned.options().hasSidecar() ? planned.from() : null,
                planned.options().nesting().ofTarget(),
                folder,
                threads,
                planned.options().session());
  }

  private interface Way {
    CollectionVerification compare(Verifier verifier, Pairing pairing, Step step);
  }

  /** The plan where vectors have changed places. */
  private Plan exchanged(Catalog there) {
    Reembedding reembedding = planned.options().reembedding();
    return reembedding == null
        ? planned
        : there
            .collection(reembedding.collection())
            .map(collection -> ReembeddingPlanner.exchanged(planned, collection))
            .orElse(planned);
  }

  private void compare(Path workspace, boolean isOfRun, Way way) {
    int threads = planned.options().connections();
    try (SeenStore source = PlannedSource.open(planned, environment.stores(), workspace);
        Store target = openTarget(workspace, isOfRun)) {
      Catalog there = target.catalog();
      Plan plan = isExchanged ? exchanged(there) : planned;
      Map<String, Pairing> pairings = Ends.pairings(plan, source, target.capabilities().types());
      try (Snapshot ofSource = DerivingSource.of(source, plan, pairings, target);
          Snapshot ofTarget = target.snapshot()) {
        for (Step step : plan.steps()) {
          Pairing pairing = pairings.get(step.source());
          if (pairing == null) {
            continue;
          }
          Optional<Collection> here = there.collection(step.target().name());
          if (here.isEmpty()) {
            structure.add(
                String.format(
                    "collection %s (%,d records) is only in the source",
                    step.source(), ofSource.count(pairing.source())));
            continue;
          }
          tell(RunEvent.Type.COLLECTION_STARTED, step, 0, "verify");
          AtomicLong read = new AtomicLong();
          Verifier verifier =
              new Verifier(
                  ofSource,
                  ofTarget,
                  threads,
                  workspace,
                  differences,
                  records ->
                      tell(RunEvent.Type.PROGRESS, step, read.addAndGet(records) / 2, "verify"));
          CollectionVerification result = way.compare(verifier, pairing, step);
          results.add(result);
          if (result.skipped() > 0) {
            notes.add(
                String.format(
                    "%,d records of %s differ because the run left the target's own in place",
                    result.skipped(), step.source()));
          }
          tell(RunEvent.Type.COLLECTION_DONE, step, read.get() / 2, "verify");
          if (sample.queries() > 0 && !Sidecar.isPart(step)) {
            search(ofSource, ofTarget, pairing, here.get(), step, result);
          }
        }
        if (sample.queries() > 0 && searches.isEmpty()) {
          notes.add("there is no field of vectors to search for");
        }
        if (ofSource.hasMoved()) {
          notes.add(
              "the source changed while it was read: compare again when nothing writes to it");
        }
        if (ofTarget.hasMoved()) {
          notes.add(
              "the target changed while it was read: compare again when nothing writes to it");
        }
      }
    }
  }

  private void tell(RunEvent.Type type, Step step, long done, String what) {
    environment.listener().on(new RunEvent(type, step.source(), done, step.records(), what));
  }

  private void search(
      Snapshot ofSource,
      Snapshot ofTarget,
      Pairing pairing,
      Collection there,
      Step step,
      CollectionVerification compared) {
    // Where one side rightly has records that the other has not, it finds them as well.
    boolean isWhole =
        !pairing.isFiltered()
            && compared.skipped() == 0
            && compared.source() == compared.sourceCount()
            && compared.sourceCount() == compared.targetCount();
    AtomicLong read = new AtomicLong();
    tell(RunEvent.Type.COLLECTION_STARTED, step, 0, "search");
    searches.addAll(
        new SearchComparison(
                ofSource,
                ofTarget,
                planned.options().connections(),
                sample,
                records ->
                    tell(RunEvent.Type.PROGRESS, step, read.addAndGet(records) / 3, "search"))
            .compare(pairing, there, isWhole));
    tell(RunEvent.Type.COLLECTION_DONE, step, read.get() / 3, "search");
  }
}
