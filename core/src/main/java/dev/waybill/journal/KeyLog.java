package dev.waybill.journal;

import dev.waybill.model.ChangeBatch;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What a run is about to put into collections that it made itself: keys and digests, so that its
 * own records can be told from others' and taken back one by one, although no ledger has
 * before-images of them (docs/formats/run-directory.md, {@code keys/}).
 *
 * <p>It tells intents: a batch is here before it is in the target, so that there may be more here
 * than was written, and one key several times. A record is the run's own if it is there with the
 * digest of any of them. Nothing is kept of collections without key.
 *
 * <p>Thread-safe, as long as each chunk is written by one thread at a time.
 */
public final class KeyLog {
  private static final String FOLDER = "keys";
  private static final String SUFFIX = ".keys";
  private static final int LONGEST_NAME = 40;

  private final RunDirectory directory;
  private final Map<Path, KeyLogFile> files = new ConcurrentHashMap<>();

  public KeyLog(RunDirectory directory) {
    this.directory = directory;
  }

  /**
   * Takes note of a batch that is about to be put; handed to the operating system on return, so
   * that it outlives the process.
   *
   * @param keyPositions where the key's fields are; none for a collection without key, of which
   *     nothing is kept
   */
  public void append(Mark mark, ChangeBatch changes, int[] keyPositions) {
    if (keyPositions.length > 0) {
      file(mark.collection(), mark.chunk()).append(mark, changes, keyPositions);
    }
  }

  /** Forces what was appended to a chunk to the disk, once the chunk is done or broken off. */
  public void force(String collection, int chunk) {
    KeyLogFile file = files.remove(path(collection, chunk));
    if (file != null) {
      file.force();
    }
  }

  /** What was to be put into a collection, as INSERTED before-images, newest batch first. */
  public BeforeImages read(String collection) {
    return new Images(chunks(collection));
  }

  /** The same of one chunk. */
  public BeforeImages read(String collection, int chunk) {
    Path path = path(collection, chunk);
    return new Images(Files.exists(path) ? List.of(path) : List.of());
  }

  /**
   * True if every record that was put by batches with a mark is here: not if the run directory was
   * lost, or its newest pages with the machine's power, or the collection has no key.
   */
  public boolean isWhole(Collection<MarkedBatch> marks) {
    Map<Path, Map<KeyLogFile.BatchName, Integer>> known = new HashMap<>();
    for (MarkedBatch batch : marks) {
      Mark mark = batch.mark();
      if (mark.isUndo() || batch.outcome().inserted() == 0) {
        continue;
      }
      Map<KeyLogFile.BatchName, Integer> records =
          known.computeIfAbsent(
              path(mark.collection(), mark.chunk()), path -> new KeyLogFile(path).batches());
      int whole = records.getOrDefault(new KeyLogFile.BatchName(mark.batch(), 0), 0);
      int part = records.getOrDefault(new KeyLogFile.BatchName(mark.batch(), mark.part()), 0);
      if (Math.max(whole, part) < batch.outcome().inserted()) {
        return false;
      }
    }
    return true;
  }

  /** Forgets a chunk whose records have been taken back, so that it can be written anew. */
  public void drop(String collection, int chunk) {
    Path path = path(collection, chunk);
    KeyLogFile file = files.remove(path);
    if (file != null) {
      file.close();
    }
    RunDirectory.deleteTree(path);
  }

  /** Forgets everything. */
  public void forget() {
    files.values().forEach(KeyLogFile::close);
    files.clear();
    RunDirectory.deleteTree(directory.path().resolve(FOLDER));
  }

  private KeyLogFile file(String collection, int chunk) {
    return files.computeIfAbsent(
        path(collection, chunk),
        path -> {
          RunDirectory.makeFolder(directory.path().resolve(FOLDER));
          RunDirectory.makeFolder(folder(collection));
          return new KeyLogFile(path);
        });
  }

  private Path path(String collection, int chunk) {
    return folder(collection).resolve(chunk + SUFFIX);
  }

  private Path folder(String collection) {
    return directory.path().resolve(FOLDER).resolve(folderName(collection));
  }

  /** Readable, safe as a file's name, and never the same for two collections. */
  private static String folderName(String collection) {
    String readable = collection.replaceAll("[^A-Za-z0-9_.-]", "_");
    String shown = readable.substring(0, Math.min(LONGEST_NAME, readable.length()));
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(collection.getBytes(StandardCharsets.UTF_8));
      return shown + "-" + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  /** The files of a collection, the last chunk first. */
  private List<Path> chunks(String collection) {
    Path folder = folder(collection);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> path.getFileName().toString().endsWith(SUFFIX))
          .sorted(Comparator.comparingInt(KeyLog::ordinal).reversed())
          .toList();
    } catch (IOException failed) {
      throw RunDirectory.unreadable(folder, failed);
    }
  }

  private static int ordinal(Path path) {
    String name = path.getFileName().toString();
    return Integer.parseInt(name.substring(0, name.length() - SUFFIX.length()));
  }

  /** One file after the other, one batch of each in memory. */
  private static final class Images implements BeforeImages {
    private final List<Path> files;
    private int file;
    private Optional<KeyLogFile.Newest> reader = Optional.empty();

    Images(List<Path> files) {
      this.files = files;
    }

    @Override
    public List<BeforeImage> next(int max) {
      while (true) {
        if (reader.isEmpty()) {
          if (file == files.size()) {
            return List.of();
          }
          reader = Optional.of(new KeyLogFile(files.get(file++)).newestFirst());
        }
        List<BeforeImage> images = reader.get().next(max);
        if (!images.isEmpty()) {
          return images;
        }
        reader = Optional.empty();
      }
    }

    @Override
    public void close() {
      reader = Optional.empty();
    }
  }
}
