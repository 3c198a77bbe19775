package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A collection that is there already, as a target. */
final class ExistingTarget {
  private final Collection source;
  private final Collection target;
  private final ConflictPolicy policy;
  private final LossList losses;

  ExistingTarget(Collection source, Collection target, ConflictPolicy policy, LossList losses) {
    this.source = source;
    this.target = target;
    this.policy = policy;
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
    couldReplaceItsOwn(source, target, policy, fromSource)
        .ifPresent(text -> losses.refuse("", "KEY_NOT_UNIQUE", text));
    if (policy.rule() == ConflictPolicy.Rule.NEWER && !names.contains(policy.newerField())) {
      losses.refuse(
          "",
          "NEWER_FIELD_MISSING",
          "there is no field "
              + policy.newerField()
              + " in both by which the newer record is told");
    }
    return target.withFields(
        target.fields().stream().filter(field -> names.contains(field.name())).toList());
  }

  /** True if a record can be without a value for the field. */
  static boolean isFilledByStore(Field field) {
    return field.isNullable()
        || field.defaultValue() != null
        || field.generation() != Generation.NONE;
  }

  /** Says so if two records of the source could have the same key in the target. */
  static Optional<String> couldReplaceItsOwn(
      Collection source, Collection target, ConflictPolicy policy, FieldNames fromSource) {
    boolean replaces =
        policy.rule() == ConflictPolicy.Rule.OVERWRITE
            || policy.rule() == ConflictPolicy.Rule.NEWER
            || policy.rule() == ConflictPolicy.Rule.SKIP;
    Set<String> keyed = new HashSet<>();
    for (String name : source.writtenNames()) {
      if (fromSource.of(name).filter(target.key()::contains).isPresent()) {
        keyed.add(name);
      }
    }
    boolean isUnique =
        !source.key().isEmpty() && keyed.containsAll(source.key())
            || source.uniqueSets().stream().anyMatch(keyed::containsAll);
    return !replaces || !target.hasKey() || isUnique
        ? Optional.empty()
        : Optional.of(
            "the source does not promise that "
                + String.join(", ", target.key())
                + " is unique, so that with --on-conflict "
                + policy
                + " one of its records could take the place of another");
  }
}
