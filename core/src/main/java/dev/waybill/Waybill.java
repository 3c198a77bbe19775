package dev.waybill;

import dev.waybill.backup.Backup;
import dev.waybill.backup.Redo;
import dev.waybill.backup.Retention;
import dev.waybill.inspect.Models;
import dev.waybill.inspect.Profiles;
import dev.waybill.journal.RunDirectory;
import dev.waybill.journal.RunId;
import dev.waybill.journal.WorkFolder;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Finding;
import dev.waybill.model.Loss;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Completion;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.KeyQuestion;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.PlanInput;
import dev.waybill.plan.Planner;
import dev.waybill.plan.SchemaComparison;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.Comparing;
import dev.waybill.run.DifferenceFile;
import dev.waybill.run.Ended;
import dev.waybill.run.Ends;
import dev.waybill.run.Environment;
import dev.waybill.run.Forgetting;
import dev.waybill.run.Migration;
import dev.waybill.run.PastRun;
import dev.waybill.run.Resume;
import dev.waybill.run.Retry;
import dev.waybill.run.RunEvent;
import dev.waybill.run.RunStates;
import dev.waybill.run.TraceResult;
import dev.waybill.run.Tracing;
import dev.waybill.sidecar.AbsentNulls;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.ServerAdapter;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Difference;
import dev.waybill.verify.KeyProof;
import dev.waybill.verify.SearchSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Moves data from one store to another, proves that it arrived, and undoes it when asked.
 *
 * <p>Every method that fails before anything was written throws a {@link
 * dev.waybill.model.WaybillException}; once a run has begun to write, how it ended is in its {@link
 * RunResult}. Thread-safe; runs of one home are independent of one another.
 */
public final class Waybill {
  private static final int INSPECT_CONNECTIONS = 2;

  /** Codes of failures of which a store's own findings say more. */
  private static final Set<String> DENIED = Set.of("NO_PRIVILEGE", "ROW_POLICY_REFUSED");

  private final Path home;
  private final OpenStores stores;
  private final Clock clock;
  private final RandomGenerator random;

  /** What rollback does with records that somebody else changed since. */
  public enum OnChanged {
    /** They stay as they are and are reported. */
    KEEP(ConflictPolicy.SKIP),
    /** They become what they were before the run. */
    RESTORE(ConflictPolicy.OVERWRITE),
    /** Nothing is rolled back at all. */
    ABORT(ConflictPolicy.FAIL);

    private final ConflictPolicy policy;

    OnChanged(ConflictPolicy policy) {
      this.policy = policy;
    }
  }

  private Waybill(Path home, OpenStores stores, Clock clock, RandomGenerator random) {
    this.home = home;
    this.stores = stores;
    this.clock = clock;
    this.random = random;
  }

  /** A library that keeps its run directories in {@code home}/runs. */
  public static Waybill at(Path home) {
    return new Waybill(
        home, new OpenStores(System.getenv(), home), Clock.systemUTC(), new SecureRandom());
  }

  /** Name and version of this library. */
  public static String version() {
    String version = Waybill.class.getPackage().getImplementationVersion();
    return "waybill " + (version == null ? "development" : version);
  }

  /** The stores that can be opened, in alphabetical order of their type. */
  public List<StoreAdapter> stores() {
    return stores.adapters();
  }

  /** Describes a store and profiles its values. */
  public Inspection inspect(String url) {
    String known = stores.remember(url);
    try (WorkFolder folder = workFolder();
        Store store =
            stores.openSource(
                known,
                null,
                Nesting.NONE,
                folder.path(),
                INSPECT_CONNECTIONS,
                SessionOptions.USUAL)) {
      Catalog catalog = store.catalog();
      Profiles profiles = Profiles.of(store, catalog, name -> true);
      List<Finding> findings = new ArrayList<>(store.findings());
      profiles
          .unreadable()
          .forEach(
              (name, why) ->
                  findings.add(new Finding("VALUE_UNREADABLE", name + ": " + why, "", false)));
      return new Inspection(
          StoreUrl.parse(known).toString(),
          catalog,
          store.capabilities(),
          profiles.fields(),
          List.copyOf(profiles.sampled()),
          Models.of(store, catalog, profiles.fields(), name -> true),
          findings);
    }
  }

