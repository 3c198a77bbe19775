package dev.waybill.bench;

import java.io.IOException;
import java.sql.SQLException;

/** One way to do a scenario's job. */
record Contender(String name, Role role, Trial trial) {

  /** What its time is taken for. */
  enum Role {
    /** The best that could be reached: those that follow are divided by it. */
    LIMIT,
    WAYBILL,
    /** Another program for the same job. */
    PEER
  }

  /** Does the job once, from a fresh start. */
  interface Trial {
    /**
     * What the job itself cost, without its preparation.
     *
     * @throws IOException if the job failed: a failed run is no result
     */
    Cost run() throws IOException, SQLException, InterruptedException;
  }
}
