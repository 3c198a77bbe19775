package dev.waybill.stores.chroma;

import java.sql.Connection;
import java.sql.SQLException;

/** Where the rows of a collection's ids and metadata are. Thread-safe. */
interface RecordPlace {
  RecordTables tables();

  /** A way to them for one reader. */
  Rows open() throws SQLException;

  /** Something that reads them. */
  interface Rows extends AutoCloseable {
    Connection jdbc();

    @Override
    void close() throws SQLException;
  }
}
