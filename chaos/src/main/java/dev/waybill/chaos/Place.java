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

  /** Sees to it that what is there now outlives the end of a server to the letter. */
  void settle() throws SQLException;

  /** Removes it. */
  void remove() throws SQLException;
}
