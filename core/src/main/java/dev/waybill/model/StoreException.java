package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/** A store cannot be reached, refuses, or breaks off. */
public final class StoreException extends WaybillException {
  private static final long serialVersionUID = 1L;

  private final boolean isTransient;

  /**
   * @param isTransient true if the same call may succeed later without anything being changed
   */
  public StoreException(
      String code, String message, String hint, boolean isTransient, @Nullable Throwable cause) {
    super(code, message, hint, cause);
    this.isTransient = isTransient;
  }

  public boolean isTransient() {
    return isTransient;
  }
}
