package dev.waybill.stores.sqlite;

import dev.waybill.model.DataException;

/** How large a record may be, so that a few of them fit into memory together. */
final class RecordLimit {
  /** Bytes of a record in a batch. */
  static final int LARGEST = 64 << 20;

  /**
   * What SQLite itself may hand out or take as one value or row: a before-image holds a whole
   * record and a little more.
   */
  static final int IN_SQLITE = LARGEST + (1 << 20);

  private RecordLimit() {}

  /**
   * A record that is too large.
   *
   * @param which the record, " with …", or empty where it is not known
   * @param record position in its batch, or −1
   */
  static DataException refused(String collection, String which, int record) {
    return new DataException(
        "RECORD_TOO_LARGE",
        "A record of \""
            + collection
            + "\""
            + which
            + " is larger than "
            + (LARGEST >> 20)
            + " MiB, which is the most that is moved at once.",
        "leave it aside with --max-quarantined, or make it smaller at its source",
        record,
        null);
  }
}