  /**
   * Makes a plan. Nothing is written anywhere.
   *
   * <p>A plan whose losses include refused ones ({@link Plan#refusals()}) can be looked at but not
   * applied.
   */
  public Plan plan(MigrationSpec wished) {
    return planned(wished, plan -> plan);
  }

  /**
   * Makes a plan and uses it at once. What was made to read the source, such as a copy of its file,
   * is kept meanwhile, so that applying the plan need not make it again.
   */
  public <R> R planned(MigrationSpec wished, Function<Plan, R> use) {
    String to = stores.remember(wished.to());
    MigrationSpec spec = redone(wished, to);
    String from = stores.remember(spec.from());
    SessionOptions session = spec.options().session();
    try (WorkFolder folder = workFolder()) {
      Plan plan;
      Store.Kept kept;
      try (SeenStore source =
              source(
                  from,
                  spec.options().hasSidecar() ? to : null,
                  spec.options().nesting(),
                  folder.path().resolve("source"),
                  session);
          Meanwhile<List<Finding>> found = Meanwhile.of(source::findings);
          TargetStore target =
              stores.openTarget(
                  to, folder.path().resolve("target"), INSPECT_CONNECTIONS, session)) {
        Ends.requireTwoStores(from, source, to, target);
        Catalog catalog = source.catalog();
        Catalog there = target.catalog();
        Profiles profiles = profiles(source, catalog, spec);
        plan =
            proven(
                input(
                    spec,
                    side(from, source, catalog, found.get())
                        .withModels(
                            Models.of(
                                source,
                                catalog,
                                profiles.fields(),
                                wanted(catalog, spec)::contains)),
                    side(to, target, there, target.findings())
                        .withModels(Models.of(target, there, Map.of(), filled(catalog, spec))),
                    profiles),
                source,
                target,
                folder.path());
        kept = source.keep();
      }
      try (kept) {
        folder.hold();
        return use.apply(plan);
      }
    }
  }

  /**
   * Makes a plan that gives a collection new vectors. Nothing is written anywhere but into the
   * cache of what a model has made.
   */
  public Plan plan(ReembedSpec spec) {
    return reembeddings(spec, Reembeddings::plan);
  }

  /** How much there is to embed and how long this model takes here. Nothing is written anywhere. */
  public ReembedEstimate estimate(ReembedSpec spec) {
    return reembeddings(spec, Reembeddings::estimate);
  }

  private <R> R reembeddings(ReembedSpec spec, Function<Reembeddings, R> use) {
    String url = stores.remember(spec.url());
    try (WorkFolder folder = workFolder()) {
      return use.apply(new Reembeddings(stores, spec, url, home, folder.path()));
    }
  }

  /** A redo of what a run left behind is done as the run was, unless the spec says otherwise. */
  private MigrationSpec redone(MigrationSpec spec, String to) {
    Optional<Redo> redo = Redo.of(home, spec.from(), RunStates::of);
    if (redo.isEmpty()) {
      return spec;
    }
    MigrationSpec left = spec.withFrom(redo.get().from(to));
    return left.profile() != null
        ? left
        : left.withProfile(
            redo.get()
                .wishes(
                    to, spec.onConflict().equals(ConflictPolicy.FAIL) ? null : spec.onConflict()));
  }

  /**
   * Where records go that are read from a URL, if that itself says: those that a run left behind go
   * into the run's target.
   */
  public Optional<String> usualTarget(String from) {
    return Redo.of(home, from, RunStates::of).map(Redo::to);
  }

  /** A plan for looking at what is there: whether the stores are sound is not asked. */
  private Plan plan(
      MigrationSpec spec, String from, SeenStore source, String to, Store target, Catalog there) {
    Catalog catalog = source.catalog();
    return Planner.plan(
        input(
            spec,
            side(from, source, catalog, List.of()),
            side(to, target, there, List.of()),
            profiles(source, catalog, spec)));
  }

  /**
   * A plan, with keys that no store promises where it depends on them and the records have them.
   */
  private static Plan proven(PlanInput input, Store source, Store target, Path workspace) {
    Plan plan = Planner.plan(input);
    Catalog from = input.source().catalog();
    Catalog to = input.target().catalog();
    Set<KeyQuestion> questions =
        KeyQuestion.toPlan(plan.steps(), from, to, input.target().capabilities());
    if (questions.isEmpty()) {
      return plan;
    }
    try (Snapshot ofSource = source.snapshot();
        Snapshot ofTarget = target.snapshot()) {
      return Planner.plan(
          input.withKeys(
              KeyProof.answers(
                  questions, from, ofSource, to, ofTarget, INSPECT_CONNECTIONS, workspace)));
    }
  }

