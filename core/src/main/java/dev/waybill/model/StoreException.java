package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/** A store cannot be reached, refuses, or breaks off. */
public final class StoreException extends WaybillException {
  private static final long serialVersionUID = 1L;

  /** The code for a disk, a quota or a file-size limit that is full. */
  public static final String NO_SPACE = "NO_SPACE";

  /** The code for a run directory that cannot be written or read. */
  public static final String RUN_DIRECTORY = "RUN_DIRECTORY";

  /** The code for a state of a store that cannot be read on; only a new one can. */
  public static final String SNAPSHOT_LOST = "SNAPSHOT_LOST";

  private final boolean isTransient;

  /**
   * @param isTransient true if the same call may succeed later without anything being changed
   */
  public StoreException(
      String code, String message, String hint, boolean isTransient, @Nullable Throwable cause) {
    super(code, message, hint, cause);
    this.isTransient = isTransient;
  }

  /** True if the same call may succeed later without anything being changed. */
  public boolean isTransient() {
    return isTransient;
  }

  /**
   * True if what is to be done was not at fault but what surrounds it: a connection, a server, room
   * on a disk. A run that fails so is not put back but can go on later.
   */
  public boolean isResumable() {
    return isTransient
        || code().equals(NO_SPACE)
        || code().equals(RUN_DIRECTORY)
        || code().equals(SNAPSHOT_LOST);
  }
}
