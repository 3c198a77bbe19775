package dev.waybill.model;

import java.util.List;

/**
 * Something of the source that the target cannot hold as it is.
 *
 * @param collection where
 * @param field which field, empty where it is the whole collection's matter
 * @param code stable, for programs: {@code NUL_IN_TEXT}, {@code INDEX_NOT_CARRIED}, …
 * @param text one sentence for people
 * @param severity what it means for the run
 * @param records how many records have it; −1 where it is not a matter of records or not counted
 * @param examples keys of the first ones
 */
public record Loss(
    String collection,
    String field,
    String code,
    String text,
    Severity severity,
    long records,
    List<String> examples) {

  /** What a loss means for the run. */
  public enum Severity {
    /** Something beside the records: an index, a default, a comment. */
    STRUCTURE,
    /** Values change their form; their content comes back. */
    FORM,
    /** Single values cannot arrive as they are: what becomes of them is a {@link LossPolicy}. */
    VALUE,
    /** It cannot be done at all. */
    REFUSED
  }

  /** Where and what, for people: {@code messages.body: text is not UTF-8 (3 records: 7; 9; 12)}. */
  public String sentence() {
    StringBuilder sentence = new StringBuilder(collection);
    if (!field.isEmpty()) {
      sentence.append('.').append(field);
    }
    sentence.append(sentence.isEmpty() ? "" : ": ").append(text);
    if (records > 0) {
      sentence.append(String.format(" (%,d record%s", records, records == 1 ? "" : "s"));
      if (!examples.isEmpty()) {
        sentence.append(": ").append(String.join("; ", examples));
        sentence.append(records > examples.size() ? "; …" : "");
      }
      sentence.append(')');
    }
    return sentence.toString();
  }

  public Loss {
    examples = List.copyOf(examples);
  }
}
