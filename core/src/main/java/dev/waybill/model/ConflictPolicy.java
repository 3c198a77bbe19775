package dev.waybill.model;

import java.util.Locale;

/**
 * What to do where the target holds another record of the same key.
 *
 * @param newerField for {@link Rule#NEWER} the target's field that tells, else empty
 */
public record ConflictPolicy(Rule rule, String newerField) {
  public static final ConflictPolicy FAIL = new ConflictPolicy(Rule.FAIL, "");
  public static final ConflictPolicy SKIP = new ConflictPolicy(Rule.SKIP, "");
  public static final ConflictPolicy OVERWRITE = new ConflictPolicy(Rule.OVERWRITE, "");
  public static final ConflictPolicy APPEND = new ConflictPolicy(Rule.APPEND, "");

  /** The rules. */
  public enum Rule {
    /** The record cannot go. */
    FAIL,
    /** The target's record stays. */
    SKIP,
    /** The source's record replaces it. */
    OVERWRITE,
    /** The one whose field is greater; the target's where they are equal. */
    NEWER,
    /** As FAIL; but records without key are added to those that are there. */
    APPEND
  }

  /** True if a record of the same key and another content keeps the new one out. */
  public boolean isFailing() {
    return rule == Rule.FAIL || rule == Rule.APPEND;
  }

  /** The plan file's spelling: {@code fail}, {@code newer:updated_at}. */
  @Override
  public String toString() {
    String name = rule.name().toLowerCase(Locale.ROOT);
    return rule == Rule.NEWER ? name + ":" + newerField : name;
  }

  /**
   * Reads {@link #toString()} back.
   *
   * @throws SpecException if it is no policy
   */
  public static ConflictPolicy parse(String text) {
    if (text.startsWith("newer:") && text.length() > 6) {
      return new ConflictPolicy(Rule.NEWER, text.substring(6));
    }
    return switch (text) {
      case "fail" -> FAIL;
      case "skip" -> SKIP;
      case "overwrite" -> OVERWRITE;
      case "append" -> APPEND;
      default ->
          throw new SpecException(
              "UNKNOWN_CONFLICT_POLICY",
              "\"" + text + "\" is no conflict policy.",
              "use fail, skip, overwrite, newer:FIELD or append");
    };
  }
}