  private static PlanInput input(
      MigrationSpec spec, PlanInput.Side source, PlanInput.Side target, Profiles profiles) {
    return new PlanInput(
        source,
        target,
        profiles.fields(),
        profiles.sampled(),
        profiles.unreadable(),
        new PlanInput.Wishes(
            spec.only(),
            spec.exclude(),
            spec.keys(),
            spec.onConflict(),
            spec.triggers(),
            spec.options(),
            spec.profile()));
  }

  /** The collections that are asked for. */
  private static Set<String> wanted(Catalog catalog, MigrationSpec spec) {
    Set<String> names = new TreeSet<>();
    for (Collection each : catalog.collections()) {
      boolean isWanted =
          spec.only().isEmpty()
              ? !spec.exclude().contains(each.name())
              : spec.only().contains(each.name());
      if (isWanted) {
        names.add(each.name());
      }
    }
    return names;
  }

  /** The target's collections that may be filled; a profile may name any. */
  private static Predicate<String> filled(Catalog source, MigrationSpec spec) {
    return spec.profile() == null ? wanted(source, spec)::contains : name -> true;
  }

  private static Profiles profiles(Store source, Catalog catalog, MigrationSpec spec) {
    Set<String> names = wanted(catalog, spec);
    try {
      return Profiles.of(source, catalog, names::contains);
    } catch (StoreException failure) {
      if (DENIED.contains(failure.code())) {
        throw Ends.why(
            failure,
            source,
            catalog.collections().stream().filter(each -> names.contains(each.name())).toList());
      }
      throw failure;
    }
  }

  /** The text of a plan file, YAML. */
  public String planText(Plan plan) {
    return PlanFile.write(plan);
  }

  /**
   * Reads a plan file: YAML, or TOML where the name ends in .toml. What it leaves out is worked out
   * when it is applied or verified.
   */
  public Plan readPlan(Path file) {
    return PlanFile.read(
        file.toString(), text(file, "plan", "make one: waybill plan --from … --to … -o " + file));
  }

  /** Reads a profile, a part of a plan: YAML, or TOML where the name ends in .toml. */
  public Fragment readProfile(Path file) {
    return PlanFile.readFragment(
        file.toString(), text(file, "profile", "docs/formats/plan.md says what can stand there"));
  }

  private static String text(Path file, String what, String hint) {
    String code = what.toUpperCase(Locale.ROOT);
    try {
      if (Files.size(file) > PlanFile.LONGEST) {
        throw new SpecException(
            "INVALID_" + code,
            "The " + what + " file " + file + " is larger than " + PlanFile.LONGEST + " bytes.",
            "check that it is a " + what + " file");
      }
      return Files.readString(file);
    } catch (NoSuchFileException absent) {
      throw new SpecException(
          code + "_FILE_MISSING", "There is no " + what + " file " + file + ".", hint, absent);
    } catch (IOException unreadable) {
      throw new SpecException(
          code + "_FILE_UNREADABLE",
          "The " + what + " file " + file + " cannot be read as UTF-8 text.",
          "check its permissions and that it is a " + what + " file",
          unreadable);
    }
  }

  /** The plan with what an editor left out, held against both stores. */
  private Plan completed(Plan plan) {
    if (!plan.origin().isFile()) {
      return plan;
    }
    try (WorkFolder folder = workFolder()) {
      try (SeenStore source =
              source(
                  plan.from(),
                  plan.options().hasSidecar() ? plan.to() : null,
                  plan.options().nesting(),
                  folder.path().resolve("source"),
                  plan.options().session());
          TargetStore target =
              stores.openTarget(
                  plan.to(),
                  folder.path().resolve("target"),
                  INSPECT_CONNECTIONS,
                  plan.options().session())) {
        return Completion.completed(
            plan,
            side(plan.from(), source, Sidecar.with(source.catalog()), List.of()),
            side(plan.to(), target, target.catalog(), List.of()));
      }
    }
  }

