package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable;
import dev.waybill.spi.Capabilities.Visibility;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Makes the plan of a run that gives a collection new vectors: a copy of it, seen with them, into
 * the same store (docs/adr/0025). A pure function.
 */
public final class ReembeddingPlanner {
  /** What names of collections beside begin with. */
  static final String BESIDE = "waybill_new_";

  private static final Pattern MODEL = Pattern.compile("(?i)(.*_)?model(_name|_id)?");

  private final PlanInput.Side seen;
  private final PlanInput.Side target;
  private final Reembedding reembedding;

  private ReembeddingPlanner(PlanInput.Side seen, PlanInput.Side target, Reembedding reembedding) {
    this.seen = seen;
    this.target = target;
    this.reembedding = reembedding;
  }

  /** True if a store's new vectors go into a collection beside. */
  public static boolean isBeside(PlanInput.Side target) {
    return target.capabilities().visibility() == Visibility.BATCH;
  }

  /**
   * Makes the plan.
   *
   * @param seen the store with the new vectors
   * @param target the same store, to be written to
   * @throws SpecException if the field cannot have such vectors
   */
  public static Plan plan(
      PlanInput.Side seen,
      PlanInput.Side target,
      Plan.Options options,
      Reembedding reembedding,
      String longTexts) {
    return new ReembeddingPlanner(seen, target, reembedding).plan(options, longTexts);
  }

  private Plan plan(Plan.Options options, String longTexts) {
    Catalog catalog = target.catalog();
    Collection whole = catalog.collection(reembedding.collection()).orElseThrow();
    Collection view = seen.catalog().collections().get(0);
    Step step = step(view, whole);
    if (reembedding.isBeside() && catalog.collection(step.target().name()).isPresent()) {
      throw new SpecException(
          "COLLECTION_EXISTS",
          "\""
              + step.target().name()
              + "\" is there: what another run has put beside \""
              + whole.name()
              + "\".",
          "see which: waybill runs; then go on with it, roll it back or forget it");
    }
    requireIndexes(whole, step);
    return new Plan(
        seen.url(),
        target.url(),
        seen.catalog().store(),
        catalog.store(),
        Fingerprint.of(seen.catalog()),
        Fingerprint.of(catalog, Set.of(step.target().name())),
        options.withReembedding(reembedding),
        List.of(step),
        List.of(),
        List.of(),
        risks(whole, longTexts),
        reembedding.isBeside()
            ? "the old vectors and indexes of "
                + whole.name()
                + " change places with the new ones again, if the field still holds what the run"
                + " put there."
            : "the files are what they were before, if nobody else has changed them.");
  }

  private Step step(Collection view, Collection whole) {
    TypeTable types = target.capabilities().types();
    List<FieldMapping> mappings = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    for (Field field : reembedding.isBeside() ? view.fields() : inOrder(view, whole)) {
      boolean isVector = field.name().equals(reembedding.vector());
      Field there = whole.field(field.name()).orElseThrow();
      Field stored = isVector ? stored(field, there, types) : field;
      mappings.add(new FieldMapping(field.name(), field.type(), field.name(), stored.type()));
      fields.add(stored);
    }
    boolean isBeside = reembedding.isBeside();
    return new Step(
        view.name(),
        isBeside
            ? Collection.of(beside(types), fields, view.key())
            : whole.withFields(fields).withConstraints(List.of(), List.of(), List.of()),
        isBeside,
        mappings,
        view.key(),
        isBeside ? ConflictPolicy.FAIL : ConflictPolicy.OVERWRITE,
        view.estimatedRecords(),
        view.estimatedBytes());
  }

  private void requireIndexes(Collection whole, Step step) {
    Field vectors = step.target().field(reembedding.vector()).orElseThrow();
    for (Index index : whole.indexes()) {
      boolean isOver =
          index.isPortable()
              && index.columns().stream().anyMatch(each -> each.field().equals(vectors.name()));
      String fault =
          isOver && reembedding.isBeside()
              ? target.capabilities().types().indexFault(index, List.of(vectors))
              : null;
      if (fault != null) {
        throw refused(
            vectors, "its index " + index.name() + " cannot be built over them: " + fault);
      }
    }
  }

  private static List<Field> inOrder(Collection view, Collection whole) {
    List<Field> fields = new ArrayList<>();
    whole.fields().forEach(field -> view.field(field.name()).ifPresent(fields::add));
    return fields;
  }

