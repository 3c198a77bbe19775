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
    /** Values change their form and come back the same. */
    FORM,
    /** Values cannot arrive; the plan is refused unless the user has said what to do. */
    REFUSED
  }

  public Loss {
    examples = List.copyOf(examples);
  }
}
