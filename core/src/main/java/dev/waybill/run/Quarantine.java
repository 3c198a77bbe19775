package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Records that could not go: written to {@code quarantine/records.ndjson} with key, values and
 * reason, and told to the listener. Thread-safe.
 */
final class Quarantine {
  private static final String FILE = "quarantine/records.ndjson";

  /** A run that has too many still goes on until so many are found, so that a user sees them. */
  static final int FOUND_TOGETHER = 20;

  private final RunDirectory directory;
  private final long most;
  private final RunEvent.Listener listener;
  private final Map<String, Set<RecordDigest>> except = new HashMap<>();
  private final List<String> first = new ArrayList<>();
  private long count;

  Quarantine(RunDirectory directory, long most, RunEvent.Listener listener) {
    this.directory = directory;
    this.most = most;
    this.listener = listener;
  }

  /**
   * Takes a record.
   *
   * @param digest of its key in comparable form, or what stands for it
   * @param key its key as text
   */
  synchronized void add(
      CollectionRun run,
      RecordBatch batch,
      int record,
      RecordDigest digest,
      String key,
      String code,
      String reason) {
    count++;
    run.addQuarantined();
    except.computeIfAbsent(run.step().source(), name -> new HashSet<>()).add(digest);
    if (first.size() < FOUND_TOGETHER) {
      first.add(run.step().source() + " " + key + ": " + reason);
    }
    ObjectNode line =
        RunDirectory.object()
            .put("collection", run.step().source())
            .put("key", key)
            .put("code", code)
            .put("reason", reason)
            .put("digest", digest.toString());
    ObjectNode values = line.putObject("values");
    List<String> names = run.pairing().source().writtenNames();
    for (int field = 0; field < Math.min(names.size(), batch.width()); field++) {
      values.put(names.get(field), KeyText.value(batch, batch.at(record, field)));
    }
    line.put("record", Base64.getEncoder().encodeToString(batch.recordBytes(record)));
    directory.appendLine(FILE, line, false);
    listener.on(
        new RunEvent(
            RunEvent.Type.RECORD_REFUSED, run.step().source(), 0, -1, key + ": " + reason));
  }

  /** True if more records were refused than the user allows. */
  synchronized boolean isOverfull() {
    return count > most;
  }

  /** True if the run is lost and enough was found to be shown. */
  synchronized boolean isEnough() {
    return count > most && count >= FOUND_TOGETHER;
  }

  synchronized long count() {
    return count;
  }

  /** The first ones: collection, key and reason. */
  synchronized List<String> first() {
    return List.copyOf(first);
  }

  /** Digests of the keys of a collection's quarantined records. */
  synchronized Set<RecordDigest> except(String collection) {
    return Set.copyOf(except.getOrDefault(collection, Set.of()));
  }

  /** The same for a run of the past. */
  static Map<String, Set<RecordDigest>> read(RunDirectory directory) {
    Map<String, Set<RecordDigest>> digests = new HashMap<>();
    for (JsonNode line : directory.lines(FILE)) {
      digests
          .computeIfAbsent(line.path("collection").asText(), name -> new HashSet<>())
          .add(RecordDigest.parse(line.path("digest").asText()));
    }
    return digests;
  }
}
