package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Reembedding;
import dev.waybill.plan.Step;
import dev.waybill.reembed.EmbeddedSnapshot;
import dev.waybill.run.TargetBefore.Held;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.ExchangingSession;
import dev.waybill.spi.ExchangingSession.Exchange;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Except;
import dev.waybill.verify.Pairing;
import dev.waybill.verify.Verifier;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has the vectors that a run made beside a collection change places with those in it, and back
 * (docs/adr/0025). What the field held before and what it held then is in {@code exchange.json}.
 */
final class Exchanging {
  private static final String FILE = "exchange.json";

  private final Plan plan;
  private final Reembedding reembedding;
  private final RunDirectory directory;
  private final TargetStore target;
  private final ExchangingSession session;
  private final Exchange exchange;

  private Exchanging(
      Plan plan,
      Reembedding reembedding,
      RunDirectory directory,
      TargetStore target,
      ExchangingSession session) {
    this.plan = plan;
    this.reembedding = reembedding;
    this.directory = directory;
    this.target = target;
    this.session = session;
    this.exchange =
        new Exchange(
            reembedding.collection(),
            reembedding.vector(),
            plan.steps().get(0).target(),
            reembedding.isConcurrent(),
            reembedding.isIndexDroppedFirst());
  }

  /** What a plan's run has to exchange; null if nothing. */
  static @Nullable Exchanging of(
      Plan plan, RunDirectory directory, TargetStore target, TargetSession session) {
    Reembedding reembedding = plan.options().reembedding();
    if (reembedding == null || !reembedding.isBeside()) {
      return null;
    }
    if (session instanceof ExchangingSession exchanging) {
      return new Exchanging(plan, reembedding, directory, target, exchanging);
    }
    throw new IllegalStateException("a plan for another kind of store");
  }

  /** True if the run's vectors stand in the collection, as far as the run directory tells. */
  static boolean isNoted(RunDirectory directory) {
    return directory.readJson(FILE).map(json -> json.path("done").asBoolean()).orElse(false);
  }

  boolean isExchanged() {
    return session.isExchanged(exchange);
  }

  /**
   * Has them change places.
   *
   * @param verified what the verification has found in the run's own collection
   * @throws StoreException SNAPSHOT_LOST if texts have changed since they were read
   */
  void exchange(Environment environment, @Nullable CollectionVerification verified) {
    environment.phase("exchange");
    boolean isDone =
        new Retry(environment)
            .get(
                () ->
                    session.exchange(
                        exchange, () -> isStill(environment) && note(environment, verified)),
                () -> {});
    if (!isDone) {
      throw new StoreException(
          StoreException.SNAPSHOT_LOST,
          "Records of "
              + reembedding.collection()
              + " have come, gone or got another text since they were read, so the new vectors do"
              + " not go into it yet.",
          "embed what has changed and try again: waybill resume " + directory.run(),
          false,
          null);
    }
    noteDone();
  }

  /** Notes an exchange that was made before the run was broken off. */
  void noteDone() {
    directory
        .readJson(FILE)
        .filter(ObjectNode.class::isInstance)
        .map(ObjectNode.class::cast)
        .ifPresent(json -> directory.write(FILE, json.put("done", true)));
  }

  /** Reads the texts once more, and compares what is known to be made of them. */
  private boolean isStill(Environment environment) {
    Step step = plan.steps().get(0);
    try (SeenStore source =
        PlannedSource.openKnown(plan, reembedding, environment.stores(), directory.workspace())) {
      Pairing pairing =
          Ends.pairings(plan, source, target.capabilities().types()).get(step.source());
      if (pairing == null) {
        throw new IllegalStateException("the plan is about one collection");
      }
      try (Snapshot now = source.snapshot();
          Snapshot made = target.snapshot()) {
        return new Verifier(
                now,
                made,
                plan.options().connections(),
                directory.workspace(),
                difference -> {},
                records -> environment.requireGoingOn())
            .verifyWhole(pairing, null, Except.NOTHING)
            .isEqual();
      }
    } catch (StoreException unknown) {
      if (unknown.code().equals(EmbeddedSnapshot.NOT_KEPT)) {
        return false;
      }
      throw unknown;
    }
  }

  private boolean note(Environment environment, @Nullable CollectionVerification verified) {
    environment.requireGoingOn();
    ObjectNode json = RunDirectory.object();
    put(json.putObject("before"), held());
    put(
        json.putObject("after"),
        verified == null
            ? held(plan.steps().get(0).target())
            : new Held(verified.target(), verified.targetAsStored()));
    directory.write(FILE, json);
    return true;
  }

  private static void put(ObjectNode json, Held held) {
    json.put("records", held.records()).put("sum", held.sum().toString());
  }

  /** Key and field of the collection as they are now. */
  private Held held() {
    Collection there = target.catalog().collection(reembedding.collection()).orElse(null);
    if (there == null) {
      return new Held(-1, RecordDigest.ZERO);
    }
    List<Field> fields = new ArrayList<>();
    for (Field field : plan.steps().get(0).target().fields()) {
      there.field(field.name()).ifPresent(fields::add);
    }
    return held(there.withFields(fields));
  }

  private Held held(Collection collection) {
    try (Snapshot snapshot = target.snapshot()) {
      BucketDigest digest =
          Verifier.digestStored(snapshot, collection, plan.options().connections());
      return new Held(digest.count(), digest.sum());
    }
  }

  private @Nullable Held noted(String when) {
    JsonNode json = directory.readJson(FILE).map(all -> all.path(when)).orElse(null);
    return json == null || !json.has("sum")
        ? null
        : new Held(json.path("records").asLong(), RecordDigest.parse(json.path("sum").asText()));
  }

  /** Why the field is not as the run left it, empty if it is. */
  String changedSince() {
    Held after = noted("after");
    if (after == null) {
      return "the run directory does not tell what the run left in " + reembedding.vector();
    }
    return held().equals(after)
        ? ""
        : "keys or " + reembedding.vector() + " are not those that the run left";
  }

  String collection() {
    return reembedding.collection();
  }

  /** Puts the old ones back. */
  void back(Environment environment) {
    new Retry(environment).run(() -> session.exchangeBack(exchange));
  }

  /** Gives up what would be needed to put them back. */
  void release() {
    session.release(exchange);
  }

  /**
   * Makes sure that the field holds what it held before.
   *
   * @throws StoreException NOT_AS_BEFORE
   */
  void proveBack() {
    Held before = noted("before");
    if (before != null && !held().equals(before)) {
      throw new StoreException(
          "NOT_AS_BEFORE",
          "\""
              + reembedding.collection()
              + "."
              + reembedding.vector()
              + "\" is not what it was before the run.",
          "if nobody else writes to it, this is a fault of Waybill's",
          false,
          null);
    }
  }
}
