package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Both;
import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.InternalException;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Snapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds the records of two snapshots against each other.
 *
 * <p>The source's records are digested in comparable form, the target's read back and brought there
 * through the inverse mapping. Where the digests of a bucket differ, that bucket is looked at again
 * on both sides, through files in the workspace, and every record that differs is named. Memory
 * does not grow with the records.
 */
public final class Verifier {
  /** Records of one chunk of a verification read. */
  static final int CHUNK_RECORDS = 50_000;

  private static final int BATCH_RECORDS = 5_000;

  /** Records of one chunk of a sample. */
  private static final int SAMPLE_RECORDS = 1_000;

  private final Snapshot source;
  private final Snapshot target;
  private final int threads;
  private final Path workspace;
  private final Consumer<Difference> differences;
  private final LongConsumer progress;

  /**
   * @param workspace folder for temporary files; made when needed
   * @param differences is told every record that differs, by one thread at a time
   * @param progress is told how many records were read, from several threads
   */
  public Verifier(
      Snapshot source,
      Snapshot target,
      int threads,
      Path workspace,
      Consumer<Difference> differences,
      LongConsumer progress) {
    this.source = source;
    this.target = target;
    this.threads = threads;
    this.workspace = workspace;
    this.differences =
        difference -> {
          synchronized (this) {
            differences.accept(difference);
          }
        };
    this.progress = progress;
  }

  /**
   * Compares whole collections: records that only the target has count as differences.
   *
   * @param copied the digest of the source that was made while copying from the same snapshot,
   *     without the records of {@code except}; null to read the source
   * @param except source records that did not go
   */
  public CollectionVerification verifyWhole(
      Pairing pairing, @Nullable BucketDigest copied, Except except) {
    return verifyWhole(pairing, copied, except, false, differences);
  }

  /**
   * The same of a collection that was there and empty: where the digests differ, records of other
   * keys are no matter, since others may write there too.
   */
  public CollectionVerification verifyFilled(
      Pairing pairing, @Nullable BucketDigest copied, Except except) {
    return verifyWhole(pairing, copied, except, pairing.targetKey().length > 0, differences);
  }

  /**
   * Looks for every record of the source, as often as it is there, in a target without key that
   * held records before; those are no matter, but for their number.
   *
   * @param except source records that did not go
   * @param before how many records the target held at least before they came
   */
  public CollectionVerification verifyAppended(Pairing pairing, Except except, long before) {
    CollectionVerification found =
        verifyWhole(
            pairing,
            null,
            except,
            false,
            difference -> {
              if (difference.kind() != Difference.Kind.EXTRA) {
                differences.accept(difference);
              }
            });
    long lost = Math.max(0, before - found.extra());
    return new CollectionVerification(
        found.name(),
        found.source(),
        found.source() - found.missing(),
        Math.max(0, found.equal() - lost),
        found.changed(),
        found.missing() + lost,
        0,
        0,
        found.sourceDigest(),
        found.missing() + lost == 0 ? found.sourceDigest() : found.targetDigest(),
        found.targetAsStored(),
        found.sourceCount(),
        found.targetCount());
  }

  private CollectionVerification verifyWhole(
      Pairing pairing,
      @Nullable BucketDigest copied,
      Except except,
      boolean mayHoldOthers,
      Consumer<Difference> named) {
    long sourceCount = source.count(pairing.source());
    long targetCount = target.count(pairing.target());
    ComparableSide ofSource = ComparableSide.source(pairing, source);
    ComparableSide ofTarget = ComparableSide.target(pairing, target);
    int buckets =
        copied == null
            ? BucketDigest.bucketsFor(Math.max(sourceCount, targetCount))
            : copied.buckets();
    BucketDigest sourceDigest = copied == null ? digest(ofSource, buckets, except, null) : copied;
    BucketDigest asStored = new BucketDigest(1);
    BucketDigest targetDigest = digest(ofTarget, buckets, Except.NOTHING, asStored);
    if (targetCount != asStored.count()) {
      throw new StoreException(
          "TARGET_COUNT",
          String.format(
              "The target counts %,d records in %s but gives %,d to read.",
              targetCount, pairing.target().name(), asStored.count()),
          "somebody else may be writing to it: verify again",
          false,
          null);
    }
    long changed = 0;
    long missing = 0;
    long extra = 0;
    if (!sourceDigest.isEqual(targetDigest) && mayHoldOthers) {
      return verifyByKey(pairing, except, Skipped.NONE);
    }
    if (!sourceDigest.isEqual(targetDigest)) {
      BucketComparison comparison =
          new BucketComparison(
              pairing,
              ofSource,
              ofTarget.anew(),
              sourceDigest,
              targetDigest,
              except,
              workspace,
              named);
      comparison.run();
      changed = comparison.changed();
      missing = comparison.missing();
      extra = comparison.extra();
      if (changed + missing + extra == 0) {
        throw new InternalException(
            "The digests of "
                + pairing.name()
                + " differ but none of its records does: one side changed while it was read.",
            null);
      }
    }
    return new CollectionVerification(
        pairing.name(),
        sourceDigest.count(),
        targetDigest.count(),
        sourceDigest.count() - changed - missing,
        changed,
        missing,
        extra,
        0,
        sourceDigest.sum(),
        targetDigest.sum(),
        asStored.sum(),
        sourceCount,
        targetCount);
  }

