package dev.waybill.run;

import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger says is done. Grows with the batches of a run, not with its records: about 200
 * bytes each. Immutable.
 */
final class Marks {
  private final Map<Mark, MarkedBatch> wholes = new HashMap<>();
  private final Map<Mark, List<MarkedBatch>> parts = new HashMap<>();
  private final Map<String, Set<Integer>> chunks = new HashMap<>();
  private final Map<Mark, Integer> last = new HashMap<>();
  private final Map<String, Integer> undone = new HashMap<>();
  private final Map<String, Set<Integer>> undoBegun = new HashMap<>();

  Marks(List<MarkedBatch> marks) {
    for (MarkedBatch marked : marks) {
      Mark mark = marked.mark();
      if (mark.isUndo()) {
        undone.merge(mark.collection(), mark.batch() + 1, Math::max);
        undoBegun.computeIfAbsent(mark.collection(), name -> new HashSet<>()).add(mark.chunk());
        continue;
      }
      chunks.computeIfAbsent(mark.collection(), name -> new HashSet<>()).add(mark.chunk());
      last.merge(new Mark(mark.collection(), mark.chunk(), 0, 0, false), mark.batch(), Math::max);
      if (mark.part() == 0) {
        wholes.put(mark, marked);
      } else {
        parts.computeIfAbsent(whole(mark), name -> new ArrayList<>()).add(marked);
      }
    }
    parts.values().forEach(each -> each.sort(Comparator.comparingInt(part -> part.mark().part())));
  }

  static Mark whole(Mark mark) {
    return new Mark(mark.collection(), mark.chunk(), mark.batch(), 0, mark.isUndo());
  }

  /** A batch that is done, or null. */
  @Nullable MarkedBatch whole(String collection, int chunk, int batch) {
    return wholes.get(new Mark(collection, chunk, batch, 0, false));
  }

  /** All batches and parts of a collection. */
  List<MarkedBatch> of(String collection) {
    List<MarkedBatch> all = new ArrayList<>();
    wholes.forEach((mark, marked) -> add(collection, marked, all));
    parts.forEach((mark, some) -> some.forEach(marked -> add(collection, marked, all)));
    return all;
  }

  private static void add(String collection, MarkedBatch marked, List<MarkedBatch> all) {
    if (marked.mark().collection().equals(collection)) {
      all.add(marked);
    }
  }

  /** The parts of a batch that were written by themselves, in order. */
  List<MarkedBatch> parts(String collection, int chunk, int batch) {
    return parts.getOrDefault(new Mark(collection, chunk, batch, 0, false), List.of());
  }

  /** The last batch of a chunk of which anything is marked, -1 if there is none. */
  int last(String collection, int chunk) {
    return last.getOrDefault(new Mark(collection, chunk, 0, 0, false), -1);
  }

  /** True if a batch is done. */
  boolean isDone(String collection, int chunk, int batch) {
    return whole(collection, chunk, batch) != null;
  }

  /** The chunks of a collection of which anything is marked. */
  Set<Integer> chunks(String collection) {
    return chunks.getOrDefault(collection, Set.of());
  }

  /** The chunks of a collection that were begun to be taken back and not unmarked since. */
  Set<Integer> undoBegun(String collection) {
    return undoBegun.getOrDefault(collection, Set.of());
  }

  /**
   * The number of the next batch that undoes. Undoing what is undone already changes nothing, so a
   * rollback that is repeated goes through all of it again, under numbers of its own.
   */
  int nextUndo(String collection) {
    return undone.getOrDefault(collection, 0);
  }

  /** How many changes a part has. */
  static int changes(MarkedBatch part) {
    return Math.toIntExact(part.outcome().records());
  }
}
