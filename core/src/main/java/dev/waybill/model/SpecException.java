package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/** What the user asked for cannot be done as asked: options, URLs, plan files. */
public final class SpecException extends WaybillException {
  private static final long serialVersionUID = 1L;

  public SpecException(String code, String message, String hint) {
    this(code, message, hint, null);
  }

  public SpecException(String code, String message, String hint, @Nullable Throwable cause) {
    super(code, message, hint, cause);
  }
}
