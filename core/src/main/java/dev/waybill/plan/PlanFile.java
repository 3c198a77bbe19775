package dev.waybill.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Collection.Endpoints;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.ForeignKey.Action;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.SpecException;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * The plan file: a plan as YAML (or TOML) that a person can read and commit, and back
 * (docs/formats/plan.md). Reading is strict: a member that means nothing is refused, aliases and
 * tags are not followed, size and depth are limited.
 */
public final class PlanFile {
  /** Characters of a plan file at most. */
  public static final int LONGEST = 16 << 20;

  /** Of one line; the YAML scanner takes time that grows with the square of it. */
  private static final int LONGEST_LINE = 1 << 20;

  private static final YAMLFactory YAML_FACTORY = yaml();
  private static final ObjectMapper YAML = new ObjectMapper(YAML_FACTORY);
  private static final ObjectMapper TOML =
      new ObjectMapper(TomlFactory.builder().streamReadConstraints(constraints()).build());

  private PlanFile() {}

  private static YAMLFactory yaml() {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(0);
    options.setAllowDuplicateKeys(false);
    options.setAllowRecursiveKeys(false);
    options.setNestingDepthLimit(30);
    options.setCodePointLimit(LONGEST);
    return YAMLFactory.builder()
        .loaderOptions(options)
        .streamReadConstraints(constraints())
        .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
        .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .disable(YAMLGenerator.Feature.SPLIT_LINES)
        .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
        .build();
  }

  private static StreamReadConstraints constraints() {
    return StreamReadConstraints.builder().maxNestingDepth(30).maxDocumentLength(LONGEST).build();
  }

  // --- writing

