package dev.waybill.model;

/** What of a text a store that keeps JSON by its content may lose or refuse. */
public enum JsonFlaw {
  NONE,
  /** It is no JSON in UTF-8, more than one value, or nested too deeply. */
  NOT_JSON,
  /** A name stands twice in one object. */
  NAME_TWICE,
  MINUS_ZERO,
  /** The character NUL, which must be written as an escape. */
  NUL,
  /** Half a surrogate pair. */
  LONE_SURROGATE;

  private static final ThreadLocal<CanonicalJson> READER =
      ThreadLocal.withInitial(CanonicalJson::new);

  /** The first flaw of a text. Thread-safe. */
  public static JsonFlaw of(byte[] text, int from, int length) {
    CanonicalJson reader = READER.get();
    reader.encode(text, from, length);
    return reader.flaw();
  }
}
