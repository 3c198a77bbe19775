package dev.waybill.plan;

import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Collection.Endpoints;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Loss;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.SessionOptions;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;

/** A plan as YAML. */
final class PlanWriter {
  private static final YAMLFactory YAML_FACTORY =
      YAMLFactory.builder()
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .build();
  private static final ObjectMapper YAML = new ObjectMapper(YAML_FACTORY);

  private PlanWriter() {}

  static String write(Plan plan) {
    StringWriter text = new StringWriter();
    try (YAMLGenerator yaml = YAML_FACTORY.createGenerator(text)) {
      YAML.writeValue(new Quoting(yaml), tree(plan));
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return text.toString();
  }

  /** The plan as a tree of members. */
  static ObjectNode tree(Plan plan) {
    ObjectNode root = YAML.createObjectNode();
    root.put("waybill-plan", Plan.VERSION);
    root.put("from", plan.from());
    root.put("to", plan.to());
    root.putObject("stores").put("from", plan.fromStore()).put("to", plan.toStore());
    ObjectNode fingerprints =
        root.putObject("fingerprints")
            .put("from", plan.fromFingerprint())
            .put("to", plan.toFingerprint());
    ArrayNode targets = fingerprints.putArray("to-collections");
    plan.steps().stream().map(step -> step.target().name()).sorted().forEach(targets::add);
    write(plan.options(), root.putObject("options"));
    Reembedding reembedding = plan.options().reembedding();
    if (reembedding != null) {
      root.putObject("reembed")
          .put("collection", reembedding.collection())
          .put("text", reembedding.text())
          .put("vector", reembedding.vector())
          .put("model", reembedding.model())
          .put("signature", reembedding.signature().toString())
          .put("cache", reembedding.cache())
          .put("beside", reembedding.isBeside())
          .put("concurrent-index", reembedding.isConcurrent())
          .put("drop-index-first", reembedding.isIndexDroppedFirst());
    }
    root.putObject("estimate")
        .put("records", plan.records())
        .put("bytes", plan.bytes())
        .put("seconds", plan.seconds())
        .put("target-bytes", plan.targetBytes());
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
          .put("severity", lower(loss.severity()));
      if (loss.severity() == Loss.Severity.VALUE) {
        node.put("policy", lower(plan.policy(loss)));
      }
      node.put("records", loss.records());
      texts(node.putArray("examples"), loss.examples());
    }
    texts(root.putArray("risks"), plan.risks());
    root.put("rollback", plan.rollback());
    return root;
  }

  private static void write(Plan.Options options, ObjectNode node) {
    Plan.Verify verify = options.verify();
    ObjectNode level = node.putObject("verify").put("level", lower(verify.level()));
    if (verify.level() == Plan.Verify.Level.SAMPLE) {
      level.put("sample", verify.share());
    }
    if (verify.level() == Plan.Verify.Level.SAMPLE || verify.fullBelow() > 0) {
      level.put("full-comparison-threshold", verify.fullBelow());
    }
    SessionOptions session = options.session();
    node.put("on-failure", options.onFailure())
        .put("connections", options.connections())
        .put("batch-size", options.batchSize())
        .put("max-quarantined", options.maxQuarantined())
        .put("max-rate", options.maxRate());
    texts(node.putArray("on-loss"), options.onLoss().texts());
    node.put("sidecar", options.hasSidecar());
    ObjectNode settings = node.putObject("settings");
    session.settings().forEach((name, values) -> texts(settings.putArray(name), values));
    node.put("lock-timeout", Durations.text(session.lockTimeout()))
        .put("statement-timeout", Durations.text(session.statementTimeout()))
        .put("analyze", session.isAnalyzed());
    node.putObject("backup")
        .put("enabled", options.backup().isEnabled())
        .put("keep", Durations.text(options.backup().keep()));
    if (!options.nesting().normalise().isEmpty()) {
      texts(node.putArray("normalise"), options.nesting().normalise());
    }
    if (!options.nesting().denormalise().isEmpty()) {
      texts(node.putArray("denormalise"), options.nesting().denormalise());
    }
  }

