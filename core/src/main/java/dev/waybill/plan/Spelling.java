package dev.waybill.plan;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.Kind;
import dev.waybill.model.LossPolicy;

/** What becomes of the spelling of a text that the target holds by its content. */
public final class Spelling {
  static final String CODE = "COMPARED_BY_CONTENT";

  private Spelling() {}

  /** True if values of a line come back by content, perhaps in another spelling. */
  static boolean isChanged(FieldMapping line) {
    return line.constant() == null
        && line.from().kind() != Kind.DYNAMIC
        && Mapping.isByContent(line.from(), line.as(), line.to());
  }

  /**
   * True if the spelling comes back too, from beside the data.
   *
   * @param isKey whether the line's field is among those that identify a record
   */
  public static boolean isKept(
      String collection, FieldMapping line, boolean isKey, Plan.Options options) {
    return canBeKept(line, isKey, options) && isKept(collection, line.source(), options);
  }

  /** True if what is beside the data is to keep the spelling of a field's texts. */
  static boolean isKept(String collection, String field, Plan.Options options) {
    return options.hasSidecar()
        && options.onLoss().policy(collection, field, CODE) == LossPolicy.SIDECAR;
  }

  private static boolean canBeKept(FieldMapping line, boolean isKey, Plan.Options options) {
    return !isKey
        && options.hasSidecar()
        && Mapping.canKeepSpelling(line.from(), line.as(), line.to());
  }

  /** What is lost, for people. */
  static String sentence(
      String collection, FieldMapping line, boolean isKey, Plan.Options options) {
    return "text is held as "
        + line.to()
        + (isKept(collection, line, isKey, options)
            ? "; its content comes back, and from beside the data its spelling too"
            : canBeKept(line, isKey, options)
                ? "; its content comes back, its spelling only with --on-loss " + CODE + "=sidecar"
                : "; its content comes back, its spelling does not");
  }
}