  private static PlanInput.Side side(
      String url, Store store, Catalog catalog, List<Finding> findings) {
    return new PlanInput.Side(
        url,
        store.capabilities().types().dialect(),
        catalog,
        store.capabilities(),
        findings,
        store instanceof SeenStore seen
            ? new PlanInput.Told(seen.restored(), seen.carried(), seen.carriedValues(), Map.of())
            : new PlanInput.Told(Set.of(), Set.of(), Set.of(), AbsentNulls.of(store, catalog)));
  }

  private Environment environment(RunEvent.Listener listener, BooleanSupplier isCancelled) {
    return new Environment(
        stores,
        home,
        version(),
        clock,
        System::nanoTime,
        random,
        listener,
        isCancelled,
        Retry.Backoff.USUAL);
  }

  /**
   * Checks everything that can be checked before a run and reads every record through the mapping.
   *
   * @return what would happen; {@code run} is empty
   */
  public RunResult dryRun(Plan plan, RunEvent.Listener listener) {
    Instant start = clock.instant();
    Ended ended = new Migration(completed(plan), environment(listener, () -> false)).dryRun();
    RunResult result = result(ended, start);
    return new RunResult(
        "",
        result.status(),
        result.took(),
        result.collections(),
        result.losses(),
        result.error(),
        result.directory(),
        result.notes());
  }

  /**
   * Does exactly what a plan says, verifies, and writes the receipt.
   *
   * @param isCancelled asked between batches; when true the run stops at the batch's boundary
   */
  public RunResult apply(Plan plan, RunEvent.Listener listener, BooleanSupplier isCancelled) {
    Instant start = clock.instant();
    Redo.of(home, plan.from(), RunStates::of).ifPresent(redo -> redo.requireNotTaken(plan));
    return withServer(
        plan.to(),
        result(new Migration(completed(plan), environment(listener, isCancelled)).apply(), start));
  }

  /**
   * Goes on with a run that was broken off or stopped: with its writing, or with its rollback.
   *
   * <p>The source is read again. What the target's ledger has and the source still holds is not
   * written again; what the source has changed since is corrected, so that the target is as the
   * source is now.
   *
   * @param isCancelled asked between batches; when true the run stops at the batch's boundary
   * @throws SpecException if there is nothing to go on with, or another process does so
   */
  public RunResult resume(String run, RunEvent.Listener listener, BooleanSupplier isCancelled) {
    Instant start = clock.instant();
    RunDirectory directory = RunDirectory.open(home, run);
    Ended ended = Resume.of(directory, environment(listener, isCancelled));
    return withServer(PastRun.of(directory).plan().to(), result(ended, start));
  }

  private RunResult withServer(String to, RunResult result) {
    List<String> notes = new ArrayList<>(result.notes());
    serverNote(to).ifPresent(notes::add);
    return new RunResult(
        result.run(),
        result.status(),
        result.took(),
        result.collections(),
        result.losses(),
        result.error(),
        result.directory(),
        notes);
  }

  /** How a store goes on whose server stops with the command. */
  private Optional<String> serverNote(String text) {
    StoreUrl url = stores.url(text);
    return stores.adapter(url) instanceof ServerAdapter server
        ? Optional.of(
            "The server of "
                + text
                + " runs only while a command needs it. To start it and leave it running: waybill"
                + " store start "
                + text
                + "; then connect: "
                + server.address(url).client())
        : Optional.empty();
  }

  private RunResult result(Ended ended, Instant start) {
    RunResult.Status status =
        switch (ended.end()) {
          case DONE, ROLLED_BACK -> RunResult.Status.OK;
          case PARTIAL, PARTLY_ROLLED_BACK -> RunResult.Status.PARTIAL;
          case PUT_BACK -> RunResult.Status.PUT_BACK;
          case STOPPED -> RunResult.Status.STOPPED;
        };
    return new RunResult(
        ended.directory().run(),
        status,
        Duration.between(start, clock.instant()),
        ended.collections(),
        ended.losses(),
        ended.error(),
        ended.directory().path(),
        ended.notes());
  }

  /** Compares what a run wrote with its source, both read anew. */
  public Comparison verifyRun(String run, RunEvent.Listener listener) {
    return verifyRun(run, SearchSample.NONE, listener);
  }

