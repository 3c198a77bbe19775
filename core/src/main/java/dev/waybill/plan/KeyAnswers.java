package dev.waybill.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What records have said to questions.
 *
 * @param answers by question why the fields are no key; empty where they are
 * @param isLater true if what is not answered here is asked before the first write
 */
public record KeyAnswers(Map<KeyQuestion, String> answers, boolean isLater) {
  /** Nobody has been asked. */
  public static final KeyAnswers NONE = new KeyAnswers(Map.of(), false);

  /** All that a plan depends on is asked before it is applied. */
  static final KeyAnswers LATER = new KeyAnswers(Map.of(), true);

  public KeyAnswers {
    answers = Map.copyOf(answers);
  }

  /** True if the fields are a key, or will be proven to be one before anything is written. */
  boolean isProven(KeyQuestion question) {
    String answer = answers.get(question);
    return answer == null ? isLater : answer.isEmpty();
  }

  /** What refutes keys that were asked for, each as a sentence without its full stop. */
  public List<String> refusals() {
    return answers.entrySet().stream()
        .filter(each -> !each.getValue().isEmpty())
        .map(each -> each.getKey().sentence(each.getValue()))
        .sorted()
        .toList();
  }

  /** Why they are none; empty if they are one, or nobody has been asked. */
  Optional<String> refuted(KeyQuestion question) {
    @Nullable String answer = answers.get(question);
    return Optional.ofNullable(answer).filter(text -> !text.isEmpty());
  }
}
