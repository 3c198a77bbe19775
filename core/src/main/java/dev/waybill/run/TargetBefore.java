package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Verifier;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the target's collections held before the run: {@code before.json} of the run directory.
 *
 * @param byTarget by target collection; those that the run makes are not in it
 */
record TargetBefore(Map<String, Held> byTarget) {
  private static final String FILE = "before.json";

  /** Records and the sum of their digests, over the fields that the run fills. */
  record Held(long records, RecordDigest sum) {}

  /** Looks at the target. */
  static TargetBefore of(Plan plan, TargetStore target, int threads) {
    Map<String, Held> held = new LinkedHashMap<>();
    if (plan.steps().stream().allMatch(Step::creates)) {
      return new TargetBefore(held);
    }
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        if (!step.creates()) {
          held.put(step.target().name(), held(snapshot, step, threads));
        }
      }
    }
    return new TargetBefore(held);
  }

  /** What a collection holds in a snapshot. */
  static Held held(Snapshot snapshot, Step step, int threads) {
    BucketDigest digest = Verifier.digestStored(snapshot, step.target(), threads);
    return new Held(digest.count(), digest.sum());
  }

  boolean wasEmpty(Step step) {
    return records(step) == 0;
  }

  /** How many records a step's collection held; none if it was not there. */
  long records(Step step) {
    Held held = byTarget.get(step.target().name());
    return held == null ? 0 : held.records();
  }

  void write(RunDirectory directory) {
    ObjectNode json = RunDirectory.object();
    byTarget.forEach(
        (name, held) ->
            json.putObject(name).put("records", held.records()).put("sum", held.sum().toString()));
    directory.write(FILE, json);
  }

  static TargetBefore read(RunDirectory directory) {
    Map<String, Held> held = new LinkedHashMap<>();
    JsonNode json = directory.readJson(FILE).orElseGet(RunDirectory::object);
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      held.put(
          each.getKey(),
          new Held(
              each.getValue().path("records").asLong(),
              RecordDigest.parse(each.getValue().path("sum").asText())));
    }
    return new TargetBefore(held);
  }
}
