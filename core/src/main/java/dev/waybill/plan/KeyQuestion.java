package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Capabilities.Documents;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether fields tell records apart that their store does not promise to be unique: only its
 * records can say.
 *
 * @param of the side of the collection
 */
public record KeyQuestion(Of of, String collection, List<String> fields) {
  /** A side of a plan. */
  public enum Of {
    SOURCE,
    TARGET;

    /** In sentences. */
    String word() {
      return this == SOURCE ? "source" : "target";
    }
  }

  public KeyQuestion {
    fields = List.copyOf(fields);
  }

  /** The questions to ask before steps like these are planned for good. */
  public static Set<KeyQuestion> toPlan(
      List<Step> steps, Catalog source, Catalog target, Capabilities ofTarget) {
    Set<KeyQuestion> questions = new LinkedHashSet<>();
    for (Step step : steps) {
      FieldNames names = new FieldNames(step.fields());
      ask(step, step.target().key(), source, target, ofTarget, questions);
      names
          .of(step.sourceKey())
          .ifPresent(key -> ask(step, key, source, target, ofTarget, questions));
    }
    return questions;
  }

  /** The questions on whose answers steps depend as they are planned. */
  public static Set<KeyQuestion> of(
      List<Step> steps, Catalog source, Catalog target, Capabilities ofTarget) {
    Set<KeyQuestion> questions = new LinkedHashSet<>();
    for (Step step : steps) {
      ask(step, step.target().key(), source, target, ofTarget, questions);
    }
    return questions;
  }

  /** What must be asked if a step goes by a key of the target. */
  private static void ask(
      Step step,
      List<String> key,
      Catalog source,
      Catalog target,
      Capabilities capabilities,
      Set<KeyQuestion> questions) {
    Optional<Collection> from = source.collection(step.source());
    Optional<Collection> to = target.collection(step.target().name());
    if (step.creates() || from.isEmpty() || to.isEmpty() || Sidecar.isPart(step.source())) {
      return;
    }
    Optional<KeyQuestion> wished = ofTarget(to.get(), key, step.onConflict(), capabilities);
    wished.ifPresent(questions::add);
    Collection keyed = wished.isPresent() ? to.get().withKey(key) : to.get();
    ofSource(from.get(), keyed, step.onConflict(), new FieldNames(step.fields()))
        .ifPresent(questions::add);
  }

  /**
   * Of a target whose key nobody has declared, and whose records could have the one that is wished
   * for. Only a store of documents is asked: where keys can be declared, one that is not may be
   * broken at any time.
   */
  static Optional<KeyQuestion> ofTarget(
      Collection target, List<String> key, ConflictPolicy policy, Capabilities capabilities) {
    boolean isAsked =
        (!target.hasKey() || target.detail().isKeyFound())
            && !key.isEmpty()
            && !key.equals(target.key())
            && policy.rule() != ConflictPolicy.Rule.APPEND
            && capabilities.documents() == Documents.NESTED
            && key.stream().allMatch(name -> target.field(name).isPresent());
    return isAsked ? Optional.of(new KeyQuestion(Of.TARGET, target.name(), key)) : Optional.empty();
  }

  /** Of a source of which two records could have the same key in the target. */
  static Optional<KeyQuestion> ofSource(
      Collection source, Collection target, ConflictPolicy policy, FieldNames fromSource) {
    boolean replaces =
        policy.rule() == ConflictPolicy.Rule.OVERWRITE
            || policy.rule() == ConflictPolicy.Rule.NEWER
            || policy.rule() == ConflictPolicy.Rule.SKIP;
    List<String> keyed =
        source.writtenNames().stream()
            .filter(name -> fromSource.of(name).filter(target.key()::contains).isPresent())
            .toList();
    boolean isPromised =
        !source.key().isEmpty() && keyed.containsAll(source.key())
            || source.uniqueSets().stream().anyMatch(keyed::containsAll);
    return replaces && target.hasKey() && !isPromised
        ? Optional.of(new KeyQuestion(Of.SOURCE, source.name(), keyed))
        : Optional.empty();
  }

  /** That the fields are a key, for people. */
  String proof() {
    return "The "
        + of.word()
        + "'s "
        + collection
        + " does not declare "
        + String.join(", ", fields)
        + " as its key; its records are unique by it, and are asked again before the first write.";
  }

  /** The question as the sentence that answers it. */
  String sentence(String rest) {
    return "the " + of.word() + "'s " + collection + " " + rest;
  }
}