  /** How the store holds the new vectors: as it does the old ones. */
  private Field stored(Field vectors, Field there, TypeTable types) {
    TypeTable.Placement place = types.place(vectors.type());
    if (place.verdict() == TypeTable.Verdict.REFUSED) {
      throw refused(there, "the store has no place for vectors of this model: " + place.note());
    }
    LogicalType type = place.stored();
    String nativeType = place.nativeType();
    boolean isArray =
        there.type().kind() == Kind.JSON
            || there.type().kind() == Kind.LIST && there.nativeType().endsWith("[]");
    if (isArray) {
      type = there.type();
      nativeType = there.nativeType();
    } else if (type.kind() != Kind.BYTES) {
      if (!word(there.nativeType()).equals(word(nativeType))) {
        throw refused(there, "it is " + there.nativeType() + ", the new vectors are " + nativeType);
      }
      if (reembedding.isBeside() && there.nativeType().equals(word(nativeType))) {
        nativeType = there.nativeType();
      }
    }
    return Field.of(there.name(), type, nativeType, reembedding.isBeside() || there.isNullable());
  }

  private static String word(String nativeType) {
    int parenthesis = nativeType.indexOf('(');
    return parenthesis < 0 ? nativeType : nativeType.substring(0, parenthesis);
  }

  private SpecException refused(Field there, String why) {
    return new SpecException(
        "FIELD_NOT_REEMBEDDABLE",
        "\""
            + reembedding.collection()
            + "."
            + there.name()
            + "\" cannot get new vectors: "
            + why
            + ".",
        "name another field: --vector FIELD");
  }

  private String beside(TypeTable types) {
    String name = BESIDE + reembedding.collection() + "_" + reembedding.vector();
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    if (utf8.length <= types.longestName()) {
      return name;
    }
    String digest = Integer.toHexString(name.hashCode());
    String cut = name;
    while (cut.getBytes(StandardCharsets.UTF_8).length + digest.length() + 1
        > types.longestName()) {
      cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
    }
    return cut + "_" + digest;
  }

  private List<String> risks(Collection whole, String longTexts) {
    List<String> risks = new ArrayList<>();
    String field = whole.name() + "." + reembedding.vector();
    risks.add(
        "Records whose "
            + reembedding.text()
            + " is null, empty or blank get null in "
            + field
            + ".");
    risks.add("Texts longer than the model's window: " + longTexts + ".");
    risks.add(
        reembedding.isBeside()
            ? "Applications see the old vectors until all new ones are there and verified; then"
                + " nobody can write to "
                + whole.name()
                + " while its texts are read once more, and the vectors change places at once."
            : "Applications see the old vectors until the run finishes, and then the new ones.");
    for (Field other : whole.fields()) {
      if (MODEL.matcher(other.name()).matches() && other.type().kind() != Kind.BYTES) {
        risks.add(
            whole.name()
                + "."
                + other.name()
                + " may say which model the vectors are of; the run does not change it. After the"
                + " run: set it to "
                + reembedding.signature().name()
                + ".");
      }
    }
    for (Index index : whole.indexes()) {
      boolean isOver =
          index.columns().stream().anyMatch(each -> each.field().equals(reembedding.vector()));
      if (isOver && reembedding.isBeside()) {
        risks.add(
            "The index "
                + index.name()
                + " is built anew"
                + (reembedding.isConcurrent()
                    ? ", while others write (CREATE INDEX CONCURRENTLY)"
                    : "; nobody can write to " + whole.name() + " meanwhile (--concurrent-index)")
                + (reembedding.isIndexDroppedFirst()
                    ? "; the old one is dropped before, and searches are slow until then."
                    : "."));
      }
    }
    return risks;
  }

  /**
   * The plan as it is once the vectors have changed places: about the collection itself.
   *
   * @param there the collection as it is now
   */
  public static Plan exchanged(Plan plan, Collection there) {
    Step step = plan.steps().get(0);
    List<Field> fields = new ArrayList<>();
    for (Field field : step.target().fields()) {
      fields.add(there.field(field.name()).orElse(field));
    }
    Collection now =
        there
            .withFields(fields)
            .withConstraints(List.of(), List.of(), List.of())
            .withDetail(NativeDetail.NONE);
    return plan.withSteps(
        List.of(
            new Step(
                step.source(),
                now,
                false,
                step.fields(),
                step.sourceKey(),
                step.onConflict(),
                step.records(),
                step.bytes())));
  }
}