  private static void write(Step step, ObjectNode node) {
    Collection target = step.target();
    node.put("source", step.source());
    node.put("target", target.name());
    node.put("create", step.creates());
    node.put("records", step.records());
    node.put("bytes", step.bytes());
    node.put("filter", step.filter());
    node.put("on-conflict", step.onConflict().toString());
    node.put("triggers", lower(step.triggers()));
    node.put("visibility", "in-place");
    if (step.batchSize() > 0) {
      node.put("batch-size", step.batchSize());
    }
    texts(node.putArray("key"), step.sourceKey());
    ArrayNode fields = node.putArray("fields");
    int mapped = 0;
    for (Field field : target.fields()) {
      if (field.isWritten()) {
        write(step.fields().get(mapped++), field, fields.addObject());
      } else {
        write(field, fields.addObject().put("target", field.name()));
      }
    }
    texts(node.putArray("target-key"), target.key());
    ArrayNode unique = node.putArray("unique");
    target.uniqueSets().forEach(set -> texts(unique.addArray(), set));
    ArrayNode foreignKeys = node.putArray("foreign-keys");
    target.foreignKeys().forEach(each -> write(each, foreignKeys.addObject()));
    ArrayNode indexes = node.putArray("indexes");
    target.indexes().forEach(each -> write(each, indexes.addObject()));
    texts(node.putArray("checks"), target.checks());
    texts(node.putArray("target-triggers"), target.triggers());
    Endpoints endpoints = target.endpoints();
    if (endpoints != null) {
      ObjectNode ends = node.putObject("endpoints");
      ends.put("from", endpoints.fromCollection());
      texts(ends.putArray("from-fields"), endpoints.fromFields());
      ends.put("to", endpoints.toCollection());
      texts(ends.putArray("to-fields"), endpoints.toFields());
    }
    if (!target.detail().equals(NativeDetail.NONE)) {
      write(target.detail(), node.putObject("detail"));
    }
  }

  private static void write(FieldMapping mapping, Field field, ObjectNode line) {
    if (mapping.constant() != null) {
      line.put("constant", mapping.constant());
    } else if (mapping.sources().size() == 1) {
      line.put("source", mapping.sources().get(0));
    } else {
      texts(line.putArray("sources"), mapping.sources());
    }
    line.put("from", mapping.from().toString());
    if (mapping.isNullAbsent()) {
      line.put(FragmentReader.NULL_IS, FragmentReader.NULL_ABSENT);
    }
    if (!mapping.as().isEmpty()) {
      line.put("as", mapping.as());
    }
    if (mapping.model() != null) {
      line.put("model", mapping.model().toString());
    }
    line.put("target", mapping.target()).put("to", mapping.to().toString());
    write(field, line);
  }

  private static void write(Field field, ObjectNode line) {
    line.put("stored", field.type().toString())
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

  private static void write(ForeignKey foreignKey, ObjectNode line) {
    line.put("name", foreignKey.name());
    texts(line.putArray("fields"), foreignKey.fields());
    line.put("target", foreignKey.targetCollection());
    texts(line.putArray("target-fields"), foreignKey.targetFields());
    line.put("on-delete", lower(foreignKey.onDelete()))
        .put("on-update", lower(foreignKey.onUpdate()))
        .put("deferrable", foreignKey.isDeferrable());
  }

  private static void write(Index index, ObjectNode line) {
    line.put("name", index.name());
    ArrayNode columns = line.putArray("columns");
    for (Index.Column column : index.columns()) {
      columns.addObject().put("field", column.field()).put("descending", column.isDescending());
    }
    line.put("unique", index.isUnique())
        .put("method", index.method())
        .put("definition", index.definition());
    if (!index.options().isEmpty()) {
      ObjectNode options = line.putObject("options");
      index.options().forEach(options::put);
    }
  }

  private static void write(NativeDetail detail, ObjectNode node) {
    node.put("definition", detail.definition());
    ArrayNode objects = node.putArray("objects");
    detail
        .objects()
        .forEach(
            object ->
                objects
                    .addObject()
                    .put("kind", object.kind())
                    .put("name", object.name())
                    .put("definition", object.definition()));
    ArrayNode properties = node.putArray("properties");
    detail
        .properties()
        .forEach((name, value) -> properties.addObject().put("name", name).put("value", value));
  }

  private static void texts(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }

  /** The file's spelling of a constant. */
  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
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
}
