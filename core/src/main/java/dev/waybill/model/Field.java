package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/**
 * A field of a collection.
 *
 * @param type what its values are, as far as the store promises it; {@link LogicalType#DYNAMIC}
 *     where the store promises nothing
 * @param nativeType the store's own spelling of the type, empty where it has none
 * @param isNullable whether null may stand here
 * @param defaultValue what the store fills in when nothing is given, or null
 * @param generation whether the store makes the value itself
 */
public record Field(
    String name,
    LogicalType type,
    String nativeType,
    boolean isNullable,
    @Nullable Default defaultValue,
    Generation generation) {

  /** Whether and how a store makes a field's values itself. */
  public enum Generation {
    NONE,
    /** Numbered by the store when nothing is given: identity by default, serial, rowid alias. */
    IDENTITY,
    /** Numbered by the store unless overridden explicitly. */
    IDENTITY_ALWAYS,
    /** Computed from other fields; never written. */
    COMPUTED,
    /** The store's own handle of a record without key: carried, resolved, never compared. */
    HANDLE
  }

  /**
   * A default value.
   *
   * @param literal the value in text form where it is a constant, else null
   * @param expression the store's own spelling, always there
   */
  public record Default(@Nullable String literal, String expression) {
    /** The neutral spelling of "the moment of insertion", understood by every type table. */
    public static final String NOW = "CURRENT_TIMESTAMP";
  }

  /** A plain field: no default, nothing generated. */
  public static Field of(String name, LogicalType type, String nativeType, boolean isNullable) {
    return new Field(name, type, nativeType, isNullable, null, Generation.NONE);
  }

  public Field withType(LogicalType newType, String newNativeType) {
    return new Field(name, newType, newNativeType, isNullable, defaultValue, generation);
  }

  public Field withNullable(boolean newNullable) {
    return new Field(name, type, nativeType, newNullable, defaultValue, generation);
  }

  /** True if a copy carries values of this field. */
  public boolean isWritten() {
    return generation != Generation.COMPUTED;
  }
}
