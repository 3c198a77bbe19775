package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.LossRules.Rule;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Capabilities;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What becomes of fields that records of documents do not have, where the target knows only null
 * and nobody said otherwise: null is written, and the sidecar says that it was nothing. Only that
 * is usual, since every other value that cannot go is a rare one, and its loss is the user's to
 * decide.
 */
final class AbsentFields {
  private AbsentFields() {}

  /** The input with rules for these fields before those that the user has given. */
  static PlanInput kept(PlanInput input) {
    boolean isHeld =
        !input.target().capabilities().types().cannotHold().contains(Trait.ABSENT)
            || input.source().capabilities().documents() != Capabilities.Documents.NESTED;
    if (isHeld || !input.wishes().options().hasSidecar()) {
      return input;
    }
    Set<Rule> rules = new LinkedHashSet<>();
    for (Collection collection : input.source().catalog().collections()) {
      boolean isChosen =
          !input.wishes().exclude().contains(collection.name())
              && (input.wishes().only().isEmpty()
                  || input.wishes().only().contains(collection.name()));
      if (!isChosen || input.isOneDialect(collection.name())) {
        continue;
      }
      for (int field = 0; field < collection.writtenFields().size(); field++) {
        if (mayBeAbsent(input, collection, field)) {
          rules.add(rule(collection.name(), collection.writtenFields().get(field).name()));
        }
      }
    }
    List<Rule> all = new ArrayList<>(rules);
    all.addAll(input.wishes().options().onLoss().rules());
    return input.withOnLoss(new LossRules(all));
  }

  private static boolean mayBeAbsent(PlanInput input, Collection collection, int position) {
    Field field = collection.writtenFields().get(position);
    List<ValueProfile> profiles = input.profiles().get(collection.name());
    boolean isSeen = profiles != null && profiles.get(position).count(Trait.ABSENT) > 0;
    boolean isKnown = profiles != null && !input.sampled().contains(collection.name());
    return !collection.key().contains(field.name()) && (isSeen || !isKnown && field.isNullable());
  }

  /**
   * A step in which a null stands for an absent field wherever that is the rarer news to be kept:
   * where fewer records are null than do not have the field. Of a collection that is there it stays
   * as the sidecar tells, or what was written before would be read otherwise.
   */
  static Step told(PlanInput input, Step step) {
    LossRules rules = input.wishes().options().onLoss();
    boolean isHeld =
        !input.target().capabilities().types().cannotHold().contains(Trait.ABSENT)
            || input.source().capabilities().documents() != Capabilities.Documents.NESTED;
    if (isHeld || input.isOneDialect(step.source())) {
      return step;
    }
    Set<String> told = input.target().told().absent().getOrDefault(step.target().name(), Set.of());
    Collection source = input.source().catalog().collection(step.source()).orElseThrow();
    List<FieldMapping> fields = new ArrayList<>();
    for (FieldMapping field : step.fields()) {
      boolean isKept =
          field.sources().size() == 1
              && field.constant() == null
              && rules.policy(step.source(), field.source(), Trait.ABSENT.name())
                  == LossPolicy.SIDECAR
              && step.target().field(field.target()).map(Field::isNullable).orElse(false)
              && !step.target().key().contains(field.target())
              && !step.sourceKey().contains(field.source());
      boolean isAbsent =
          step.creates()
              ? isRatherAbsent(input, source, field.source())
              : told.contains(field.target());
      fields.add(isKept && isAbsent ? field.withNullsAbsent() : field);
    }
    return step.withFields(fields);
  }

  private static boolean isRatherAbsent(PlanInput input, Collection source, String field) {
    List<ValueProfile> profiles = input.profiles().get(source.name());
    int position = source.writtenNames().indexOf(field);
    if (profiles != null && position >= 0) {
      ValueProfile profile = profiles.get(position);
      return profile.count(Trait.ABSENT) > profile.count(Kind.NULL);
    }
    return false;
  }

  /** For the field alone, where that can be spelled. */
  private static Rule rule(String collection, String field) {
    Rule rule = new Rule(collection, field, Trait.ABSENT.name(), LossPolicy.SIDECAR);
    return rule.isSpellable() ? rule : new Rule("", "", Trait.ABSENT.name(), LossPolicy.SIDECAR);
  }
}
