package dev.waybill.plan;

import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Collection.Endpoints;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.ForeignKey.Action;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.Triggers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads plans, of this version and of the one before. */
final class PlanReader {
  private static final int OLDEST_VERSION = 1;
  private static final Plan.Options USUAL = new Plan.Options("full", "rollback", 2, 5000, 0, 0);

  /** Members of a step without which it must be completed. */
  private static final List<String> DERIVED =
      List.of(
          "create",
          "key",
          "target-key",
          "unique",
          "foreign-keys",
          "indexes",
          "checks",
          "target-triggers");

  private final Faults faults;
  private final Map<Integer, Origin.Gap> gaps = new LinkedHashMap<>();
  private long version;

  private PlanReader(Faults faults) {
    this.faults = faults;
  }

  static Plan read(Node root, String name) {
    return read(root, name, new Faults(name, root.places()));
  }

  static Plan read(Node root, String name, Faults faults) {
    return new PlanReader(faults).plan(new Members(root, "", faults), name, root.places());
  }

  private Plan plan(Members root, String name, Map<String, Place> places) {
    version = root.number("waybill-plan", -1);
    if (version < OLDEST_VERSION || version > Plan.VERSION) {
      faults.add(
          "waybill-plan",
          root.has("waybill-plan")
              ? "it has version "
                  + root.text("waybill-plan")
                  + ", this Waybill reads 1 and 2; make"
                  + " the plan anew"
              : "a plan begins with \"waybill-plan: " + Plan.VERSION + "\"");
      faults.throwIfAny("plan");
    }
    Members stores = root.required("stores");
    Members fingerprints = root.required("fingerprints");
    Members estimate = root.object("estimate");
    for (String ignored : List.of("records", "bytes", "seconds", "target-bytes")) {
      estimate.number(ignored, -1);
    }
    estimate.close();
    OptionWishes options = OptionReader.read(root.object("options"));
    if (!root.has("collections")) {
      faults.add("", "it lacks \"collections\"");
    }
    List<Step> steps = new ArrayList<>();
    for (Members node : root.objects("collections")) {
      steps.add(step(node, steps.size()));
    }
    List<LeftOut> leftOut = root.objects("left-out").stream().map(PlanReader::leftOut).toList();
    List<Loss> losses = root.objects("losses").stream().map(PlanReader::loss).toList();
    Plan plan =
        new Plan(
            root.text("from"),
            root.text("to"),
            stores.text("from"),
            stores.text("to"),
            fingerprints.text("from"),
            fingerprints.text("to"),
            options.under(USUAL, USUAL).withReembedding(reembedding(root)),
            steps,
            leftOut,
            losses,
            root.texts("risks"),
            root.text("rollback", ""),
            new Origin(name, places, fingerprints.texts("to-collections"), gaps));
    stores.close();
    fingerprints.close();
    root.close();
    faults.throwIfAny("plan");
    return plan;
  }

  private static @Nullable Reembedding reembedding(Members root) {
    if (!root.has("reembed")) {
      return null;
    }
    Members node = root.object("reembed");
    Reembedding reembedding =
        new Reembedding(
            node.text("collection"),
            node.text("text"),
            node.text("vector"),
            node.text("model"),
            node.parsed(
                "signature",
                "NAME@DIMENSION#HASH",
                new EmbeddingModel("", 0, ""),
                EmbeddingModel::parse),
            node.text("cache"),
            node.is("beside", true),
            node.is("concurrent-index", false),
            node.is("drop-index-first", false));
    node.close();
    return reembedding;
  }

  private static LeftOut leftOut(Members node) {
    LeftOut left =
        new LeftOut(node.text("name"), node.text("reason", ""), node.is("holds-data", false));
    node.close();
    return left;
  }

  private static Loss loss(Members node) {
    Loss loss =
        new Loss(
            node.text("collection", ""),
            node.text("field", ""),
            node.text("code"),
            node.text("text", ""),
            node.constant("severity", Loss.Severity.class, Loss.Severity.REFUSED),
            node.number("records", -1),
            node.texts("examples"));
    // Follows from options.on-loss; what stands here is for people.
    node.textOrNull("policy");
    node.close();
    return loss;
  }

