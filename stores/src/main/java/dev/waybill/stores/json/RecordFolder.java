package dev.waybill.stores.json;

import dev.waybill.model.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * A folder of files each of which is a record: where a target's collection stands instead of in a
 * file of its own. Its name ends with a slash, which no file's does. Immutable.
 *
 * @param name relative to the target's folder
 */
record RecordFolder(Home home, String name) {
  /** The target's folder itself. */
  static final String ROOT = "./";

  /** A new record's file ends so. */
  static final String END = ".json";

  private static final int BEGIN = 4096;
  private static final int BUFFER = 1 << 16;

  /** True if the name of a place where collections stand is that of such a folder. */
  static boolean isOne(String place) {
    return place.endsWith("/");
  }

  boolean isRoot() {
    return name.equals(ROOT);
  }

  Path path() {
    return home.resolve(name);
  }

  /** The names of what can be a record, in order; links are none. */
  TreeSet<String> files() throws IOException {
    TreeSet<String> files = new TreeSet<>();
    if (!Files.isDirectory(path(), LinkOption.NOFOLLOW_LINKS)) {
      return files;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path())) {
      for (Path each : entries) {
        String file = String.valueOf(each.getFileName());
        if (JsonFolder.isRead(file)
            && !JsonFolder.isLines(file)
            && Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
          files.add(file);
        }
      }
    }
    return files;
  }

  /** True if a file holds an object, by its beginning. */
  static boolean isRecord(Path file) throws IOException {
    try (InputStream in = Packing.of(file).open(file)) {
      for (byte each : in.readNBytes(BEGIN)) {
        if (each == '{' || !JsonScan.isSpace(each) && each > 0) {
          return each == '{';
        }
      }
      return false;
    }
  }

  /** True if there is a record. */
  boolean holdsRecords() throws IOException {
    for (String each : files()) {
      if (isRecord(path().resolve(each))) {
        return true;
      }
    }
    return false;
  }

  /** What tells that one of the files was written to or replaced, or that there are others. */
  String word() throws IOException {
    return word(Exchange.NONE);
  }

  /** The same as it will be behind an exchange. */
  String word(Exchange exchange) throws IOException {
    TreeSet<String> files = after(exchange);
    boolean isThere =
        Files.exists(path(), LinkOption.NOFOLLOW_LINKS)
            && !exchange.going().contains(Exchange.FOLDER);
    if (files.isEmpty() && !isThere) {
      return Stamp.ABSENT;
    }
    MessageDigest digest = sha256();
    for (String each : files) {
      String line = each + '\0' + Stamp.word(exchange.in(path(), each)) + '\n';
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return files.size() + " files " + HexFormat.of().formatHex(digest.digest());
  }

  /** True of the word of a folder in which nothing was. */
  static boolean isNothing(String word) {
    return word.equals(Stamp.ABSENT) || word.startsWith("0 files ");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private TreeSet<String> after(Exchange exchange) throws IOException {
    TreeSet<String> files = files();
    files.removeAll(exchange.going());
    files.addAll(exchange.coming());
    return files;
  }

  /** What the records' files hold, by name and byte. */
  Described.Content content() throws IOException {
    return content(Exchange.NONE);
  }

  Described.Content content(Exchange exchange) throws IOException {
    CRC32C check = new CRC32C();
    byte[] buffer = new byte[BUFFER];
    long size = 0;
    for (String each : after(exchange)) {
      Path file = exchange.in(path(), each);
      if (!isRecord(file)) {
        continue;
      }
      check.update((each + '\0').getBytes(StandardCharsets.UTF_8));
      try (InputStream in = Files.newInputStream(file)) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          check.update(buffer, 0, read);
          size += read;
        }
      }
      check.update(0);
    }
    return new Described.Content(size, Described.check(check));
  }

  /** Refuses a folder that cannot be written to, or that a link leads out of the target to. */
  void requireWritable() {
    if (Files.exists(path()) && !Files.isWritable(path())) {
      throw JsonErrors.readOnly(path(), "the folder is read-only");
    }
    for (Path each = path(); !each.equals(home.folder()); each = parent(each)) {
      if (Files.exists(each, LinkOption.NOFOLLOW_LINKS)
          && !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
        throw new StoreException(
            "UNSUPPORTED",
            "Records cannot be written into "
                + path()
                + ": "
                + each
                + " is no folder itself"
                + (Files.isSymbolicLink(each) ? ", but a link, which is not followed." : "."),
            "rename the collection in the plan, or name the folder that the link leads to",
            false,
            null);
      }
    }
  }

  private Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? home.folder() : parent;
  }
}
