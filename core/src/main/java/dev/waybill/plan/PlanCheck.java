package dev.waybill.plan;

import dev.waybill.mapping.Filter;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.spi.Capabilities;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Holds a plan without gaps against itself and both catalogs. */
final class PlanCheck {
  private final Plan plan;
  private final Catalog source;
  private final Catalog target;
  private final Capabilities capabilities;
  private final Faults faults;

  /**
   * @param capabilities the target's
   */
  PlanCheck(Plan plan, Catalog source, Catalog target, Capabilities capabilities, Faults faults) {
    this.plan = plan;
    this.source = source;
    this.target = target;
    this.capabilities = capabilities;
    this.faults = faults;
  }

  /** Notes what does not hold. */
  void check() {
    Sidecar.requireRoom(plan.options(), plan.steps(), faults);
    Map<String, String> sources = new HashMap<>();
    Map<String, String> targets = new HashMap<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      Step step = plan.steps().get(i);
      String path = "collections[" + i + "]";
      if (sources.put(step.source(), path) != null) {
        faults.add(path + ".source", "\"" + step.source() + "\" has a step already");
      }
      String other = targets.put(step.target().name(), path);
      if (other != null) {
        faults.add(path + ".target", "\"" + step.target().name() + "\" is filled by " + other);
      }
      source
          .collection(step.source())
          .ifPresent(collection -> new StepCheck(step, collection, path).check());
    }
  }

  /** Holds one step. */
  private final class StepCheck {
    private final Step step;
    private final Collection collection;
    private final String path;
    private final Optional<Collection> there;
    private final List<String> written;

    StepCheck(Step step, Collection collection, String path) {
      this.step = step;
      this.collection = collection;
      this.path = path;
      this.there = target.collection(step.target().name());
      this.written = step.target().fields().stream().map(Field::name).toList();
    }

    void check() {
      if (step.creates() == there.isPresent()) {
        faults.add(
            path + (step.creates() ? ".create" : ".target"),
            "the target has "
                + (step.creates() ? "a" : "no")
                + " collection \""
                + step.target().name()
                + "\""
                + (step.creates() ? " already" : ""));
      }
      lines();
      key();
      if (step.creates()) {
        constraints();
      } else if (there.isPresent()) {
        filled(there.get());
      }
      filter();
    }

    private void lines() {
      Set<String> names = new HashSet<>();
      int line = 0;
      for (Field field : step.target().fields()) {
        String at = path + ".fields[" + line++ + "]";
        if (!names.add(field.name())) {
          faults.add(at + ".target", "\"" + field.name() + "\" is filled by another line already");
        }
      }
      for (int i = 0; i < step.fields().size(); i++) {
        line(step.fields().get(i), at(step.fields().get(i)));
      }
    }

    private String at(FieldMapping mapping) {
      return path + ".fields[" + Math.max(0, written.indexOf(mapping.target())) + "]";
    }

    private void line(FieldMapping mapping, String at) {
      boolean isKnown = true;
      for (String name : mapping.sources()) {
        Optional<Field> field = collection.field(name);
        if (field.isEmpty() || !field.get().isWritten()) {
          isKnown = false;
          faults.add(
              at + (mapping.sources().size() == 1 ? ".source" : ".sources"),
              field.isEmpty()
                  ? "the source's " + step.source() + " has no field \"" + name + "\""
                  : "the source computes its field \"" + name + "\" itself");
        }
      }
      Optional<String> obstacle = isKnown ? Ways.obstacle(mapping) : Optional.empty();
      if (obstacle.isPresent()) {
        faults.add(at + (mapping.as().isEmpty() ? ".to" : ".as"), obstacle.get());
        return;
      }
      step.target()
          .field(mapping.target())
          .filter(
              field ->
                  field.type().kind() != Kind.DYNAMIC && field.type().kind() != mapping.to().kind())
          .ifPresent(
              field ->
                  faults.add(
                      at + ".to",
                      "values of type "
                          + mapping.to()
                          + " are not what a field of "
                          + field.type()
                          + " holds (\"stored\")"));
    }

    private void key() {
      FieldNames names = new FieldNames(step.fields());
      for (String name : step.sourceKey()) {
        if (names.of(name).isEmpty()) {
          faults.add(
              path + ".key",
              "the key's field \""
                  + name
                  + "\" is not carried by a line of its own: carry it, or say another key or"
                  + " \"key: []\"");
        }
      }
      require(".target-key", step.target().key(), "the key");
      ConflictPolicy policy = step.onConflict();
      if (policy.rule() == ConflictPolicy.Rule.NEWER && !written.contains(policy.newerField())) {
        faults.add(
            path + ".on-conflict", "no line fills the field \"" + policy.newerField() + "\"");
      }
    }

    private void require(String member, List<String> names, String what) {
      for (String name : names) {
        if (!written.contains(name)) {
          faults.add(
              path + member,
              what
                  + " is over \""
                  + name
                  + "\", which no line fills: leave it out too, or leave the whole member out to"
                  + " have it worked out again");
        }
      }
    }

    private void constraints() {
      Collection made = step.target();
      for (int i = 0; i < made.uniqueSets().size(); i++) {
        require(".unique[" + i + "]", made.uniqueSets().get(i), "the unique set");
      }
      for (int i = 0; i < made.indexes().size(); i++) {
        Index index = made.indexes().get(i);
        if (index.isPortable()) {
          require(
              ".indexes[" + i + "]",
              index.columns().stream().map(Index.Column::field).toList(),
              "the index \"" + index.name() + "\"");
        }
      }
      for (int i = 0; i < made.foreignKeys().size(); i++) {
        foreignKey(made.foreignKeys().get(i), ".foreign-keys[" + i + "]");
      }
    }

    private void foreignKey(ForeignKey foreignKey, String member) {
      require(member, foreignKey.fields(), "the foreign key");
      Optional<Collection> parent =
          plan.steps().stream()
              .map(Step::target)
              .filter(each -> each.name().equals(foreignKey.targetCollection()))
              .findFirst()
              .or(() -> target.collection(foreignKey.targetCollection()));
      if (parent.isEmpty()) {
        faults.add(
            path + member + ".target",
            "there will be no collection \"" + foreignKey.targetCollection() + "\"");
        return;
      }
      for (String name : foreignKey.targetFields()) {
        boolean isThere =
            parent.get().field(name).isPresent()
                || target
                    .collection(parent.get().name())
                    .flatMap(each -> each.field(name))
                    .isPresent();
        if (!isThere) {
          faults.add(
              path + member + ".target-fields",
              "\"" + foreignKey.targetCollection() + "\" will have no field \"" + name + "\"");
        }
      }
    }

    /** A collection that is there decides about its fields itself. */
    private void filled(Collection existing) {
      for (FieldMapping mapping : step.fields()) {
        Optional<Field> field = existing.field(mapping.target());
        if (field.isEmpty() || !field.get().isWritten()) {
          faults.add(
              at(mapping) + ".target",
              field.isEmpty()
                  ? "the target's " + existing.name() + " has no field \"" + mapping.target() + "\""
                  : "the target computes its field \"" + mapping.target() + "\" itself");
        } else if (!capabilities
            .types()
            .widened(field.get(), fieldType(mapping))
            .type()
            .equals(fieldType(mapping))) {
          faults.add(
              at(mapping) + ".stored",
              "the target's field \"" + mapping.target() + "\" holds " + field.get().type());
        }
      }
      for (Field field : existing.writtenFields()) {
        if (!written.contains(field.name()) && !ExistingTarget.isFilledByStore(field)) {
          faults.add(
              path + ".fields",
              "the target's field \"" + field.name() + "\" needs a value and no line fills it");
        }
      }
      boolean isWished =
          KeyQuestion.ofTarget(existing, step.target().key(), step.onConflict(), capabilities)
              .isPresent();
      if (!isWished && !existing.key().equals(step.target().key())) {
        faults.add(
            path + ".target-key",
            "the target's " + existing.name() + " is there and has the key " + existing.key());
      }
    }

    private dev.waybill.model.LogicalType fieldType(FieldMapping mapping) {
      return step.target().field(mapping.target()).map(Field::type).orElse(mapping.to());
    }

    private void filter() {
      if (step.filter().isEmpty()) {
        return;
      }
      try {
        Filter.parse(step.filter(), collection.writtenFields());
      } catch (IllegalArgumentException wrong) {
        faults.add(path + ".filter", String.valueOf(wrong.getMessage()));
      }
    }
  }
}
