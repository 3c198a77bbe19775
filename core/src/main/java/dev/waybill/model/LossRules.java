package dev.waybill.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which policy the user chose for which loss. The last rule that fits wins; without one a loss
 * fails. Immutable.
 */
public record LossRules(List<Rule> rules) {
  public static final LossRules NONE = new LossRules(List.of());

  private static final Pattern RULE =
      Pattern.compile("(?:(?<place>[^=]+):)?(?<code>[A-Z0-9_]+|\\*)=(?<policy>[a-z]+)");

  /**
   * One rule.
   *
   * @param collection the source's collection, empty for all
   * @param field the source's field, empty for all
   * @param code of the loss, empty for all
   */
  public record Rule(String collection, String field, String code, LossPolicy policy) {

    /** The plan file's spelling: {@code NUL_IN_TEXT=replace}, {@code notes.body:*=sidecar}. */
    @Override
    public String toString() {
      String place =
          collection.isEmpty() ? "" : field.isEmpty() ? collection : collection + "." + field;
      return (place.isEmpty() ? "" : place + ":")
          + (code.isEmpty() ? "*" : code)
          + "="
          + policy.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads {@link #toString} back; a policy alone, {@code sidecar}, is a rule for everything. The
     * place is COLLECTION or COLLECTION.FIELD, cut at its last point.
     *
     * @throws SpecException if it is no rule
     */
    public static Rule parse(String text) {
      for (LossPolicy policy : LossPolicy.values()) {
        if (policy.name().toLowerCase(Locale.ROOT).equals(text)) {
          return new Rule("", "", "", policy);
        }
      }
      Matcher matcher = RULE.matcher(text);
      if (matcher.matches()) {
        for (LossPolicy policy : LossPolicy.values()) {
          if (policy.name().toLowerCase(Locale.ROOT).equals(matcher.group("policy"))) {
            String place = matcher.group("place") == null ? "" : matcher.group("place");
            int point = place.lastIndexOf('.');
            String code = matcher.group("code");
            return new Rule(
                point < 0 ? place : place.substring(0, point),
                point < 0 ? "" : place.substring(point + 1),
                code.equals("*") ? "" : code,
                policy);
          }
        }
      }
      throw new SpecException(
          "UNKNOWN_LOSS_POLICY",
          "\"" + text + "\" is no rule for losses.",
          "use fail, replace, sidecar, quarantine or null, for all or as"
              + " [COLLECTION[.FIELD]:]CODE=POLICY, e.g. notes.body:NUL_IN_TEXT=replace");
    }

    /** True if {@link #parse} reads its spelling back: names may have what a spelling uses. */
    public boolean isSpellable() {
      try {
        return parse(toString()).equals(this);
      } catch (SpecException unspellable) {
        return false;
      }
    }

    private boolean fits(String aCollection, String aField, String aCode) {
      return (collection.isEmpty() || collection.equals(aCollection))
          && (field.isEmpty() || field.equals(aField))
          && (code.isEmpty() || code.equals(aCode));
    }
  }

  public LossRules {
    rules = List.copyOf(rules);
  }

  /** Rules from their spellings. */
  public static LossRules parse(List<String> texts) {
    List<Rule> rules = new ArrayList<>();
    texts.forEach(text -> rules.add(Rule.parse(text)));
    return new LossRules(rules);
  }

  /** The policy for a loss of a source's field. */
  public LossPolicy policy(String collection, String field, String code) {
    LossPolicy policy = LossPolicy.FAIL;
    for (Rule rule : rules) {
      if (rule.fits(collection, field, code)) {
        policy = rule.policy();
      }
    }
    return policy;
  }

  /** True if some loss of a source's field may have this policy. */
  public boolean mayBe(String collection, String field, LossPolicy policy) {
    return rules.stream()
        .anyMatch(rule -> rule.policy() == policy && rule.fits(collection, field, rule.code()));
  }

  /** The spellings, in order. */
  public List<String> texts() {
    return rules.stream().map(Rule::toString).toList();
  }
}
