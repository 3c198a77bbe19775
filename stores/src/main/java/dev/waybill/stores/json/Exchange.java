package dev.waybill.stores.json;

import dev.waybill.stores.support.PrivateFolder;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.TreeSet;

/**
 * Files that are to come into a folder, as they wait in another of the same disk, and the names of
 * those that are to go from it. What is in neither is not touched. Can be carried out again when it
 * was broken off.
 */
final class Exchange {
  /** Nothing comes and nothing goes. */
  static final Exchange NONE = new Exchange(Path.of(""), new TreeSet<>(), new TreeSet<>());

  /** Stands among what goes for the folder itself, if it is left empty. */
  static final String FOLDER = "";

  private final Path beside;
  private final TreeSet<String> coming;
  private final TreeSet<String> going;

  private Exchange(Path beside, TreeSet<String> coming, TreeSet<String> going) {
    this.beside = beside;
    this.coming = coming;
    this.going = going;
  }

  /** One that is begun; what was left there of another is removed. */
  static Exchange begin(Path beside) throws IOException {
    PrivateFolder.remove(beside);
    Files.deleteIfExists(list(beside));
    // Not private: it may become the folder itself.
    Files.createDirectories(beside);
    return new Exchange(beside, new TreeSet<>(), new TreeSet<>());
  }

  /** The one that waits there. */
  static Exchange of(Path beside) throws IOException {
    Exchange waiting = new Exchange(beside, new TreeSet<>(), new TreeSet<>());
    if (Files.isDirectory(beside)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(beside)) {
        files.forEach(each -> waiting.coming.add(String.valueOf(each.getFileName())));
      }
    }
    if (Files.exists(list(beside))) {
      try (BufferedReader lines = Files.newBufferedReader(list(beside))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          waiting.going.add(WorkRecords.unquoted(line));
        }
      }
    }
    return waiting;
  }

  private static Path list(Path beside) {
    return beside.resolveSibling(beside.getFileName() + "%going");
  }

  Set<String> coming() {
    return coming;
  }

  Set<String> going() {
    return going;
  }

  /** Where a file that comes is written. */
  Path coming(String file) {
    coming.add(file);
    return beside.resolve(file);
  }

  void goes(String file) {
    going.add(file);
  }

  /** Where a file of a folder is, once this is carried out, until then. */
  Path in(Path folder, String file) {
    return coming.contains(file) ? beside.resolve(file) : folder.resolve(file);
  }

  /** On return it outlives the machine. */
  void keep() throws IOException {
    Path list = list(beside);
    if (going.isEmpty()) {
      Files.deleteIfExists(list);
    } else {
      try (BufferedWriter lines = Files.newBufferedWriter(list, StandardCharsets.UTF_8)) {
        for (String each : going) {
          JsonText quoted = new JsonText();
          JsonStrings.quote(each, quoted);
          String text = quoted.toString();
          lines.write(text.substring(1, text.length() - 1));
          lines.write('\n');
        }
      }
      Home.sync(list);
    }
    Home.sync(beside);
  }

  /** Does it, as far as it is not done; at once where the folder is not there yet. */
  void carryOut(Path folder) throws IOException {
    for (String each : going) {
      if (!each.equals(FOLDER)) {
        Files.deleteIfExists(folder.resolve(each));
      }
    }
    if (!coming.isEmpty() && !Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Path parent = folder.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.move(beside, folder, StandardCopyOption.ATOMIC_MOVE);
      coming.clear();
    }
    for (String each : coming) {
      Files.move(
          beside.resolve(each),
          folder.resolve(each),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Home.sync(folder);
      if (going.contains(FOLDER)) {
        deleteIfEmpty(folder);
      }
    }
  }

  private static void deleteIfEmpty(Path folder) throws IOException {
    try {
      Files.delete(folder);
    } catch (DirectoryNotEmptyException others) {
      // Somebody else's files keep their folder.
    }
  }

  /** Removes what is left of it beside. */
  void remove() throws IOException {
    PrivateFolder.remove(beside);
    Files.deleteIfExists(list(beside));
  }
}
