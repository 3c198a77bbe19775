package dev.waybill.run;

import dev.waybill.backup.BackupWriter;
import dev.waybill.backup.RunSource;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.RunDirectory;
import dev.waybill.journal.RunId;
import dev.waybill.model.Catalog;
import dev.waybill.model.DataException;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.KeyQuestion;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Refusal;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.Ended.End;
import dev.waybill.sidecar.DerivingSource;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.KeyProof;
import dev.waybill.verify.Pairing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Does what a plan says: preflight, copy, finish, verify, receipt; and puts the target back if that
 * fails.
 *
 * <p>What is thrown was found before the first write. From then on, how it ended is in {@link
 * Ended}.
 */
public final class Migration {
  private final Plan plan;
  private final Environment environment;
  private final Pairings pairings;

  /** Makes the pairings of a plan. */
  interface Pairings {
    Map<String, Pairing> of(Plan plan, SeenStore source, TypeTable target);
  }

  public Migration(Plan plan, Environment environment) {
    this(plan, environment, Ends::pairings);
  }

  /** A migration with other mappings than the plan's, so that tests can prove that it shows. */
  Migration(Plan plan, Environment environment, Pairings pairings) {
    this.plan = plan;
    this.environment = environment;
    this.pairings = pairings;
  }

  /** Does it. */
  public Ended apply() {
    requireNoRefusals();
    Instant startedAt = environment.clock().instant();
    RunDirectory directory =
        RunDirectory.create(environment.home(), RunId.at(startedAt, environment.random()));
    boolean[] hasBegun = new boolean[1];
    try (RunDirectory.Lock lock = directory.lock()) {
      directory.write("plan.yaml", PlanFile.write(plan));
      try {
        started(directory);
        return go(directory, startedAt, false, hasBegun);
      } finally {
        directory.clean();
      }
    } finally {
      if (!hasBegun[0]) {
        RunDirectory.deleteTree(directory.path());
      }
    }
  }

  /**
   * Goes on with a run that was broken off, whose directory the caller has locked.
   *
   * @param hasBegun false if nothing can have been written so far
   */
  Ended resume(RunDirectory directory, Instant startedAt, boolean hasBegun) {
    started(directory);
    return go(directory, startedAt, hasBegun, new boolean[1]);
  }

  private void started(RunDirectory directory) {
    environment
        .listener()
        .on(new RunEvent(RunEvent.Type.RUN_STARTED, "", 0, plan.records(), directory.run()));
  }

  /**
   * Opens both stores and runs.
   *
   * @param isResumed true if the run may have written already
   * @param hasBegun becomes true before the first write
   */
  private Ended go(
      RunDirectory directory, Instant startedAt, boolean isResumed, boolean[] hasBegun) {
    try (SeenStore source = openSource(directory);
        TargetStore target = openTarget(directory)) {
      Catalog catalog = source.catalog();
      requireTwoStores(source, target);
      Ends.requireFreshSource(plan, catalog);
      Map<String, Pairing> pairs = pairings.of(plan, source, target.capabilities().types());
      environment.phase("preflight");
      try (Holds hold = Holds.take(plan, target, environment)) {
        Catalog there = target.catalog();
        if (!isResumed) {
          Ends.requireFreshTarget(plan, there, Set.of());
          SharedSidecar.requireFresh(plan, target, there);
        }
        checked(catalog, source, there, target, directory, isResumed);
        try (Snapshot snapshot = DerivingSource.of(source, plan, pairs, target)) {
          Instant snapshotAt = environment.clock().instant();
          TargetBefore before =
              isResumed
                  ? TargetBefore.read(directory)
                  : TargetBefore.of(plan, target, there, threads());
          List<CollectionRun> runs = runs(pairs, before);
          requireKeys(catalog, snapshot, there, target, directory);
          if (!isResumed) {
            requireNoConflicts(runs, snapshot, target);
            before.write(directory);
            RunSource.write(directory, plan, catalog, source::speaks);
          }
          journal(directory, startedAt, isResumed);
          RunHeader header =
              new RunHeader(
                  directory.run(), startedAt, PastRun.planDigest(directory), environment.tool());
          try (BackupWriter backup =
                  BackupWriter.open(
                      plan, directory, environment.tool(), target, environment.clock().instant());
              TargetSession session =
                  target.begin(header, new FileLedger(directory, environment.clock()))) {
            hasBegun[0] = true;
            if (isResumed) {
              before.requireStill(plan, target.catalog(), Rollback.made(session.ledger()));
            }
            return new Running(
                    plan,
                    environment,
                    directory,
                    target,
                    hold,
                    session,
                    snapshot,
                    before,
                    runs,
                    backup)
                .run(header.planDigest(), snapshotAt, isResumed);
          }
        }
      }
    }
  }

