package dev.waybill.stores.json;

import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The files of a folder. */
final class JsonFolder {
  /** The sidecar of a folder. */
  static final String SIDECAR = "waybill-sidecar.json";

  static final int MOST_FILES = 200_000;
  static final String TOO_MANY = "TOO_MANY_FILES";
  private static final int SHOWN = 100;
  private static final Set<String> NOT_LOOKED_INTO = Set.of(".git", ".waybill");

  private final Map<Path, List<Path>> files = new TreeMap<>();
  private final List<LeftOut> leftOut = new ArrayList<>();
  private int count;

  /** Lists a folder. */
  JsonFolder(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes facts) {
            String name = String.valueOf(each.getFileName());
            boolean isSkipped =
                !each.equals(folder)
                    && (NOT_LOOKED_INTO.contains(name) || name.contains(".waybill-"));
            return isSkipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes facts) {
            file(folder, each, facts);
            return FileVisitResult.CONTINUE;
          }
        });
    files.values().forEach(each -> each.sort(null));
  }

  private void file(Path folder, Path each, BasicFileAttributes facts) {
    String name = String.valueOf(each.getFileName());
    if (isOurs(name)) {
      return;
    }
    if (facts.isSymbolicLink()) {
      leaveOut(folder, each, "a link, which is not followed");
    } else if (!facts.isRegularFile() || !isJson(name)) {
      leaveOut(folder, each, "not called .json, .jsonl or .ndjson");
    } else {
      if (count++ == MOST_FILES) {
        throw new StoreException(
            TOO_MANY,
            String.format("There are more than %,d JSON files in %s.", MOST_FILES, folder),
            "name a folder in it",
            false,
            null);
      }
      Path parent = each.getParent();
      files.computeIfAbsent(parent == null ? folder : parent, none -> new ArrayList<>()).add(each);
    }
  }

  private void leaveOut(Path folder, Path each, String why) {
    if (leftOut.size() < SHOWN) {
      leftOut.add(new LeftOut(folder.relativize(each).toString(), why, false));
    }
  }

  /** True of a name that belongs to what Waybill keeps beside the collections. */
  static boolean isOurs(String name) {
    return name.equals(SIDECAR) || name.contains(".waybill-");
  }

  /** True if a file of this name is read as JSON. */
  static boolean isRead(String name) {
    return !isOurs(name) && isJson(name);
  }

  static boolean isJson(String name) {
    String plain = Packing.of(Path.of(name)).plain(name);
    return plain.endsWith(".json") || isLines(name);
  }

  /** True if a file of this name holds one value a line. */
  static boolean isLines(String name) {
    String plain = Packing.of(Path.of(name)).plain(name);
    return plain.endsWith(".jsonl") || plain.endsWith(".ndjson");
  }

  /** The files of each folder that has any, all in order. */
  Map<Path, List<Path>> files() {
    return files;
  }

  /** How many files are read of a folder; 0 if it is not there. */
  static long count(Path folder) {
    try {
      return Files.isDirectory(folder) ? new JsonFolder(folder).count : 0;
    } catch (IOException failure) {
      throw JsonErrors.failed(folder, "list", failure);
    }
  }

  /** A folder that would have more files than are read. */
  static StoreException tooMany(String collection, Path folder, long files) {
    return new StoreException(
        TOO_MANY,
        String.format(
            "A file for each record of \"%s\" makes %,d files in %s, and no more than %,d are read.",
            collection, files, folder, MOST_FILES),
        "write a file for each collection: json:" + folder + "/?shape=lines",
        false,
        null);
  }

  List<LeftOut> leftOut() {
    return leftOut;
  }
}
