package dev.waybill.stores.chroma;

import java.sql.SQLException;

/** The vectors of a collection. Thread-safe. */
interface Vectors extends AutoCloseable {
  /** A way to them for one reader. */
  Opened open() throws SQLException;

  @Override
  void close();

  /** Something that reads them. */
  interface Opened extends AutoCloseable {
    /**
     * The vector of a record.
     *
     * @param number of the record's row
     */
    void read(long number, float[] into) throws SQLException;

    @Override
    void close() throws SQLException;
  }
}
