package dev.waybill.testkit;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Utf8;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Values in SQLite's own words (sqlite.org/lang_expr.html). */
final class SqliteLiteral {
  private SqliteLiteral() {}

  /** The value as an expression; null where a column for the type does not keep it as it is. */
  static @Nullable String of(LogicalType type, RecordBatch batch, int at) {
    return switch (batch.kindAt(at)) {
      case INT64 -> Long.toString(batch.int64At(at));
      case FLOAT64 -> number(batch.float64At(at), type.kind() == Kind.DYNAMIC);
      case TEXT -> text(batch, at);
      case BYTES -> "x'" + HexFormat.of().formatHex(batch.payloadBytesAt(at)) + "'";
      case NULL,
          ABSENT,
          BOOLEAN,
          DECIMAL,
          FLOAT32,
          UUID,
          DATE,
          TIME,
          TIMESTAMP,
          INSTANT,
          INTERVAL,
          JSON,
          VECTOR,
          LIST,
          POINT,
          DYNAMIC ->
          null;
    };
  }

  /** A column of type REAL keeps 0.0 in place of -0.0, one without type keeps the sign. */
  private static @Nullable String number(double value, boolean keepsSign) {
    if (Double.isNaN(value) || value == 0 && 1 / value < 0 && !keepsSign) {
      return null;
    }
    return Double.isInfinite(value) ? (value < 0 ? "-9e999" : "9e999") : Double.toString(value);
  }

  private static String text(RecordBatch batch, int at) {
    byte[] bytes = batch.bytes();
    int from = batch.payloadAt(at);
    int length = batch.payloadLengthAt(at);
    // A statement ends at its first NUL, and a driver sends it as Unicode.
    return Utf8.containsNul(bytes, from, length) || !Utf8.isValid(bytes, from, length)
        ? "CAST(x'" + HexFormat.of().formatHex(batch.payloadBytesAt(at)) + "' AS TEXT)"
        : "'" + batch.textAt(at).replace("'", "''") + "'";
  }
}
