package dev.waybill.bench;

import dev.waybill.journal.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What scenarios that move agent memory into PostgreSQL have in common. */
final class MemoryMove {
  private final Setting setting;
  private final Path folder;
  private final BenchDatabase database;

  MemoryMove(Setting setting, BenchDatabase database) throws IOException {
    this.setting = setting;
    this.folder = setting.folder("data");
    this.database = database;
  }

  /** The home of the runs that are measured. */
  Path home() {
    return folder.resolve("home");
  }

  /** Has Waybill and its source made, unless they are there; gives the source's file. */
  Path prepare() throws IOException, SQLException, InterruptedException {
    Programs.prepareWaybill(setting);
    Files.createDirectories(home());
    return AgentMemory.database(folder, setting.rows());
  }

  /**
   * Runs commands that fill the table of memories.
   *
   * @param environment variables besides those that lead to the database
   * @throws IOException if one fails, or not all records are there afterwards
   */
  Cost measure(List<List<String>> commands, @Nullable Path input, Map<String, String> environment)
      throws IOException, SQLException, InterruptedException {
    Map<String, String> all = new HashMap<>(database.environment());
    all.putAll(environment);
    Cost cost = new Pipeline(folder, all, commands, input).run();
    long count = database.count(AgentMemory.TABLE);
    if (count != setting.rows()) {
      throw new IOException(
          commands.get(0).get(0) + " left " + count + " of " + setting.rows() + " records.");
    }
    return cost;
  }

  /** {@code waybill migrate} into the database as it is; nothing of earlier runs is in its home. */
  Cost migrate(Path source, String verify, Map<String, String> environment)
      throws IOException, SQLException, InterruptedException {
    RunDirectory.deleteTree(home().resolve("runs"));
    return measure(
        List.of(
            Programs.waybill(
                setting,
                "migrate",
                "--from",
                "sqlite:" + source,
                "--to",
                database.url(),
                "--home",
                home().toString(),
                "--verify",
                verify)),
        null,
        environment);
  }
}
