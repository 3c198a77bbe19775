package dev.waybill.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a run kept of the target: {@code backup/backup.json} of the run directory, which is there
 * before the run's first write.
 *
 * @param version of its format
 * @param takenAt when the run began
 * @param keepUntil when it may be pruned
 * @param store kind and version of the target
 */
public record Backup(
    int version,
    String run,
    Instant takenAt,
    Instant keepUntil,
    String store,
    List<Entry> entries) {
  static final String FOLDER = "backup";

  static final int VERSION = 2;

  private static final String FILE = FOLDER + "/backup.json";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /**
   * One collection.
   *
   * @param file its record file, in the same folder
   * @param records in the file: one that was met again is counted again
   * @param bytes of the file
   * @param sha256 the digest that seals the file, hexadecimal; empty while it may grow
   */
  public record Entry(String collection, String file, long records, long bytes, String sha256) {
    /** One whose file may grow. */
    static Entry open(String collection, String file) {
      return new Entry(collection, file, 0, 0, "");
    }

    private Entry at(Path folder) {
      try {
        Frames.End end = Frames.told(folder.resolve(file));
        return new Entry(collection, file, end.records(), end.bytes(), "");
      } catch (NoSuchFileException gone) {
        return this;
      } catch (IOException failed) {
        throw RunDirectory.unreadable(folder.resolve(file), failed);
      }
    }
  }

  public Backup {
    entries = List.copyOf(entries);
  }

  /** The same with other entries, in the version that is written. */
  Backup with(List<Entry> newEntries) {
    return new Backup(VERSION, run, takenAt, keepUntil, store, newEntries);
  }

  /** Records of all collections. */
  public long records() {
    return entries.stream().mapToLong(Entry::records).sum();
  }

  /** Bytes of all files. */
  public long bytes() {
    return entries.stream().mapToLong(Entry::bytes).sum();
  }

  /** The record file of a collection. */
  RecordFile file(RunDirectory directory, Entry entry) {
    return new RecordFile(
        directory.path().resolve(FOLDER).resolve(entry.file()),
        version,
        entry.records(),
        entry.bytes(),
        entry.sha256());
  }

  void write(RunDirectory directory, String tool) {
    ObjectNode json =
        RunDirectory.object()
            .put("version", VERSION)
            .put("run", run)
            .put("tool", tool)
            .put("store", store)
            .put("taken-at", takenAt.toString())
            .put("keep-until", keepUntil.toString());
    ArrayNode collections = json.putArray("collections");
    for (Entry entry : entries) {
      ObjectNode each =
          collections.addObject().put("collection", entry.collection()).put("file", entry.file());
      if (!entry.sha256().isEmpty()) {
        each.put("records", entry.records())
            .put("bytes", entry.bytes())
            .put("sha256", entry.sha256());
      }
    }
    directory.write(FILE, json);
  }

  /**
   * A run's backup, empty if it has none.
   *
   * @throws StoreException BACKUP_DAMAGED if its description cannot be understood
   */
  public static Optional<Backup> of(RunDirectory directory) {
    if (!java.nio.file.Files.exists(directory.path().resolve(FILE))) {
      return Optional.empty();
    }
    try {
      JsonNode json = directory.readJson(FILE).orElseThrow(() -> damaged(directory, null));
      int version = json.path("version").asInt();
      if (version < 1 || version > VERSION) {
        throw damaged(directory, null);
      }
      List<Entry> entries = new ArrayList<>();
      for (JsonNode each : json.path("collections")) {
        String file = each.path("file").asText();
        if (!NAME.matcher(file).matches()) {
          throw damaged(directory, null);
        }
        Entry entry =
            new Entry(
                each.path("collection").asText(),
                file,
                each.path("records").asLong(),
                each.path("bytes").asLong(),
                each.path("sha256").asText());
        boolean isOpen = version > 1 && entry.sha256().isEmpty();
        entries.add(isOpen ? entry.at(directory.path().resolve(FOLDER)) : entry);
      }
      return Optional.of(
          new Backup(
              version,
              directory.run(),
              Instant.parse(json.path("taken-at").asText()),
              Instant.parse(json.path("keep-until").asText()),
              json.path("store").asText(),
              entries));
    } catch (DateTimeException broken) {
      throw damaged(directory, broken);
    }
  }

  private static StoreException damaged(
      RunDirectory directory, @org.jspecify.annotations.Nullable Throwable cause) {
    return new StoreException(
        "BACKUP_DAMAGED",
        "The backup's file "
            + directory.path().resolve(FILE)
            + " is damaged: it is no description of a backup that this Waybill reads.",
        "bring the file back from where the run directory itself is backed up",
        false,
        cause);
  }

  /**
   * A run's backup, which must be there.
   *
   * @throws SpecException NO_BACKUP if there is none
   */
  static Backup required(RunDirectory directory) {
    return of(directory)
        .orElseThrow(
            () ->
                new SpecException(
                    "NO_BACKUP",
                    "Run "
                        + directory.run()
                        + " has no backup: it touched nothing that was there, was told to take"
                        + " none, or its backup was pruned.",
                    "see which runs have one: waybill backup list"));
  }
}