  /**
   * The same; what searching both sides for the same vectors finds is compared too, and noted in
   * the run's receipt.
   */
  public Comparison verifyRun(String run, SearchSample search, RunEvent.Listener listener) {
    RunDirectory directory = RunDirectory.open(home, run);
    PastRun past = PastRun.of(directory);
    Plan plan = past.plan();
    if (past.isUndone()) {
      throw new SpecException(
          "RUN_IS_UNDONE",
          "Run " + run + " was put back: what it wrote is not in the target any more.",
          "see its story: waybill status " + run);
    }
    try (RunDirectory.Lock lock = directory.lock()) {
      try {
        String file = "verify-" + clock.instant().toString().replace(':', '-') + ".ndjson";
        Differences differences = new Differences(directory, file);
        Comparing comparing =
            new Comparing(plan, environment(listener, () -> false), search, differences::add);
        comparing.asRun(directory);
        return comparison(comparing, differences, List.of(), leftOut(plan));
      } finally {
        directory.clean();
      }
    }
  }

  /** A search for so many vectors of each field, chosen by chance. */
  public SearchSample searchSample(int queries) {
    return new SearchSample(queries, random.nextInt(Integer.MAX_VALUE));
  }

  /** Compares both sides of a plan, as its run would have verified them. */
  public Comparison verify(Plan plan, RunEvent.Listener listener) {
    return verify(plan, SearchSample.NONE, listener);
  }

  /** The same, and what searching both sides for the same vectors finds. */
  public Comparison verify(Plan plan, SearchSample search, RunEvent.Listener listener) {
    return compare(completed(plan), search, listener, List.of(), true);
  }

  /** Compares two stores under the mapping that a plan would infer, in both directions. */
  public Comparison diff(MigrationSpec spec, RunEvent.Listener listener) {
    return diff(spec, SearchSample.NONE, listener);
  }

  /** The same, and what searching both sides for the same vectors finds. */
  public Comparison diff(MigrationSpec spec, SearchSample search, RunEvent.Listener listener) {
    String from = stores.remember(spec.from());
    String to = stores.remember(spec.to());
    List<String> structure = new ArrayList<>();
    return withBoth(
        spec,
        (source, target) -> {
          Plan made = Sidecar.without(plan(spec, from, source, to, target, target.catalog()));
          onlyInTarget(made, spec, target.catalog(), structure);
          return made;
        },
        plan -> {
          plan.refusals()
              .forEach(
                  loss ->
                      structure.add(
                          loss.collection()
                              + (loss.field().isEmpty() ? "" : "." + loss.field())
                              + ": "
                              + loss.text()));
          return compare(plan, search, listener, structure, false);
        });
  }

  /**
   * Compares what two stores are made of, not their records: what is there with what a copy would
   * make.
   */
  public Comparison diffSchema(MigrationSpec spec) {
    String from = stores.remember(spec.from());
    String to = stores.remember(spec.to());
    return withBoth(
        spec, (source, target) -> schema(spec, from, source, to, target), found -> found);
  }

  private Comparison schema(
      MigrationSpec spec, String from, SeenStore source, String to, SeenStore target) {
    Catalog there = target.catalog();
    Plan plan =
        plan(spec, from, source, to, target, new Catalog(there.store(), List.of(), List.of()));
    List<String> structure = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    plan.leftOut()
        .forEach(left -> notes.add("not carried: " + left.name() + " (" + left.reason() + ")"));
    for (Step step : plan.steps()) {
      if (Sidecar.isPart(step.source())) {
        continue;
      }
      boolean isOneDialect =
          source.speaks(step.source()).equals(target.speaks(step.target().name()));
      there
          .collection(step.target().name())
          .ifPresentOrElse(
              actual ->
                  structure.addAll(
                      isOneDialect
                          ? SchemaComparison.everything(step.target(), actual)
                          : SchemaComparison.essentials(step.target(), actual)),
              () -> structure.add("collection " + step.source() + " is only in the source"));
    }
    plan.losses().stream()
        .filter(loss -> loss.severity() == Loss.Severity.STRUCTURE)
        .forEach(loss -> notes.add("not carried: " + loss.sentence()));
    onlyInTarget(plan, spec, there, structure);
    return new Comparison(List.of(), List.of(), null, structure, notes, List.of());
  }

  private static void onlyInTarget(
      Plan plan, MigrationSpec spec, Catalog target, List<String> structure) {
    Set<String> planned = new TreeSet<>();
    plan.steps().forEach(step -> planned.add(step.target().name()));
    for (Collection collection : target.collections()) {
      boolean isWanted =
          spec.only().isEmpty()
              ? !spec.exclude().contains(collection.name())
              : spec.only().contains(collection.name());
      if (!planned.contains(collection.name()) && isWanted) {
        structure.add("collection " + collection.name() + " is only in the target");
      }
    }
  }