  /** A plan as YAML. */
  public static String write(Plan plan) {
    ObjectNode root = YAML.createObjectNode();
    root.put("waybill-plan", Plan.VERSION);
    root.put("from", plan.from());
    root.put("to", plan.to());
    root.putObject("stores").put("from", plan.fromStore()).put("to", plan.toStore());
    root.putObject("fingerprints")
        .put("from", plan.fromFingerprint())
        .put("to", plan.toFingerprint());
    root.putObject("options")
        .put("verify", plan.options().verify().toString())
        .put("on-failure", plan.options().onFailure())
        .put("connections", plan.options().connections())
        .put("batch-size", plan.options().batchSize())
        .put("max-quarantined", plan.options().maxQuarantined())
        .put("max-rate", plan.options().maxRate());
    root.putObject("estimate").put("records", plan.records()).put("bytes", plan.bytes());
    ArrayNode collections = root.putArray("collections");
    plan.steps().forEach(step -> write(step, collections.addObject()));
    ArrayNode leftOut = root.putArray("left-out");
    for (LeftOut left : plan.leftOut()) {
      leftOut
          .addObject()
          .put("name", left.name())
          .put("reason", left.reason())
          .put("holds-data", left.holdsData());
    }
    ArrayNode losses = root.putArray("losses");
    for (Loss loss : plan.losses()) {
      ObjectNode node = losses.addObject();
      node.put("collection", loss.collection())
          .put("field", loss.field())
          .put("code", loss.code())
          .put("text", loss.text())
          .put("severity", lower(loss.severity()))
          .put("records", loss.records());
      texts(node.putArray("examples"), loss.examples());
    }
    texts(root.putArray("risks"), plan.risks());
    root.put("rollback", plan.rollback());
    StringWriter text = new StringWriter();
    try (YAMLGenerator yaml = YAML_FACTORY.createGenerator(text)) {
      YAML.writeValue(new Quoting(yaml), root);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return text.toString();
  }

  /** Puts text between quotes where YAML would not give it back as it is. */
  private static final class Quoting extends JsonGeneratorDelegate {
    private final YAMLGenerator yaml;

    Quoting(YAMLGenerator yaml) {
      super(yaml);
      this.yaml = yaml;
    }

    @Override
    public void writeString(String text) throws IOException {
      yaml.configure(YAMLGenerator.Feature.MINIMIZE_QUOTES, isOrdinary(text));
      super.writeString(text);
    }

    /** Other characters end lines in YAML, are folded or cannot stand there at all. */
    private static boolean isOrdinary(String text) {
      boolean isOneLine = text.indexOf('\n') < 0;
      boolean isOrdinary =
          text.chars()
              .allMatch(
                  c ->
                      c == '\n'
                          || c >= ' ' && c < 0x7F
                          || c > 0xA0 && c != 0x2028 && c != 0x2029 && c != 0xFEFF && c < 0xFFFE);
      return isOrdinary && (isOneLine || text.equals(text.strip()) && !text.contains(" \n"));
    }
  }

  private static void write(Step step, ObjectNode node) {
    Collection target = step.target();
    node.put("source", step.source());
    node.put("target", target.name());
    node.put("create", step.creates());
    node.put("records", step.records());
    node.put("bytes", step.bytes());
    node.put("on-conflict", step.onConflict().toString());
    texts(node.putArray("key"), step.sourceKey());
    ArrayNode fields = node.putArray("fields");
    for (FieldMapping mapping : step.fields()) {
      Field field = target.field(mapping.target()).orElseThrow();
      ObjectNode line = fields.addObject();
      line.put("source", mapping.source())
          .put("from", mapping.from().toString())
          .put("target", mapping.target())
          .put("to", mapping.to().toString())
          .put("stored", field.type().toString())
          .put("native", field.nativeType())
          .put("nullable", field.isNullable());
      Default given = field.defaultValue();
      if (given != null) {
        ObjectNode value = line.putObject("default");
        if (given.literal() != null) {
          value.put("literal", given.literal());
        }
        value.put("expression", given.expression());
      }
      if (field.generation() != Generation.NONE) {
        line.put("generation", lower(field.generation()));
      }
    }
    texts(node.putArray("target-key"), target.key());
    ArrayNode unique = node.putArray("unique");
    target.uniqueSets().forEach(set -> texts(unique.addArray(), set));
    ArrayNode foreignKeys = node.putArray("foreign-keys");
    for (ForeignKey foreignKey : target.foreignKeys()) {
      ObjectNode line = foreignKeys.addObject().put("name", foreignKey.name());
      texts(line.putArray("fields"), foreignKey.fields());
      line.put("target", foreignKey.targetCollection());
      texts(line.putArray("target-fields"), foreignKey.targetFields());
      line.put("on-delete", lower(foreignKey.onDelete()))
          .put("on-update", lower(foreignKey.onUpdate()))
          .put("deferrable", foreignKey.isDeferrable());
    }
    ArrayNode indexes = node.putArray("indexes");
    for (Index index : target.indexes()) {
      ObjectNode line = indexes.addObject().put("name", index.name());
      ArrayNode columns = line.putArray("columns");
      for (Index.Column column : index.columns()) {
        columns.addObject().put("field", column.field()).put("descending", column.isDescending());
      }
      line.put("unique", index.isUnique())
          .put("method", index.method())
          .put("definition", index.definition());
    }
    texts(node.putArray("checks"), target.checks());
    texts(node.putArray("triggers"), target.triggers());
    Endpoints endpoints = target.endpoints();
    if (endpoints != null) {
      ObjectNode ends = node.putObject("endpoints");
      ends.put("from", endpoints.fromCollection());
      texts(ends.putArray("from-fields"), endpoints.fromFields());
      ends.put("to", endpoints.toCollection());
      texts(ends.putArray("to-fields"), endpoints.toFields());
    }
  }

  private static void texts(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  // --- reading

  /**
   * Reads a plan.
   *
   * @param isToml whether the text is TOML, else it is YAML
   * @throws SpecException naming line or member if it is no valid plan
   */
  public static Plan read(String text, boolean isToml) {
    if (text.length() > LONGEST) {
      throw invalid("it is longer than " + LONGEST + " characters", null);
    }
    JsonNode root;
    try {
      if (!isToml) {
        requirePlain(text);
      }
      root = (isToml ? TOML : YAML).readTree(text);
    } catch (JsonProcessingException broken) {
      throw invalid(described(broken), broken);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    try {
      return plan(new Members(root, "plan"));
    } catch (IllegalArgumentException wrong) {
      throw invalid(String.valueOf(wrong.getMessage()), wrong);
    }
  }

  /** The reader would take an alias for its name, leave out a tag and end at a second document. */
  private static void requirePlain(String text) throws IOException {
    int line = 1;
    for (int from = 0, end; from < text.length(); from = end + 1, line++) {
      end = text.indexOf('\n', from);
      end = end < 0 ? text.length() : end;
      if (end - from > LONGEST_LINE) {
        throw invalid("line " + line + " is longer than " + LONGEST_LINE + " characters", null);
      }
    }
    try (YAMLParser parser = YAML_FACTORY.createParser(text)) {
      int depth = 0;
      boolean isOver = false;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        String fault =
            parser.isCurrentAlias()
                ? "an alias (*), which a plan cannot have"
                : parser.getTypeId() != null
                    ? "a tag (!), which a plan cannot have"
                    : isOver ? "a second document" : "";
        if (!fault.isEmpty()) {
          var location = parser.currentTokenLocation();
          throw invalid("line " + location.getLineNr() + ": " + fault, null);
        }
        isOver = depth == 0;
      }
    }
  }

  private static String described(JsonProcessingException broken) {
    for (Throwable cause = broken; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
        return "line "
            + (marked.getProblemMark().getLine() + 1)
            + ", column "
            + (marked.getProblemMark().getColumn() + 1)
            + ": "
            + marked.getProblem();
      }
    }
    var location = broken.getLocation();
    return (location == null
            ? ""
            : "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ")
        + String.valueOf(broken.getOriginalMessage()).lines().findFirst().orElse("");
  }

  private static SpecException invalid(String why, @Nullable Throwable cause) {
    return new SpecException(
        "INVALID_PLAN",
        "The plan file is not valid: " + why + ".",
        "make it anew with waybill plan, or mend what is named",
        cause);
  }

  private static Plan plan(Members root) {
    long version = root.number("waybill-plan");
    if (version != Plan.VERSION) {
      throw new IllegalArgumentException(
          "it has version " + version + ", this Waybill reads " + Plan.VERSION);
    }
    Members stores = root.object("stores");
    Members fingerprints = root.object("fingerprints");
    Members options = root.object("options");
    root.object("estimate").close("records", "bytes");
    Plan plan =
        new Plan(
            root.text("from"),
            root.text("to"),
            stores.text("from"),
            stores.text("to"),
            fingerprints.text("from"),
            fingerprints.text("to"),
            new Plan.Options(
                options.oneOf("verify", "full", "count", "none"),
                options.oneOf("on-failure", "rollback", "keep"),
                options.between("connections", 1, 64),
                options.between("batch-size", 1, 1_000_000),
                options.atLeast("max-quarantined", 0),
                options.atLeast("max-rate", 0)),
            root.objects("collections").stream().map(PlanFile::step).toList(),
            root.objects("left-out").stream().map(PlanFile::leftOut).toList(),
            root.objects("losses").stream().map(PlanFile::loss).toList(),
            root.texts("risks"),
            root.text("rollback"));
    stores.close();
    fingerprints.close();
    options.close();
    root.close();
    return plan;
  }

  private static LeftOut leftOut(Members node) {
    LeftOut left = new LeftOut(node.text("name"), node.text("reason"), node.is("holds-data"));
    node.close();
    return left;
  }

  private static Loss loss(Members node) {
    Loss loss =
        new Loss(
            node.text("collection"),
            node.text("field"),
            node.text("code"),
            node.text("text"),
            node.constant("severity", Loss.Severity.class),
            node.number("records"),
            node.texts("examples"));
    node.close();
    return loss;
  }

  private static Step step(Members node) {
    List<FieldMapping> mappings = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    for (Members line : node.objects("fields")) {
      mappings.add(
          new FieldMapping(
              line.text("source"),
              line.parsed("from", "a logical type", LogicalType::parse),
              line.text("target"),
              line.parsed("to", "a logical type", LogicalType::parse)));
      Default given = null;
      if (line.has("default")) {
        Members value = line.object("default");
        given =
            new Default(
                value.has("literal") ? value.text("literal") : null, value.text("expression"));
        value.close();
      }
      fields.add(
          new Field(
              line.text("target"),
              line.parsed("stored", "a logical type", LogicalType::parse),
              line.text("native"),
              line.is("nullable"),
              given,
              line.has("generation")
                  ? line.constant("generation", Generation.class)
                  : Generation.NONE));
      line.close();
    }
    List<ForeignKey> foreignKeys = new ArrayList<>();
    for (Members line : node.objects("foreign-keys")) {
      foreignKeys.add(
          new ForeignKey(
              line.text("name"),
              line.texts("fields"),
              line.text("target"),
              line.texts("target-fields"),
              line.constant("on-delete", Action.class),
              line.constant("on-update", Action.class),
              line.is("deferrable")));
      line.close();
    }
    List<Index> indexes = new ArrayList<>();
    for (Members line : node.objects("indexes")) {
      List<Index.Column> columns = new ArrayList<>();
      for (Members column : line.objects("columns")) {
        columns.add(new Index.Column(column.text("field"), column.is("descending")));
        column.close();
      }
      indexes.add(
          new Index(
              line.text("name"),
              columns,
              line.is("unique"),
              line.text("method"),
              line.text("definition")));
      line.close();
    }
    Endpoints endpoints = null;
    if (node.has("endpoints")) {
      Members ends = node.object("endpoints");
      endpoints =
          new Endpoints(
              ends.text("from"),
              ends.texts("from-fields"),
              ends.text("to"),
              ends.texts("to-fields"));
      ends.close();
    }
    long records = node.number("records");
    long bytes = node.number("bytes");
    Collection target =
        new Collection(
            node.text("target"),
            fields,
            node.texts("target-key"),
            node.lists("unique"),
            foreignKeys,
            indexes,
            node.texts("checks"),
            node.texts("triggers"),
            endpoints,
            records,
            bytes);
    Step step =
        new Step(
            node.text("source"),
            target,
            node.is("create"),
            mappings,
            node.texts("key"),
            node.parsed(
                "on-conflict", "fail, skip, overwrite or newer:FIELD", ConflictPolicy::parse),
            records,
            bytes);
    node.close();
    return step;
  }
}