  /** New vectors go where the old ones are. */
  private void requireTwoStores(SeenStore source, TargetStore target) {
    if (plan.options().reembedding() == null) {
      Ends.requireTwoStores(plan.from(), source, plan.to(), target);
    }
  }

  /** Checks what can be checked and reads every record through the mapping; writes nothing. */
  public Ended dryRun() {
    requireNoRefusals();
    RunDirectory directory =
        RunDirectory.create(
            environment.home(), RunId.at(environment.clock().instant(), environment.random()));
    try (SeenStore source = openSource(directory);
        TargetStore target = openTarget(directory)) {
      Catalog catalog = source.catalog();
      requireTwoStores(source, target);
      Catalog there = target.catalog();
      Ends.requireFresh(plan, catalog, there);
      environment.phase("preflight");
      Map<String, Pairing> pairs = pairings.of(plan, source, target.capabilities().types());
      List<String> notes =
          new ArrayList<>(checked(catalog, source, there, target, directory, false));
      try (Snapshot snapshot = DerivingSource.of(source, plan, pairs, target)) {
        List<CollectionRun> runs = runs(pairs, TargetBefore.of(plan, target, there, threads()));
        requireKeys(catalog, snapshot, there, target, directory);
        List<String> first = Collections.synchronizedList(new ArrayList<>());
        RunEvent.Listener listener =
            event -> {
              if (event.type() == RunEvent.Type.RECORD_REFUSED
                  && first.size() < Quarantine.FOUND_TOGETHER) {
                first.add(event.collection() + " " + event.text());
              }
              environment.listener().on(event);
            };
        try (Snapshot held = target.snapshot()) {
          notes.add(dryRead(runs, snapshot, held, listener));
        }
        long refused = runs.stream().mapToLong(run -> run.result().quarantined()).sum();
        if (refused > plan.options().maxQuarantined()) {
          throw overfull(plan, refused, first, "");
        }
        return new Ended(
            directory,
            refused > 0 ? End.PARTIAL : End.DONE,
            results(runs),
            losses(runs),
            null,
            notes);
      }
    } finally {
      RunDirectory.deleteTree(directory.path());
    }
  }

  /** Checks both stores and gives what was looked at. */
  private List<String> checked(
      Catalog catalog,
      SeenStore source,
      Catalog there,
      TargetStore target,
      RunDirectory directory,
      boolean isResumed) {
    Preflight preflight = new Preflight(plan, source, target);
    preflight.requireReady(catalog, there, isResumed);
    if (!isResumed) {
      preflight.requireSpace(directory);
    }
    preflight.noteTime();
    return preflight.notes();
  }

  /** Reads all records as the run would, and says what it would do with them. */
  private String dryRead(
      List<CollectionRun> runs, Snapshot source, Snapshot target, RunEvent.Listener listener) {
    Conflicts conflicts = new Conflicts(target, plan);
    conflicts.requireKeys(runs);
    DryReading reading = new DryReading(source, conflicts, plan, listener);
    for (CollectionRun run : runs) {
      if (!Sidecar.isPart(run.step().source())) {
        reading.read(run);
      }
    }
    conflicts.throwIfAny();
    return reading.sentence();
  }

