package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.run.TraceResult;
import dev.waybill.run.TraceResult.Fate;
import dev.waybill.run.TraceResult.TracedField;
import dev.waybill.run.TraceResult.Written;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The story of one record. */
final class TraceReport {
  private TraceReport() {}

  static List<String> lines(TraceResult trace, boolean withValues) {
    Table story = new Table("", "");
    story.row("run", trace.run() + " (" + trace.state() + ")");
    story.row("record", trace.collection() + " " + trace.key() + " → " + trace.target());
    Instant snapshotAt = trace.snapshotAt();
    story.row(
        "read",
        snapshotAt == null
            ? "by the run that was started at " + trace.startedAt()
            : "from the snapshot of " + snapshotAt);
    Written written = trace.written();
    story.row("written", written == null ? "in no batch that is known" : batch(written));
    for (Fate fate : trace.fates()) {
      story.row(fate.kind(), fate.text() + " (" + fate.file() + ")");
    }
    story.row("verified", trace.verified().isEmpty() ? "no" : trace.verified());
    story.row("now", now(trace));
    List<String> lines = new ArrayList<>(story.lines());
    lines.add("");
    lines.addAll(fields(trace, withValues).lines());
    if (!trace.notes().isEmpty()) {
      lines.add("");
      trace.notes().forEach(note -> lines.add("note: " + Secrets.masked(note)));
    }
    return lines;
  }

  private static String batch(Written written) {
    return "chunk "
        + written.chunk()
        + ", batch "
        + written.batch()
        + (written.part() == 0 ? "" : ", part " + written.part())
        + ", at "
        + written.at()
        + (written.outcome().isEmpty() ? "" : ": " + written.outcome());
  }

  private static String now(TraceResult trace) {
    return switch (trace.now()) {
      case EQUAL -> "in the target as the source has it now";
      case CHANGED ->
          "in the target, but other than the source has it now, in "
              + String.join(", ", trace.changed());
      case GONE -> "not in the target";
      case UNKNOWN -> "not known";
    };
  }

  private static Table fields(TraceResult trace, boolean withValues) {
    Table table =
        withValues
            ? new Table("source", "type", "way", "target", "type", "source value", "target value")
            : new Table("source", "type", "way", "target", "type");
    for (TracedField field : trace.fields()) {
      List<String> row =
          new ArrayList<>(
              List.of(
                  field.source(),
                  field.sourceType(),
                  field.way(),
                  field.target(),
                  field.targetType()));
      if (withValues) {
        row.add(orEmpty(field.sourceValue()));
        row.add(orEmpty(field.targetValue()));
      }
      table.row(row.toArray(String[]::new));
    }
    return table;
  }

  private static String orEmpty(@Nullable String value) {
    return value == null ? "" : value;
  }

  static void write(JsonGenerator json, TraceResult trace) throws IOException {
    json.writeStringField("run", trace.run());
    json.writeStringField("state", trace.state());
    json.writeStringField("collection", trace.collection());
    json.writeStringField("target", trace.target());
    json.writeStringField("key", trace.key());
    json.writeStringField("startedAt", trace.startedAt().toString());
    Instant snapshotAt = trace.snapshotAt();
    if (snapshotAt != null) {
      json.writeStringField("snapshotAt", snapshotAt.toString());
    }
    json.writeBooleanField("isInSource", trace.isInSource());
    json.writeArrayFieldStart("fields");
    for (TracedField field : trace.fields()) {
      json.writeStartObject();
      json.writeStringField("source", field.source());
      json.writeStringField("sourceType", field.sourceType());
      json.writeStringField("way", field.way());
      json.writeStringField("target", field.target());
      json.writeStringField("targetType", field.targetType());
      value(json, "sourceValue", field.sourceValue());
      value(json, "targetValue", field.targetValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    Written written = trace.written();
    if (written != null) {
      json.writeObjectFieldStart("written");
      json.writeNumberField("chunk", written.chunk());
      json.writeNumberField("batch", written.batch());
      json.writeNumberField("part", written.part());
      json.writeStringField("at", written.at().toString());
      json.writeStringField("outcome", written.outcome());
      json.writeEndObject();
    }
    json.writeArrayFieldStart("fates");
    for (Fate fate : trace.fates()) {
      json.writeStartObject();
      json.writeStringField("kind", fate.kind());
      json.writeStringField("file", fate.file());
      json.writeStringField("text", fate.text());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("verified", trace.verified());
    json.writeStringField("now", trace.now().name().toLowerCase(Locale.ROOT));
    JsonLines.strings(json, "changed", trace.changed());
    JsonLines.strings(json, "notes", trace.notes().stream().map(Secrets::masked).toList());
  }

  private static void value(JsonGenerator json, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(name, value);
    }
  }
}
