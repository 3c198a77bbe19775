package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.SchemaComparison;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Difference;
import dev.waybill.verify.Except;
import dev.waybill.verify.Skipped;
import dev.waybill.verify.Verifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Holds what a run has written against its source and its plan. Writes to neither store. */
final class Proof {
  private static final String DIFFERENCES = "differences.ndjson";

  private final Plan plan;
  private final Environment environment;
  private final RunDirectory directory;
  private final TargetStore target;
  private final Snapshot source;
  private final Quarantine quarantine;
  private final List<Difference> first = new ArrayList<>();

  Proof(
      Plan plan,
      Environment environment,
      RunDirectory directory,
      TargetStore target,
      Snapshot source,
      Quarantine quarantine) {
    this.plan = plan;
    this.environment = environment;
    this.directory = directory;
    this.target = target;
    this.source = source;
    this.quarantine = quarantine;
  }

  /**
   * Verifies records as the plan says, and what was made to hold them.
   *
   * @throws DataException NOT_EQUAL naming the first records that differ
   * @throws StoreException if the stores' own counts do not fit, or a collection is not as planned
   */
  void verify(List<CollectionRun> runs) {
    Plan.Verify.Level level = plan.options().verify().level();
    if (level == Plan.Verify.Level.NONE) {
      return;
    }
    environment.phase("verify");
    requireSchema(runs);
    try (Snapshot written = target.snapshot()) {
      for (CollectionRun run : runs) {
        if (level == Plan.Verify.Level.COUNT) {
          requireCount(run, written);
        } else {
          verify(run, written);
        }
      }
    }
    requireEqual(runs);
  }

  private void requireEqual(List<CollectionRun> runs) {
    List<String> different =
        runs.stream()
            .filter(run -> run.result().different() > 0)
            .map(run -> String.format("%s: %,d", run.step().source(), run.result().different()))
            .toList();
    if (!different.isEmpty()) {
      throw new DataException(
          "NOT_EQUAL",
          "Records that arrived are not what the source holds ("
              + String.join("; ", different)
              + "). First: "
              + first.stream()
                  .limit(Quarantine.FOUND_TOGETHER)
                  .map(Proof::describe)
                  .collect(Collectors.joining("; "))
              + ".",
          "see "
              + directory.path().resolve(DIFFERENCES)
              + (runs.stream().anyMatch(run -> run.pairing().sidecar() != null)
                  ? "; an entry of an earlier run in the sidecar may stand in the way"
                  : "")
              + "; if nobody else wrote to the target, this is a fault of Waybill's",
          -1,
          null);
    }
  }

  private static String describe(Difference difference) {
    return difference.collection()
        + " key "
        + difference.key()
        + " "
        + (difference.fields().isEmpty()
            ? difference.kind().name().toLowerCase(Locale.ROOT)
            : difference.fields().stream()
                .map(Difference.FieldDifference::field)
                .collect(Collectors.joining(", ", "differs in ", "")));
  }

  private void verify(CollectionRun run, Snapshot written) {
    say(RunEvent.Type.COLLECTION_STARTED, run, 0);
    AtomicLong counter = new AtomicLong();
    Verifier verifier =
        new Verifier(
            source,
            written,
            plan.options().connections(),
            directory.workspace(),
            difference -> {
              if (first.size() < Quarantine.FOUND_TOGETHER) {
                first.add(difference);
              }
              DifferenceFile.append(directory, DIFFERENCES, difference);
            },
            records -> {
              environment.requireGoingOn();
              say(RunEvent.Type.PROGRESS, run, counter.addAndGet(records));
            });
    boolean isSample = isSample(run);
    CollectionVerification verification = isSample ? sample(verifier, run) : whole(verifier, run);
    run.verified(verification, isSample);
    if (isSample) {
      requireCount(run, written);
    } else if (verification.sourceCount() != run.scanned()) {
      throw new StoreException(
          "SOURCE_COUNT",
          String.format(
              "The source counts %,d records in %s but gave %,d to read.",
              verification.sourceCount(), run.step().source(), run.scanned()),
          "check the source's integrity: waybill inspect URL",
          false,
          null);
    }
    say(RunEvent.Type.COLLECTION_DONE, run, verification.equal());
  }

  private void say(RunEvent.Type type, CollectionRun run, long done) {
    environment.listener().on(new RunEvent(type, run.step().source(), done, run.read(), "verify"));
  }

  /** Without a key, or where records were skipped, only looking at all of them proves anything. */
  private boolean isSample(CollectionRun run) {
    Plan.Verify how = plan.options().verify();
    return how.level() == Plan.Verify.Level.SAMPLE
        && run.read() >= how.fullBelow()
        && run.pairing().targetKey().length > 0
        && run.outcome().skipped() == 0;
  }

  private CollectionVerification sample(Verifier verifier, CollectionRun run) {
    return verifier.verifySample(
        run.pairing(),
        quarantine.except(run.step().source()),
        plan.options().verify().percent(),
        directory.run().hashCode());
  }

  private CollectionVerification whole(Verifier verifier, CollectionRun run) {
    Except except = quarantine.except(run.step().source());
    if (run.step().creates() && !Sidecar.isPart(run.step())) {
      return verifier.verifyWhole(run.pairing(), run.copied(), except);
    }
    if ((run.wasEmpty() || run.step().creates()) && run.outcome().skipped() == 0) {
      return verifier.verifyFilled(run.pairing(), run.copied(), except);
    }
    return run.pairing().targetKey().length == 0
        ? verifier.verifyAppended(
            run.pairing(), except, TargetBefore.read(directory).records(run.step()))
        : verifier.verifyByKey(
            run.pairing(),
            except,
            new Skipped(run.outcome().skipped(), run.outcome().skippedSum()));
  }

  private void requireCount(CollectionRun run, Snapshot written) {
    long expected = run.read() - run.result().quarantined();
    long counted = written.count(run.step().target());
    boolean isOurs = run.step().creates() && !Sidecar.isPart(run.step());
    if (isOurs ? counted != expected : counted < expected) {
      throw new DataException(
          "NOT_EQUAL",
          String.format(
              "The target counts %,d records in %s, not %,d.",
              counted, run.step().target().name(), expected),
          "run again with --verify full to see which",
          -1,
          null);
    }
  }

  /** What the run made must be what the plan says, and sound. */
  private void requireSchema(List<CollectionRun> runs) {
    Catalog now = target.catalog();
    List<String> faults = new ArrayList<>();
    for (CollectionRun run : runs) {
      Step step = run.step();
      Optional<Collection> there = now.collection(step.target().name());
      if (there.isEmpty()) {
        faults.add(step.target().name() + " is not there");
      } else if (step.creates()) {
        faults.addAll(SchemaComparison.essentials(step.target(), there.get()));
        target.findings(there.get()).stream()
            .filter(each -> each.dangling() == null || step.target().detail().dangling() == 0)
            .map(Finding::text)
            .forEach(faults::add);
      }
    }
    if (!faults.isEmpty()) {
      throw new StoreException(
          "SCHEMA_NOT_AS_PLANNED",
          "What the target made is not what the plan says: "
              + faults.stream().limit(Quarantine.FOUND_TOGETHER).collect(Collectors.joining("; "))
              + ".",
          "if nobody else changed the target, this is a fault of Waybill's",
          false,
          null);
    }
  }
}
