package dev.waybill.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that Waybill throws on purpose. What failed, on what and why is the message, one
 * sentence in the present tense; what to try is the hint. Neither ever holds a secret.
 */
public abstract sealed class WaybillException extends RuntimeException
    permits SpecException, StoreException, DataException, InternalException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String hint;
  private final transient Map<String, String> facts = new LinkedHashMap<>();

  WaybillException(String code, String message, String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.hint = hint;
  }

  /** Stable, for programs: {@code TARGET_NOT_EMPTY}. */
  public String code() {
    return code;
  }

  /** One thing to try, the harmless way first; empty where there is none. */
  public String hint() {
    return hint;
  }

  /** Adds a fact (run, step, store, collection, key range) unless it is there already. */
  public WaybillException with(String name, String value) {
    facts.putIfAbsent(name, value);
    return this;
  }

  /** The facts, in the order they were added. */
  public Map<String, String> facts() {
    return Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }
}