  static DataException overfull(Plan plan, long refused, List<String> first, String where) {
    return new DataException(
        "TOO_MANY_REFUSED",
        String.format(
            "%,d record%s cannot go, %,d may stay behind:\n  %s%s",
            refused,
            refused == 1 ? "" : "s",
            plan.options().maxQuarantined(),
            String.join("\n  ", first),
            refused > first.size() ? "\n  +" + (refused - first.size()) + " more" + where : ""),
        "mend them in the source, or leave them behind with --max-quarantined N",
        -1,
        null);
  }

  private int threads() {
    return plan.options().connections();
  }

  private SeenStore openSource(RunDirectory directory) {
    return PlannedSource.open(plan, environment.stores(), directory.workspace());
  }

  private TargetStore openTarget(RunDirectory directory) {
    return environment
        .stores()
        .openTarget(
            plan.to(),
            directory.workspace().resolve("target"),
            threads(),
            plan.options().session());
  }

  private void requireNoRefusals() {
    Optional<SpecException> refusal = Refusal.of(plan);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  private List<CollectionRun> runs(Map<String, Pairing> pairings, TargetBefore before) {
    List<CollectionRun> runs = new ArrayList<>();
    for (Step step : plan.steps()) {
      Pairing pairing = pairings.get(step.source());
      if (pairing != null) {
        runs.add(new CollectionRun(step, pairing, before.wasEmpty(step)));
      }
    }
    return runs;
  }

  /**
   * Makes sure that records can be told apart by keys that no store promises.
   *
   * @throws SpecException KEY_NOT_UNIQUE
   */
  private void requireKeys(
      Catalog catalog, Snapshot source, Catalog there, TargetStore target, RunDirectory directory) {
    Set<KeyQuestion> questions =
        KeyQuestion.of(plan.steps(), catalog, there, target.capabilities());
    if (questions.isEmpty()) {
      return;
    }
    try (Snapshot held = target.snapshot()) {
      List<String> refusals =
          KeyProof.answers(
                  questions, catalog, source, there, held, threads(), directory.workspace())
              .refusals();
      if (!refusals.isEmpty()) {
        throw new SpecException(
            "KEY_NOT_UNIQUE",
            "Records cannot be told apart as the plan says: " + String.join("; ", refusals) + ".",
            "choose another key: --key COLLECTION=FIELD,…");
      }
    }
  }

  private void requireNoConflicts(List<CollectionRun> runs, Snapshot source, TargetStore target) {
    if (runs.stream().allMatch(CollectionRun::wasEmpty)) {
      return;
    }
    try (Snapshot held = target.snapshot()) {
      Conflicts conflicts = new Conflicts(held, plan);
      conflicts.requireKeys(runs);
      conflicts.requireNone(runs, source);
    }
  }

  static List<CollectionResult> results(List<CollectionRun> runs) {
    return runs.stream()
        .filter(run -> !Sidecar.isPart(run.step().source()))
        .map(CollectionRun::result)
        .toList();
  }

  static List<HandledLoss> losses(List<CollectionRun> runs) {
    return runs.stream().flatMap(run -> run.losses().stream()).toList();
  }

  private void journal(RunDirectory directory, Instant startedAt, boolean isResumed) {
    directory.append(
        environment.clock().instant(),
        PastRun.RUNNING,
        RunDirectory.object()
            .put("version", RunDirectory.VERSION)
            .put("run", directory.run())
            .put("started-at", startedAt.toString())
            .put("resumed", isResumed)
            .put("from", StoreUrl.parse(plan.from()).toString())
            .put("to", StoreUrl.parse(plan.to()).toString())
            .put("plan-digest", PastRun.planDigest(directory))
            .put("tool", environment.tool()));
  }
}
