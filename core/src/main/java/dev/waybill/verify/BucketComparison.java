package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks again, on both sides, at the buckets whose digests differ.
 *
 * <p>The records of those buckets are written to files, cut by bucket so that one part of both
 * sides fits into memory, and then joined part by part.
 */
final class BucketComparison {
  private static final int BATCH_RECORDS = 2_000;
  private static final int BATCH_BYTES = 4 << 20;
  private static final long RECORDS_PER_PART = 20_000;
  private static final int MOST_PARTS = 256;

  private final Pairing pairing;
  private final ComparableSide source;
  private final ComparableSide target;
  private final BucketDigest ofSource;
  private final Set<RecordDigest> except;
  private final BitSet differing = new BitSet();
  private final int parts;
  private final Path folder;
  private final Consumer<Difference> differences;
  private final CanonicalForm canonical = new CanonicalForm();
  private long changed;
  private long missing;
  private long extra;

  BucketComparison(
      Pairing pairing,
      ComparableSide source,
      ComparableSide target,
      BucketDigest ofSource,
      BucketDigest ofTarget,
      Set<RecordDigest> except,
      Path workspace,
      Consumer<Difference> differences) {
    this.pairing = pairing;
    this.source = source;
    this.target = target;
    this.ofSource = ofSource;
    this.except = except;
    this.folder = workspace.resolve("comparison");
    this.differences = differences;
    long records = 0;
    for (int bucket = 0; bucket < ofSource.buckets(); bucket++) {
      if (!ofSource.isEqual(ofTarget, bucket)) {
        differing.set(bucket);
        records += ofSource.count(bucket) + ofTarget.count(bucket);
      }
    }
    parts = (int) Math.max(1, Math.min(MOST_PARTS, records / RECORDS_PER_PART));
  }

  long changed() {
    return changed;
  }

  long missing() {
    return missing;
  }

  long extra() {
    return extra;
  }

  void run() {
    try {
      Files.createDirectories(folder);
      spill(source);
      spill(target);
      for (int part = 0; part < parts; part++) {
        join(part);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      deleteParts();
    }
  }

  private Path file(ComparableSide side, int part) {
    return folder.resolve((side.isSource() ? "source-" : "target-") + part);
  }

  private void deleteParts() {
    try {
      for (int part = 0; part < parts; part++) {
        Files.deleteIfExists(file(source, part));
        Files.deleteIfExists(file(target, part));
      }
      Files.deleteIfExists(folder);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void spill(ComparableSide side) throws IOException {
    DataOutputStream[] files = new DataOutputStream[parts];
    try {
      for (int part = 0; part < parts; part++) {
        files[part] =
            new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(file(side, part)), 16 << 10));
      }
      RecordBatch batch = new RecordBatch(side.collection().writtenFields().size());
      for (Chunk chunk : side.snapshot().chunks(side.collection(), Verifier.CHUNK_RECORDS)) {
        try (RecordReader reader = side.snapshot().read(side.collection(), chunk)) {
          while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
            side.forEach(canonical, batch, new Spilling(side, files));
            batch.clear();
          }
        }
      }
    } finally {
      for (DataOutputStream file : files) {
        if (file != null) {
          file.close();
        }
      }
    }
  }

  /** Writes the records of differing buckets to their part's file. */
  private final class Spilling implements ComparableSide.EntryConsumer {
    private final ComparableSide side;
    private final DataOutputStream[] files;

    Spilling(ComparableSide side, DataOutputStream[] files) {
      this.side = side;
      this.files = files;
    }

    @Override
    public void comparable(RecordDigest key, RecordDigest whole, RecordBatch records, int record) {
      int bucket = ofSource.bucketOf(key);
      if (!differing.get(bucket) || side.isSource() && except.contains(key)) {
        return;
      }
      try {
        DataOutputStream file = files[bucket % parts];
        file.writeLong(key.high());
        file.writeLong(key.low());
        file.writeLong(whole.high());
        file.writeLong(whole.low());
        byte[] bytes = records.recordBytes(record);
        file.writeInt(bytes.length);
        file.write(bytes);
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }

    @Override
    public void incomparable(RecordDigest digest, String key, Refused refused) {
      if (side.isSource() && except.contains(digest)) {
        return;
      }
      if (side.isSource()) {
        missing++;
      } else {
        extra++;
      }
      differences.accept(Differences.incomparable(pairing, side.isSource(), key, refused));
    }
  }

  /** One spilled record. */
  private record Spilled(RecordDigest key, RecordDigest whole, byte[] bytes) {}

  private static @Nullable Spilled next(DataInputStream file) throws IOException {
    try {
      RecordDigest key = new RecordDigest(file.readLong(), file.readLong());
      RecordDigest whole = new RecordDigest(file.readLong(), file.readLong());
      return new Spilled(key, whole, file.readNBytes(file.readInt()));
    } catch (EOFException end) {
      return null;
    }
  }

  private void join(int part) throws IOException {
    Map<RecordDigest, Deque<Spilled>> waiting = new HashMap<>();
    try (DataInputStream file = open(source, part)) {
      for (Spilled each = next(file); each != null; each = next(file)) {
        waiting.computeIfAbsent(each.key(), key -> new ArrayDeque<>(1)).add(each);
      }
    }
    RecordBatch ofSourceRecord = new RecordBatch(pairing.mapping().width());
    RecordBatch ofTargetRecord = new RecordBatch(pairing.mapping().width());
    try (DataInputStream file = open(target, part)) {
      for (Spilled each = next(file); each != null; each = next(file)) {
        Deque<Spilled> same = waiting.get(each.key());
        Spilled other = same == null ? null : same.poll();
        ofTargetRecord.clear();
        ofTargetRecord.putRecord(each.bytes());
        if (other == null) {
          extra++;
          differences.accept(Differences.extra(pairing, ofTargetRecord, 0));
        } else if (!other.whole().equals(each.whole())) {
          changed++;
          ofSourceRecord.clear();
          ofSourceRecord.putRecord(other.bytes());
          differences.accept(
              Differences.changed(pairing, canonical, ofSourceRecord, 0, ofTargetRecord, 0));
        }
      }
    }
    for (Deque<Spilled> left : waiting.values()) {
      for (Spilled each : left) {
        missing++;
        ofSourceRecord.clear();
        ofSourceRecord.putRecord(each.bytes());
        differences.accept(Differences.missing(pairing, ofSourceRecord, 0));
      }
    }
  }

  private DataInputStream open(ComparableSide side, int part) throws IOException {
    return new DataInputStream(
        new BufferedInputStream(Files.newInputStream(file(side, part)), 64 << 10));
  }
}
