package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Loss;
import dev.waybill.spi.Capabilities.Relationships;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides which keys, unique sets, foreign keys and indexes a new collection gets. */
final class ConstraintPlanner {
  private final PlanInput input;
  private final Step step;
  private final Map<String, Step> bySource;
  private final List<Loss> losses;

  private ConstraintPlanner(
      PlanInput input, Step step, Map<String, Step> bySource, List<Loss> losses) {
    this.input = input;
    this.step = step;
    this.bySource = bySource;
    this.losses = losses;
  }

  /** The step with the constraints that its target can have; an existing target keeps its own. */
  static Step complete(PlanInput input, Step step, Map<String, Step> bySource, List<Loss> losses) {
    return step.creates() ? new ConstraintPlanner(input, step, bySource, losses).complete() : step;
  }

  private Step complete() {
    Collection target = step.target();
    List<String> there = target.writtenNames();
    List<List<String>> uniqueSets = new ArrayList<>();
    for (List<String> set : target.uniqueSets()) {
      if (there.containsAll(set)) {
        uniqueSets.add(set);
      } else {
        lost("UNIQUE_SET_NOT_CARRIED", "the unique set " + set + ": a field of it is not carried");
      }
    }
    List<ForeignKey> foreignKeys = new ArrayList<>();
    for (ForeignKey foreignKey : target.foreignKeys()) {
      Optional<String> obstacle = obstacle(foreignKey, there);
      if (obstacle.isEmpty()) {
        foreignKeys.add(foreignKey);
      } else {
        lost(
            "FOREIGN_KEY_NOT_CARRIED",
            "the foreign key "
                + foreignKey.fields()
                + " → "
                + foreignKey.targetCollection()
                + ": "
                + obstacle.get());
      }
    }
    boolean isSameStore = input.isOneDialect(step.source());
    List<Index> indexes = new ArrayList<>();
    for (Index index : target.indexes()) {
      boolean hasFields =
          index.columns().stream().allMatch(column -> there.contains(column.field()));
      if (!index.isPortable() && !isSameStore) {
        lost(
            "INDEX_NOT_CARRIED",
            "the index "
                + index.name()
                + " is partial, over an expression or of a kind that only the source knows");
      } else if (index.isPortable() && !hasFields) {
        lost("INDEX_NOT_CARRIED", "the index " + index.name() + ": a field of it is not carried");
      } else {
        indexes.add(index);
      }
    }
    if (!isSameStore) {
      input
          .source()
          .catalog()
          .collection(step.source())
          .ifPresent(
              source ->
                  source
                      .checks()
                      .forEach(
                          check -> lost("CHECK_NOT_CARRIED", "the check constraint " + check)));
    }
    input.source().catalog().collection(step.source()).stream()
        .flatMap(source -> source.fields().stream())
        .filter(field -> field.generation() == Field.Generation.COMPUTED)
        .forEach(
            field ->
                losses.add(
                    new Loss(
                        step.source(),
                        field.name(),
                        "COMPUTED_FIELD_NOT_CARRIED",
                        "the source computes it from other fields, which are carried",
                        Loss.Severity.STRUCTURE,
                        -1,
                        List.of())));
    return step.withTarget(target.withConstraints(uniqueSets, foreignKeys, indexes));
  }

  private Optional<String> obstacle(ForeignKey foreignKey, List<String> there) {
    if (input.target().capabilities().relationships() != Relationships.FOREIGN_KEYS) {
      return Optional.of("the target has no foreign keys");
    }
    if (!there.containsAll(foreignKey.fields())) {
      return Optional.of("a field of it is not carried");
    }
    Step parentStep = bySource.get(foreignKey.targetCollection());
    Optional<Collection> parent =
        parentStep != null
            ? Optional.of(parentStep.target())
            : input.target().catalog().collection(foreignKey.targetCollection());
    if (parent.isEmpty()) {
      return Optional.of("that collection is not carried");
    }
    Collection to = parent.get();
    HashSet<String> referred = new HashSet<>(foreignKey.targetFields());
    boolean isUnique =
        new HashSet<>(to.key()).equals(referred)
            || to.uniqueSets().stream().anyMatch(set -> new HashSet<>(set).equals(referred));
    if (!isUnique) {
      return Optional.of("what it refers to is not unique");
    }
    for (int i = 0; i < foreignKey.fields().size(); i++) {
      Optional<Field> own = step.target().field(foreignKey.fields().get(i));
      Optional<Field> other = to.field(foreignKey.targetFields().get(i));
      if (own.isEmpty()
          || other.isEmpty()
          || own.get().type().kind() != other.get().type().kind()) {
        return Optional.of("the fields' types differ");
      }
    }
    return Optional.empty();
  }

  private void lost(String code, String text) {
    losses.add(new Loss(step.source(), "", code, text, Loss.Severity.STRUCTURE, -1, List.of()));
  }
}
