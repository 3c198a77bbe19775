package dev.waybill.chaos;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;

/** A column of a table that the rounds move. */
record Column(String name, Kind kind) {
  private static final JsonFactory JSON = new JsonFactory();

  /** What its values are, whatever the store's types. */
  enum Kind {
    INTEGER,
    FLOAT,
    TEXT,
    BYTES,
    BOOLEAN,
    NUMBER,
    JSON
  }

  /** A value as a text that is the same in every store. */
  String read(ResultSet row, int at) throws SQLException {
    if (row.getObject(at) == null) {
      return "null";
    }
    return switch (kind) {
      case INTEGER -> Long.toString(row.getLong(at));
      case FLOAT -> Double.toString(row.getDouble(at));
      case TEXT -> '"' + text(row, at) + '"';
      case BYTES -> bytes(row, at);
      case BOOLEAN -> text(row, at).matches("1|t|true") ? "true" : "false";
      case NUMBER -> new BigDecimal(text(row, at)).stripTrailingZeros().toPlainString();
      case JSON -> tokens(text(row, at));
    };
  }

  /** Bytes, or what stands for them in a text. */
  private static String bytes(ResultSet row, int at) throws SQLException {
    if (!(row.getObject(at) instanceof String text)) {
      return HexFormat.of().formatHex(row.getBytes(at));
    }
    try {
      return HexFormat.of().formatHex(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException noBytes) {
      return "not base64: " + text;
    }
  }

  private static String text(ResultSet row, int at) throws SQLException {
    return Objects.requireNonNull(row.getString(at));
  }

  /** Without the blanks between the tokens; the rounds write members in an order stores keep. */
  private static String tokens(String text) {
    StringBuilder out = new StringBuilder();
    try (JsonParser json = JSON.createParser(text)) {
      while (json.nextToken() != null) {
        out.append(json.getText()).append(' ');
      }
    } catch (IOException notJson) {
      return "not JSON: " + text;
    }
    return out.toString();
  }
}
