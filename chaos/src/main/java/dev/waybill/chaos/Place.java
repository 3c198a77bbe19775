package dev.waybill.chaos;

import java.sql.Connection;
import java.sql.SQLException;

/** A store of a round, through its vendor's driver. */
interface Place {
  Dialect dialect();

  /** How Waybill is told of it. */
  String url();

  /** False for a file that is not there. */
  boolean exists();

  Connection connect() throws SQLException;

  /** Everything that can be seen of it. */
  Portrait portrait() throws SQLException;

  /** Removes it. */
  void remove() throws SQLException;
}
