package dev.waybill.mapping;

import java.util.List;

/**
 * A way to read values that the types alone do not say: what may stand under {@code as} in a plan.
 *
 * @param spelling how it is written, parameters in capitals
 * @param types between which types; each also the other way round unless it says so
 * @param text one line about it
 */
public record NamedWay(String spelling, String types, String text) {

  /** All of them, in the order of docs/formats/mapping.md. */
  public static List<NamedWay> all() {
    return NamedWays.ALL;
  }
}
