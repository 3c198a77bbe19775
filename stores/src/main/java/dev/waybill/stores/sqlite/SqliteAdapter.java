package dev.waybill.stores.sqlite;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * SQLite database files: {@code sqlite:PATH}, relative to the working directory, {@code
 * sqlite:///absolute} or {@code sqlite:~/in/my/home}.
 */
public final class SqliteAdapter implements StoreAdapter {
  static final Capabilities CAPABILITIES =
      new Capabilities(
          true,
          Capabilities.Transactions.BATCH,
          Capabilities.Reading.SNAPSHOT,
          Capabilities.LedgerPlace.TARGET,
          Capabilities.Visibility.BATCH,
          Capabilities.Keys.OPTIONAL,
          Capabilities.Relationships.FOREIGN_KEYS,
          Capabilities.Documents.FLAT,
          Capabilities.Vectors.ENCODED,
          0,
          RecordLimit.LARGEST,
          SqliteTypes.TABLE);

  @Override
  public String type() {
    return "sqlite";
  }

  @Override
  public List<String> schemes() {
    return List.of("sqlite");
  }

  @Override
  public Capabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return new SqliteSource(existing(path(url)), workspace);
  }

  /** The real path of a file that is there. */
  static Path existing(Path file) {
    requireDriver();
    if (!Files.exists(file)) {
      throw new StoreException(
          "FILE_MISSING",
          "There is no file " + file + ".",
          "see what is there: ls '" + file.getParent() + "'",
          false,
          null);
    }
    refuseDirectory(file);
    return real(file);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    Path file = path(url);
    requireDriver();
    if (Files.exists(file)) {
      refuseDirectory(file);
      return new SqliteTarget(real(file), workspace);
    }
    Path folder = file.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new StoreException(
          "FOLDER_MISSING",
          "There is no folder " + folder + " to make the database " + file.getFileName() + " in.",
          "make it: mkdir -p '" + folder + "'",
          false,
          null);
    }
    Path name = file.getFileName();
    return new SqliteTarget(name == null ? file : real(folder).resolve(name), workspace);
  }

  private static Path path(StoreUrl url) {
    String rest = url.rest();
    if (rest.startsWith("///")) {
      rest = rest.substring(2);
    } else if (rest.startsWith("//")) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE",
          "\"" + url + "\" names a host, but SQLite databases are files.",
          "write sqlite:PATH, or sqlite:///ABSOLUTE/PATH",
          null);
    }
    if (rest.startsWith("~/")) {
      rest = System.getProperty("user.home") + rest.substring(1);
    }
    if (rest.equals(":memory:") || rest.isBlank()) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE", "\"" + url + "\" names no file.", "write sqlite:PATH", null);
    }
    try {
      return Path.of(rest).toAbsolutePath().normalize();
    } catch (InvalidPathException invalid) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE", "\"" + url + "\" is no path.", "write sqlite:PATH", invalid);
    }
  }

  /** SQLite keeps its journals beside the file that a link leads to. */
  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "find", failure);
    }
  }

  private static void refuseDirectory(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new StoreException(
          "FILE_IS_NO_DATABASE",
          file
              + (Files.isDirectory(file) ? " is a folder" : " is no ordinary file")
              + ", not a SQLite database.",
          "name the database file itself",
          false,
          null);
    }
  }

  private static void requireDriver() {
    try {
      Class.forName("org.sqlite.core.DB");
    } catch (ClassNotFoundException missing) {
      throw new StoreException(
          "DRIVER_MISSING",
          "The SQLite driver is not on the class path.",
          "add org.xerial:sqlite-jdbc to your dependencies",
          false,
          missing);
    }
  }
}
