package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Fingerprint;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Verifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the target was before the run: {@code before.json} of the run directory.
 *
 * @param byTarget what the collections held that the run fills; those that it makes are not in it
 * @param structure what each collection of the target was, whether the run touches it or not; none
 *     where an earlier version did not note it
 */
record TargetBefore(Map<String, Held> byTarget, Map<String, Structure> structure) {
  private static final String FILE = "before.json";

  /** Records and the sum of their digests, over the fields that the run fills. */
  record Held(long records, RecordDigest sum) {}

  /**
   * What a collection is.
   *
   * @param fields the type of each field, as the store spells it
   */
  record Structure(String fingerprint, Map<String, String> fields) {
    /** Of a collection; how many records dangle is said of its records, not of its structure. */
    static Structure of(Catalog catalog, Collection collection) {
      Map<String, String> fields = new LinkedHashMap<>();
      for (Field field : collection.fields()) {
        fields.put(field.name(), type(field));
      }
      Collection bare = collection.withDetail(collection.detail().withDangling(0));
      Catalog alone = new Catalog(catalog.store(), List.of(bare), List.of());
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
    if (plan.steps().stream().allMatch(Step::creates)) {
      return new TargetBefore(held, structure);
    }
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        if (!step.creates()) {
          held.put(step.target().name(), held(snapshot, step, threads));
        }
      }
    }
    return new TargetBefore(held, structure);
  }

  /** What each collection of a catalog is. */
  static Map<String, Structure> structure(Catalog catalog) {
    Map<String, Structure> structure = new LinkedHashMap<>();
    for (Collection collection : catalog.collections()) {
      structure.put(collection.name(), Structure.of(catalog, collection));
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
    JsonNode json = directory.readJson(FILE).orElseGet(RunDirectory::object);
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      JsonNode entry = each.getValue();
      if (entry.has("sum")) {
        held.put(
            each.getKey(),
            new Held(
                entry.path("records").asLong(), RecordDigest.parse(entry.path("sum").asText())));
      }
      if (entry.has("structure")) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : entry.path("fields").properties()) {
          fields.put(field.getKey(), field.getValue().asText());
        }
        structure.put(each.getKey(), new Structure(entry.path("structure").asText(), fields));
      }
    }
    return new TargetBefore(held, structure);
  }
}
