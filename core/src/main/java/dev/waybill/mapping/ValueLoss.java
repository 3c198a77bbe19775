package dev.waybill.mapping;

/**
 * Why a value cannot go as it is: the codes that the policies of a plan are about. The replacement
 * is what {@link dev.waybill.model.LossPolicy#REPLACE} writes; where it is empty there is none and
 * the record is refused.
 */
public enum ValueLoss {
  NUL_IN_TEXT("text holds the character NUL", "each NUL becomes U+2400 (␀)"),
  INVALID_UTF8(
      "text is not UTF-8",
      "each maximal part of a broken character becomes U+FFFD, as the Unicode Standard recommends"),
  NAN("a float is not a number", ""),
  INFINITY("a float is infinite", ""),
  MINUS_ZERO("a float is negative zero", "0.0"),
  MIXED_TYPES(
      "the value is of another type than the field",
      "in a text field its text form: integers and booleans as they are, floats in the shortest"
          + " spelling, bytes as lower-case hexadecimal digits; in other fields none"),
  OUT_OF_RANGE("a number or a moment is out of the range of the type", ""),
  TOO_LONG("text is longer than the field allows", ""),
  TOO_FINE(
      "a moment has more digits of the second than the type keeps",
      "the digits that are too many are left off, towards the past"),
  NOT_FINITE_IN_VECTOR("a vector has an element that is not a number or infinite", ""),
  WRONG_DIMENSION("a vector has another dimension than the field", ""),
  NOT_EXACT(
      "the value would not come back exactly",
      "of a number that a float cannot hold the nearest float; else none"),
  NOT_JSON("text is no JSON", ""),
  JSON_NAME_TWICE("JSON has a name twice in one object", ""),
  JSON_MINUS_ZERO("JSON holds a negative zero", "0"),
  LONE_SURROGATE("text, or JSON, holds half a surrogate pair", "each becomes U+FFFD"),
  NOT_A_TIME("text is no date or time", ""),
  NOT_A_NUMBER("text is no number", ""),
  NOT_A_UUID(
      "text is no uuid in the spelling that comes back", "of a uuid in capitals the usual one"),
  NOT_A_VECTOR("the value is no vector of such elements", ""),
  NOT_A_LIST("text is no JSON array of such elements", ""),
  NOT_A_POINT("text is no point", ""),
  NOT_A_BOOLEAN("the value is none of the two that mean true and false", ""),
  NOT_BYTES("text is no such spelling of bytes", ""),
  ABSENT("the field is absent, which is not null", "null"),
  NULL_AMONG_ABSENT("the field is null where null stands for an absent one", ""),
  UNSUPPORTED("there is no form for such a value", ""),
  COMPARED_BY_CONTENT(
      "the spelling of a text is not kept, its content is",
      "the content, which is written in any case; with a sidecar the spelling comes back as well");

  private final String text;
  private final String replacement;

  ValueLoss(String text, String replacement) {
    this.text = text;
    this.replacement = replacement;
  }

  /** What is the matter, for people. */
  public String text() {
    return text;
  }

  /** What is written by REPLACE, for people; empty where there is nothing. */
  public String replacement() {
    return replacement;
  }
}
