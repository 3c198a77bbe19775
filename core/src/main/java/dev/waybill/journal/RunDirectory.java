package dev.waybill.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run's folder (docs/formats/run-directory.md). The folder is 0700, its files 0600. Methods
 * that write may be called by several threads.
 */
public final class RunDirectory {
  /** Version of the folder's layout, in {@code journal.ndjson}'s first line. */
  public static final int VERSION = 1;

  static final String LOCK = "lock";

  private static final boolean IS_POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(50)
                          // A quarantined record of any size is one string of its line.
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

  /**
   * The runs that this process has locked. It must not open their lock files again: closing any
   * channel to a file lets all locks go that the process has on it.
   */
  private static final Set<Path> LOCKED = new HashSet<>();

  private final Path path;
  private final String run;

  private RunDirectory(Path path, String run) {
    this.path = path;
    this.run = run;
  }

  /**
   * Makes the folder of a new run.
   *
   * @param home the folder that has {@code runs}
   * @throws StoreException if it cannot be made
   */
  public static RunDirectory create(Path home, String run) {
    Path runs = home.resolve("runs");
    Path path = runs.resolve(run);
    try {
      Files.createDirectories(runs);
      Files.createDirectory(path, folderMode());
      return new RunDirectory(path, run);
    } catch (IOException failed) {
      throw unwritable(path, failed);
    }
  }

  /**
   * Opens the folder of a known run.
   *
   * @throws SpecException if there is none of this name
   */
  public static RunDirectory open(Path home, String run) {
    Path path = home.resolve("runs").resolve(run);
    if (!RunId.isOne(run) || !Files.isDirectory(path)) {
      throw new SpecException(
          "UNKNOWN_RUN",
          "There is no run \"" + run + "\" in " + home.resolve("runs") + ".",
          "see which there are: waybill runs");
    }
    return new RunDirectory(path, run);
  }

  /** All runs of a home, newest first. */
  public static List<RunDirectory> all(Path home) {
    Path runs = home.resolve("runs");
    if (!Files.isDirectory(runs)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(runs)) {
      return children
          .filter(child -> RunId.isOne(child.getFileName().toString()))
          .sorted(Comparator.comparing((Path child) -> child.getFileName().toString()).reversed())
          .map(child -> new RunDirectory(child, child.getFileName().toString()))
          .toList();
    } catch (IOException failed) {
      throw unreadable(runs, failed);
    }
  }

  public Path path() {
    return path;
  }

  public String run() {
    return run;
  }

  /** A folder for temporary files inside, made by whoever needs it. */
  public Path workspace() {
    return path.resolve("tmp");
  }

  /**
   * Keeps other processes off this run until it is closed; a lock does not outlive its process.
   *
   * @throws SpecException if another process works on the run
   */
  public Lock lock() {
    return Lock.tried(path).orElseThrow(this::busy);
  }

  private SpecException busy() {
    return new SpecException(
        "RUN_IS_BUSY",
        "Another process is working on run " + run + ".",
        "wait for it, or see what it does: waybill status " + run);
  }

  /** True if a process works on this run now. */
  public boolean isBusy() {
    try (Lock lock = lock()) {
      return false;
    } catch (SpecException busy) {
      return true;
    }
  }

  /** A held lock. */
  public static final class Lock implements AutoCloseable {
    private final FileChannel channel;
    private final Path folder;

    private Lock(FileChannel channel, Path folder) {
      this.channel = channel;
      this.folder = folder;
    }

    /** Locks a folder; empty if this or another process holds it. */
    static Optional<Lock> tried(Path folder) {
      Path file = folder.resolve(LOCK);
      synchronized (LOCKED) {
        try {
          Path real = folder.toRealPath();
          if (LOCKED.contains(real)) {
            return Optional.empty();
          }
          FileChannel channel =
              FileChannel.open(
                  file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), fileMode());
          boolean isLocked = false;
          try {
            isLocked = channel.tryLock() != null;
          } finally {
            if (!isLocked) {
              channel.close();
            }
          }
          if (!isLocked) {
            return Optional.empty();
          }
          LOCKED.add(real);
          return Optional.of(new Lock(channel, real));
        } catch (IOException failed) {
          throw unwritable(file, failed);
        }
      }
    }

