package dev.waybill.plan;

import org.jspecify.annotations.Nullable;

/** The text of a file cannot be read at all. */
final class FileFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable Place place;

  FileFault(@Nullable Place place, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.place = place;
  }

  /** Where and what. */
  String text() {
    return (place == null ? "" : place + ": ") + getMessage();
  }
}
