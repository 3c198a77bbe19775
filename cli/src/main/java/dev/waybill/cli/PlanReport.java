package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.model.Catalog;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A plan in short: what will happen, what is lost, what cannot go. */
final class PlanReport {
  /** Seconds that nobody needs to be told beforehand. */
  private static final long SOON = 10;

  private PlanReport() {}

  /** "sqlite:a.db to postgresql://u@h/db", masked. */
  static String sides(String from, String to) {
    return Secrets.maskedUrl(from) + " to " + Secrets.maskedUrl(to);
  }

  /**
   * The plan for people.
   *
   * @param file where all of it is, null if that is stdout
   */
  static List<String> lines(Plan plan, @Nullable Path file) {
    List<String> lines = new ArrayList<>();
    lines.add(sides(plan.from(), plan.to()));
    lines.add(plan.fromStore() + " to " + plan.toStore());
    lines.add("");
    Table steps = new Table("collection", "becomes", "", ">records", ">size", "on conflict");
    for (Step step : plan.steps()) {
      steps.row(
          step.source(),
          step.target().name(),
          step.creates() ? "new" : "there already",
          step.records() < 0 ? "unknown" : Text.number(step.records()),
          step.bytes() < 0 ? "" : Text.bytes(step.bytes()),
          step.onConflict().toString());
    }
    lines.addAll(steps.lines());
    lines.add(
        "in all "
            + (plan.records() < 0 ? "an unknown number of records" : Text.records(plan.records()))
            + " in "
            + Text.collections(Sidecar.without(plan).steps().size())
            + (plan.bytes() < 0 ? "" : ", " + Text.bytes(plan.bytes()))
            + (plan.seconds() < SOON ? "" : ", in " + about(plan.seconds())));
    addLosses(lines, plan, file, Loss.Severity.REFUSED, "Cannot go:");
    for (LossPolicy policy : LossPolicy.values()) {
      addList(
          lines,
          file,
          head(policy),
          plan.losses().stream()
              .filter(loss -> loss.severity() == Loss.Severity.VALUE)
              .filter(loss -> plan.policy(loss) == policy)
              .map(loss -> loss.code() + "  " + loss.sentence())
              .toList());
    }
    addLosses(
        lines, plan, file, Loss.Severity.FORM, "Change their form; their content comes back:");
    addLosses(lines, plan, file, Loss.Severity.STRUCTURE, "Not carried, beside the records:");
    List<String> leftOut = new ArrayList<>();
    for (Catalog.LeftOut each : plan.leftOut()) {
      leftOut.add(each.name() + ": " + each.reason());
    }
    addList(lines, file, "Left out:", leftOut);
    addList(lines, file, "To know before applying:", plan.risks());
    lines.add("");
    lines.add(
        "Verified afterwards: "
            + switch (plan.options().verify().level()) {
              case FULL -> "every record";
              case SAMPLE -> plan.options().verify().share() + " of the records";
              case COUNT -> "the number of records only";
              case NONE -> "nothing";
            }
            + ". Rollback: "
            + plan.rollback());
    return lines;
  }

  private static void addLosses(
      List<String> lines, Plan plan, @Nullable Path file, Loss.Severity severity, String head) {
    List<String> losses =
        plan.losses().stream()
            .filter(loss -> loss.severity() == severity)
            .map(Loss::sentence)
            .toList();
    addList(lines, file, head, losses);
  }

  private static String about(long seconds) {
    return "about " + Text.duration(Duration.ofSeconds(seconds));
  }

  private static String head(LossPolicy policy) {
    return switch (policy) {
      case FAIL -> "Values that cannot go, for which there is no rule (--on-loss):";
      case REPLACE -> "Values that are replaced by the nearest the target can hold:";
      case SIDECAR -> "Values that travel beside the data:";
      case QUARANTINE -> "Values whose records stay behind:";
      case NULL -> "Values that become null:";
    };
  }