  private BucketDigest digest(
      ComparableSide side, int buckets, Except except, @Nullable BucketDigest asStored) {
    BucketDigest total = new BucketDigest(buckets);
    Except.Pass pass = except.pass();
    ChunkReaders.forEach(
        side.snapshot(),
        side.collection(),
        threads,
        CHUNK_RECORDS,
        BATCH_RECORDS,
        () -> false,
        () -> new Digesting(side, total, pass, asStored));
    return total;
  }

  /** One thread's share of a digest, added to the total when the thread is done. */
  private final class Digesting implements ChunkReaders.BatchConsumer {
    private final ComparableSide side;
    private final BucketDigest total;
    private final BucketDigest own;
    private final Except.Pass except;
    private final @Nullable BucketDigest asStored;
    private final CanonicalForm canonical = new CanonicalForm();

    Digesting(
        ComparableSide side,
        BucketDigest total,
        Except.Pass except,
        @Nullable BucketDigest asStored) {
      this.side = side;
      this.total = total;
      this.own = new BucketDigest(total.buckets());
      this.except = except;
      this.asStored = asStored;
    }

    @Override
    public void accept(RecordBatch batch) {
      BucketDigest stored = new BucketDigest(1);
      boolean isAsStored = asStored != null && side.isAsRead();
      add(side, canonical, batch, own, except, isAsStored ? stored : null);
      if (asStored != null && !isAsStored) {
        addStored(canonical, batch, stored);
      }
      if (asStored != null) {
        asStored.add(stored);
      }
      progress.accept(batch.records());
    }

    @Override
    public void close() {
      total.add(own);
    }
  }

  private static void add(
      ComparableSide side,
      CanonicalForm canonical,
      RecordBatch batch,
      BucketDigest digest,
      Except.Pass except,
      @Nullable BucketDigest sameRecords) {
    side.forEach(
        canonical,
        batch,
        new ComparableSide.EntryConsumer() {
          @Override
          public void comparable(
              RecordDigest key, RecordDigest whole, RecordBatch records, int record) {
            if (!except.take(whole)) {
              digest.add(key, whole);
            }
            if (sameRecords != null) {
              sameRecords.add(whole, whole);
            }
          }

          @Override
          public void incomparable(RecordDigest unequalled, String key, Refused refused) {
            if (!except.take(unequalled)) {
              digest.add(unequalled, unequalled);
            }
          }
        });
  }

  private static void addStored(CanonicalForm canonical, RecordBatch batch, BucketDigest asStored) {
    BucketDigest local = new BucketDigest(1);
    for (int record = 0; record < batch.records(); record++) {
      RecordDigest digest = canonical.digest(batch, record);
      local.add(digest, digest);
    }
    asStored.add(local);
  }

  /** The digest of a target collection as the target holds it. */
  public static BucketDigest digestStored(Snapshot snapshot, Collection collection, int threads) {
    BucketDigest digest = new BucketDigest(1);
    forEach(
        snapshot, collection, threads, (canonical, batch) -> addStored(canonical, batch, digest));
    return digest;
  }

  /** Something to do with each batch, given the thread's own canonical form. */
  private interface BatchWork {
    void accept(CanonicalForm canonical, RecordBatch batch);
  }

  private static void forEach(
      Snapshot snapshot, Collection collection, int threads, BatchWork work) {
    ChunkReaders.forEach(
        snapshot,
        collection,
        threads,
        CHUNK_RECORDS,
        BATCH_RECORDS,
        () -> false,
        () -> consumer(work));
  }

