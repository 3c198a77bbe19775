package dev.waybill.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a run kept of the target before its first write: {@code backup/backup.json} of the run
 * directory, which is written last, so that a backup with it is whole.
 *
 * @param takenAt when the target was read
 * @param keepUntil when it may be pruned
 * @param store kind and version of the target
 */
public record Backup(
    String run, Instant takenAt, Instant keepUntil, String store, List<Entry> entries) {
  static final String FOLDER = "backup";

  private static final int VERSION = 1;
  private static final String FILE = FOLDER + "/backup.json";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /**
   * One collection.
   *
   * @param file its record file, in the same folder
   * @param bytes of the file
   * @param sha256 of the file, hexadecimal
   */
  public record Entry(String collection, String file, long records, long bytes, String sha256) {}

  public Backup {
    entries = List.copyOf(entries);
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
      collections
          .addObject()
          .put("collection", entry.collection())
          .put("file", entry.file())
          .put("records", entry.records())
          .put("bytes", entry.bytes())
          .put("sha256", entry.sha256());
    }
    directory.write(FILE, json);
  }

  /** True if a run's backup is whole. */
  public static boolean isTaken(RunDirectory directory) {
    return java.nio.file.Files.exists(directory.path().resolve(FILE));
  }

  /**
   * A run's backup, empty if it has none or one that was broken off.
   *
   * @throws StoreException BACKUP_DAMAGED if its description cannot be understood
   */
  public static Optional<Backup> of(RunDirectory directory) {
    if (!isTaken(directory)) {
      return Optional.empty();
    }
    try {
      JsonNode json = directory.readJson(FILE).orElseThrow(() -> damaged(directory, null));
      if (json.path("version").asInt() != VERSION) {
        throw damaged(directory, null);
      }
      List<Entry> entries = new ArrayList<>();
      for (JsonNode each : json.path("collections")) {
        String file = each.path("file").asText();
        if (!NAME.matcher(file).matches()) {
          throw damaged(directory, null);
        }
        entries.add(
            new Entry(
                each.path("collection").asText(),
                file,
                each.path("records").asLong(),
                each.path("bytes").asLong(),
                each.path("sha256").asText()));
      }
      return Optional.of(
          new Backup(
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