  /** What does not arrive as it is, one line each, for those who will not read a plan. */
  static List<String> losses(Plan plan) {
    List<String> lines = new ArrayList<>();
    plan.leftOut().forEach(each -> lines.add("left out: " + each.name() + ": " + each.reason()));
    for (Loss loss : plan.losses()) {
      boolean isOfValues = loss.severity() == Loss.Severity.VALUE;
      lines.add(
          "not as it was: "
              + loss.sentence()
              + (isOfValues ? ": " + plan.policy(loss).name().toLowerCase(Locale.ROOT) : ""));
    }
    plan.risks().forEach(risk -> lines.add("note: " + risk));
    return lines;
  }

  private static void addList(
      List<String> lines, @Nullable Path file, String head, List<String> entries) {
    if (!entries.isEmpty()) {
      lines.add("");
      lines.add(head);
      entries.stream().limit(Screen.SHOWN).forEach(entry -> lines.add("  " + entry));
      if (entries.size() > Screen.SHOWN) {
        String more = "  +" + Text.number(entries.size() - Screen.SHOWN) + " more: ";
        lines.add(more + (file == null ? "in the plan itself" : file));
      }
    }
  }

  static void write(JsonGenerator json, Plan plan, @Nullable Path file) throws IOException {
    json.writeStringField("from", Secrets.maskedUrl(plan.from()));
    json.writeStringField("to", Secrets.maskedUrl(plan.to()));
    json.writeStringField("fromStore", plan.fromStore());
    json.writeStringField("toStore", plan.toStore());
    if (file != null) {
      json.writeStringField("file", file.toString());
    }
    JsonLines.known(json, "records", plan.records());
    JsonLines.known(json, "bytes", plan.bytes());
    JsonLines.known(json, "seconds", plan.seconds());
    JsonLines.known(json, "targetBytes", plan.targetBytes());
    json.writeArrayFieldStart("steps");
    for (Step step : plan.steps()) {
      writeStep(json, step);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("losses");
    for (Loss loss : plan.losses()) {
      json.writeStartObject();
      json.writeStringField("collection", loss.collection());
      json.writeStringField("field", loss.field());
      json.writeStringField("code", loss.code());
      json.writeStringField("text", loss.text());
      json.writeStringField("severity", loss.severity().name().toLowerCase(Locale.ROOT));
      if (loss.severity() == Loss.Severity.VALUE) {
        json.writeStringField("policy", plan.policy(loss).name().toLowerCase(Locale.ROOT));
      }
      JsonLines.known(json, "records", loss.records());
      JsonLines.strings(json, "examples", loss.examples());
      json.writeEndObject();
    }
    json.writeEndArray();
    writeLeftOut(json, plan.leftOut());
    JsonLines.strings(json, "risks", plan.risks().stream().map(Secrets::masked).toList());
    json.writeStringField("verify", plan.options().verify().toString());
    json.writeStringField("rollback", plan.rollback());
    json.writeNumberField("refusals", plan.refusals().size());
  }

  private static void writeStep(JsonGenerator json, Step step) throws IOException {
    json.writeStartObject();
    json.writeStringField("source", step.source());
    json.writeStringField("target", step.target().name());
    json.writeBooleanField("creates", step.creates());
    JsonLines.known(json, "records", step.records());
    JsonLines.known(json, "bytes", step.bytes());
    JsonLines.strings(json, "key", step.sourceKey());
    json.writeStringField("onConflict", step.onConflict().toString());
    if (!step.filter().isEmpty()) {
      json.writeStringField("filter", step.filter());
    }
    json.writeArrayFieldStart("fields");
    for (FieldMapping field : step.fields()) {
      json.writeStartObject();
      if (field.constant() != null) {
        json.writeStringField("constant", field.constant());
      } else {
        json.writeStringField("source", field.source());
      }
      json.writeStringField("from", field.from().toString());
      if (!field.as().isEmpty()) {
        json.writeStringField("as", field.as());
      }
      json.writeStringField("target", field.target());
      json.writeStringField("to", field.to().toString());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  static void writeLeftOut(JsonGenerator json, List<Catalog.LeftOut> leftOut) throws IOException {
    json.writeArrayFieldStart("leftOut");
    for (Catalog.LeftOut each : leftOut) {
      json.writeStartObject();
      json.writeStringField("name", each.name());
      json.writeStringField("reason", each.reason());
      json.writeBooleanField("holdsData", each.holdsData());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
