package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/**
 * Records cannot go where they should. Thrown by a writer, it means that nothing of the batch was
 * written.
 */
public final class DataException extends WaybillException {
  private static final long serialVersionUID = 1L;

  private final int record;

  /**
   * @param record position in the batch of the record that cannot go, or −1 where the store did not
   *     say which one it is
   */
  public DataException(
      String code, String message, String hint, int record, @Nullable Throwable cause) {
    super(code, message, hint, cause);
    this.record = record;
  }

  public int record() {
    return record;
  }
}
