package dev.waybill.run;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Decision;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.ChunkReaders;
import dev.waybill.verify.Pairing;
import dev.waybill.verify.TargetRecords;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The target's own records, held against those that are to come, before the first write. Writes
 * nothing. Thread-safe.
 */
final class Conflicts {
  private static final int SHOWN = 20;

  private final Snapshot target;
  private final Plan plan;
  private final Map<String, Found> found = new LinkedHashMap<>();

  /** The conflicts of one collection. */
  private static final class Found {
    private final List<String> first = new ArrayList<>();
    private long records;
  }

  Conflicts(Snapshot target, Plan plan) {
    this.target = target;
    this.plan = plan;
  }

  /** True if the target holds records among which those of a run will come. */
  static boolean arePossible(CollectionRun run) {
    return !run.step().creates() && !run.wasEmpty();
  }

  /**
   * Makes sure that records can be told apart wherever some are there already.
   *
   * @throws SpecException TARGET_NOT_EMPTY naming all collections where they cannot
   */
  void requireKeys(List<CollectionRun> runs) {
    List<CollectionRun> keyless =
        runs.stream()
            .filter(
                run ->
                    arePossible(run)
                        && run.pairing().targetKey().length == 0
                        && run.step().onConflict().rule() != ConflictPolicy.Rule.APPEND)
            .toList();
    if (keyless.isEmpty()) {
      return;
    }
    String names =
        keyless.stream()
            .map(
                run ->
                    "\""
                        + run.step().target().name()
                        + "\" ("
                        + records(target.count(run.pairing().target()))
                        + ")")
            .collect(Collectors.joining(", "));
    boolean isOne = keyless.size() == 1;
    throw new SpecException(
        "TARGET_NOT_EMPTY",
        "Target collection"
            + (isOne ? " " : "s ")
            + names
            + (isOne ? " is not empty and has" : " are not empty and have")
            + " no key by which records that are there could be told from new ones.",
        "leave "
            + (isOne ? "it" : "them")
            + " out: --exclude "
            + keyless.stream().map(run -> run.step().source()).collect(Collectors.joining(","))
            + ", choose an empty target, or add to what is there: --on-conflict append");
  }

  /**
   * Reads the collections in which a conflict would fail the run.
   *
   * @throws SpecException CONFLICTS naming the first of each collection
   */
  void requireNone(List<CollectionRun> runs, Snapshot source) {
    for (CollectionRun run : runs) {
      if (arePossible(run) && run.step().onConflict().isFailing()) {
        ChunkReaders.forEach(
            source,
            run.pairing().source(),
            plan.options().connections(),
            Preflight.CHUNK_RECORDS,
            Preflight.BATCH_RECORDS,
            () -> false,
            () -> new Reading(run));
      }
    }
    throwIfAny();
  }

  private final class Reading implements ChunkReaders.BatchConsumer {
    private final CollectionRun run;
    private final CanonicalForm canonical = new CanonicalForm();

    Reading(CollectionRun run) {
      this.run = run;
    }

    @Override
    public void accept(RecordBatch batch) {
      Pairing pairing = run.pairing();
      look(run, pairing.mapping().forward(pairing.select(batch)).records(), canonical);
    }

    @Override
    public void close() {}
  }