  private static ChunkReaders.BatchConsumer consumer(BatchWork work) {
    CanonicalForm canonical = new CanonicalForm();
    return new ChunkReaders.BatchConsumer() {
      @Override
      public void accept(RecordBatch batch) {
        work.accept(canonical, batch);
      }

      @Override
      public void close() {}
    };
  }

  /**
   * Compares every record of the source with the one of the same key in the target; other records
   * of the target are no matter. Two records of the source that have one of the target between them
   * count as missing but for the first, unless records were skipped.
   *
   * @param except source records that did not go
   * @param skipped source records that may differ: if exactly these do, none counts as changed
   */
  public CollectionVerification verifyByKey(Pairing pairing, Except except, Skipped skipped) {
    if (skipped.records() > 0) {
      ByKey silent = new ByKey(pairing, except.pass(), difference -> {}, null);
      forEach(source, pairing.source(), threads, silent::compare);
      boolean isExplained =
          silent.missing.get() == 0
              && silent.changed.count() == skipped.records()
              && silent.changed.sum().equals(skipped.sum());
      if (isExplained) {
        return silent.result(silent.changed.count());
      }
    }
    if (skipped.records() > 0) {
      ByKey naming = new ByKey(pairing, except.pass(), differences, null);
      forEach(source, pairing.source(), threads, naming::compare);
      return naming.result(0);
    }
    try (MergedKeys keys = new MergedKeys(workspace, source.count(pairing.source()))) {
      ByKey naming = new ByKey(pairing, except.pass(), differences, keys);
      forEach(source, pairing.source(), threads, naming::compare);
      MergedKeys.Merged merged = keys.find();
      if (merged.records() > 0) {
        naming.addMerged(merged.records());
        nameMerged(pairing, except.pass(), merged.named());
      }
      return naming.result(0);
    }
  }

  /** Names the source's records that come to one in the target, all but the first of each key. */
  private void nameMerged(Pairing pairing, Except.Pass except, Set<RecordDigest> keys) {
    Set<RecordDigest> first = new HashSet<>();
    forEach(
        source,
        pairing.source(),
        threads,
        (canonical, read) -> {
          Both both = pairing.mapping().both(pairing.select(read));
          RecordBatch mapped = both.forward().records();
          for (int record = 0; record < mapped.records(); record++) {
            RecordDigest key = canonical.digest(mapped, record, pairing.targetKey());
            int comparable = both.comparable(record);
            boolean isMeant =
                keys.contains(key)
                    && !except.take(canonical.digest(both.comparables(), comparable));
            boolean isFirst;
            synchronized (first) {
              isFirst = isMeant && first.add(key);
            }
            if (isMeant && !isFirst) {
              differences.accept(Differences.missing(pairing, both.comparables(), comparable));
            }
          }
        });
  }

  /**
   * Compares a part of the source's records with those of the same key in the target.
   *
   * @param percent of the records that are looked at, in whole chunks
   * @param seed by which the chunks are chosen
   * @throws IllegalArgumentException if the pairing has no key
   */
  public CollectionVerification verifySample(
      Pairing pairing, Except except, double percent, long seed) {
    if (pairing.targetKey().length == 0) {
      throw new IllegalArgumentException(pairing.name() + " has no key to look records up by");
    }
    ByKey naming = new ByKey(pairing, except.pass(), differences, null);
    List<Chunk> chunks = source.chunks(pairing.source(), SAMPLE_RECORDS);
    List<Chunk> chosen = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (Chunk chunk : chunks) {
      if (random.nextDouble(100) < percent) {
        chosen.add(chunk);
      }
    }
    if (chosen.isEmpty()) {
      chosen.add(chunks.get(random.nextInt(chunks.size())));
    }
    ChunkReaders.forEach(
        source,
        pairing.source(),
        chosen,
        threads,
        BATCH_RECORDS,
        () -> false,
        () -> consumer(naming::compare));
    return naming.result(0);
  }

  /** A comparison by key of one collection. */
  private final class ByKey {
    private final Pairing pairing;
    private final Except.Pass except;
    private final Consumer<Difference> named;
    private final BucketDigest ofSource = new BucketDigest(1);
    private final BucketDigest ofTarget = new BucketDigest(1);
    private final BucketDigest asStored = new BucketDigest(1);