  private Comparison compare(
      Plan plan,
      SearchSample search,
      RunEvent.Listener listener,
      List<String> structure,
      boolean isOfRun) {
    RunDirectory directory = RunDirectory.create(home, RunId.at(clock.instant(), random));
    Differences differences = new Differences(directory, "differences.ndjson");
    boolean isKept = false;
    try {
      Comparing comparing =
          new Comparing(plan, environment(listener, () -> false), search, differences::add);
      comparing.whole(directory.workspace(), isOfRun);
      Comparison comparison = comparison(comparing, differences, structure, leftOut(plan));
      isKept = comparison.file() != null;
      return comparison;
    } finally {
      directory.clean();
      if (!isKept) {
        RunDirectory.deleteTree(directory.path());
      }
    }
  }

  private static List<String> leftOut(Plan plan) {
    return plan.leftOut().stream()
        .filter(Catalog.LeftOut::holdsData)
        .map(left -> "not compared: " + left.name() + " (" + left.reason() + ")")
        .toList();
  }

  /** Keeps the first differences and writes all to a file. */
  private static final class Differences {
    private final RunDirectory directory;
    private final String file;
    private final List<Difference> first = new ArrayList<>();
    private long count;

    Differences(RunDirectory directory, String file) {
      this.directory = directory;
      this.file = file;
    }

    void add(Difference difference) {
      count++;
      if (first.size() < Comparison.SHOWN) {
        first.add(difference);
      }
      DifferenceFile.append(directory, file, difference);
    }

    @Nullable Path fileIfMore() {
      return count > first.size() ? directory.path().resolve(file) : null;
    }
  }

  private static Comparison comparison(
      Comparing comparing, Differences differences, List<String> structure, List<String> leftOut) {
    List<Comparison.Compared> collections = new ArrayList<>();
    for (CollectionVerification each : comparing.results()) {
      if (Sidecar.isPart(each.name()) && each.isEqual()) {
        continue;
      }
      collections.add(
          new Comparison.Compared(
              each.name(),
              each.source(),
              each.target(),
              each.equal(),
              each.changed(),
              each.missing(),
              each.extra()));
    }
    List<String> notes = new ArrayList<>(leftOut);
    notes.addAll(comparing.notes());
    List<String> all = new ArrayList<>(structure);
    all.addAll(comparing.structure());
    return new Comparison(
        collections,
        List.copyOf(differences.first),
        differences.fileIfMore(),
        all,
        notes,
        List.copyOf(comparing.searches()));
  }

  /** Puts the target back as it was before a run. */
  public RunResult rollback(String run, OnChanged onChanged, RunEvent.Listener listener) {
    return rollback(run, onChanged, listener, () -> false);
  }

  /**
   * As {@link #rollback(String, OnChanged, RunEvent.Listener)}.
   *
   * @param isCancelled asked between batches; when true the rollback stops at the batch's boundary
   *     and can be gone on with
   */
  public RunResult rollback(
      String run, OnChanged onChanged, RunEvent.Listener listener, BooleanSupplier isCancelled) {
    Instant start = clock.instant();
    PastRun past = PastRun.of(RunDirectory.open(home, run));
    return result(
        past.rollback(environment(listener, isCancelled), onChanged.policy, false), start);
  }

  /** What a rollback would do; changes nothing. */
  public RunResult dryRollback(String run, OnChanged onChanged) {
    Instant start = clock.instant();
    PastRun past = PastRun.of(RunDirectory.open(home, run));
    return result(
        past.rollback(environment(event -> {}, () -> false), onChanged.policy, true), start);
  }

  /** What runs of this home have kept of their targets, newest first. */
  public List<Backup> backups() {
    return new Retention(home, RunStates::of).backups();
  }

  /**
   * Removes backups whose time is over, of runs that have ended and that no unfinished run needs.
   *
   * @param olderThan how old they must be; null for what each run's plan says
   * @param isDry true to look only
   * @return those that were, or would be, removed
   */
  public List<Backup> pruneBackups(@Nullable Duration olderThan, boolean isDry) {
    return new Retention(home, RunStates::of).prune(clock.instant(), olderThan, isDry);
  }

