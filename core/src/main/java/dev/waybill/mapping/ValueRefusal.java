package dev.waybill.mapping;

/** A value has no place in the other type. Cheap to throw: it has no stack trace. */
final class ValueRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param reason completes "field x …", without the value
   */
  ValueRefusal(String code, String reason) {
    super(reason, null, false, false);
    this.code = code;
  }

  String code() {
    return code;
  }
}
