package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.InternalException;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Snapshot;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
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
   * @param except digests of keys of source records that did not go
   */
  public CollectionVerification verifyWhole(
      Pairing pairing, @Nullable BucketDigest copied, Set<RecordDigest> except) {
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
    BucketDigest targetDigest = digest(ofTarget, buckets, Set.of(), asStored);
    long changed = 0;
    long missing = 0;
    long extra = 0;
    if (!sourceDigest.isEqual(targetDigest)) {
      BucketComparison comparison =
          new BucketComparison(
              pairing,
              ofSource,
              ofTarget,
              sourceDigest,
              targetDigest,
              except,
              workspace,
              differences);
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
        sourceDigest.sum(),
        targetDigest.sum(),
        asStored.sum(),
        sourceCount,
        targetCount);
  }

  private BucketDigest digest(
      ComparableSide side, int buckets, Set<RecordDigest> except, @Nullable BucketDigest asStored) {
    BucketDigest total = new BucketDigest(buckets);
    ChunkReaders.forEach(
        side.snapshot(),
        side.collection(),
        threads,
        CHUNK_RECORDS,
        BATCH_RECORDS,
        () -> false,
        () -> new Digesting(side, total, except, asStored));
    return total;
  }

  /** One thread's share of a digest, added to the total when the thread is done. */
  private final class Digesting implements ChunkReaders.BatchConsumer {
    private final ComparableSide side;
    private final BucketDigest total;
    private final BucketDigest own;
    private final Set<RecordDigest> except;
    private final @Nullable BucketDigest asStored;
    private final CanonicalForm canonical = new CanonicalForm();

    Digesting(
        ComparableSide side,
        BucketDigest total,
        Set<RecordDigest> except,
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
      Set<RecordDigest> except,
      @Nullable BucketDigest sameRecords) {
    side.forEach(
        canonical,
        batch,
        new ComparableSide.EntryConsumer() {
          @Override
          public void comparable(
              RecordDigest key, RecordDigest whole, RecordBatch records, int record) {
            if (!except.contains(key)) {
              digest.add(key, whole);
            }
            if (sameRecords != null) {
              sameRecords.add(whole, whole);
            }
          }

          @Override
          public void incomparable(RecordDigest unequalled, String key, Refused refused) {
            if (!except.contains(unequalled)) {
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
        () -> {
          CanonicalForm canonical = new CanonicalForm();
          return new ChunkReaders.BatchConsumer() {
            @Override
            public void accept(RecordBatch batch) {
              work.accept(canonical, batch);
            }

            @Override
            public void close() {}
          };
        });
  }

  /**
   * Compares every record of the source with the one of the same key in the target; other records
   * of the target are no matter.
   *
   * @param except digests of keys of source records that did not go
   */
  public CollectionVerification verifyByKey(Pairing pairing, Set<RecordDigest> except) {
    ByKey totals = new ByKey(pairing, except);
    forEach(source, pairing.source(), threads, totals::compare);
    return new CollectionVerification(
        pairing.name(),
        totals.ofSource.count(),
        totals.ofTarget.count(),
        totals.ofSource.count() - totals.missing.get() - totals.changed.get(),
        totals.changed.get(),
        totals.missing.get(),
        0,
        totals.ofSource.sum(),
        totals.ofTarget.sum(),
        totals.asStored.sum(),
        source.count(pairing.source()),
        target.count(pairing.target()));
  }

  /** A comparison by key of one collection. */
  private final class ByKey {
    private final Pairing pairing;
    private final ComparableSide side;
    private final Set<RecordDigest> except;
    private final BucketDigest ofSource = new BucketDigest(1);
    private final BucketDigest ofTarget = new BucketDigest(1);
    private final BucketDigest asStored = new BucketDigest(1);
    private final AtomicLong changed = new AtomicLong();
    private final AtomicLong missing = new AtomicLong();

    ByKey(Pairing pairing, Set<RecordDigest> except) {
      this.pairing = pairing;
      this.side = ComparableSide.source(pairing, source);
      this.except = except;
    }

    void compare(CanonicalForm canonical, RecordBatch batch) {
      RecordBatch held = TargetRecords.lookup(target, pairing, batch);
      addStored(canonical, held, asStored);
      progress.accept(batch.records());
      RecordBatch back = pairing.mapping().inverse(held).records();
      Map<RecordDigest, Integer> found = new HashMap<>();
      for (int record = 0; record < back.records(); record++) {
        found.put(canonical.digest(back, record, pairing.key()), record);
      }
      side.forEach(
          canonical,
          batch,
          new ComparableSide.EntryConsumer() {
            @Override
            public void comparable(
                RecordDigest key, RecordDigest whole, RecordBatch records, int record) {
              if (except.contains(key)) {
                return;
              }
              ofSource.add(key, whole);
              Integer other = found.get(key);
              if (other == null) {
                missing.incrementAndGet();
                differences.accept(Differences.missing(pairing, records, record));
                return;
              }
              RecordDigest otherWhole = canonical.digest(back, other);
              ofTarget.add(key, otherWhole);
              if (!whole.equals(otherWhole)) {
                changed.incrementAndGet();
                differences.accept(
                    Differences.changed(pairing, canonical, records, record, back, other));
              }
            }

            @Override
            public void incomparable(RecordDigest unequalled, String key, Refused refused) {
              if (!except.contains(unequalled)) {
                ofSource.add(unequalled, unequalled);
                missing.incrementAndGet();
                differences.accept(Differences.incomparable(pairing, true, key, refused));
              }
            }
          });
    }
  }
}
