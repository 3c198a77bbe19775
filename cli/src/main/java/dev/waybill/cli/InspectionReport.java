package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.Inspection;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.FoundModel;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.ValueProfile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a store holds, for people and as JSON. */
final class InspectionReport {
  private final Inspection inspection;

  InspectionReport(Inspection inspection) {
    this.inspection = inspection;
  }

  private boolean isSampled(Collection collection) {
    return inspection.sampled().contains(collection.name());
  }

  private @Nullable ValueProfile profile(Collection collection, int writtenField) {
    List<ValueProfile> profiles = inspection.profiles().getOrDefault(collection.name(), List.of());
    return writtenField >= 0 && writtenField < profiles.size() ? profiles.get(writtenField) : null;
  }

  private static long values(ValueProfile profile) {
    long values = 0;
    for (Kind kind : Kind.values()) {
      values += profile.count(kind);
    }
    return values;
  }

  /** Counted where every record was read, else what the store believes; −1 where unknown. */
  private long records(Collection collection) {
    ValueProfile first = profile(collection, 0);
    return first == null || isSampled(collection) ? collection.estimatedRecords() : values(first);
  }

  private boolean isCounted(Collection collection) {
    return profile(collection, 0) != null && !isSampled(collection);
  }

  private String recordsText(Collection collection) {
    long records = records(collection);
    return records < 0
        ? "records not counted"
        : (isCounted(collection) ? "" : "about ") + Text.records(records);
  }

  void print(Consumer<String> out) {
    Catalog catalog = inspection.catalog();
    out.accept(inspection.url() + " (" + catalog.store() + ")");
    long records = 0;
    boolean isExact = true;
    for (Collection collection : catalog.collections()) {
      records += Math.max(0, records(collection));
      isExact &= isCounted(collection);
    }
    out.accept(
        Text.collections(catalog.collections().size())
            + ", "
            + (isExact ? "" : "about ")
            + Text.records(records));
    for (Collection collection : catalog.collections()) {
      out.accept("");
      print(collection, out);
    }
    if (!catalog.leftOut().isEmpty()) {
      out.accept("");
      out.accept("Left out:");
      for (Catalog.LeftOut each : catalog.leftOut()) {
        out.accept("  " + each.name() + ": " + each.reason());
      }
    }
    if (!inspection.findings().isEmpty()) {
      out.accept("");
      out.accept("Found:");
      for (Finding finding : inspection.findings()) {
        out.accept("  " + finding.text() + (finding.isBlocking() ? " (stands in the way)" : ""));
        if (!finding.hint().isEmpty()) {
          out.accept("    Try: " + finding.hint());
        }
      }
    }
  }

  private void print(Collection collection, Consumer<String> out) {
    out.accept(
        collection.name()
            + " ("
            + recordsText(collection)
            + (isSampled(collection) ? ", values sampled" : "")
            + (collection.hasKey() ? ", key " + names(collection.key()) : ", no key")
            + ")");
    Table table = new Table("", "", "", "", "", "");
    int written = 0;
    for (Field field : collection.fields()) {
      ValueProfile profile = field.isWritten() ? profile(collection, written++) : null;
      table.row(
          "  " + field.name(),
          field.type().toString(),
          field.nativeType(),
          field.isNullable() ? "" : "not null",
          nulls(profile),
          remarks(field, profile));
    }
    table.lines().forEach(out);
    models(collection)
        .forEach(
            (field, model) ->
                out.accept(
                    "  vectors of "
                        + field
                        + " are of "
                        + model
                        + ", according to "
                        + model.evidence()));
    for (List<String> set : collection.uniqueSets()) {
      out.accept("  unique " + names(set));
    }
    for (ForeignKey key : collection.foreignKeys()) {
      out.accept(
          "  "
              + names(key.fields())
              + " refers to "
              + key.targetCollection()
              + "."
              + names(key.targetFields()));
    }
    Collection.Endpoints ends = collection.endpoints();
    if (ends != null) {
      out.accept("  relationship from " + ends.fromCollection() + " to " + ends.toCollection());
    }
    for (Index index : collection.indexes()) {
      out.accept("  index " + index.name() + " " + definition(index));
    }
    collection.checks().forEach(check -> out.accept("  check " + check));
    collection.triggers().forEach(trigger -> out.accept("  trigger " + trigger));
  }

