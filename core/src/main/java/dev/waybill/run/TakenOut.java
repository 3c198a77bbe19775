package dev.waybill.run;

import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ChangeBatch.ChangeKind;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Mark;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.ChunkReaders;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Records of one collection that were written and cannot stay: found again in the source, put into
 * quarantine, and given as deletes, or as puts of what they replaced.
 */
final class TakenOut implements Producer {
  private static final int BATCH_RECORDS = 5_000;
  private static final long CHUNK_RECORDS = 50_000;

  private final Snapshot source;
  private final Quarantine quarantine;
  private final CollectionRun run;
  private final Violating violating;
  private final int chunk;
  private RecordDigest sum = RecordDigest.ZERO;
  private long repaired;
  private int batches;

  TakenOut(
      Snapshot source, Quarantine quarantine, CollectionRun run, Violating violating, int chunk) {
    this.source = source;
    this.quarantine = quarantine;
    this.run = run;
    this.violating = violating;
    this.chunk = chunk;
  }

  /** The digests of the records taken out, as they were written, added modulo 2^128. */
  RecordDigest sum() {
    return sum;
  }

  /** How many of them had been mended. */
  long repaired() {
    return repaired;
  }

  @Override
  public List<Chunk> chunks(CollectionRun taking) {
    return List.of(new Chunk(run.step().target().name(), chunk, "", ""));
  }

  @Override
  public boolean isUndo() {
    return false;
  }

  @Override
  public ChangeReader read(CollectionRun taking, Chunk all) {
    return new Reader(new ArrayDeque<>(source.chunks(run.pairing().source(), CHUNK_RECORDS)));
  }

  /** The record of a batch that is to go, and why. */
  private record Found(int mapped, Violating.Entry entry) {}

  private final class Reader implements ChangeReader {
    private final Deque<Chunk> chunks;
    private final Deque<Changes> ready = new ArrayDeque<>();
    private final RecordBatch batch =
        new RecordBatch(run.pairing().source().writtenFields().size());
    private final CanonicalForm canonical = new CanonicalForm();
    private @Nullable RecordReader reader;

    Reader(Deque<Chunk> chunks) {
      this.chunks = chunks;
    }

    @Override
    public @Nullable Changes next() {
      while (ready.isEmpty() && !violating.isEmpty()) {
        if (reader == null) {
          if (chunks.isEmpty()) {
            break;
          }
          reader = source.read(run.pairing().source(), chunks.remove());
        }
        batch.clear();
        if (reader.read(batch, BATCH_RECORDS, ChunkReaders.BATCH_BYTES)) {
          look(run.pairing().select(batch));
        } else {
          close();
        }
      }
      return ready.poll();
    }

    private void look(RecordBatch selected) {
      if (selected.isEmpty()) {
        return;
      }
      Changes puts = Scan.changes(run.pairing(), canonical, selected);
      List<Found> deleted = new ArrayList<>();
      List<Found> replaced = new ArrayList<>();
      Set<Integer> taken = new HashSet<>();
      for (int i = 0; i < puts.batch().records().records(); i++) {
        Violating.Entry entry = violating.take(puts.batch().records(), i);
        if (entry != null) {
          taken.add(i);
          (entry.replaced() == null ? deleted : replaced).add(new Found(i, entry));
        }
      }
      repaired +=
          puts.mended().stream()
              .filter(each -> each.policy() != LossPolicy.SIDECAR)
              .map(Mended::mapped)
              .filter(taken::contains)
              .distinct()
              .count();
      give(puts, deleted, ChangeKind.DELETE);
      give(puts, replaced, ChangeKind.PUT);
    }

    /** First they are in quarantine, then they are gone: a crash between the two loses nothing. */
    private void give(Changes puts, List<Found> found, ChangeKind kind) {
      if (found.isEmpty()) {
        return;
      }
      Mark mark = new Mark(run.step().target().name(), chunk, batches++, 0, false);
      for (Found each : found) {
        int record = puts.origins()[each.mapped()];
        quarantine.add(
            run,
            mark,
            puts.source(),
            record,
            puts.wholes()[each.mapped()],
            run.name(puts.source(), record),
            each.entry().code(),
            each.entry().reason());
      }
      ready.add(changes(puts, found, kind));
    }

    private Changes changes(Changes puts, List<Found> found, ChangeKind kind) {
      RecordBatch written = puts.batch().records();
      int[] key = run.pairing().targetKey();
      boolean isByKey = kind == ChangeKind.DELETE && !violating.isWhole();
      RecordBatch records = new RecordBatch(isByKey ? key.length : written.width());
      int count = found.size();
      RecordDigest[] expected = new RecordDigest[count];
      RecordDigest[] keys = new RecordDigest[count];
      RecordDigest[] wholes = new RecordDigest[count];
      int[] origins = new int[count];
      for (int i = 0; i < count; i++) {
        int change = found.get(i).mapped();
        byte[] replaced = found.get(i).entry().replaced();
        if (kind == ChangeKind.PUT) {
          records.putRecord(Objects.requireNonNull(replaced));
        } else if (isByKey) {
          written.project(change, key, records);
        } else {
          records.putRecord(written, change);
        }
        expected[i] = Objects.requireNonNull(puts.batch().digests())[change];
        sum = sum.plus(expected[i]);
        keys[i] = puts.keys()[change];
        wholes[i] = puts.wholes()[change];
        origins[i] = puts.origins()[change];
      }
      return new Changes(
          new ChangeBatch(
              kind, records, kind == ChangeKind.PUT ? digests(records) : null, expected),
          puts.source().slice(0, puts.source().records()),
          origins,
          keys,
          wholes,
          List.of(),
          List.of());
    }

    @Override
    public long scanned() {
      return 0;
    }

    private RecordDigest[] digests(RecordBatch records) {
      RecordDigest[] digests = new RecordDigest[records.records()];
      for (int i = 0; i < digests.length; i++) {
        digests[i] = canonical.digest(records, i);
      }
      return digests;
    }

    @Override
    public void close() {
      if (reader != null) {
        reader.close();
        reader = null;
      }
    }
  }
}
