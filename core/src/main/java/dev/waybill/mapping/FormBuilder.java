package dev.waybill.mapping;

import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable.Trait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Works out the three forms of a mapping from its ways. */
final class FormBuilder {
  private final BiFunction<String, String, LossPolicy> policies;
  private final Set<Trait> cannotHold;
  private final @Nullable BiFunction<LogicalType, LogicalType, Optional<Transformation>> there;
  private final Form.Builder forward = new Form.Builder();
  private final Form.Builder comparable = new Form.Builder();
  private final Form.Builder inverse = new Form.Builder();
  private final @Nullable Mending[] mendings;
  private final int[] comparableFields;
  private final int[] parts;
  private final List<Integer> targetFields = new ArrayList<>();
  private final List<Split> splits = new ArrayList<>();
  private final boolean copiesAnything;

  /** A source field that becomes several, and which target field each part is so far. */
  private record Split(
      String name, int position, TextParts parts, List<Integer> targets, int comparable) {}

  /**
   * @throws IllegalArgumentException if a way makes no sense
   */
  FormBuilder(
      List<Way> ways,
      BiFunction<String, String, LossPolicy> policies,
      Set<Trait> cannotHold,
      @Nullable BiFunction<LogicalType, LogicalType, Optional<Transformation>> there) {
    this.policies = policies;
    this.cannotHold = cannotHold;
    this.there = there;
    mendings = new Mending[ways.size()];
    comparableFields = new int[ways.size()];
    parts = new int[ways.size()];
    Arrays.fill(parts, 1);
    List<Way> plain =
        ways.stream().filter(way -> way.constant() == null && way.as().isEmpty()).toList();
    copiesAnything =
        !plain.isEmpty() && plain.stream().allMatch(way -> way.from().equals(way.to()));
    for (int target = 0; target < ways.size(); target++) {
      add(ways.get(target), target);
    }
    splits.forEach(FormBuilder::requireWhole);
  }

  Form forward() {
    return forward.build();
  }

  Form comparable() {
    return comparable.build();
  }

  Form inverse() {
    return inverse.build();
  }

  /** By target field; null if no value is mended in any. */
  @Nullable Mending @Nullable [] mendings() {
    return Arrays.stream(mendings).allMatch(each -> each == null) ? null : mendings;
  }

  /** By target field the first comparable field it is made of. */
  int[] comparableFields() {
    return comparableFields;
  }

  /** By target field how many comparable fields, from the first, it is made of. */
  int[] parts() {
    return parts;
  }

  /** By comparable field the target field it alone becomes, −1 where it is not so. */
  int[] targetFields() {
    return targetFields.stream().mapToInt(Integer::intValue).toArray();
  }

  private void add(Way way, int target) {
    comparableFields[target] = comparable.width();
    if (way.constant() != null) {
      addConstant(way, way.constant(), target);
    } else if (way.positions().size() > 1 || way.as().startsWith("join")) {
      addJoin(way, target);
    } else if (way.as().startsWith("split")) {
      addPart(way, target);
    } else {
      addOne(way, target);
    }
  }

  private void addOne(Way way, int target) {
    Conversion conversion = Conversion.of(way.from(), way.as(), way.to());
    int position = way.positions().get(0);
    Kind fromKind = copiesAnything ? Kind.DYNAMIC : way.from().kind();
    Transformation transformation =
        there == null || !way.as().isEmpty()
            ? conversion.forward()
            : there.apply(way.from(), way.to()).orElse(conversion.forward());
    forward.add(way.name(), position, fromKind, transformation);
    mendings[target] = Mending.of(way, conversion, transformation, policies, cannotHold);
    boolean keepsSpelling = Mending.keepsSpelling(way, conversion, policies);
    Transformation compared = keepsSpelling ? Transformation.COPY : conversion.comparable();
    Transformation back =
        keepsSpelling && conversion.spelling() != null
            ? conversion.spelling()
            : conversion.inverse();
    Kind toKind = copiesAnything ? Kind.DYNAMIC : way.to().kind();
    comparable.add(way.name(), position, fromKind, compared);
    inverse.add(way.name(), target, toKind, back, way.isNullAbsent());
    targetFields.add(target);
  }

  private void addConstant(Way way, String constant, int target) {
    RecordBatch text = new RecordBatch(1);
    text.putText(constant);
    RecordBatch value = new RecordBatch(1);
    try {
      Conversion.of(LogicalType.TEXT, way.as(), way.to()).forward().apply(text, 0, value);
    } catch (ValueRefusal refusal) {
      throw new IllegalArgumentException(
          "the constant \"" + constant + "\" " + refusal.getMessage(), refusal);
    }
    Cell cell = (in, record, out) -> out.putValue(value, 0);
    forward.add(way.name(), cell);
    comparable.add(way.name(), cell);
    inverse.add(way.name(), target, Kind.DYNAMIC, Transformation.COPY);
    targetFields.add(-1);
  }

  private void addJoin(Way way, int target) {
    TextParts join = TextParts.ofJoin(Call.parse(way.as()), way.positions().size());
    requireText(way.as(), way.from(), way.to());
    parts[target] = join.count();
    forward.add(way.name(), join.join(way.positions(), way.to()));
    for (int part = 0; part < join.count(); part++) {
      String name = way.names().get(part);
      comparable.add(name, way.positions().get(part), Kind.TEXT, Transformation.COPY);
      inverse.add(name, join.part(target, part, LogicalType.TEXT));
      targetFields.add(-1);
    }
  }

  private void addPart(Way way, int target) {
    Call call = Call.parse(way.as());
    TextParts parts = TextParts.ofSplit(call);
    requireText(way.as(), way.from(), way.to());
    int position = way.positions().get(0);
    int part = TextParts.part(call);
    forward.add(way.name(), parts.part(position, part, way.to()));
    Split split =
        splits.stream()
            .filter(each -> each.position() == position && each.parts().isLike(parts))
            .findFirst()
            .orElseGet(() -> begin(way.name(), position, parts));
    if (split.targets().get(part) >= 0) {
      throw call.wrong("each part once");
    }
    split.targets().set(part, target);
    comparableFields[target] = split.comparable();
  }

  private Split begin(String name, int position, TextParts parts) {
    List<Integer> targets = new ArrayList<>();
    for (int part = 0; part < parts.count(); part++) {
      targets.add(-1);
    }
    Split split = new Split(name, position, parts, targets, comparable.width());
    splits.add(split);
    comparable.add(name, position, Kind.TEXT, Transformation.COPY);
    // The list fills up while the further ways are added.
    inverse.add(name, parts.join(targets, LogicalType.TEXT));
    targetFields.add(-1);
    return split;
  }

  private static void requireWhole(Split split) {
    for (int part = 0; part < split.targets().size(); part++) {
      if (split.targets().get(part) < 0) {
        throw new IllegalArgumentException(
            "of the "
                + split.parts().count()
                + " parts of field "
                + split.name()
                + " part "
                + (part + 1)
                + " goes nowhere, so that it could not come back");
      }
    }
  }

  /**
   * Makes sure that a join or split is well spelled and between texts.
   *
   * @throws IllegalArgumentException if it is not
   */
  static void requireText(String as, LogicalType from, LogicalType to) {
    Call call = Call.parse(as);
    if (call.name().equals("split")) {
      TextParts.ofSplit(call);
    } else {
      TextParts.ofJoin(call, 2);
    }
    if (from.kind() != Kind.TEXT || to.kind() != Kind.TEXT) {
      throw new IllegalArgumentException(
          "\"" + as + "\" is for text, not for " + (from.kind() == Kind.TEXT ? to : from));
    }
  }
}
