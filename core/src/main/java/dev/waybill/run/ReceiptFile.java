package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.mapping.Mapping;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Spelling;
import dev.waybill.plan.Step;
import dev.waybill.spi.StoreUrl;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.SearchEquality;
import dev.waybill.verify.Skipped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The receipt: {@code receipt.json} of the run directory (docs/formats/receipt.md). */
final class ReceiptFile {
  private static final String FILE = "receipt.json";
  private static final int VERSION = 1;

  private ReceiptFile() {}

  static void write(
      RunDirectory directory,
      Plan plan,
      String planDigest,
      String tool,
      Ended.End end,
      Instant snapshotAt,
      Instant endedAt,
      List<CollectionRun> runs) {
    ObjectNode json =
        RunDirectory.object()
            .put("waybill-receipt", VERSION)
            .put("run", directory.run())
            .put("tool", tool)
            .put("end", end.word())
            .put("canonical-form", CanonicalForm.VERSION)
            .put("from", StoreUrl.parse(plan.from()).toString())
            .put("to", StoreUrl.parse(plan.to()).toString())
            .put("plan-sha256", planDigest)
            .put("source-snapshot-at", snapshotAt.toString())
            .put("ended-at", endedAt.toString())
            .put("verification", plan.options().verify().toString());
    ArrayNode collections = json.putArray("collections");
    for (CollectionRun run : runs) {
      collections.add(collection(run, plan.options()));
    }
    ArrayNode leftOut = json.putArray("left-out");
    plan.leftOut()
        .forEach(left -> leftOut.addObject().put("name", left.name()).put("reason", left.reason()));
    ArrayNode losses = json.putArray("losses");
    plan.losses()
        .forEach(
            loss ->
                losses
                    .addObject()
                    .put("collection", loss.collection())
                    .put("field", loss.field())
                    .put("code", loss.code())
                    .put("text", loss.text()));
    ArrayNode handled = json.putArray("handled");
    runs.stream().flatMap(run -> run.losses().stream()).forEach(loss -> add(loss, handled));
    directory.write(FILE, json);
  }

  /**
   * Notes what a verification of the run has found by searching both sides, in place of earlier.
   */
  static void note(RunDirectory directory, Instant at, List<SearchEquality> searches) {
    Optional<JsonNode> written = directory.readJson(FILE);
    if (written.isEmpty() || !(written.get() instanceof ObjectNode receipt)) {
      return;
    }
    ArrayNode found = receipt.putObject("search").put("at", at.toString()).putArray("fields");
    for (SearchEquality each : searches) {
      ObjectNode json =
          found
              .addObject()
              .put("collection", each.collection())
              .put("field", each.field())
              .put("metric", each.metric())
              .put("seed", each.seed())
              .put("queries", each.queries())
              .put("nearest", each.nearest())
              .put("recall", each.recall())
              .put("differing", each.differing())
              .put("is-difference", each.isDifference());
      add(each.source(), json.putObject("source"));
      add(each.target(), json.putObject("target"));
    }
    directory.write(FILE, receipt);
  }

  private static void add(SearchEquality.Side side, ObjectNode json) {
    if (side.isAsked()) {
      json.put("index", side.index()).put("setting", side.setting()).put("recall", side.recall());
    } else {
      json.put("not-asked", side.note());
    }
  }

  private static void add(HandledLoss loss, ArrayNode handled) {
    ArrayNode examples =
        handled
            .addObject()
            .put("collection", loss.collection())
            .put("field", loss.field())
            .put("code", loss.code())
            .put("policy", loss.policy().name().toLowerCase(Locale.ROOT))
            .put("values", loss.values())
            .putArray("examples");
    loss.examples().forEach(examples::add);
  }

  private static ObjectNode collection(CollectionRun run, Plan.Options options) {
    CollectionResult result = run.result();
    ObjectNode json =
        counts(RunDirectory.object().put("name", result.name()), result)
            .put("target", run.step().target().name())
            .put("created", run.step().creates());
    List<String> byContent = new ArrayList<>();
    Step step = run.step();
    for (FieldMapping field : step.fields()) {
      boolean isKey = step.sourceKey().contains(field.source());
      if (field.constant() == null
          && Mapping.isByContent(field.from(), field.as(), field.to())
          && !Spelling.isKept(step.source(), field, isKey, options)) {
        byContent.add(field.source());
      }
    }
    ArrayNode spelled = json.putArray("spelling-not-proven");
    byContent.forEach(spelled::add);
    ArrayNode oneWay = json.putArray("not-proven-back");
    run.step().fields().stream()
        .filter(
            field ->
                field.constant() == null && Mapping.isOneWay(field.from(), field.as(), field.to()))
        .forEach(field -> oneWay.add(field.source()));
    Map<String, Double> differences = run.rounding().largest();
    if (!differences.isEmpty()) {
      ObjectNode largest = json.putObject("largest-difference");
      differences.forEach(largest::put);
    }
    CollectionVerification verification = run.verification();
    if (verification != null) {
      ObjectNode verified = json.putObject("verification");
      verified
          .put("source-records", verification.source())
          .put("target-records", verification.target())
          .put("source-counted-by-store", verification.sourceCount())
          .put("target-counted-by-store", verification.targetCount())
          .put("source-digest", verification.sourceDigest().toString())
          .put("target-digest", verification.targetDigest().toString());
      if (run.isWhollyVerified()) {
        verified.put("target-digest-as-stored", verification.targetAsStored().toString());
      }
    }
    if (result.skipped() > 0) {
      json.put("skipped-digest", run.outcome().skippedSum().toString());
    }
    return json;
  }

  /** The counts of a result as members. */
  static ObjectNode counts(ObjectNode json, CollectionResult result) {
    return json.put("read", result.read())
        .put("written", result.written())
        .put("unchanged", result.unchanged())
        .put("skipped", result.skipped())
        .put("repaired", result.repaired())
        .put("deleted", result.deleted())
        .put("quarantined", result.quarantined())
        .put("verified", result.verified())
        .put("different", result.different());
  }

  /** The records that the run left to the target's own, by source collection. */
  static Map<String, Skipped> skipped(RunDirectory directory) {
    Map<String, Skipped> skipped = new LinkedHashMap<>();
    directory
        .readJson(FILE)
        .ifPresent(
            json -> {
              for (JsonNode each : json.path("collections")) {
                if (each.has("skipped-digest")) {
                  skipped.put(
                      each.path("name").asText(),
                      new Skipped(
                          each.path("skipped").asLong(),
                          RecordDigest.parse(each.path("skipped-digest").asText())));
                }
              }
            });
    return skipped;
  }

  /** What the target's created collections held when the run had ended, by target collection. */
  static Map<String, TargetBefore.Held> stored(RunDirectory directory) {
    Map<String, TargetBefore.Held> held = new LinkedHashMap<>();
    directory
        .readJson(FILE)
        .ifPresent(
            json -> {
              for (JsonNode each : json.path("collections")) {
                JsonNode verification = each.path("verification");
                if (verification.has("target-digest-as-stored")) {
                  held.put(
                      each.path("target").asText(),
                      new TargetBefore.Held(
                          verification.path("target-records").asLong(),
                          RecordDigest.parse(
                              verification.path("target-digest-as-stored").asText())));
                }
              }
            });
    return held;
  }
}
