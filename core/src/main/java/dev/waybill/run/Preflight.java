package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Capabilities.LedgerPlace;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.ChunkReaders;
import dev.waybill.verify.Pairing;
import dev.waybill.verify.TargetRecords;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** What can be found out about records before the first write. Reads both sides, writes nothing. */
final class Preflight {
  private static final int SHOWN = 20;
  private static final int CHUNK_RECORDS = 50_000;
  private static final int BATCH_RECORDS = 5_000;

  /** What lists of differences and quarantine may take, beside one part in ten of the data. */
  private static final long LEAST_SPILL = 16 << 20;

  private static final long SPILLED_SHARE = 10;

  private final Snapshot source;
  private final Snapshot target;
  private final Plan plan;
  private final int threads;

  Preflight(Snapshot source, Snapshot target, Plan plan) {
    this.source = source;
    this.target = target;
    this.plan = plan;
    this.threads = plan.options().connections();
  }

  /**
   * Makes sure that there is room for what the plan estimates, in the target and for the run
   * directory.
   *
   * @return what was found, as sentences
   * @throws SpecException NO_SPACE if there is less room than the records alone need
   */
  static List<String> requireSpace(Plan plan, TargetStore target, RunDirectory directory) {
    List<String> found = new ArrayList<>();
    long bytes = plan.bytes();
    found.add(space("The target", target.freeBytes(), bytes, plan.to()));
    boolean isKeepingAll = target.capabilities().ledger() == LedgerPlace.RUN_DIRECTORY;
    found.add(
        space(
            "The run directory",
            directory.freeBytes(),
            Math.max(LEAST_SPILL, isKeepingAll ? bytes : bytes / SPILLED_SHARE),
            directory.path().toString()));
    return found;
  }

  private static String space(String what, long free, long needed, String where) {
    if (free < 0 || needed < 0) {
      return what
          + (free < 0 ? " does not say how much space it has" : " has " + megabytes(free) + " free")
          + (needed < 0
              ? "; how much is needed is not known."
              : "; about " + megabytes(needed) + " needed.");
    }
    if (free < needed) {
      throw new SpecException(
          "NO_SPACE",
          String.format(
              "%s has %s free at %s and needs about %s.",
              what, megabytes(free), where, megabytes(needed)),
          "make room there, take less (--only, --exclude), or choose another place");
    }
    return what + " has " + megabytes(free) + " free; about " + megabytes(needed) + " needed.";
  }

  private static String megabytes(long bytes) {
    return String.format("%,d MB", (bytes + 999_999) / 1_000_000);
  }

  /**
   * Looks for records of the same key and another content in collections that are not empty.
   *
   * @throws SpecException CONFLICTS naming the first ones, if the policy is to fail
   * @throws SpecException TARGET_NOT_EMPTY if the collection has no key by which records could be
   *     told apart
   */
  void requireNoConflicts(CollectionRun run) {
    if (run.step().creates() || run.wasEmpty()) {
      return;
    }
    Pairing pairing = run.pairing();
    String name = run.step().target().name();
    if (pairing.targetKey().length == 0) {
      throw new SpecException(
          "TARGET_NOT_EMPTY",
          "Target collection \""
              + name
              + "\" is not empty ("
              + String.format("%,d", target.count(pairing.target()))
              + " records) and has no key by which its records could be told from new ones.",
          "leave it out: --exclude " + run.step().source() + ", or choose an empty target");
    }
    if (run.step().onConflict().rule() != ConflictPolicy.Rule.FAIL) {
      return;
    }
    List<String> keys = new ArrayList<>();
    AtomicLong conflicts = new AtomicLong();
    ChunkReaders.forEach(
        source,
        pairing.source(),
        threads,
        CHUNK_RECORDS,
        BATCH_RECORDS,
        () -> false,
        () -> new ConflictSearch(pairing, keys, conflicts));
    if (conflicts.get() > 0) {
      String shown = String.join("; ", keys);
      long more = conflicts.get() - keys.size();
      throw new SpecException(
          "CONFLICTS",
          String.format(
              "Target collection \"%s\" holds %,d record%s of the same key and another content:"
                  + " key %s%s.",
              name,
              conflicts.get(),
              conflicts.get() == 1 ? "" : "s",
              shown,
              more > 0 ? String.format(" (+%,d more)", more) : ""),
          "see both sides: waybill diff --from "
              + plan.from()
              + " --to "
              + plan.to()
              + "; then keep the target's: --on-conflict skip, replace them: --on-conflict"
              + " overwrite, or take the newer: --on-conflict newer:FIELD");
    }
  }

