package dev.waybill.stores.json;

/** The bytes of a file. */
final class JsonInput {
  /** Bytes of the largest record. */
  static final int LARGEST = 64 << 20;

  private JsonInput() {}
}
