package dev.waybill.stores.json;

import dev.waybill.spi.Chunk;
import java.util.ArrayList;
import java.util.List;

/**
 * Where every so-manieth record of a collection begins; the more there are, the fewer are kept. Not
 * thread-safe while it is being filled.
 */
final class Positions {
  private static final int MOST = 4096;

  private final List<Long> starts = new ArrayList<>();
  private long step = 16;
  private long count;
  private long end;

  /** Takes note of the next record. */
  void add(long offset) {
    if (count % step == 0) {
      if (starts.size() == MOST) {
        for (int i = 0; i < MOST / 2; i++) {
          starts.set(i, starts.get(2 * i));
        }
        starts.subList(MOST / 2, MOST).clear();
        step *= 2;
      }
      if (count % step == 0) {
        starts.add(offset);
      }
    }
    count++;
  }

  /** Says where the last record is over. */
  void end(long offset) {
    end = offset;
  }

  long end() {
    return end;
  }

  long count() {
    return count;
  }

  /** The first position of all, the end where there is no record. */
  long first() {
    return starts.isEmpty() ? end : starts.get(0);
  }

  List<Chunk> chunks(String collection, long records) {
    int marks = (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.max(1, records) / step));
    List<Chunk> chunks = new ArrayList<>();
    for (int i = 0; i < starts.size(); i += marks) {
      long to = i + marks < starts.size() ? starts.get(i + marks) : end;
      chunks.add(
          new Chunk(collection, chunks.size(), Long.toString(starts.get(i)), Long.toString(to)));
      if (i + marks < 0) {
        break;
      }
    }
    if (chunks.isEmpty()) {
      chunks.add(new Chunk(collection, 0, Long.toString(end), Long.toString(end)));
    }
    return chunks;
  }
}
