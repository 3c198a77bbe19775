package dev.waybill.run;

import dev.waybill.backup.BackupWriter;
import dev.waybill.backup.RunSource;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.RunDirectory;
import dev.waybill.journal.RunId;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.InternalException;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.TypeTable;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Refusal;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.Ended.End;
import dev.waybill.sidecar.DerivingSource;
import dev.waybill.sidecar.RestoringStore;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Pairing;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    Map<String, Pairing> of(Plan plan, Catalog source, TypeTable target);
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
    boolean hasBegun = false;
    try (RunDirectory.Lock lock = directory.lock()) {
      String planText = PlanFile.write(plan);
      directory.write("plan.yaml", planText);
      environment
          .listener()
          .on(new RunEvent(RunEvent.Type.RUN_STARTED, "", 0, plan.records(), directory.run()));
      try (RestoringStore source = openSource(directory);
          TargetStore target = openTarget(directory)) {
        Catalog catalog = source.catalog();
        Ends.requireTwoStores(plan.from(), source, plan.to(), target);
        Ends.requireFresh(plan, catalog, target.catalog());
        Map<String, Pairing> pairs = pairings.of(plan, catalog, target.capabilities().types());
        RunSource.write(directory, plan, catalog, source::speaks);
        environment.phase("preflight");
        checked(catalog, source, target, directory);
        try (Snapshot snapshot = derived(source, pairs)) {
          Instant snapshotAt = environment.clock().instant();
          TargetBefore before = TargetBefore.of(plan, target, threads());
          List<CollectionRun> runs = runs(pairs, before);
          requireNoConflicts(runs, snapshot, target);
          before.write(directory);
          journal(directory, "running", startedAt);
          environment
              .listener()
              .on(new RunEvent(RunEvent.Type.RUN_STARTED, "", 0, plan.records(), directory.run()));
          keepBackup(directory, target, snapshot, pairs);
          RunHeader header =
              new RunHeader(directory.run(), startedAt, sha256(planText), environment.tool());
          try (TargetSession session = target.begin(header, new FileLedger(directory))) {
            hasBegun = true;
            return new Running(directory, target, session, snapshot, snapshotAt, before, runs)
                .run(header.planDigest());
          }
        }
      }
    } finally {
      directory.clean();
      if (!hasBegun) {
        RunDirectory.deleteTree(directory.path());
      }
    }
  }

  /** Before the first write; does nothing if it was done already. */
  private void keepBackup(
      RunDirectory directory, TargetStore target, Snapshot source, Map<String, Pairing> pairs) {
    BackupWriter backup =
        new BackupWriter(plan, directory, environment.tool(), environment.isCancelled());
    if (backup.isNeeded()) {
      environment.phase("backup");
      backup.write(target, source, pairs, environment.clock().instant());
    }
  }

  /** Checks what can be checked and reads every record through the mapping; writes nothing. */
  public Ended dryRun() {
    requireNoRefusals();
    RunDirectory directory =
        RunDirectory.create(
            environment.home(), RunId.at(environment.clock().instant(), environment.random()));
    try (RestoringStore source = openSource(directory);
        TargetStore target = openTarget(directory)) {
      Catalog catalog = source.catalog();
      Ends.requireTwoStores(plan.from(), source, plan.to(), target);
      Ends.requireFresh(plan, catalog, target.catalog());
      environment.phase("preflight");
      Map<String, Pairing> pairs = pairings.of(plan, catalog, target.capabilities().types());
      List<String> notes = new ArrayList<>(checked(catalog, source, target, directory));
      try (Snapshot snapshot = derived(source, pairs)) {
        List<CollectionRun> runs = runs(pairs, TargetBefore.of(plan, target, threads()));
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
          throw overfull(refused, first, "");
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
      Catalog catalog, RestoringStore source, TargetStore target, RunDirectory directory) {
    Preflight preflight = new Preflight(plan, source, target);
    preflight.requireReady(catalog);
    preflight.requireSpace(directory);
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

  private DataException overfull(long refused, List<String> first, String where) {
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

  private RestoringStore openSource(RunDirectory directory) {
    return environment
        .stores()
        .openSource(
            plan.from(),
            plan.options().hasSidecar() ? plan.to() : null,
            directory.workspace().resolve("source"),
            threads(),
            plan.options().session());
  }

  private Snapshot derived(RestoringStore source, Map<String, Pairing> pairs) {
    return DerivingSource.of(source.snapshot(), plan, pairs, source.dialect());
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

  private static List<CollectionResult> results(List<CollectionRun> runs) {
    return runs.stream()
        .filter(run -> !Sidecar.isPart(run.step().source()))
        .map(CollectionRun::result)
        .toList();
  }

  private static List<HandledLoss> losses(List<CollectionRun> runs) {
    return runs.stream().flatMap(run -> run.losses().stream()).toList();
  }

  private void journal(RunDirectory directory, String state, Instant startedAt) {
    directory.append(
        environment.clock().instant(),
        state,
        RunDirectory.object()
            .put("version", RunDirectory.VERSION)
            .put("run", directory.run())
            .put("started-at", startedAt.toString())
            .put("from", StoreUrl.parse(plan.from()).toString())
            .put("to", StoreUrl.parse(plan.to()).toString())
            .put("tool", environment.tool()));
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  /** A run that has begun to write. */
  private final class Running {
    private final RunDirectory directory;
    private final TargetStore target;
    private final TargetSession session;
    private final Snapshot snapshot;
    private final Instant snapshotAt;
    private final TargetBefore before;
    private final List<CollectionRun> runs;
    private final Quarantine quarantine;

    Running(
        RunDirectory directory,
        TargetStore target,
        TargetSession session,
        Snapshot snapshot,
        Instant snapshotAt,
        TargetBefore before,
        List<CollectionRun> runs) {
      this.directory = directory;
      this.target = target;
      this.session = session;
      this.snapshot = snapshot;
      this.snapshotAt = snapshotAt;
      this.before = before;
      this.runs = runs;
      this.quarantine =
          new Quarantine(directory, plan.options().maxQuarantined(), environment.listener());
    }

    Ended run(String planDigest) {
      End end;
      try {
        copy();
        if (environment.isCancelled().getAsBoolean()) {
          return stopped();
        }
        environment.phase("finish");
        session.finish(collections(true), collections(false));
        new Proof(plan, environment, directory, target, snapshot, quarantine).verify(runs);
        end = isWhole() ? End.DONE : End.PARTIAL;
        ReceiptFile.write(
            directory,
            plan,
            planDigest,
            environment.tool(),
            end,
            snapshotAt,
            environment.clock().instant(),
            runs);
      } catch (WaybillException failure) {
        return failed(failure);
      } catch (OutOfMemoryError tooLarge) {
        return failed(
            new StoreException(
                "OUT_OF_MEMORY",
                "There is not enough memory for records as large as these.",
                "one at a time: --connections 1; or more memory: WAYBILL_JAVA_OPTS=-Xmx1g",
                false,
                tooLarge));
      } catch (RuntimeException | StackOverflowError fault) {
        return failed(new InternalException("Waybill failed: " + fault, fault));
      }
      return ended(end, null, sidecarNotes());
    }

    private List<String> sidecarNotes() {
      List<String> notes = new ArrayList<>();
      for (CollectionRun run : runs) {
        String name = run.step().target().name();
        if (run.step().source().equals(Sidecar.SCHEMA.name())) {
          notes.add(
              "What the collections were in the source is told in "
                  + name
                  + ", for the way back (--no-sidecar leaves it out).");
        } else if (run.step().source().equals(Sidecar.VALUES.name()) && run.read() > 0) {
          notes.add(
              String.format(
                  "%,d value%s that the target cannot hold %s in %s and come%s back from there.",
                  run.read(),
                  run.read() == 1 ? "" : "s",
                  run.read() == 1 ? "is" : "are",
                  name,
                  run.read() == 1 ? "s" : ""));
        }
      }
      return notes;
    }

    private void copy() {
      environment.phase("copy");
      for (CollectionRun run : runs) {
        if (run.step().creates()) {
          session.create(run.step().target());
        }
      }
      Engine engine =
          new Engine(
              session,
              new Scan(snapshot, plan.options().batchSize()),
              quarantine,
              threads(),
              new RateLimit(plan.options().maxRate(), environment.nanoTime()),
              environment.listener(),
              environment.isCancelled());
      for (CollectionRun run : runs) {
        if (!environment.isCancelled().getAsBoolean() && !quarantine.isEnough()) {
          engine.move(run, run.step().onConflict());
        }
        if (quarantine.isOverfull()) {
          throw overfull(
              quarantine.count(),
              quarantine.first(),
              ": " + directory.path().resolve("quarantine/records.ndjson"));
        }
      }
      if (snapshot.hasMoved()) {
        throw new StoreException(
            "SOURCE_MOVED",
            "The source changed while it was read, so what arrived may not be one state of it.",
            "stop what writes to the source and run again",
            false,
            null);
      }
    }

    /** True if no record stayed behind or was mended. */
    private boolean isWhole() {
      return quarantine.count() == 0
          && runs.stream().flatMap(run -> run.losses().stream()).noneMatch(HandledLoss::isRepair);
    }

    private List<Collection> collections(boolean created) {
      return runs.stream()
          .map(CollectionRun::step)
          .filter(step -> step.creates() == created)
          .map(Step::target)
          .toList();
    }

    private Ended stopped() {
      StoreException error =
          new StoreException(
              "STOPPED",
              "The run was stopped; what was written so far is in the target.",
              "put the target back: waybill rollback " + directory.run(),
              false,
              null);
      return ended(End.STOPPED, error, List.of());
    }

    private Ended failed(WaybillException failure) {
      if (plan.options().onFailure().equals("keep")) {
        return ended(
            End.STOPPED,
            failure,
            List.of("What was written is kept, as asked: waybill rollback " + directory.run()));
      }
      environment.phase("put back");
      try {
        Map<String, TargetBefore.Held> stored = new HashMap<>();
        for (CollectionRun run : runs) {
          CollectionVerification verification = run.verification();
          boolean isOnlyOurs =
              run.isWhollyVerified()
                  && verification != null
                  && verification.extra() + verification.missing() == 0;
          if (verification != null && isOnlyOurs) {
            stored.put(
                run.step().target().name(),
                new TargetBefore.Held(verification.target(), verification.targetAsStored()));
          }
        }
        Rollback rollback = new Rollback(plan, target, session, before, stored);
        List<String> changed = rollback.changedSince();
        if (!changed.isEmpty()) {
          return ended(
              End.STOPPED,
              failure,
              List.of(
                  "The target could not be put back by itself: somebody else has changed "
                      + String.join("; ", changed)
                      + ". Choose what becomes of that: waybill rollback "
                      + directory.run()
                      + " --on-changed keep|restore"));
        }
        Quarantine refused = new Quarantine(directory, 0, event -> {});
        Engine engine = Rollback.engine(session, refused, plan, environment);
        rollback.run(engine, refused, Rollback.runs(plan), ConflictPolicy.FAIL);
        rollback.prove();
        session.ledger().forget();
        return ended(End.PUT_BACK, failure, List.of());
      } catch (WaybillException second) {
        failure.addSuppressed(second);
        return ended(
            End.STOPPED,
            failure,
            List.of(
                "The target could not be put back: "
                    + second.getMessage()
                    + " Try again: waybill rollback "
                    + directory.run()));
      }
    }

    private Ended ended(
        End end, @org.jspecify.annotations.Nullable WaybillException error, List<String> notes) {
      var facts = RunDirectory.object();
      if (error != null) {
        facts.put("code", error.code()).put("error", String.valueOf(error.getMessage()));
      }
      var collections = facts.putArray("collections");
      for (CollectionResult result : results(runs)) {
        ReceiptFile.counts(collections.addObject().put("name", result.name()), result);
      }
      directory.append(environment.clock().instant(), end.word(), facts);
      return new Ended(directory, end, results(runs), losses(runs), error, notes);
    }
  }
}
