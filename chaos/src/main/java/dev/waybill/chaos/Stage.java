package dev.waybill.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What rounds are played on. */
record Stage(Waybill waybill, PrivateServer server, Pace pace, Tally tally) {
  /** Plays a round. Returns what is wrong with it, its folder staying; null if nothing is. */
  @Nullable String fault(Scenario scenario, Path folder)
      throws IOException, SQLException, InterruptedException {
    Round round = new Round(scenario, this, folder);
    try {
      round.play();
    } catch (Fault fault) {
      return scenario
          + "\n"
          + fault.getMessage()
          + "\nIts folder: "
          + folder
          + "\nOnce more: ./dev chaos 1 "
          + scenario.seed();
    }
    round.remove();
    return null;
  }
}