    /** What differs, as it would have been written. */
    private final BucketDigest changed = new BucketDigest(1);

    private final AtomicLong missing = new AtomicLong();
    private final @Nullable Originals originals;
    private final @Nullable MergedKeys keys;

    /** Records that were met but have no record of their own. */
    private long merged;

    /**
     * @param keys takes each record's key in the target, null to take none
     */
    ByKey(
        Pairing pairing,
        Except.Pass except,
        Consumer<Difference> named,
        @Nullable MergedKeys keys) {
      this.keys = keys;
      this.pairing = pairing;
      this.except = except;
      this.named = named;
      this.originals = Originals.of(target, pairing);
    }

    void addMerged(long records) {
      merged += records;
    }

    CollectionVerification result(long explained) {
      return new CollectionVerification(
          pairing.name(),
          ofSource.count(),
          ofTarget.count(),
          ofSource.count() - missing.get() - changed.count() - merged,
          changed.count() - explained,
          missing.get() + merged,
          0,
          explained,
          ofSource.sum(),
          ofTarget.sum(),
          asStored.sum(),
          source.count(pairing.source()),
          target.count(pairing.target()));
    }

    void compare(CanonicalForm canonical, RecordBatch read) {
      progress.accept(read.records());
      RecordBatch batch = pairing.select(read);
      Both both = pairing.mapping().both(batch);
      RecordBatch mapped = both.forward().records();
      Waiting waiting = new Waiting(mapped.records());
      for (int record = 0; record < mapped.records(); record++) {
        int comparable = both.comparable(record);
        RecordDigest whole = canonical.digest(both.comparables(), comparable);
        if (!except.take(whole)) {
          RecordDigest key = canonical.digest(both.comparables(), comparable, pairing.key());
          ofSource.add(key, whole);
          waiting.add(key, whole, record);
          if (keys != null) {
            keys.add(canonical.digest(mapped, record, pairing.targetKey()));
          }
        }
      }
      TargetRecords.lookup(target, pairing, mapped, held -> meet(canonical, both, waiting, held));
      for (int record : waiting.unmet()) {
        missing.incrementAndGet();
        named.accept(Differences.missing(pairing, both.comparables(), both.comparable(record)));
      }
      for (Refused refused : both.forward().refused()) {
        RecordDigest whole = ComparableDigest.of(pairing, canonical, batch, refused.record());
        if (!except.take(whole)) {
          ofSource.add(whole, whole);
          missing.incrementAndGet();
          String key = KeyText.of(batch, refused.record(), ComparableSide.sourceKey(pairing));
          named.accept(Differences.incomparable(pairing, true, key, refused));
        }
      }
    }

    /** Holds records of the target against those of the source that have their keys. */
    private void meet(CanonicalForm canonical, Both both, Waiting waiting, RecordBatch held) {
      addStored(canonical, held, asStored);
      Mapped inverse = pairing.mapping().inverse(held);
      RecordBatch back = originals == null ? inverse.records() : originals.restore(held, inverse);
      for (int other = 0; other < back.records(); other++) {
        RecordDigest key = canonical.digest(back, other, pairing.key());
        RecordDigest whole = canonical.digest(back, other);
        for (int record : waiting.meet(key)) {
          ofTarget.add(key, whole);
          if (!waiting.whole(record).equals(whole)) {
            RecordDigest written = canonical.digest(both.forward().records(), record);
            changed.add(written, written);
            named.accept(
                Differences.changed(
                    pairing, canonical, both.comparables(), both.comparable(record), back, other));
          }
        }
      }
    }
  }

  /** The source records of a batch that wait for the target's of their key. */
  private static final class Waiting {
    private final Map<RecordDigest, List<Integer>> byKey = new HashMap<>();
    private final RecordDigest[] wholes;

    Waiting(int records) {
      wholes = new RecordDigest[records];
    }

    void add(RecordDigest key, RecordDigest whole, int record) {
      wholes[record] = whole;
      byKey.computeIfAbsent(key, each -> new ArrayList<>(1)).add(record);
    }

    RecordDigest whole(int record) {
      return wholes[record];
    }

    /** Those of a key, which then wait no longer. */
    List<Integer> meet(RecordDigest key) {
      List<Integer> met = byKey.remove(key);
      return met == null ? List.of() : met;
    }

    List<Integer> unmet() {
      return byKey.values().stream().flatMap(List::stream).sorted().toList();
    }
  }
}
