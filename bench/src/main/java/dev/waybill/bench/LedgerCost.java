package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import dev.waybill.journal.RunDirectory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.bytebuddy.dynamic.ClassFileLocator;
import org.jspecify.annotations.Nullable;

/**
 * What it costs that a run can be resumed and taken back: the same copy with marks, before-images
 * and key log, and without.
 *
 * <p>The limit is {@code migrate} without them. It is held against {@code migrate} under the same
 * Java agent, which there changes nothing; the third contender shows what the agent itself costs.
 */
final class LedgerCost implements Scenario {
  private static final String JAVA_OPTIONS = "WAYBILL_JAVA_OPTS";
  private static final String KEY_LOG = ".keys";

  private final Setting setting;
  private final BenchDatabase database;
  private final MemoryMove move;
  private final Path classes;
  private @Nullable Path source;

  LedgerCost(Setting setting) throws IOException {
    this.setting = setting;
    this.database = BenchDatabase.ofEnvironment();
    this.move = new MemoryMove(setting, database);
    this.classes = setting.folder("data").resolve("classes");
  }

  @Override
  public String name() {
    return "j";
  }

  @Override
  public String title() {
    return "what ledger and undo cost, on against off: SQLite to PostgreSQL, a new table";
  }

  /** What is looked for is a few hundredths. */
  @Override
  public int leastRuns() {
    return 5;
  }

  private Path asTheyAre() {
    return classes.resolve("on");
  }

  private Path off() {
    return classes.resolve("off");
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    Path file = move.prepare();
    source = file;
    RunDirectory.deleteTree(classes);
    try (ClassFileLocator waybill = waybill()) {
      new LedgerOff(waybill).write(asTheyAre(), off());
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", setting.rows());
    facts.put("sourceBytes", Files.size(file));
    facts.put("off", LedgerOff.methods());
    facts.put("server", database.facts());
    return facts;
  }

  /** The classes that the launcher runs, and the JDK's. */
  private ClassFileLocator waybill() throws IOException {
    List<ClassFileLocator> locators = new ArrayList<>();
    locators.add(ClassFileLocator.ForClassLoader.ofPlatformLoader());
    try (Stream<Path> jars = Files.list(Programs.waybillLibraries(setting))) {
      for (Path jar : jars.toList()) {
        locators.add(ClassFileLocator.ForJarFile.of(jar.toFile()));
      }
    }
    return new ClassFileLocator.Compound(locators);
  }

  @Override
  public List<Contender> contenders() {
    return List.of(
        new Contender("migrate, ledger off", Role.LIMIT, () -> migrate(off(), false)),
        new Contender("migrate, ledger on", Role.WAYBILL, () -> migrate(asTheyAre(), true)),
        new Contender("on, without agent", Role.WAYBILL, () -> migrate(null, true)));
  }

  private Cost migrate(@Nullable Path replaced, boolean isOn)
      throws IOException, SQLException, InterruptedException {
    database.renew();
    Cost cost =
        move.waybill(
            replaced == null ? Map.of() : Map.of(JAVA_OPTIONS, javaOptions(replaced)),
            "migrate",
            "--from",
            "sqlite:" + source,
            "--to",
            database.url(),
            "--verify",
            "none");
    database.requireRecords(AgentMemory.TABLE, setting.rows());
    requireTraces(isOn);
    return cost;
  }

  private String javaOptions(Path replaced) {
    return System.getenv().getOrDefault(JAVA_OPTIONS, "")
        + " "
        + ClassReplacement.option(setting.root(), agent(), replaced);
  }

  /** This module's jar. */
  private static Path agent() {
    try {
      Path jar =
          Path.of(
              ClassReplacement.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isRegularFile(jar)) {
        return jar;
      }
    } catch (URISyntaxException notAFile) {
      throw new IllegalStateException("this module's classes are not in a file", notAFile);
    }
    throw new IllegalStateException("A Java agent must be in a jar. Try: ./dev bench");
  }

  /** A run that left something although it was off, or nothing although it was on, is no result. */
  private void requireTraces(boolean isOn) throws IOException, SQLException {
    long marks = database.count("waybill.mark");
    long images = database.count("waybill.before_image");
    long keyLogs;
    try (Stream<Path> files = Files.walk(move.home().resolve("runs"))) {
      keyLogs = files.filter(file -> file.toString().endsWith(KEY_LOG)).count();
    }
    boolean isAsExpected =
        isOn ? marks > 0 && keyLogs > 0 : marks == 0 && images == 0 && keyLogs == 0;
    if (!isAsExpected) {
      throw new IOException(
          "With the ledger "
              + (isOn ? "on" : "off")
              + " a run left "
              + marks
              + " marks, "
              + images
              + " rows of before-images and "
              + keyLogs
              + " key logs.");
    }
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
