package dev.waybill.stores.json;

/** A value that has no place in JSON. */
final class Unwritable extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param reason completes "field x …", without the value
   */
  Unwritable(String code, String reason) {
    super(reason, null, false, false);
    this.code = code;
  }

  /** Stable, for programs. */
  String code() {
    return code;
  }
}
