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
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
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

  /** Bytes before a spilled record: two digests and its length. */
  private static final int HEAD = 36;

  private final Pairing pairing;
  private final ComparableSide source;
  private final ComparableSide target;
  private final BucketDigest ofSource;
  private final Except except;
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
      Except except,
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
      Spilling spilling = new Spilling(side, files);
      RecordBatch batch = new RecordBatch(side.collection().writtenFields().size());
      for (Chunk chunk : side.snapshot().chunks(side.collection(), Verifier.CHUNK_RECORDS)) {
        try (RecordReader reader = side.snapshot().read(side.collection(), chunk)) {
          while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
            side.forEach(canonical, batch, spilling);
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
    private final Except.Pass excused = except.pass();

    Spilling(ComparableSide side, DataOutputStream[] files) {
      this.side = side;
      this.files = files;
    }

    @Override
    public void comparable(RecordDigest key, RecordDigest whole, RecordBatch records, int record) {
      int bucket = ofSource.bucketOf(key);
      if (side.isSource() && excused.take(whole) || !differing.get(bucket)) {
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
      if (side.isSource() && excused.take(digest)) {
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

  /** Where a spilled record is in its file, and what it is. */
  private record Spilled(RecordDigest whole, long position, int length) {}

  private void join(int part) throws IOException {
    Map<RecordDigest, Deque<Spilled>> waiting = new HashMap<>();
    try (RandomAccessFile ofSource = new RandomAccessFile(file(source, part).toFile(), "r");
        DataInputStream sourceFile = open(source, part);
        DataInputStream targetFile = open(target, part)) {
      index(sourceFile, waiting);
      RecordBatch sourceRecord = new RecordBatch(pairing.mapping().comparableWidth());
      RecordBatch targetRecord = new RecordBatch(pairing.mapping().comparableWidth());
      RecordDigest key = digest(targetFile);
      while (key != null) {
        RecordDigest whole = Objects.requireNonNull(digest(targetFile));
        byte[] bytes = targetFile.readNBytes(targetFile.readInt());
        Deque<Spilled> same = waiting.get(key);
        Spilled other = same == null ? null : same.poll();
        if (other == null) {
          extra++;
          targetRecord.clear();
          targetRecord.putRecord(bytes);
          differences.accept(Differences.extra(pairing, targetRecord, 0));
        } else if (!other.whole().equals(whole)) {
          changed++;
          targetRecord.clear();
          targetRecord.putRecord(bytes);
          read(ofSource, other, sourceRecord);
          differences.accept(
              Differences.changed(pairing, canonical, sourceRecord, 0, targetRecord, 0));
        }
        key = digest(targetFile);
      }
      for (Deque<Spilled> left : waiting.values()) {
        for (Spilled each : left) {
          missing++;
          read(ofSource, each, sourceRecord);
          differences.accept(Differences.missing(pairing, sourceRecord, 0));
        }
      }
    }
  }

  /** Takes note of where the records of a file are; their bytes stay there. */
  private static void index(DataInputStream file, Map<RecordDigest, Deque<Spilled>> waiting)
      throws IOException {
    long position = 0;
    for (RecordDigest key = digest(file); key != null; key = digest(file)) {
      RecordDigest whole = Objects.requireNonNull(digest(file));
      int length = file.readInt();
      file.skipNBytes(length);
      position += HEAD;
      waiting
          .computeIfAbsent(key, each -> new ArrayDeque<>(1))
          .add(new Spilled(whole, position, length));
      position += length;
    }
  }

  private static void read(RandomAccessFile file, Spilled spilled, RecordBatch into)
      throws IOException {
    byte[] bytes = new byte[spilled.length()];
    file.seek(spilled.position());
    file.readFully(bytes);
    into.clear();
    into.putRecord(bytes);
  }

  private static @Nullable RecordDigest digest(DataInputStream file) throws IOException {
    try {
      return new RecordDigest(file.readLong(), file.readLong());
    } catch (EOFException end) {
      return null;
    }
  }

  private DataInputStream open(ComparableSide side, int part) throws IOException {
    return new DataInputStream(
        new BufferedInputStream(Files.newInputStream(file(side, part)), 64 << 10));
  }
}
