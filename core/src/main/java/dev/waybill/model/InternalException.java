package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/** A fault of Waybill's own. */
public final class InternalException extends WaybillException {
  private static final long serialVersionUID = 1L;

  public InternalException(String message, @Nullable Throwable cause) {
    super("INTERNAL", message, "please report it with the run directory's journal", cause);
  }
}