  private final class ConflictSearch implements ChunkReaders.BatchConsumer {
    private final Pairing pairing;
    private final List<String> keys;
    private final AtomicLong conflicts;
    private final CanonicalForm canonical = new CanonicalForm();

    ConflictSearch(Pairing pairing, List<String> keys, AtomicLong conflicts) {
      this.pairing = pairing;
      this.keys = keys;
      this.conflicts = conflicts;
    }

    @Override
    public void accept(RecordBatch batch) {
      RecordBatch records = pairing.mapping().forward(pairing.select(batch)).records();
      Map<RecordDigest, RecordDigest> there = new HashMap<>();
      TargetRecords.lookup(
          target,
          pairing,
          records,
          held -> {
            for (int record = 0; record < held.records(); record++) {
              there.put(
                  canonical.digest(held, record, pairing.targetKey()),
                  canonical.digest(held, record));
            }
          });
      for (int record = 0; record < records.records(); record++) {
        RecordDigest other = there.get(canonical.digest(records, record, pairing.targetKey()));
        if (other != null && !other.equals(canonical.digest(records, record))) {
          conflicts.incrementAndGet();
          synchronized (keys) {
            if (keys.size() < SHOWN) {
              keys.add(KeyText.of(records, record, pairing.targetKey()));
            }
          }
        }
      }
    }

    @Override
    public void close() {}
  }

  /** Reads every record of a collection through the mapping, as a dry run does. */
  void readThrough(CollectionRun run, RunEvent.Listener listener) {
    listener.on(
        new RunEvent(
            RunEvent.Type.COLLECTION_STARTED, run.step().source(), 0, run.step().records(), ""));
    ChunkReaders.forEach(
        source,
        run.pairing().source(),
        threads,
        CHUNK_RECORDS,
        BATCH_RECORDS,
        () -> false,
        () ->
            new ChunkReaders.BatchConsumer() {
              @Override
              public void accept(RecordBatch read) {
                RecordBatch batch = run.pairing().select(read);
                Mapped mapped = run.pairing().mapping().forward(batch);
                for (Mended mended : mapped.mended()) {
                  run.addLoss(
                      mended.field(),
                      mended.code(),
                      mended.policy(),
                      keyText(run, batch, mended.record()));
                }
                for (Refused refused : mapped.refused()) {
                  String key = keyText(run, batch, refused.record());
                  run.addQuarantined();
                  run.addLoss(refused.field(), refused.code(), refused.policy(), key);
                  listener.on(
                      new RunEvent(
                          RunEvent.Type.RECORD_REFUSED,
                          run.step().source(),
                          0,
                          -1,
                          key + ": field " + refused.field() + " " + refused.reason()));
                }
                run.addRead(batch.records());
                listener.on(
                    new RunEvent(
                        RunEvent.Type.PROGRESS,
                        run.step().source(),
                        run.read(),
                        run.step().records(),
                        ""));
              }

              @Override
              public void close() {}
            });
    listener.on(
        new RunEvent(
            RunEvent.Type.COLLECTION_DONE,
            run.step().source(),
            run.read(),
            run.step().records(),
            ""));
  }

  private static String keyText(CollectionRun run, RecordBatch batch, int record) {
    return run.name(batch, record);
  }
}
