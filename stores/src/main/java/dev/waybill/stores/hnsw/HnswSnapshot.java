package dev.waybill.stores.hnsw;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.stores.support.HnswLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chunks are ranges of the elements' positions, deleted ones among them. */
final class HnswSnapshot implements Snapshot {
  /** Bytes of elements that are looked at in one go. */
  private static final int STEP = 1 << 18;

  private final IndexFile file;
  private long counted = -1;

  HnswSnapshot(IndexFile file) {
    this.file = file;
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    long all = file.layout().count();
    long step = Math.max(1, records);
    List<Chunk> chunks = new ArrayList<>();
    for (long from = 0; from < all || chunks.isEmpty(); from += step) {
      boolean isLast = all - from <= step;
      chunks.add(
          new Chunk(
              collection.name(),
              chunks.size(),
              from == 0 ? "" : Long.toString(from),
              isLast ? "" : Long.toString(from + step)));
      if (isLast) {
        break;
      }
    }
    return List.copyOf(chunks);
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    return new Reader(
        collection,
        chunk.from().isEmpty() ? 0 : Long.parseLong(chunk.from()),
        chunk.to().isEmpty() ? file.layout().count() : Long.parseLong(chunk.to()),
        null);
  }

  /** There is no way to a label but through all of them. */
  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    Set<Long> labels = new HashSet<>();
    for (int i = 0; i < keys.records(); i++) {
      if (keys.kind(i, 0) == Kind.INT64) {
        labels.add(keys.int64At(keys.at(i, 0)));
      }
    }
    return new Reader(collection, 0, file.layout().count(), labels);
  }

  @Override
  public synchronized long count(Collection collection) {
    if (counted < 0) {
      long[] count = {0};
      file.elements(0, file.layout().count(), (label, position, block, at) -> count[0]++);
      counted = count[0];
    }
    return counted;
  }

  @Override
  public boolean hasMoved() {
    return file.hasMoved();
  }

  @Override
  public void close() {}

  private final class Reader implements RecordReader {
    private final List<String> fields;
    private final long to;
    private final @Nullable Set<Long> labels;
    private final RecordBatch waiting;
    private final float[] vector = new float[file.layout().dimension()];
    private long next;
    private int nextWaiting;

    Reader(Collection asked, long from, long to, @Nullable Set<Long> labels) {
      this.fields = asked.writtenNames();
      this.next = from;
      this.to = to;
      this.labels = labels;
      this.waiting = new RecordBatch(fields.size());
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (into.records() < maxRecords && into.size() < maxBytes) {
        if (nextWaiting == waiting.records() && !fill()) {
          break;
        }
        into.putRecord(waiting, nextWaiting++);
      }
      return into.records() > before;
    }

    private boolean fill() {
      waiting.clear();
      nextWaiting = 0;
      HnswLayout layout = file.layout();
      while (waiting.isEmpty() && next < to) {
        long end = Math.min(to, next + Math.max(1, STEP / layout.elementSize()));
        file.elements(
            next,
            end,
            (label, position, block, at) -> {
              if (labels == null || labels.contains(label)) {
                layout.vector(block, at, vector);
                put(label, position);
              }
            });
        next = end;
      }
      return !waiting.isEmpty();
    }

    private void put(long label, long position) {
      if (label < 0) {
        throw new DataException(
            "LABEL_TOO_LARGE",
            String.format(
                "The label %s of element %,d of %s is larger than a 64-bit integer with a sign"
                    + " holds.",
                Long.toUnsignedString(label), position, file.file()),
            "save the index with smaller labels",
            -1,
            null);
      }
      for (String field : fields) {
        if (field.equals(HnswStore.ID)) {
          waiting.putInt64(label);
        } else {
          waiting.putVector(vector);
        }
      }
    }

    @Override
    public void close() {}
  }
}
