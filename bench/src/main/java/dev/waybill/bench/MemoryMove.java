package dev.waybill.bench;

import dev.waybill.journal.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What scenarios have in common that move agent memory from or to PostgreSQL. */
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

  /** A file of the scenario's own. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** Has Waybill and a source made, unless they are there; gives the source's file. */
  Path prepare() throws IOException, SQLException, InterruptedException {
    prepareHome();
    return AgentMemory.database(folder, setting.rows());
  }

  /** Has Waybill made, unless it is there. */
  void prepareHome() throws IOException, InterruptedException {
    Programs.prepareWaybill(setting);
    Files.createDirectories(home());
  }

  /**
   * Runs commands, joined by pipes.
   *
   * @param environment variables besides those that lead to the database
   * @throws IOException if one fails
   */
  Cost measure(List<List<String>> commands, @Nullable Path input, Map<String, String> environment)
      throws IOException, InterruptedException {
    Map<String, String> all = new HashMap<>(database.environment());
    all.putAll(environment);
    return new Pipeline(folder, all, commands, input).run();
  }

  /** As {@link #measure(List, Path, Map)}, one command with nothing to read. */
  Cost measure(List<String> command) throws IOException, InterruptedException {
    return measure(List.of(command), null, Map.of());
  }

  /** A command of Waybill's; nothing of earlier runs is in its home. */
  Cost waybill(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    RunDirectory.deleteTree(home().resolve("runs"));
    List<String> command = new ArrayList<>(Programs.waybill(setting, arguments));
    command.add("--home");
    command.add(home().toString());
    return measure(List.of(command), null, environment);
  }

  /** {@code waybill migrate} from one store to another, with options. */
  Cost migrate(String from, String to, String... options) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("migrate", "--from", from, "--to", to));
    arguments.addAll(List.of(options));
    return waybill(Map.of(), arguments.toArray(String[]::new));
  }
}
