package dev.waybill.stores.postgres;

import dev.waybill.model.SpecException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** PostgreSQL's spelling of names, literals and types. */
final class Dialect {
  static final int LONGEST_NAME = 63;

  /** A type as {@code format_type()} spells it; nothing that could end a column's definition. */
  private static final Pattern TYPE =
      Pattern.compile(
          "(?:\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)"
              + "(?:\\.(?:\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*))?"
              + "(?: [a-z]+)*(?: ?\\( ?\\d+(?: ?, ?-?\\d+)? ?\\))?(?: [a-z]+)*(?:\\[\\d*])*");

  private Dialect() {}

  static String quote(String identifier) {
    if (identifier.indexOf('\0') >= 0 || identifier.isEmpty()) {
      throw new SpecException(
          "BAD_NAME", "PostgreSQL has no empty names and none with NUL.", "name it differently");
    }
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  static String quote(String schema, String name) {
    return quote(schema) + "." + quote(name);
  }

  static String quoteAll(List<String> identifiers) {
    return identifiers.stream().map(Dialect::quote).collect(Collectors.joining(", "));
  }

  /** A string literal, for statements that take no parameters. */
  static String literal(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new SpecException(
          "NUL_IN_TEXT", "PostgreSQL's text cannot hold NUL.", "leave the default out");
    }
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
  }

  /**
   * A native type, checked to be no more than that.
   *
   * @throws SpecException if the text is no type
   */
  static String type(String nativeType) {
    if (!TYPE.matcher(nativeType).matches()) {
      throw new SpecException(
          "NOT_A_TYPE",
          "\"" + nativeType + "\" is no type of PostgreSQL.",
          "write it as format_type() does, e.g. numeric(10,2)");
    }
    return nativeType;
  }

  /** The name, cut to what PostgreSQL keeps of it, with a suffix inside that limit. */
  static String fitted(String name, String suffix) {
    StringBuilder fitted = new StringBuilder(name);
    while ((fitted + suffix).getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      fitted.setLength(fitted.offsetByCodePoints(fitted.length(), -1));
    }
    return fitted + suffix;
  }
}
