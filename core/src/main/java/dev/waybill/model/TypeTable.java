package dev.waybill.model;

import dev.waybill.model.Field.Generation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one store holds logical types: native, logical, verdict. The planner asks it for every field
 * that goes into the store; it is pure and thread-safe.
 */
public interface TypeTable {

  /**
   * The language of native types and definitions, one word in lower case: {@code sqlite}, {@code
   * postgresql}. Stores of one dialect understand each other's.
   */
  String dialect();

  /**
   * The best place for values of a logical type in a newly made collection.
   *
   * @return never null; verdict {@link Verdict#REFUSED} where the store has no place at all
   */
  Placement place(LogicalType type);

  /**
   * True if a new collection of a store of this kind can have a field of this native type without
   * anything else being made first; then a copy between two such stores keeps the type as it is.
   */
  boolean isKnown(String nativeType);

  /**
   * How a store of this kind numbers a new field.
   *
   * @param wanted none, identity or always identity
   * @param isOnlyKey whether the field alone is the key
   */
  Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey);

  /** The longest name of a collection or field, in bytes of UTF-8. */
  int longestName();

  /** Why no field, and in most stores no collection, can be called so; null if one can. */
  default @Nullable String nameFault(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length > longestName()
        ? "the name is longer than the target's " + longestName() + " bytes"
        : null;
  }

  /** Why no collection can be called so, null if one can. */
  default @Nullable String collectionNameFault(String name) {
    return nameFault(name);
  }

  /** Why nothing but a key can be unique, empty where other fields can. */
  default String uniqueFault() {
    return "";
  }

  /**
   * Why a new collection cannot have an index, null if it can: the index is then left out of the
   * plan and named with this.
   *
   * @param fields what the index is over, as the collection will have them; empty of an index that
   *     only its definition tells
   */
  default @Nullable String indexFault(Index index, List<Field> fields) {
    return null;
  }

  /**
   * How many elements of one vector may be other than zero where such an index is; a longer one
   * keeps the index from being made once the records are there.
   *
   * @param fields as {@link #indexFault} is given them
   */
  default int mostNotZero(Index index, List<Field> fields) {
    return Integer.MAX_VALUE;
  }

  /**
   * In which named way vectors that are compared by a metric come back, because the store itself
   * changes them; empty where it does not.
   */
  default String answeredAs(String metric) {
    return "";
  }

  /**
   * In which named way values of a type go into a field that is there and holds another one, where
   * the store itself would write them so; empty where a person has to choose.
   */
  default String way(LogicalType from, LogicalType there) {
    return "";
  }

  /**
   * What a field that is there becomes so that it holds values of a type exactly, each value in it
   * staying as it is. Where a field has a type of its own, and that is what it is, the field
   * itself.
   */
  default Field widened(Field there, LogicalType to) {
    return there;
  }

  /**
   * What a collection that is there is once records of planned fields have gone into it.
   *
   * @param planned the same collection as the plan has it
   */
  default Collection filled(Collection there, Collection planned) {
    return there.withFields(
        there.fields().stream()
            .map(
                field ->
                    planned
                        .field(field.name())
                        .map(taking -> widened(field, taking.type()))
                        .orElse(field))
            .toList());
  }

  /** What values of a fitting type the store still cannot hold, wherever they are placed. */
  Set<Trait> cannotHold();

  /** Every native type that the store has and how it is read, in the order of docs/types.md. */
  List<Native> natives();

  /**
   * A native type.
   *
   * @param nativeType the store's spelling
   * @param logical what reading a field of it gives
   * @param note what is worth knowing, e.g. which values it cannot have; may be empty
   */
  record Native(String nativeType, LogicalType logical, String note) {}

  /** A property of single values that not every store can hold. */
  enum Trait {
    NUL_IN_TEXT,
    INVALID_UTF8,
    /** Half a surrogate pair in text that is UTF-8 but for that, as JSON's escapes can say. */
    LONE_SURROGATE,
    NAN,
    INFINITY,
    /** Where a float has a type of its own; a field of any type may well hold it. */
    MINUS_ZERO,
    /** An element of a vector that is NaN or infinite. */
    NOT_FINITE_IN_VECTOR,
    /** A field that a record does not have, which is not one that is null. */
    ABSENT;

    /** True if values that are stored as this type can have it. */
    public boolean concerns(LogicalType stored) {
      LogicalType element = stored.element();
      if (stored.kind() == Kind.LIST && element != null) {
        return concerns(element);
      }
      boolean isFloat = stored.kind() == Kind.FLOAT64 || stored.kind() == Kind.FLOAT32;
      return switch (this) {
        case NUL_IN_TEXT, INVALID_UTF8, LONE_SURROGATE ->
            stored.kind() == Kind.TEXT
                || stored.kind() == Kind.JSON
                || stored.kind() == Kind.DYNAMIC;
        case NAN, INFINITY ->
            isFloat || stored.kind() == Kind.DYNAMIC || stored.kind() == Kind.VECTOR;
        case MINUS_ZERO -> isFloat;
        case NOT_FINITE_IN_VECTOR -> stored.kind() == Kind.VECTOR;
        case ABSENT -> true;
      };
    }
  }

  /**
   * Where values go.
   *
   * @param nativeType the store's spelling
   * @param stored the logical type that reading the field back gives; where it differs from the one
   *     placed, the mapping must hold a transformation with an inverse
   * @param verdict whether everything survives
   * @param note what is lost or changed, empty for {@link Verdict#EXACT}
   */
  record Placement(String nativeType, LogicalType stored, Verdict verdict, String note) {}

  /** What becomes of a type's values in a store. */
  enum Verdict {
    /** Every value, bit for bit. */
    EXACT,
    /** In another form, from which the inverse gives every value back. */
    ENCODED,
    /** Some values cannot be held; each is found and named. */
    PARTIAL,
    /** No value can be held. */
    REFUSED
  }
}
