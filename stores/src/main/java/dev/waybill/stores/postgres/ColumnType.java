package dev.waybill.stores.postgres;

import dev.waybill.model.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * How values of a column travel in binary COPY.
 *
 * @param oid the declared type, which may be a domain
 * @param limit text: longest in code points; numeric: precision; vector: dimension; temporal types:
 *     digits of the second; −1 where unbounded
 * @param scale numeric: digits after the point; interval: the range of its fields, else 0
 * @param element the elements' type of an array
 */
record ColumnType(
    Form form, long oid, int limit, int scale, @Nullable ColumnType element, LogicalType logical) {

  /** The wire forms. */
  enum Form {
    BOOL,
    INT2,
    INT4,
    INT8,
    OID,
    FLOAT4,
    FLOAT8,
    NUMERIC,
    /** text, varchar, citext, xml, enums: UTF-8. */
    TEXT,
    NAME,
    BPCHAR,
    BYTEA,
    UUID,
    DATE,
    TIME,
    TIMETZ,
    TIMESTAMP,
    TIMESTAMPTZ,
    INTERVAL,
    JSON,
    JSONB,
    VECTOR,
    HALFVEC,
    SPARSEVEC,
    BIT,
    ARRAY,
    /** Every other type: cast to text by the server, both ways. */
    CAST
  }

  /** True if the elements of arrays have this form; others are read as the server's text. */
  boolean isElement() {
    return switch (form) {
      case CAST, ARRAY, HALFVEC, SPARSEVEC, BIT -> false;
      default -> true;
    };
  }

  boolean isCast() {
    return form == Form.CAST;
  }

  ColumnType elementType() {
    if (element == null) {
      throw new IllegalStateException("no array");
    }
    return element;
  }
}
