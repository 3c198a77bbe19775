package dev.waybill.stores.json;

/** Text that is no JSON, found at one place. */
final class Malformed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final long offset;

  /**
   * @param offset in the file, or in the bytes at hand
   * @param reason what is wrong there, for people, without any value
   */
  Malformed(String code, long offset, String reason) {
    super(reason, null, false, false);
    this.code = code;
    this.offset = offset;
  }

  Malformed(long offset, String reason) {
    this("NOT_JSON", offset, reason);
  }

  String code() {
    return code;
  }

  long offset() {
    return offset;
  }

  String reason() {
    return String.valueOf(getMessage());
  }

  /** The same where the bytes at hand begin at an offset of the file. */
  Malformed behind(long start) {
    return new Malformed(code, start + offset, reason());
  }
}
