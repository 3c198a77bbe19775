package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.backup.QuarantineFile;
import dev.waybill.journal.RunDirectory;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Mark;
import dev.waybill.verify.Except;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * Records that could not go: written to {@code quarantine/records.ndjson} with key, values and
 * reason, and told to the listener. Thread-safe.
 */
final class Quarantine {
  private static final String FILE = QuarantineFile.FILE;
  private static final String REPAIRED = "quarantine/repaired.ndjson";

  /** A run that has too many still goes on until so many are found, so that a user sees them. */
  static final int FOUND_TOGETHER = 20;

  private final RunDirectory directory;
  private final long most;
  private final RunEvent.Listener listener;
  private final Map<String, Map<RecordDigest, Integer>> except = new HashMap<>();
  private final Map<Mark, List<Known>> known = new HashMap<>();
  private final List<String> first = new ArrayList<>();
  private long count;

  Quarantine(RunDirectory directory, long most, RunEvent.Listener listener) {
    this.directory = directory;
    this.most = most;
    this.listener = listener;
  }

  /** A record of a batch that was done before. */
  private record Known(String collection, RecordDigest digest, String text) {}

  /**
   * Goes on with what is there: lines of batches that are done are kept and known, others removed,
   * because their batches are written again.
   */
  synchronized void goOn(Predicate<Mark> isDone) {
    known.clear();
    directory.keepLines(FILE, line -> isDone.test(mark(line)));
    directory.keepLines(REPAIRED, line -> isDone.test(mark(line)));
    directory.forEachLine(
        FILE,
        line -> {
          String collection = line.path("collection").asText();
          known
              .computeIfAbsent(mark(line), batch -> new ArrayList<>())
              .add(
                  new Known(
                      collection,
                      RecordDigest.parse(line.path("digest").asText()),
                      collection
                          + " "
                          + line.path("key").asText()
                          + ": "
                          + line.path("reason").asText()));
        });
  }

  private static Mark mark(JsonNode line) {
    return new Mark(
        line.path("target").asText(),
        line.path("chunk").asInt(),
        line.path("batch").asInt(),
        0,
        false);
  }

  /** The done batches of a target's collection of which records stayed behind. */
  synchronized List<Mark> known(String target) {
    return known.keySet().stream().filter(batch -> batch.collection().equals(target)).toList();
  }

  /** The digests of the records of a collection that were written and taken out again. */
  synchronized Set<RecordDigest> takenOut(String target) {
    Set<RecordDigest> digests = new HashSet<>();
    known.forEach(
        (batch, records) -> {
          if (batch.collection().equals(target) && LateConstraints.isTakenOut(batch.chunk())) {
            records.forEach(each -> digests.add(each.digest()));
          }
        });
    return digests;
  }

  /** Each line of a run's quarantine, with the batch that its record was in. */
  static void forEachLine(RunDirectory directory, BiConsumer<Mark, JsonNode> consumer) {
    directory.forEachLine(FILE, line -> consumer.accept(mark(line), line));
  }

  /** The digests of the records of a done batch that stayed behind. */
  synchronized List<RecordDigest> of(Mark batch) {
    return known.getOrDefault(batch, List.of()).stream().map(Known::digest).toList();
  }

  /** Counts the records of a done batch that stayed behind. */
  synchronized void countAgain(CollectionRun run, Mark batch) {
    for (Known each : known.getOrDefault(batch, List.of())) {
      count(run, each.digest(), each.text());
    }
  }

  /** Forgets what was counted of a collection that is copied anew. */
  synchronized void forget(CollectionRun run) {
    String source = run.step().source();
    Map<RecordDigest, Integer> wholes = except.remove(source);
    if (wholes != null) {
      count -= wholes.values().stream().mapToInt(Integer::intValue).sum();
    }
    first.removeIf(text -> text.startsWith(source + " "));
  }

  private void count(CollectionRun run, RecordDigest digest, String text) {
    count++;
    run.addQuarantined();
    except
        .computeIfAbsent(run.step().source(), name -> new HashMap<>())
        .merge(digest, 1, Integer::sum);
    if (first.size() < FOUND_TOGETHER) {
      first.add(text);
    }
  }

  /**
   * Takes a record.
   *
   * @param batch the batch it was read with
   * @param digest of the whole record in comparable form, or what stands for it
   * @param key its key as text
   */
  synchronized void add(
      CollectionRun run,
      Mark batch,
      RecordBatch records,
      int record,
      RecordDigest digest,
      String key,
      String code,
      String reason) {
    count(run, digest, run.step().source() + " " + key + ": " + reason);
    ObjectNode line =
        line(run, batch, records, record, key, code)
            .put("reason", reason)
            .put("digest", digest.toString());
    directory.appendLine(FILE, line, false);
    listener.on(
        new RunEvent(
            RunEvent.Type.RECORD_REFUSED, run.step().source(), 0, -1, key + ": " + reason));
  }

  /** Keeps the original of a record that went in mended: {@code quarantine/repaired.ndjson}. */
  synchronized void keepOriginal(
      CollectionRun run, Mark batch, RecordBatch records, Mended mended, String key) {
    ObjectNode line =
        line(run, batch, records, mended.record(), key, mended.code())
            .put("field", mended.field())
            .put("policy", mended.policy().name().toLowerCase(Locale.ROOT));
    directory.appendLine(REPAIRED, line, false);
  }

  private static ObjectNode line(
      CollectionRun run, Mark mark, RecordBatch batch, int record, String key, String code) {
    ObjectNode line =
        RunDirectory.object()
            .put("collection", run.step().source())
            .put("target", mark.collection())
            .put("chunk", mark.chunk())
            .put("batch", mark.batch())
            .put("key", key)
            .put("code", code);
    if (run.pairing().source().writtenFields().size() == batch.width()) {
      line.putRawValue("values", QuarantineFile.values(run.pairing().source(), batch, record));
    }
    return line.put("record", Base64.getEncoder().encodeToString(batch.recordBytes(record)));
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

  /** A collection's quarantined records, as a verification knows them. */
  synchronized Except except(String collection) {
    return new Except(except.getOrDefault(collection, Map.of()));
  }

  /** The same for a run of the past, by collection. */
  static Map<String, Except> read(RunDirectory directory) {
    Map<String, Map<RecordDigest, Integer>> digests = new HashMap<>();
    directory.forEachLine(
        FILE,
        line ->
            digests
                .computeIfAbsent(line.path("collection").asText(), name -> new HashMap<>())
                .merge(RecordDigest.parse(line.path("digest").asText()), 1, Integer::sum));
    Map<String, Except> except = new HashMap<>();
    digests.forEach((collection, wholes) -> except.put(collection, new Except(wholes)));
    return except;
  }
}