  private Step step(Members node, int position) {
    String source = node.text("source");
    String targetName = node.text("target", source);
    Lines lines = lines(node);
    Set<String> said = new LinkedHashSet<>();
    DERIVED.stream().filter(node::has).forEach(said::add);
    boolean isList = version == 1 && node.isList("triggers");
    if (isList) {
      said.add("target-triggers");
    }
    List<String> triggerNames = isList ? node.texts("triggers") : node.texts("target-triggers");
    long records = node.number("records", -1);
    long bytes = node.number("bytes", -1);
    Collection target =
        new Collection(
            targetName,
            lines.fields,
            node.texts("target-key"),
            node.lists("unique"),
            node.objects("foreign-keys").stream().map(PlanReader::foreignKey).toList(),
            node.objects("indexes").stream().map(PlanReader::index).toList(),
            node.texts("checks"),
            triggerNames,
            node.has("endpoints") ? endpoints(node.object("endpoints")) : null,
            records,
            bytes,
            node.has("detail") ? detail(node.object("detail")) : NativeDetail.NONE);
    Integer batchSize = FragmentReader.batchSize(node);
    Step step =
        new Step(
            source,
            target,
            node.is("create", true),
            lines.mappings,
            node.texts("key"),
            node.parsed(
                "on-conflict", FragmentReader.POLICY, ConflictPolicy.FAIL, ConflictPolicy::parse),
            records,
            bytes,
            node.text("filter", ""),
            isList ? Triggers.FIRE : node.constant("triggers", Triggers.class, Triggers.FIRE),
            batchSize == null ? 0 : batchSize);
    FragmentReader.visibility(node);
    if (lines.hasGaps || said.size() < DERIVED.size()) {
      gaps.put(position, new Origin.Gap(wish(node, step, said, lines.wishes), said));
    }
    node.close();
    return step;
  }

  private static CollectionWish wish(
      Members node, Step step, Set<String> said, List<FieldWish> fields) {
    return new CollectionWish(
        node.path(),
        step.source(),
        step.target().name(),
        true,
        false,
        said.contains("key") ? step.sourceKey() : null,
        step.filter(),
        step.onConflict(),
        step.triggers(),
        step.batchSize(),
        List.of(),
        fields);
  }

  /** The lines of a step; what they leave out has a stand-in until it is worked out. */
  private static final class Lines {
    final List<FieldWish> wishes = new ArrayList<>();
    final List<FieldMapping> mappings = new ArrayList<>();
    final List<Field> fields = new ArrayList<>();
    boolean hasGaps;
  }

  private Lines lines(Members node) {
    Lines lines = new Lines();
    for (Members line : node.objects("fields")) {
      FieldWish wish = FragmentReader.field(line);
      line.close();
      if (wish.isDropped()) {
        continue;
      }
      lines.wishes.add(wish);
      String target = wish.target() != null ? wish.target() : String.join(" ", wish.sources());
      LogicalType to = orDynamic(wish.to());
      lines.fields.add(
          new Field(
              target,
              wish.stored() == null ? to : wish.stored(),
              wish.nativeType() == null ? "" : wish.nativeType(),
              wish.isNullable() == null || wish.isNullable(),
              wish.defaultValue(),
              wish.generation() == null ? Generation.NONE : wish.generation()));
      boolean isField =
          wish.stored() != null && wish.nativeType() != null && wish.isNullable() != null;
      if (wish.isComputed()) {
        lines.hasGaps |= !isField;
        continue;
      }
      lines.hasGaps |= !isField || wish.from() == null || wish.to() == null;
      if (!wish.sources().isEmpty() || wish.constant() != null) {
        lines.mappings.add(
            new FieldMapping(
                wish.constant() == null ? wish.sources() : List.of(),
                orDynamic(wish.from()),
                wish.as() == null ? "" : wish.as(),
                target,
                to,
                wish.constant(),
                wish.isNullAbsent(),
                wish.model()));
      }
    }
    return lines;
  }

  private static LogicalType orDynamic(@Nullable LogicalType type) {
    return type == null ? LogicalType.DYNAMIC : type;
  }

  private static ForeignKey foreignKey(Members line) {
    ForeignKey foreignKey =
        new ForeignKey(
            line.text("name", ""),
            line.texts("fields"),
            line.text("target"),
            line.texts("target-fields"),
            line.constant("on-delete", Action.class, Action.NO_ACTION),
            line.constant("on-update", Action.class, Action.NO_ACTION),
            line.is("deferrable", false));
    line.close();
    return foreignKey;
  }

  private static Index index(Members line) {
    List<Index.Column> columns = new ArrayList<>();
    for (Members column : line.objects("columns")) {
      columns.add(new Index.Column(column.text("field"), column.is("descending", false)));
      column.close();
    }
    Index index =
        new Index(
            line.text("name", ""),
            columns,
            line.is("unique", false),
            line.text("method", ""),
            line.text("definition", ""),
            line.object("options").values());
    line.close();
    return index;
  }

  private static Endpoints endpoints(Members ends) {
    Endpoints endpoints =
        new Endpoints(
            ends.text("from"), ends.texts("from-fields"), ends.text("to"), ends.texts("to-fields"));
    ends.close();
    return endpoints;
  }

  private static NativeDetail detail(Members node) {
    List<NativeDetail.NativeObject> objects = new ArrayList<>();
    for (Members object : node.objects("objects")) {
      objects.add(
          new NativeDetail.NativeObject(
              object.text("kind"), object.text("name"), object.text("definition")));
      object.close();
    }
    Map<String, String> properties = new LinkedHashMap<>();
    for (Members property : node.objects("properties")) {
      properties.put(property.text("name"), property.text("value"));
      property.close();
    }
    NativeDetail detail = new NativeDetail(node.text("definition", ""), objects, properties);
    node.close();
    return detail;
  }
}
