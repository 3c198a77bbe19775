package dev.waybill.stores.sqlite;

import dev.waybill.model.DataException;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.stores.sqlite.SqliteTypes.Affinity;
import org.jspecify.annotations.Nullable;

/**
 * Whether a value comes back from a column as it was put there. SQLite converts by affinity without
 * a word: text that looks like a number, whole floats in integer columns, numbers in text columns.
 */
final class Storable {
  private Storable() {}

  /** Throws if the value would be changed or cannot be held at all. */
  static void require(
      RecordBatch batch,
      int record,
      int at,
      String collection,
      Table.Column column,
      boolean isRowid) {
    Kind kind = batch.kindAt(at);
    String why =
        switch (kind) {
          case NULL -> isRowid ? "SQLite would number it instead of null" : null;
          case INT64 ->
              switch (column.affinity()) {
                case TEXT -> "SQLite would make text of the integer";
                case REAL -> "SQLite would make a float of the integer";
                case INTEGER, NUMERIC, BLOB -> null;
              };
          case FLOAT64 -> floating(batch.float64At(at), column.affinity());
          case TEXT ->
              isNumeric(column.affinity())
                      && looksLikeNumber(
                          batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at))
                  ? "SQLite would make a number of the text"
                  : null;
          case BYTES -> null;
          default -> "SQLite has no such values, and the plan does not encode them";
        };
    if (why != null) {
      throw new DataException(
          code(kind, batch, at),
          "A "
              + kind.name().toLowerCase(java.util.Locale.ROOT)
              + " cannot go into \""
              + collection
              + "\".\""
              + column.name()
              + "\" ("
              + (column.declared().isEmpty() ? "no type" : column.declared())
              + "): "
              + why
              + ".",
          "give the field another native type or transformation in the plan",
          record,
          null);
    }
  }

  private static String code(Kind kind, RecordBatch batch, int at) {
    return switch (kind) {
      case FLOAT64 -> Double.isNaN(batch.float64At(at)) ? "NAN_NOT_STORABLE" : "VALUE_WOULD_CHANGE";
      case NULL, INT64, TEXT, BYTES -> "VALUE_WOULD_CHANGE";
      default -> "VALUE_NOT_STORABLE";
    };
  }

  private static boolean isNumeric(Affinity affinity) {
    return affinity == Affinity.INTEGER
        || affinity == Affinity.NUMERIC
        || affinity == Affinity.REAL;
  }

  private static @Nullable String floating(double value, Affinity affinity) {
    if (Double.isNaN(value)) {
      return "SQLite stores null for NaN";
    }
    return switch (affinity) {
      case BLOB -> null;
      case TEXT -> "SQLite would make text of the float";
      case REAL -> value == 0 && 1 / value < 0 ? "SQLite would drop the sign of -0.0" : null;
      case INTEGER, NUMERIC ->
          value == Math.rint(value) && Math.abs(value) < 0x1p63
              ? "SQLite would make an integer of the whole float"
              : null;
    };
  }

  /**
   * True for what SQLite takes for a number: spaces, sign, digits, point, exponent, spaces. Whether
   * it looks behind a NUL depends on where the text comes from, so a NUL counts as the end.
   */
  private static boolean looksLikeNumber(byte[] bytes, int from, int length) {
    int end = from;
    while (end < from + length && bytes[end] != 0) {
      end++;
    }
    int i = from;
    while (i < end && isSpace(bytes[i])) {
      i++;
    }
    while (end > i && isSpace(bytes[end - 1])) {
      end--;
    }
    if (i < end && (bytes[i] == '-' || bytes[i] == '+')) {
      i++;
    }
    int digits = 0;
    boolean isBehindPoint = false;
    for (; i < end; i++) {
      if (isDigit(bytes[i])) {
        digits++;
      } else if (bytes[i] == '.' && !isBehindPoint) {
        isBehindPoint = true;
      } else {
        break;
      }
    }
    if (digits == 0) {
      return false;
    }
    if (i < end && (bytes[i] == 'e' || bytes[i] == 'E')) {
      i++;
      if (i < end && (bytes[i] == '-' || bytes[i] == '+')) {
        i++;
      }
      if (i == end) {
        return false;
      }
      while (i < end && isDigit(bytes[i])) {
        i++;
      }
    }
    return i == end;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b >= '\t' && b <= '\r';
  }
}
