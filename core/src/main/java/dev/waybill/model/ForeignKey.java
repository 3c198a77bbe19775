package dev.waybill.model;

import java.util.List;

/**
 * A constraint: the values of {@code fields}, unless one is null, exist as {@code targetFields} of
 * {@code targetCollection}.
 *
 * @param name the constraint's name, empty where the store has none
 * @param isDeferrable whether it may be looked at only when a transaction commits
 */
public record ForeignKey(
    String name,
    List<String> fields,
    String targetCollection,
    List<String> targetFields,
    Action onDelete,
    Action onUpdate,
    boolean isDeferrable) {

  /** What happens to the referring record. */
  public enum Action {
    NO_ACTION,
    RESTRICT,
    CASCADE,
    SET_NULL,
    SET_DEFAULT
  }

  public ForeignKey {
    fields = List.copyOf(fields);
    targetFields = List.copyOf(targetFields);
  }
}