  /**
   * What became of one record in a run: read, mapped, written, verified, left behind, and how it
   * stands in the target now. Reads the source's collection as it is now; writes nothing.
   *
   * @param collection the source's name of it
   * @param key as messages print it
   * @param withValues whether the result has the record's values
   */
  public TraceResult trace(String run, String collection, String key, boolean withValues) {
    return new Tracing(
            PastRun.of(RunDirectory.open(home, run)),
            environment(event -> {}, () -> false),
            collection,
            key,
            withValues)
        .trace();
  }

  /**
   * What can no longer be done once a run is forgotten, in sentences; changes nothing.
   *
   * @return empty if nothing is lost
   */
  public List<String> forgetting(String run) {
    return forgettingOf(run).losses();
  }

  /**
   * Removes every trace of a run from its target, so that it can be neither rolled back nor gone on
   * with; the run directory stays. May be repeated.
   *
   * @param isForced true to forget it here even if its target cannot be reached
   * @return what was done, in sentences
   */
  public List<String> forget(String run, boolean isForced) {
    return forgettingOf(run).forget(isForced);
  }

  private Forgetting forgettingOf(String run) {
    return new Forgetting(
        PastRun.of(RunDirectory.open(home, run)), environment(event -> {}, () -> false));
  }

  /**
   * The plan of a run.
   *
   * @throws SpecException if there is no such run, or its directory has no plan
   */
  public Plan planOf(String run) {
    return PastRun.of(RunDirectory.open(home, run)).plan();
  }

  /** All runs of this home, newest first. */
  public List<RunStatus> runs() {
    return RunDirectory.all(home).stream()
        .map(PastRun::of)
        .filter(past -> !past.from().isEmpty())
        .map(Waybill::status)
        .toList();
  }

  /** One run of this home. */
  public RunStatus status(String run) {
    return status(PastRun.of(RunDirectory.open(home, run)));
  }

  private static RunStatus status(PastRun past) {
    return new RunStatus(
        past.directory().run(),
        past.state(),
        past.startedAt(),
        past.from(),
        past.to(),
        past.collections(),
        past.directory().path());
  }

  /** Starts the server of an embedded store and leaves it running. */
  public ServerAdapter.Address startStore(String url) {
    return server(url).start(stores.url(url));
  }

  /** Stops the server of an embedded store; false if none was running. */
  public boolean stopStore(String url) {
    return server(url).stop(stores.url(url));
  }

  private ServerAdapter server(String url) {
    StoreAdapter adapter = stores.adapter(stores.url(url));
    if (adapter instanceof ServerAdapter server) {
      return server;
    }
    throw new SpecException(
        "NOT_A_SERVER",
        "A " + adapter.type() + " store has no server of its own to start or stop.",
        "use a store that has, e.g. embedded-postgresql:DIR");
  }

  private interface WithStores<T extends Store, R> {
    R use(SeenStore source, T target);
  }

  /**
   * Opens both stores for reading, each as its sidecar tells.
   *
   * @param use what is done with the result while what was made to read them is kept
   */
  private <R, T> T withBoth(MigrationSpec spec, WithStores<SeenStore, R> work, Function<R, T> use) {
    String from = stores.remember(spec.from());
    String to = stores.remember(spec.to());
    boolean hasSidecar = spec.options().hasSidecar();
    Nesting nesting = spec.options().nesting();
    SessionOptions session = spec.options().session();
    try (WorkFolder folder = workFolder()) {
      R result;
      Store.Kept keptOfSource;
      Store.Kept keptOfTarget;
      try (SeenStore source =
              source(
                  from, hasSidecar ? to : null, nesting, folder.path().resolve("source"), session);
          SeenStore target =
              source(
                  to,
                  hasSidecar ? from : null,
                  nesting.ofTarget(),
                  folder.path().resolve("target"),
                  session)) {
        result = work.use(source, target);
        keptOfSource = source.keep();
        keptOfTarget = target.keep();
      }
      try (keptOfSource;
          keptOfTarget) {
        folder.hold();
        return use.apply(result);
      }
    }
  }

  private SeenStore source(
      String url, @Nullable String other, Nesting nesting, Path folder, SessionOptions session) {
    return stores.openSource(url, other, nesting, folder, INSPECT_CONNECTIONS, session);
  }

  private WorkFolder workFolder() {
    return WorkFolder.in(home, RunId.at(clock.instant(), random));
  }
}
