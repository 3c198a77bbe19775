package dev.waybill.run;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.TypeTable;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Fingerprint;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.sidecar.DerivingSource;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Store;
import dev.waybill.verify.Originals;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Holds a plan against the catalogs of the stores as they are now. */
public final class Ends {
  /** The code of a refusal because a catalog is not the one that a plan was made for. */
  static final String STALE_PLAN = "STALE_PLAN";

  private Ends() {}

  /** The names of the target's collections that a plan is about. */
  public static Set<String> targets(Plan plan) {
    return plan.steps().stream().map(step -> step.target().name()).collect(Collectors.toSet());
  }

  /**
   * The pairings of all steps, in order, by source collection; those of the sidecar among them.
   *
   * @throws SpecException STALE_PLAN if the source lacks what the plan names
   */
  public static Map<String, Pairing> pairings(Plan plan, SeenStore store, TypeTable target) {
    Map<String, Pairing> pairings = new LinkedHashMap<>();
    Catalog source = store.catalog();
    @Nullable Collection values = values(plan);
    for (Step step : plan.steps()) {
      boolean hasOwn =
          DerivingSource.isStage(step, plan, store.speaks(step.source()), target.dialect());
      Collection collection =
          Sidecar.shape(step.source())
              .or(() -> source.collection(step.source()))
              .orElseThrow(() -> stale("source", List.of(step.source() + " is gone")));
      try {
        pairings.put(
            step.source(),
            Pairing.of(step, collection, plan.options().onLoss(), target.cannotHold())
                .withSidecar(
                    values == null || !hasOwn
                        ? null
                        : new Originals.Place(values, step.target().name(), 1),
                    step,
                    plan.options().onLoss(),
                    hasEntries(plan) && !step.creates()));
      } catch (IllegalArgumentException unfit) {
        throw stale("source", List.of(String.valueOf(unfit.getMessage())));
      }
    }
    return pairings;
  }

  /** The target's collection that holds the sidecar's values, null if the plan has none. */
  private static @Nullable Collection values(Plan plan) {
    return plan.steps().stream()
        .filter(step -> step.source().equals(Sidecar.VALUES.name()))
        .map(Step::target)
        .findFirst()
        .orElse(null);
  }

  private static boolean hasEntries(Plan plan) {
    return plan.steps().stream()
        .anyMatch(step -> step.source().equals(Sidecar.VALUES.name()) && !step.creates());
  }

  /**
   * Makes sure that both catalogs are those the plan was made for.
   *
   * @throws SpecException STALE_PLAN, saying what changed as far as the plan tells
   */
  public static void requireFresh(Plan plan, Catalog source, Catalog target) {
    requireFreshSource(plan, source);
    requireFreshTarget(plan, target, Set.of());
  }

  /**
   * Makes sure that the source's catalog is the one that the plan was made for.
   *
   * @throws SpecException STALE_PLAN
   */
  static void requireFreshSource(Plan plan, Catalog source) {
    if (!Fingerprint.of(source).equals(plan.fromFingerprint())) {
      throw stale("source", changes(plan, source));
    }
  }

  /**
   * Makes sure that the target's catalog is the one that the plan was made for.
   *
   * @param made collections that the run itself has made since
   * @throws SpecException STALE_PLAN
   */
  static void requireFreshTarget(Plan plan, Catalog target, Set<String> made) {
    Catalog without =
        new Catalog(
            target.store(),
            target.collections().stream().filter(each -> !made.contains(each.name())).toList(),
            target.leftOut());
    if (!Fingerprint.of(without, targets(plan)).equals(plan.toFingerprint())) {
      List<String> changes = new ArrayList<>();
      for (Step step : plan.steps()) {
        if (made.contains(step.target().name())) {
          continue;
        }
        boolean isThere = target.collection(step.target().name()).isPresent();
        if (isThere == step.creates()) {
          changes.add(step.target().name() + (isThere ? " is there now" : " is gone"));
        }
      }
      throw stale("target", changes);
    }
  }

  /**
   * Makes sure that the two sides are not one store, which would be written to while it is read.
   *
   * @throws SpecException ONE_STORE
   */
  public static void requireTwoStores(String from, Store source, String to, Store target) {
    boolean isOneKind =
        source.capabilities().types().dialect().equals(target.capabilities().types().dialect());
    if (isOneKind && !source.identity().isEmpty() && source.identity().equals(target.identity())) {
      throw new SpecException(
          "ONE_STORE",
          "Source and target are one store: " + from + " and " + to + ".",
          "name another target");
    }
  }

  /**
   * Why a source could not be read, as it says itself of the collections that were asked for.
   *
   * @return the failure itself where it says nothing
   */
  public static WaybillException why(
      StoreException failure, Store source, List<Collection> collections) {
    List<Finding> findings = new ArrayList<>();
    collections.forEach(each -> findings.addAll(source.findings(each)));
    return Preflight.refusal(findings, failure).map(WaybillException.class::cast).orElse(failure);
  }

  private static List<String> changes(Plan plan, Catalog source) {
    List<String> changes = new ArrayList<>();
    for (Step step : plan.steps()) {
      if (Sidecar.isPart(step.source())) {
        continue;
      }
      Optional<Collection> now = source.collection(step.source());
      if (now.isEmpty()) {
        changes.add(step.source() + " is gone");
        continue;
      }
      List<String> names = now.get().writtenNames();
      Set<String> planned =
          step.fields().stream()
              .flatMap(field -> field.sources().stream())
              .collect(Collectors.toSet());
      names.stream()
          .filter(name -> !planned.contains(name))
          .forEach(name -> changes.add(step.source() + "." + name + " is new"));
      planned.stream()
          .filter(name -> !names.contains(name))
          .forEach(name -> changes.add(step.source() + "." + name + " is gone"));
    }
    Set<String> known = plan.steps().stream().map(Step::source).collect(Collectors.toSet());
    plan.leftOut().forEach(left -> known.add(left.name()));
    for (Collection collection : source.collections()) {
      if (!known.contains(collection.name())) {
        changes.add(collection.name() + " is new");
      }
    }
    return changes;
  }

  static SpecException stale(String side, List<String> changes) {
    String what =
        changes.isEmpty()
            ? "a type, key, constraint or index"
            : changes.stream().limit(10).collect(Collectors.joining(", "));
    return new SpecException(
        STALE_PLAN,
        "The "
            + side
            + "'s schema is not the one that the plan was made for: "
            + what
            + (changes.isEmpty() ? " changed." : "."),
        "make a new plan and read what is different: waybill plan --from … --to …");
  }
}