  /**
   * Says what would become of records, and keeps the conflicts among them.
   *
   * @param records in the target's form
   * @return with {@code inserted} for those that the target has no record of
   */
  Outcome look(CollectionRun run, RecordBatch records, CanonicalForm canonical) {
    Pairing pairing = run.pairing();
    if (pairing.targetKey().length == 0) {
      return new Outcome(records.records(), 0, 0, 0, 0, RecordDigest.ZERO);
    }
    RecordDigest[] keys = new RecordDigest[records.records()];
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int record = 0; record < keys.length; record++) {
      keys[record] = canonical.digest(records, record, pairing.targetKey());
      digests[record] = canonical.digest(records, record);
    }
    Tally tally = new Tally(run, records);
    TargetRecords.lookup(
        target,
        pairing,
        records,
        held -> {
          Map<RecordDigest, Integer> byKey = new HashMap<>();
          for (int record = 0; record < held.records(); record++) {
            byKey.put(canonical.digest(held, record, pairing.targetKey()), record);
          }
          int[] existing = new int[keys.length];
          for (int record = 0; record < keys.length; record++) {
            existing[record] = byKey.getOrDefault(keys[record], -1);
          }
          tally.add(
              Decision.decide(
                  pairing.target(),
                  ChangeBatch.puts(records, digests),
                  held,
                  existing,
                  run.step().onConflict(),
                  canonical),
              existing);
        });
    return tally.outcome();
  }

  /** Counts what is decided about the records of one batch. */
  private final class Tally {
    private final CollectionRun run;
    private final RecordBatch records;
    private long updated;
    private long unchanged;
    private long skipped;
    private long conflicts;

    Tally(CollectionRun run, RecordBatch records) {
      this.run = run;
      this.records = records;
    }

    void add(Decision[] decisions, int[] existing) {
      for (int record = 0; record < decisions.length; record++) {
        if (existing[record] < 0) {
          continue;
        }
        switch (decisions[record]) {
          case UPDATE -> updated++;
          case UNCHANGED -> unchanged++;
          case SKIP -> skipped++;
          case CONFLICT -> {
            conflicts++;
            keep(run, KeyText.of(records, record, run.pairing().targetKey()));
          }
          case INSERT, DELETE -> throw new IllegalStateException(decisions[record].toString());
        }
      }
    }

    Outcome outcome() {
      long inserted = records.records() - updated - unchanged - skipped - conflicts;
      return new Outcome(inserted, updated, unchanged, skipped, 0, RecordDigest.ZERO);
    }
  }

  private synchronized void keep(CollectionRun run, String key) {
    Found ofRun = found.computeIfAbsent(run.step().target().name(), each -> new Found());
    ofRun.records++;
    if (ofRun.first.size() < SHOWN) {
      ofRun.first.add(key);
    }
  }

  /**
   * Names what was found.
   *
   * @throws SpecException CONFLICTS if there was anything
   */
  synchronized void throwIfAny() {
    if (found.isEmpty()) {
      return;
    }
    throw new SpecException(
        "CONFLICTS",
        message(),
        "see both sides: waybill diff --from "
            + plan.from()
            + " --to "
            + plan.to()
            + "; then keep the target's: --on-conflict skip, replace them: --on-conflict"
            + " overwrite, or take the newer: --on-conflict newer:FIELD");
  }

  private String message() {
    if (found.size() == 1) {
      Map.Entry<String, Found> only = found.entrySet().iterator().next();
      return String.format(
          "Target collection \"%s\" holds %s of the same key and another content: %s.",
          only.getKey(), records(only.getValue().records), keys(only.getValue()));
    }
    List<String> lines = new ArrayList<>();
    found.entrySet().stream()
        .limit(SHOWN)
        .forEach(
            each ->
                lines.add(
                    String.format(
                        "\"%s\": %s: %s",
                        each.getKey(), records(each.getValue().records), keys(each.getValue()))));
    if (found.size() > SHOWN) {
      lines.add(String.format("+%,d more collections", found.size() - SHOWN));
    }
    return String.format(
        "%,d collections of the target hold records of the same key and another content:%n  %s",
        found.size(), String.join("\n  ", lines));
  }

  private static String records(long count) {
    return String.format("%,d record%s", count, count == 1 ? "" : "s");
  }

  private static String keys(Found ofRun) {
    long more = ofRun.records - ofRun.first.size();
    return "key "
        + String.join("; ", ofRun.first)
        + (more > 0 ? String.format(" (+%,d more)", more) : "");
  }
}
