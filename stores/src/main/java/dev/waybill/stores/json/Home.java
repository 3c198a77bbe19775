package dev.waybill.stores.json;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.waybill.model.StoreException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Where the files of a target are, and what stands beside them. Immutable.
 *
 * @param place what the URL says
 * @param folder the folder that all names of files are relative to
 */
record Home(JsonPlace place, Path folder) {
  /** The stamp of a file that is not there. */
  static final String ABSENT = "absent";

  static final String SIDECAR = "waybill_sidecar_";
  private static final int BUFFER = 1 << 16;
  private static final int LONGEST_NAME = 200;
  private static final List<String> PACKINGS = List.of("", ".gz", ".zst");

  static Home of(JsonPlace place) {
    boolean isFolder = place.isFolder() || Files.isDirectory(place.path());
    Path parent = place.path().getParent();
    return new Home(place, isFolder || parent == null ? place.path() : parent);
  }

  boolean isFolder() {
    return folder.equals(place.path());
  }

  private String name() {
    return String.valueOf(place.path().getFileName());
  }

  /** The hidden folder in which a run keeps its work. */
  Path workFolder(String run) {
    return folder.resolve(isFolder() ? ".waybill-" + run : "." + name() + ".waybill-" + run);
  }

  /** The file that says what the collections are. */
  String schemaFile() {
    return isFolder() ? ".waybill-schema.json" : name() + ".waybill-schema.json";
  }

  /** The file in which a collection stands or is to stand, relative to the folder. */
  String file(String collection) {
    if (collection.startsWith(SIDECAR)) {
      return isFolder() ? "waybill-sidecar.json" : name() + ".waybill-sidecar.json";
    }
    if (!isFolder()) {
      return name();
    }
    for (String end : List.of(".json", ".jsonl", ".ndjson")) {
      for (String packing : PACKINGS) {
        if (Files.isRegularFile(folder.resolve(collection + end + packing))) {
          return collection + end + packing;
        }
      }
    }
    if (collection.isBlank()
        || collection.startsWith(".")
        || collection.contains("..")
        || collection.indexOf('\\') >= 0
        || collection.startsWith("/")
        || collection.endsWith("/")
        || collection.chars().anyMatch(c -> c < ' ')
        || collection.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      throw new StoreException(
          "UNSUPPORTED",
          "The collection \"" + collection + "\" cannot be a file of its own in " + folder + ".",
          "rename it in the plan, or write one file: json:" + folder + ".json?shape=wrapper",
          false,
          null);
    }
    return collection + (place.shape() == JsonLayout.Shape.LINES ? ".jsonl" : ".json");
  }

  /** The shape that a file's name or the URL asks for. */
  Optional<JsonLayout.Shape> wanted(String file) {
    if (isSidecar(file)) {
      return Optional.of(JsonLayout.Shape.WRAPPER);
    }
    if (place.shape() != null) {
      return Optional.of(place.shape());
    }
    String plain = file.toLowerCase(Locale.ROOT);
    for (String packing : PACKINGS) {
      if (!packing.isEmpty() && plain.endsWith(packing)) {
        plain = plain.substring(0, plain.length() - packing.length());
      }
    }
    return plain.endsWith(".jsonl") || plain.endsWith(".ndjson")
        ? Optional.of(JsonLayout.Shape.LINES)
        : Optional.empty();
  }

  boolean isSidecar(String file) {
    return file.equals(file(SIDECAR));
  }

  Path resolve(String file) {
    return folder.resolve(file);
  }

  // --- bytes

  static InputStream read(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    String name = file.toString();
    if (name.endsWith(".gz")) {
      return new GZIPInputStream(in, BUFFER);
    }
    return name.endsWith(".zst") ? new ZstdInputStream(in) : in;
  }

  /** Writes to a file that is called otherwise for the moment. */
  static OutputStream write(Path file, String name) throws IOException {
    OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER);
    if (name.endsWith(".gz")) {
      return new BufferedOutputStream(new GZIPOutputStream(out, BUFFER), BUFFER);
    }
    return name.endsWith(".zst")
        ? new BufferedOutputStream(new ZstdOutputStream(out), BUFFER)
        : out;
  }

  static void sync(Path path) throws IOException {
    try (FileChannel channel =
        Files.isDirectory(path)
            ? FileChannel.open(path, StandardOpenOption.READ)
            : FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Tells whether a file is still the one that it was: it changes whenever the file does. */
  static String stamp(Path file) throws IOException {
    if (!Files.exists(file)) {
      return ABSENT;
    }
    BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
    return facts.size()
        + " "
        + facts.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS)
        + " "
        + facts.fileKey();
  }

  static void makePrivate(Path folder) throws IOException {
    if (Files.getFileStore(folder.getParent()).supportsFileAttributeView("posix")) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(folder);
    }
  }

  static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