    @Override
    public void close() {
      synchronized (LOCKED) {
        try {
          channel.close();
          LOCKED.remove(folder);
        } catch (IOException released) {
          throw new StoreException(
              "RUN_DIRECTORY", "The lock of a run cannot be released.", "", false, released);
        }
      }
    }
  }

  /** Bytes that can still be written here; −1 where nobody knows. */
  public long freeBytes() {
    try {
      return Files.getFileStore(path).getUsableSpace();
    } catch (IOException unknown) {
      return -1;
    }
  }

  /** Appends a line to the journal and forces it to the disk. */
  public synchronized void append(Instant now, String state, ObjectNode facts) {
    ObjectNode line = JSON.createObjectNode();
    line.put("at", now.toString());
    line.put("state", state);
    line.setAll(facts);
    appendLine("journal.ndjson", line, true);
  }

  /** The journal's lines, oldest first; a line cut off by a crash is left out. */
  public List<JsonNode> journal() {
    return lines("journal.ndjson");
  }

  /** The lines of a file of JSON objects, none if there is no such file; broken ones left out. */
  public List<JsonNode> lines(String file) {
    List<JsonNode> lines = new ArrayList<>();
    forEachLine(file, lines::add);
    return lines;
  }

  /** The same one by one, for files that grow with the data. */
  public void forEachLine(String file, Consumer<JsonNode> consumer) {
    Path from = path.resolve(file);
    if (Files.exists(from)) {
      try (BufferedReader text = reader(from)) {
        for (String line = text.readLine(); line != null; line = text.readLine()) {
          parse(line).ifPresent(consumer);
        }
      } catch (IOException failed) {
        throw unreadable(from, failed);
      }
    }
  }

  /**
   * Removes lines from a file of JSON objects, broken ones too; does nothing without such a file.
   */
  public synchronized void keepLines(String file, Predicate<JsonNode> isKept) {
    Path from = path.resolve(file);
    Path beside = path.resolve(file + ".new");
    if (!Files.exists(from)) {
      return;
    }
    try {
      Files.deleteIfExists(beside);
      Files.createFile(beside, fileMode());
      try (BufferedReader lines = reader(from);
          Writer writer = Files.newBufferedWriter(beside)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (parse(line).filter(isKept).isPresent()) {
            writer.write(line + "\n");
          }
        }
      }
      moveForced(beside, from);
    } catch (IOException failed) {
      throw unwritable(from, failed);
    }
  }

  static Optional<JsonNode> parse(String line) {
    try {
      return Optional.of(JSON.readTree(line));
    } catch (JsonProcessingException cutOff) {
      return Optional.empty();
    }
  }

  /** The names of the files in the folder itself that begin and end so, sorted. */
  public List<String> files(String beginning, String ending) {
    try (Stream<Path> children = Files.list(path)) {
      return children
          .map(child -> child.getFileName().toString())
          .filter(name -> name.startsWith(beginning) && name.endsWith(ending))
          .sorted()
          .toList();
    } catch (IOException failed) {
      throw unreadable(path, failed);
    }
  }

  /** Appends one JSON object as a line to a file of the run. */
  public synchronized void appendLine(String file, ObjectNode line, boolean isForced) {
    Path to = path.resolve(file);
    try {
      if (!Files.exists(to.getParent())) {
        Files.createDirectories(to.getParent());
      }
      try (FileChannel channel =
          FileChannel.open(
              to,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
              fileMode())) {
        long end = channel.size();
        String begin = endsWithinLine(channel, end) ? "\n" : "";
        channel.position(end);
        ByteBuffer bytes =
            ByteBuffer.wrap(
                (begin + JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        if (isForced) {
          channel.force(true);
        }
      }
    } catch (IOException failed) {
      throw unwritable(to, failed);
    }
  }

  /** True if a crash cut the last line off, so that the next one would be lost with it. */
  private static boolean endsWithinLine(FileChannel channel, long end) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    return end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
  }

  /** Reads lines; where a crash cut one off within a character, that is no reason to fail. */
  static BufferedReader reader(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
  }

  /** Puts a file in the place of another, whole on the disk before it is there. */
  private static void moveForced(Path beside, Path to) throws IOException {
    try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    if (IS_POSIX && to.getParent() != null) {
      try (FileChannel folder = FileChannel.open(to.getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  /** Writes a whole file of the run, beside and renamed; it is on the disk on return. */
  public void write(String file, String text) {
    Path to = path.resolve(file);
    Path beside = path.resolve(file + ".new");
    try {
      Files.deleteIfExists(beside);
      Files.createFile(beside, fileMode());
      Files.writeString(beside, text);
      moveForced(beside, to);
    } catch (IOException failed) {
      throw unwritable(to, failed);
    }
  }

  /**
   * A new, private file of the run, empty whatever was there; the folder it is in is made too.
   *
   * @throws StoreException if it cannot be made
   */
  public FileChannel create(String file) {
    Path to = path.resolve(file);
    try {
      if (to.getParent() != null) {
        makeFolder(to.getParent());
      }
      Files.deleteIfExists(to);
      return FileChannel.open(
          to, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), fileMode());
    } catch (IOException failed) {
      throw unwritable(to, failed);
    }
  }

  /** Writes a JSON file of the run. */
  public void write(String file, ObjectNode json) {
    try {
      write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A file's text, empty if there is no such file. */
  public Optional<String> read(String file) {
    Path from = path.resolve(file);
    try {
      return Optional.of(Files.readString(from));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    } catch (IOException failed) {
      throw unreadable(from, failed);
    }
  }

  /** A JSON file, empty if there is no such file. */
  public Optional<JsonNode> readJson(String file) {
    return read(file).flatMap(RunDirectory::parse);
  }

  /** An empty JSON object to fill. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** Removes temporary files. */
  public void clean() {
    deleteTree(workspace());
  }

  /** Removes a folder and all in it; links are removed, not followed. */
  public static void deleteTree(Path folder) {
    if (!Files.exists(folder, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException failed) {
      throw unwritable(folder, failed);
    }
  }

  /** Makes a private folder unless it is there. */
  public static void makeFolder(Path folder) {
    try {
      if (folder.getParent() != null) {
        Files.createDirectories(folder.getParent());
      }
      Files.createDirectory(folder, folderMode());
    } catch (FileAlreadyExistsException there) {
      return;
    } catch (IOException failed) {
      throw unwritable(folder, failed);
    }
  }

  private static FileAttribute<?>[] folderMode() {
    return mode("rwx------");
  }

  static FileAttribute<?>[] fileMode() {
    return mode("rw-------");
  }

  private static FileAttribute<?>[] mode(String text) {
    return IS_POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))
        }
        : new FileAttribute<?>[0];
  }

  /** That a file of a run cannot be written. */
  public static StoreException unwritable(Path file, @Nullable Throwable cause) {
    return new StoreException(
        "RUN_DIRECTORY",
        "The run directory's " + file + " cannot be written: " + reason(cause) + ".",
        "choose another place with --home DIR, or make room there",
        false,
        cause);
  }

  /** That a file of a run cannot be read. */
  public static StoreException unreadable(Path file, @Nullable Throwable cause) {
    return new StoreException(
        "RUN_DIRECTORY",
        "The run directory's " + file + " cannot be read: " + reason(cause) + ".",
        "",
        false,
        cause);
  }

  /** {@code AccessDenied}, {@code No space left on device}. */
  private static String reason(@Nullable Throwable cause) {
    if (cause instanceof FileSystemException known && known.getReason() != null) {
      return known.getReason();
    }
    if (cause == null || cause.getMessage() == null || cause instanceof FileSystemException) {
      return cause == null ? "unknown" : cause.getClass().getSimpleName().replace("Exception", "");
    }
    return cause.getMessage();
  }
}
