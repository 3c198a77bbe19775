package dev.waybill.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;

/** What rounds are played on. */
record Stage(Waybill waybill, PrivateServer server, Pace pace, Tally tally) {
  /** Plays a round and says what is wrong; then its folder stays. True if nothing is. */
  boolean play(Scenario scenario, Path folder, PrintStream out)
      throws IOException, SQLException, InterruptedException {
    Round round = new Round(scenario, this, folder);
    try {
      round.play();
    } catch (Fault fault) {
      out.println(scenario);
      out.println(fault.getMessage());
      out.println("Its folder: " + folder);
      out.println("Once more: ./dev chaos 1 " + scenario.seed());
      return false;
    }
    round.remove();
    return true;
  }
}