  private Map<String, FoundModel> models(Collection collection) {
    return inspection.models().getOrDefault(collection.name(), Map.of());
  }

  private static String names(List<String> names) {
    return names.size() == 1 ? names.get(0) : "(" + String.join(", ", names) + ")";
  }

  private static String definition(Index index) {
    if (!index.isPortable()) {
      return index.definition();
    }
    return index.description() + (index.isUnique() ? " unique" : "");
  }

  private static String nulls(@Nullable ValueProfile profile) {
    return profile == null || profile.nulls() == 0 ? "" : Text.count(profile.nulls(), "null");
  }

  /** What is odd comes first, then where the values lie. */
  private static String remarks(Field field, @Nullable ValueProfile profile) {
    List<String> remarks = new ArrayList<>();
    if (profile != null) {
      if (profile.kinds().size() > 1) {
        remarks.add(
            "mixed: "
                + profile.kinds().stream()
                    .map(kind -> Text.number(profile.count(kind)) + " " + word(kind))
                    .collect(Collectors.joining(", ")));
      }
      addOdd(remarks, profile.nulInText(), "with NUL");
      addOdd(remarks, profile.invalidUtf8(), "not UTF-8");
      addOdd(remarks, profile.notFinite(), "not finite");
      List<String> odd = odd(profile);
      if (!odd.isEmpty()) {
        remarks.add("at " + odd.stream().limit(3).collect(Collectors.joining("; ")));
      }
      if (profile.kinds().size() == 1 && field.type().kind() == Kind.DYNAMIC) {
        remarks.add("all " + word(profile.kinds().iterator().next()));
      }
      if (profile.count(Kind.INT64) > 0) {
        remarks.add(profile.minInt64() + " to " + profile.maxInt64());
      }
      if (profile.longest() > 0) {
        remarks.add("longest " + Text.bytes(profile.longest()));
      }
    }
    switch (field.generation()) {
      case IDENTITY -> remarks.add("numbered by the store");
      case IDENTITY_ALWAYS -> remarks.add("always numbered by the store");
      case COMPUTED -> remarks.add("computed, not carried");
      case NONE, HANDLE -> {}
    }
    Field.Default value = field.defaultValue();
    if (value != null) {
      remarks.add("default " + value.expression());
    }
    return String.join(", ", remarks);
  }

  private static void addOdd(List<String> remarks, long number, String what) {
    if (number > 0) {
      remarks.add(Text.number(number) + " " + what);
    }
  }

  private static String word(Kind kind) {
    return kind == Kind.INT64 ? LogicalType.INT64.toString() : kind.name().toLowerCase(Locale.ROOT);
  }

