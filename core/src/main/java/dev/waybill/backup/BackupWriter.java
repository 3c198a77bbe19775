package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Decision;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.verify.ChunkReaders;
import dev.waybill.verify.Pairing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Keeps what a run is about to change: what the target's collections are, and the records that it
 * would overwrite. Writes to the run directory only.
 *
 * <p>To be called before the first write, also when a run goes on: a backup that is whole is left
 * as it is, one that was broken off is taken anew, since nothing was written then.
 */
public final class BackupWriter {
  private static final int CHUNK_RECORDS = 50_000;
  private static final int BATCH_RECORDS = 5_000;
  private static final int LONGEST_NAME = 40;

  private final Plan plan;
  private final RunDirectory directory;
  private final String tool;
  private final BooleanSupplier isCancelled;

  /**
   * @param tool name and version of this program
   * @param isCancelled asked between batches; when true the backup is broken off
   */
  public BackupWriter(Plan plan, RunDirectory directory, String tool, BooleanSupplier isCancelled) {
    this.plan = plan;
    this.directory = directory;
    this.tool = tool;
    this.isCancelled = isCancelled;
  }

  /** True if the plan wants a backup, touches what is there, and there is none yet. */
  public boolean isNeeded() {
    return plan.options().backup().isEnabled()
        && plan.steps().stream().anyMatch(step -> !step.creates())
        && !Backup.isTaken(directory);
  }

  /**
   * A guess of the room that a plan's backup takes at most: as much as what could be overwritten.
   */
  public static long mostBytes(Plan plan) {
    return plan.options().backup().isEnabled()
        ? plan.steps().stream()
            .filter(step -> !step.creates() && couldOverwrite(step))
            .mapToLong(step -> Math.max(0, step.bytes()))
            .sum()
        : 0;
  }

  /**
   * Takes it if it is needed.
   *
   * @param target as it was before the run
   * @param source what the run reads
   * @param pairings of the plan's steps, by source collection
   * @param now when it is taken
   * @throws dev.waybill.model.StoreException if a store or the run directory fails
   */
  public void write(Store target, Snapshot source, Map<String, Pairing> pairings, Instant now) {
    if (!isNeeded()) {
      return;
    }
    RunDirectory.deleteTree(directory.path().resolve(Backup.FOLDER));
    RunDirectory.makeFolder(directory.path().resolve(Backup.FOLDER));
    Catalog catalog = target.catalog();
    String dialect = target.capabilities().types().dialect();
    List<Backup.Entry> entries = new ArrayList<>();
    try (Snapshot held = target.snapshot()) {
      for (Step step : plan.steps()) {
        Optional<Collection> collection = catalog.collection(step.target().name());
        Pairing pairing = pairings.get(step.source());
        if (step.creates() || collection.isEmpty() || pairing == null) {
          continue;
        }
        DescribedCollection described = new DescribedCollection(dialect, collection.get());
        String file = name(entries.size() + 1, collection.get().name());
        try (RecordFileWriter writer =
            new RecordFileWriter(directory, Backup.FOLDER + "/" + file, described)) {
          if (couldOverwrite(step)) {
            Touched touched = new Touched(step, pairing, collection.get(), held, writer);
            ChunkReaders.forEach(
                source,
                pairing.source(),
                plan.options().connections(),
                CHUNK_RECORDS,
                BATCH_RECORDS,
                isCancelled,
                touched::reading);
          }
          if (isCancelled.getAsBoolean()) {
            return;
          }
          RecordFileWriter.Written written = writer.finish();
          entries.add(
              new Backup.Entry(
                  collection.get().name(),
                  file,
                  written.records(),
                  written.bytes(),
                  written.sha256()));
        }
      }
    }
    new Backup(
            directory.run(),
            now,
            now.plus(plan.options().backup().keep()),
            catalog.store(),
            entries)
        .write(directory, tool);
  }

  private static boolean couldOverwrite(Step step) {
    ConflictPolicy.Rule rule = step.onConflict().rule();
    return step.target().hasKey()
        && (rule == ConflictPolicy.Rule.OVERWRITE || rule == ConflictPolicy.Rule.NEWER);
  }

  /** Names may be anything; what a file system could mistake is left out. */
  private static String name(int number, String collection) {
    String plain = collection.replaceAll("[^A-Za-z0-9_-]+", "-");
    return String.format(
        "%03d-%s.ndjson.zst", number, plain.substring(0, Math.min(LONGEST_NAME, plain.length())));
  }

  /** Finds the target's records that a step would overwrite. */
  private static final class Touched {
    private final Step step;
    private final Pairing pairing;
    private final Collection whole;
    private final int[] wholeKey;
    private final int[] mapped;
    private final Snapshot held;
    private final RecordFileWriter writer;

    /**
     * @param whole the target's collection with all its fields, also those that the step does not
     *     fill
     */
    Touched(Step step, Pairing pairing, Collection whole, Snapshot held, RecordFileWriter writer) {
      this.step = step;
      this.pairing = pairing;
      this.whole = whole;
      this.wholeKey = whole.keyPositions();
      this.mapped = FileSnapshot.positions(whole, pairing.target());
      this.held = held;
      this.writer = writer;
    }

    ChunkReaders.BatchConsumer reading() {
      CanonicalForm canonical = new CanonicalForm();
      return new ChunkReaders.BatchConsumer() {
        @Override
        public void accept(RecordBatch batch) {
          keep(pairing.mapping().forward(pairing.select(batch)).records(), canonical);
        }

        @Override
        public void close() {}
      };
    }

    /** Most of what comes is not there: only what is takes more than a look at its key. */
    private void keep(RecordBatch coming, CanonicalForm canonical) {
      if (coming.isEmpty()) {
        return;
      }
      RecordBatch keys = new RecordBatch(pairing.targetKey().length);
      for (int record = 0; record < coming.records(); record++) {
        coming.project(record, pairing.targetKey(), keys);
      }
      RecordBatch there = new RecordBatch(whole.writtenFields().size());
      try (RecordReader reader = held.lookup(whole, keys)) {
        while (reader.read(there, BATCH_RECORDS, ChunkReaders.BATCH_BYTES)) {
          keep(coming, there, canonical);
          there.clear();
        }
      }
    }

    private void keep(RecordBatch coming, RecordBatch there, CanonicalForm canonical) {
      RecordBatch filled = new RecordBatch(mapped.length);
      Map<RecordDigest, Integer> byKey = new HashMap<>();
      for (int record = 0; record < there.records(); record++) {
        there.project(record, mapped, filled);
        byKey.put(canonical.digest(there, record, wholeKey), record);
      }
      RecordBatch met = new RecordBatch(coming.width());
      int[] existing = new int[coming.records()];
      for (int record = 0; record < coming.records(); record++) {
        Integer known = byKey.get(canonical.digest(coming, record, pairing.targetKey()));
        if (known != null) {
          existing[met.records()] = known;
          met.putRecord(coming, record);
        }
      }
      RecordDigest[] digests = new RecordDigest[met.records()];
      Arrays.setAll(digests, record -> canonical.digest(met, record));
      Decision[] decisions =
          Decision.decide(
              pairing.target(),
              ChangeBatch.puts(met, digests),
              filled,
              Arrays.copyOf(existing, met.records()),
              step.onConflict(),
              canonical);
      BitSet kept = new BitSet();
      for (int change = 0; change < decisions.length; change++) {
        if (decisions[change] == Decision.UPDATE && !kept.get(existing[change])) {
          kept.set(existing[change]);
          writer.add(there, existing[change]);
        }
      }
    }
  }
}
