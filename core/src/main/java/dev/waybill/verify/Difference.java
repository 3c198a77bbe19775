package dev.waybill.verify;

import java.util.List;

/**
 * A record that is not the same on both sides.
 *
 * @param collection the source's name of it
 * @param key the record's key as text; without a key the whole record
 * @param fields for {@link Kind#CHANGED} the fields that differ
 */
public record Difference(String collection, Kind kind, String key, List<FieldDifference> fields) {

  /** How it differs. */
  public enum Kind {
    /** The target lacks it. */
    MISSING,
    /** Only the target has it. */
    EXTRA,
    CHANGED
  }

  /** One field's value on both sides, as text, cut where long. */
  public record FieldDifference(String field, String source, String target) {}

  public Difference {
    fields = List.copyOf(fields);
  }
}
