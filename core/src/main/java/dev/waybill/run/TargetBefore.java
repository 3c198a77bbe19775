package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Fingerprint;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Verifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the target was before the run: {@code before.json} of the run directory.
 *
 * @param byTarget what the collections held that the run fills; those that it makes are not in it
 * @param structure what each collection of the target was, whether the run touches it or not; none
 *     where an earlier version did not note it
 * @param filled the fingerprints of those that are another structure once the run has filled them
 */
record TargetBefore(
    Map<String, Held> byTarget, Map<String, Structure> structure, Map<String, String> filled) {
  private static final String FILE = "before.json";

  /** Records and the sum of their digests, over the fields that the run fills. */
  record Held(long records, RecordDigest sum) {}

  /**
   * What a collection is.
   *
   * @param fields the type of each field, as the store spells it
   */
  record Structure(String fingerprint, Map<String, String> fields) {
    /**
     * Of a collection; how many records dangle is said of its records, not of its structure, and
     * what stands beside it in its file is none of its own.
     */
    static Structure of(Collection collection) {
      Map<String, String> fields = new LinkedHashMap<>();
      for (Field field : collection.fields()) {
        fields.put(field.name(), type(field));
      }
      Collection bare = collection.withDetail(collection.detail().withDangling(0).withoutFrame());
      Catalog alone = new Catalog("", List.of(bare), List.of());
      return new Structure(Fingerprint.of(alone), fields);
    }

    static String type(Field field) {
      return field.nativeType().isEmpty() ? field.type().toString() : field.nativeType();
    }
  }

  /**
   * Looks at the target.
   *
   * @param catalog the target's
   */
  static TargetBefore of(Plan plan, TargetStore target, Catalog catalog, int threads) {
    Map<String, Held> held = new LinkedHashMap<>();
    Map<String, Structure> structure = structure(catalog);
    Map<String, String> filled = filled(plan, target, catalog);
    if (plan.steps().stream().allMatch(Step::creates)) {
      return new TargetBefore(held, structure, filled);
    }
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        if (!step.creates()) {
          held.put(step.target().name(), held(snapshot, step, threads));
        }
      }
    }
    return new TargetBefore(held, structure, filled);
  }

  private static Map<String, String> filled(Plan plan, TargetStore target, Catalog catalog) {
    Map<String, String> filled = new LinkedHashMap<>();
    for (Step step : plan.steps()) {
      Collection there = catalog.collection(step.target().name()).orElse(null);
      if (there != null && !step.creates()) {
        Collection then = target.capabilities().types().filled(there, step.target());
        if (!then.equals(there)) {
          filled.put(then.name(), Structure.of(then).fingerprint());
        }
      }
    }
    return filled;
  }

  /**
   * Makes sure that nobody but the run has changed what the collections of its plan are.
   *
   * @param made collections that the run has made since
   * @throws SpecException STALE_PLAN
   */
  void requireStill(Plan plan, Catalog target, Set<String> made) {
    if (!hasStructure()) {
      Ends.requireFreshTarget(plan, target, made);
      return;
    }
    List<String> changes = new ArrayList<>();
    for (Step step : plan.steps()) {
      String name = step.target().name();
      Collection there = target.collection(name).orElse(null);
      if (made.contains(name) || Sidecar.isPart(name)) {
        continue;
      }
      if (step.creates() == (there != null)) {
        changes.add(name + (there != null ? " is there now" : " is gone"));
      } else if (there != null && !isStill(there)) {
        changes.add(name + " has other fields, keys or indexes now");
      }
    }
    if (!changes.isEmpty()) {
      throw Ends.stale("target", changes);
    }
  }

  private boolean isStill(Collection there) {
    Structure was = structure.get(there.name());
    String now = Structure.of(there).fingerprint();
    return was != null && was.fingerprint().equals(now) || now.equals(filled.get(there.name()));
  }

  /** What each collection of a catalog is. */
  static Map<String, Structure> structure(Catalog catalog) {
    Map<String, Structure> structure = new LinkedHashMap<>();
    for (Collection collection : catalog.collections()) {
      structure.put(collection.name(), Structure.of(collection));
    }
    return structure;
  }

  /** What a collection holds in a snapshot. */
  static Held held(Snapshot snapshot, Step step, int threads) {
    BucketDigest digest = Verifier.digestStored(snapshot, step.target(), threads);
    return new Held(digest.count(), digest.sum());
  }

  /** False of a run directory that an earlier version wrote, which noted no structure. */
  boolean hasStructure() {
    return !structure.isEmpty() || byTarget.isEmpty();
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
    structure.forEach(
        (name, was) -> {
          ObjectNode entry = json.withObjectProperty(name);
          entry.put("structure", was.fingerprint());
          ObjectNode fields = entry.putObject("fields");
          was.fields().forEach(fields::put);
        });
    filled.forEach((name, then) -> json.withObjectProperty(name).put("filled", then));
    byTarget.forEach(
        (name, held) ->
            json.withObjectProperty(name)
                .put("records", held.records())
                .put("sum", held.sum().toString()));
    directory.write(FILE, json);
  }

  static TargetBefore read(RunDirectory directory) {
    Map<String, Held> held = new LinkedHashMap<>();
    Map<String, Structure> structure = new LinkedHashMap<>();
    Map<String, String> filled = new LinkedHashMap<>();
    JsonNode json = directory.readJson(FILE).orElseGet(RunDirectory::object);
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      JsonNode entry = each.getValue();
      if (entry.has("sum")) {
        held.put(
            each.getKey(),
            new Held(
                entry.path("records").asLong(), RecordDigest.parse(entry.path("sum").asText())));
      }
      if (entry.has("filled")) {
        filled.put(each.getKey(), entry.path("filled").asText());
      }
      if (entry.has("structure")) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : entry.path("fields").properties()) {
          fields.put(field.getKey(), field.getValue().asText());
        }
        structure.put(each.getKey(), new Structure(entry.path("structure").asText(), fields));
      }
    }
    return new TargetBefore(held, structure, filled);
  }
}