  void write(JsonGenerator json) throws IOException {
    Catalog catalog = inspection.catalog();
    json.writeStringField("url", Secrets.masked(inspection.url()));
    json.writeStringField("store", catalog.store());
    json.writeArrayFieldStart("collections");
    for (Collection collection : catalog.collections()) {
      write(json, collection);
    }
    json.writeEndArray();
    PlanReport.writeLeftOut(json, catalog.leftOut());
    json.writeArrayFieldStart("findings");
    for (Finding finding : inspection.findings()) {
      json.writeStartObject();
      json.writeStringField("code", finding.code());
      json.writeStringField("text", Secrets.masked(finding.text()));
      json.writeStringField("hint", Secrets.masked(finding.hint()));
      json.writeBooleanField("blocking", finding.isBlocking());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, String field, FoundModel found) throws IOException {
    json.writeStartObject();
    json.writeStringField("field", field);
    json.writeStringField("evidence", found.evidence());
    json.writeBooleanField("mixed", found.isMixed());
    json.writeArrayFieldStart("seen");
    for (Map.Entry<EmbeddingModel, Long> each : found.seen().entrySet()) {
      EmbeddingModel model = each.getKey();
      json.writeStartObject();
      json.writeStringField("name", model.name());
      JsonLines.known(json, "dimension", model.dimension() == 0 ? -1 : model.dimension());
      json.writeStringField("hash", model.hash());
      JsonLines.known(json, "records", each.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void write(JsonGenerator json, Collection collection) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", collection.name());
    JsonLines.known(json, "records", records(collection));
    json.writeBooleanField("counted", isCounted(collection));
    json.writeBooleanField("sampled", isSampled(collection));
    JsonLines.known(json, "bytes", collection.estimatedBytes());
    JsonLines.strings(json, "key", collection.key());
    json.writeArrayFieldStart("fields");
    int written = 0;
    for (Field field : collection.fields()) {
      write(json, field, field.isWritten() ? profile(collection, written++) : null);
    }
    json.writeEndArray();
    Map<String, FoundModel> models = models(collection);
    if (!models.isEmpty()) {
      json.writeArrayFieldStart("models");
      for (Map.Entry<String, FoundModel> each : models.entrySet()) {
        write(json, each.getKey(), each.getValue());
      }
      json.writeEndArray();
    }
    json.writeArrayFieldStart("uniqueSets");
    for (List<String> set : collection.uniqueSets()) {
      json.writeStartArray();
      for (String name : set) {
        json.writeString(name);
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("foreignKeys");
    for (ForeignKey key : collection.foreignKeys()) {
      json.writeStartObject();
      json.writeStringField("name", key.name());
      JsonLines.strings(json, "fields", key.fields());
      json.writeStringField("targetCollection", key.targetCollection());
      JsonLines.strings(json, "targetFields", key.targetFields());
      json.writeStringField("onDelete", word(key.onDelete()));
      json.writeStringField("onUpdate", word(key.onUpdate()));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("indexes");
    for (Index index : collection.indexes()) {
      write(json, index);
    }
    json.writeEndArray();
    JsonLines.strings(json, "checks", collection.checks());
    JsonLines.strings(json, "triggers", collection.triggers());
    Collection.Endpoints ends = collection.endpoints();
    if (ends != null) {
      json.writeObjectFieldStart("endpoints");
      json.writeStringField("from", ends.fromCollection());
      JsonLines.strings(json, "fromFields", ends.fromFields());
      json.writeStringField("to", ends.toCollection());
      JsonLines.strings(json, "toFields", ends.toFields());
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static String word(ForeignKey.Action action) {
    return action.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static void write(JsonGenerator json, Index index) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", index.name());
    json.writeArrayFieldStart("columns");
    for (Index.Column column : index.columns()) {
      json.writeStartObject();
      json.writeStringField("field", column.field());
      json.writeBooleanField("descending", column.isDescending());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeBooleanField("unique", index.isUnique());
    json.writeStringField("method", index.method());
    json.writeStringField("definition", index.definition());
    if (!index.options().isEmpty()) {
      json.writeObjectFieldStart("options");
      for (Map.Entry<String, String> option : index.options().entrySet()) {
        json.writeStringField(option.getKey(), option.getValue());
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Field field, @Nullable ValueProfile profile)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", field.name());
    json.writeStringField("type", field.type().toString());
    json.writeStringField("native", field.nativeType());
    json.writeBooleanField("nullable", field.isNullable());
    Field.Default value = field.defaultValue();
    if (value != null) {
      json.writeStringField("default", value.expression());
    }
    if (field.generation() != Field.Generation.NONE) {
      json.writeStringField(
          "generation", field.generation().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    if (profile != null) {
      json.writeNumberField("values", values(profile));
      json.writeNumberField("nulls", profile.nulls());
      json.writeObjectFieldStart("kinds");
      for (Kind kind : profile.kinds()) {
        json.writeNumberField(word(kind), profile.count(kind));
      }
      json.writeEndObject();
      if (profile.count(Kind.INT64) > 0) {
        json.writeNumberField("min", profile.minInt64());
        json.writeNumberField("max", profile.maxInt64());
      }
      json.writeNumberField("longest", profile.longest());
      json.writeNumberField("nulInText", profile.nulInText());
      json.writeNumberField("invalidUtf8", profile.invalidUtf8());
      json.writeNumberField("notFinite", profile.notFinite());
      JsonLines.strings(json, "oddExamples", odd(profile));
    }
    json.writeEndObject();
  }

  private static List<String> odd(ValueProfile profile) {
    return Stream.of(Trait.NUL_IN_TEXT, Trait.INVALID_UTF8, Trait.LONE_SURROGATE)
        .flatMap(trait -> profile.examples(trait).stream())
        .distinct()
        .toList();
  }
}
