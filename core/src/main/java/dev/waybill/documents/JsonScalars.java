package dev.waybill.documents;

import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Values of JSON as values of other types, where writing these gives the same content again; and
 * which type has room for all of some values.
 */
final class JsonScalars {
  private static final int LONGEST_DOUBLE = 40;
  private static final int LONGEST_DECIMAL = 1_000;

  private boolean hasBooleans;
  private boolean hasTexts;
  private boolean hasNumbers;
  private boolean hasOthers;
  private boolean isInt64 = true;
  private boolean isDouble = true;
  private boolean isDecimal = true;

  /** Takes a value into account; null says nothing of a type. */
  void add(byte[] text, int from, int to) {
    switch (text[from]) {
      case 'n' -> {}
      case 't', 'f' -> hasBooleans = true;
      case '"' -> {
        if (JsonScan.decode(text, from, to) == null) {
          hasOthers = true;
        } else {
          hasTexts = true;
        }
      }
      case '{', '[' -> hasOthers = true;
      default -> {
        hasNumbers = true;
        isInt64 = isInt64 && isInt64(text, from, to);
        isDouble = isDouble && asDouble(text, from, to) != null;
        isDecimal = isDecimal && asDecimal(text, from, to) != null;
      }
    }
  }

  /** True if nothing was taken so far but null. */
  boolean isEmpty() {
    return !hasBooleans && !hasTexts && !hasNumbers && !hasOthers;
  }

  /** The type that all values taken so far have: JSON where there is no other. */
  LogicalType type() {
    int kinds = (hasBooleans ? 1 : 0) + (hasTexts ? 1 : 0) + (hasNumbers ? 1 : 0);
    if (hasOthers || kinds != 1) {
      return LogicalType.JSON;
    }
    if (hasBooleans) {
      return LogicalType.BOOLEAN;
    }
    if (hasTexts) {
      return LogicalType.TEXT;
    }
    return isInt64
        ? LogicalType.INT64
        : isDouble ? LogicalType.FLOAT64 : isDecimal ? LogicalType.DECIMAL : LogicalType.JSON;
  }

  /**
   * Appends a value that is not null as one of a type.
   *
   * @return false if the type has no room for exactly this value; nothing was appended
   */
  static boolean put(LogicalType type, byte[] text, int from, int to, RecordBatch out) {
    byte first = text[from];
    boolean isNumber = first == '-' || first >= '0' && first <= '9';
    switch (type.kind()) {
      case JSON -> {
        out.putVariable(dev.waybill.model.Kind.JSON, text, from, to - from);
        return true;
      }
      case BOOLEAN -> {
        if (first != 't' && first != 'f') {
          return false;
        }
        out.putBoolean(first == 't');
        return true;
      }
      case TEXT -> {
        byte[] decoded = first == '"' ? JsonScan.decode(text, from, to) : null;
        if (decoded == null) {
          return false;
        }
        out.putText(decoded);
        return true;
      }
      case INT64 -> {
        if (!isNumber || !isInt64(text, from, to)) {
          return false;
        }
        out.putInt64(Long.parseLong(string(text, from, to)));
        return true;
      }
      case FLOAT64 -> {
        Double value = isNumber ? asDouble(text, from, to) : null;
        if (value == null) {
          return false;
        }
        out.putFloat64(value);
        return true;
      }
      case DECIMAL -> {
        String value = isNumber ? asDecimal(text, from, to) : null;
        if (value == null) {
          return false;
        }
        out.putDecimal(value);
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  private static String string(byte[] text, int from, int to) {
    return new String(text, from, to - from, StandardCharsets.US_ASCII);
  }

  private static boolean isInt64(byte[] text, int from, int to) {
    boolean isNegative = text[from] == '-';
    int digits = to - from - (isNegative ? 1 : 0);
    if (digits > 19 || isNegative && text[from + 1] == '0') {
      return false;
    }
    for (int i = isNegative ? from + 1 : from; i < to; i++) {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
    }
    if (digits < 19) {
      return true;
    }
    try {
      Long.parseLong(string(text, from, to));
      return true;
    } catch (NumberFormatException tooLarge) {
      return false;
    }
  }

  private static @Nullable Double asDouble(byte[] text, int from, int to) {
    if (to - from > LONGEST_DOUBLE) {
      return null;
    }
    try {
      String number = string(text, from, to);
      double value = Double.parseDouble(number);
      return Double.isFinite(value)
              && new BigDecimal(number).compareTo(new BigDecimal(Double.toString(value))) == 0
          ? value
          : null;
    } catch (NumberFormatException hugeExponent) {
      return null;
    }
  }

  /** Plain digits; -0 is another number than 0 and no decimal. */
  private static @Nullable String asDecimal(byte[] text, int from, int to) {
    if (to - from > LONGEST_DECIMAL) {
      return null;
    }
    try {
      BigDecimal value = new BigDecimal(string(text, from, to));
      return Math.abs((long) value.scale()) > LONGEST_DECIMAL
              || value.signum() == 0 && text[from] == '-'
          ? null
          : value.toPlainString();
    } catch (NumberFormatException hugeExponent) {
      return null;
    }
  }
}
