package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A collection that is there already, as a target. */
final class ExistingTarget {
  private final Collection source;
  private final Collection target;
  private final ConflictPolicy policy;
  private final KeyAnswers keys;
  private final LossList losses;

  ExistingTarget(
      Collection source,
      Collection target,
      ConflictPolicy policy,
      KeyAnswers keys,
      LossList losses) {
    this.source = source;
    this.target = target;
    this.policy = policy;
    this.keys = keys;
    this.losses = losses;
  }

  /** The target's collection reduced to the fields that are filled, in the target's order. */
  Collection reducedTo(List<Field> filled, FieldNames fromSource) {
    Set<String> names = filled.stream().map(Field::name).collect(Collectors.toSet());
    if (names.size() < filled.size()) {
      losses.refuse("", "TWO_FIELDS_IN_ONE", "two fields of the source go into one of the target");
    }
    for (Field field : target.writtenFields()) {
      if (!names.contains(field.name()) && !isFilledByStore(field)) {
        losses.refuse(
            "",
            "FIELD_NOT_FILLED",
            "the target's field " + field.name() + " needs a value and the source has none");
      }
    }
    if (!names.containsAll(target.key())) {
      losses.refuse(
          "",
          "KEY_NOT_FILLED",
          "the target's key " + target.key() + " is not among the fields of the source");
    }
    KeyQuestion.ofSource(source, target, policy, fromSource)
        .filter(question -> !keys.isProven(question))
        .ifPresent(question -> losses.refuse("", "KEY_NOT_UNIQUE", couldReplaceItsOwn(question)));
    if (policy.rule() == ConflictPolicy.Rule.NEWER && !names.contains(policy.newerField())) {
      losses.refuse(
          "",
          "NEWER_FIELD_MISSING",
          "there is no field "
              + policy.newerField()
              + " in both by which the newer record is told");
    }
    List<Field> inOrder = new ArrayList<>();
    for (Field field : target.fields()) {
      filled.stream()
          .filter(each -> each.name().equals(field.name()))
          .findFirst()
          .ifPresent(inOrder::add);
    }
    return target.withFields(inOrder);
  }

  /** True if a record can be without a value for the field. */
  static boolean isFilledByStore(Field field) {
    return field.isNullable()
        || field.defaultValue() != null
        || field.generation() != Generation.NONE;
  }

  private String couldReplaceItsOwn(KeyQuestion question) {
    return keys.refuted(question)
            .map(question::sentence)
            .orElse(
                "the source does not promise that "
                    + String.join(", ", target.key())
                    + " is unique")
        + ", so that with --on-conflict "
        + policy
        + " one of its records could take the place of another";
  }
}
