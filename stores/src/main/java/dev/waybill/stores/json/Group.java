package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.stores.json.Parts.Piece;
import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Batches that are to last together: to sync each by itself takes longer than to make it
 * (docs/adr/0011). Parts are synced before the work has their marks, and the work before the
 * ledger; a thread does that while the next group is gathered. Thread-safe.
 *
 * <p>Batches of a chunk wait for those of chunks before it, so that a part is in order and can
 * become the file as it is (docs/adr/0021). They wait in little memory; where that is full, their
 * writer waits; where that does not help, they are appended as they come, and the file is written
 * anew in the end.
 */
final class Group {
  private static final int RECORDS = 50_000;
  private static final long BYTES = 32L << 20;

  /** So often, for so long, a writer waits for room while nothing is appended. */
  private static final int WAITS = 20;

  private static final int WAIT_MILLIS = 100;

  private final JsonSession session;
  private final Ledger ledger;

  /** Held by the one that ends a group: others go on with the next one. */
  private final Object ending = new Object();

  private @Nullable FutureTask<Boolean> running;

  /** The chunk that each open writer is at, −1 if it has none yet. */
  private final Map<JsonWriter, Integer> chunks = new HashMap<>();

  private final Room room = new Room();

  /** Shelves whose parts are in no order any more. */
  private final Set<Long> mixed = new HashSet<>();

  private final List<Waiting> waiting = new ArrayList<>();
  private List<Added> added = new ArrayList<>();
  private int records;
  private long bytes;
  private long appended;

  /** What a batch is marked with, whose texts are somewhere. */
  private record Batch(
      Work work, Shelf kept, Collection collection, Mark mark, RecordDigest content) {}

  /** A batch whose turn has not come. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Waiting(Batch batch, List<ByteBuffer> lines, byte[] lengths, byte[] keys) {
    int chunk() {
      return batch.mark.chunk();
    }
  }

  /** A batch that is in its part and does not last yet. */
  private record Added(Batch batch, Piece piece) {}

  Group(JsonSession session, Ledger ledger) {
    this.session = session;
    this.ledger = ledger;
  }

  synchronized void opened(JsonWriter writer) {
    chunks.put(writer, -1);
  }

  /** A writer has no more; what waits for others lasts when the last of them has none. */
  void closed(JsonWriter writer) {
    boolean isLast;
    synchronized (this) {
      chunks.remove(writer);
      notifyAll();
      isLast = chunks.isEmpty();
    }
    if (isLast) {
      end();
    }
  }

  /** Takes a batch for a shelf in parts. */
  Outcome add(
      JsonWriter writer,
      Work work,
      Shelf kept,
      Collection collection,
      Mark mark,
      RecordDigest content,
      Encoded texts) {
    if (isFullWith(writer, new Batch(work, kept, collection, mark, content), texts)) {
      endBeside();
    }
    return outcome(texts.records(), content);
  }

  private static Outcome outcome(int records, RecordDigest content) {
    return new Outcome(records, 0, 0, 0, 0, content);
  }

  private synchronized boolean isFullWith(JsonWriter writer, Batch batch, Encoded texts) {
    chunks.put(writer, batch.mark.chunk());
    appendWaiting(turn());
    JsonText lines = texts.lines();
    List<ByteBuffer> copy = isInTurn(batch) ? null : copy(batch, lines);
    if (copy != null) {
      waiting.add(new Waiting(batch, copy, texts.lengths(), texts.keys()));
    } else {
      if (!isInTurn(batch)) {
        mixed.add(batch.kept.id());
        appendWaiting(Integer.MAX_VALUE);
      }
      ByteBuffer all = ByteBuffer.wrap(lines.bytes(), 0, lines.size());
      append(batch, List.of(all), texts.lengths(), texts.keys());
    }
    return records >= RECORDS || bytes >= BYTES;
  }

  /** The last chunk that may be appended. */
  private int turn() {
    return chunks.values().stream().mapToInt(Integer::intValue).min().orElse(Integer.MAX_VALUE);
  }

  private boolean isInTurn(Batch batch) {
    return batch.mark.chunk() <= turn() || mixed.contains(batch.kept.id());
  }

  /**
   * A copy of what is to wait; null if its turn has come, or if there is no room and will be none:
   * who is before it may need what this writer holds.
   */
  private @Nullable List<ByteBuffer> copy(Batch batch, JsonText lines) {
    List<ByteBuffer> copy = room.take(lines.bytes(), lines.size());
    int idle = 0;
    while (copy == null && idle < WAITS && Room.isSmall(lines.size())) {
      long before = appended;
      try {
        wait(WAIT_MILLIS);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        return null;
      }
      appendWaiting(turn());
      idle = appended == before ? idle + 1 : 0;
      if (isInTurn(batch)) {
        return null;
      }
      copy = room.take(lines.bytes(), lines.size());
    }
    return copy;
  }

  /** Appends what waits, up to a chunk, in the order of chunks. */
  private void appendWaiting(int turn) {
    List<Waiting> now =
        waiting.stream()
            .filter(each -> each.chunk() <= turn)
            .sorted(Comparator.comparingInt(Waiting::chunk))
            .toList();
    waiting.removeIf(each -> each.chunk() <= turn);
    for (Waiting each : now) {
      append(each.batch, each.lines, each.lengths, each.keys);
      room.giveBack(each.lines);
    }
    if (!now.isEmpty()) {
      notifyAll();
    }
  }

  private void append(Batch batch, List<ByteBuffer> lines, byte[] lengths, byte[] keys) {
    try {
      Piece piece = batch.work.parts().append(batch.kept, lines, lengths, keys);
      added.add(new Added(batch, piece));
      appended++;
      records += piece.records();
      bytes += piece.bytes();
    } catch (IOException failure) {
      throw JsonErrors.failed(batch.work.folder(), "write", failure);
    }
  }

  private synchronized List<Added> take() {
    List<Added> all = added;
    added = new ArrayList<>();
    records = 0;
    bytes = 0;
    return all;
  }

  private synchronized List<Added> takeAll() {
    appendWaiting(Integer.MAX_VALUE);
    return take();
  }

  /** On return all that was added before lasts. What cannot be kept is as if it had not come. */
  void end() {
    synchronized (ending) {
      await();
      last(takeAll());
    }
  }

  /** Has what is appended last while others go on; returns when what was appended before does. */
  private void endBeside() {
    synchronized (ending) {
      await();
      List<Added> all = take();
      FutureTask<Boolean> task =
          new FutureTask<>(
              () -> {
                last(all);
                return true;
              });
      running = task;
      Thread thread = new Thread(task, "waybill-json-sync");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Waits for the group before, also if it is interrupted, and throws what that has thrown. */
  private void await() {
    FutureTask<Boolean> task = running;
    running = null;
    boolean wasInterrupted = false;
    while (task != null) {
      try {
        task.get();
        task = null;
      } catch (InterruptedException again) {
        wasInterrupted = true;
      } catch (ExecutionException failure) {
        restore(wasInterrupted);
        if (failure.getCause() instanceof Error error) {
          throw error;
        }
        if (failure.getCause() instanceof RuntimeException runtime) {
          throw runtime;
        }
        throw new IllegalStateException(failure);
      }
    }
    restore(wasInterrupted);
  }

  private static void restore(boolean wasInterrupted) {
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Forgets what does not last; on return nothing is going on. */
  void breakOff() {
    synchronized (ending) {
      try {
        await();
      } catch (RuntimeException failed) {
        // What could not be kept is as if it had not come.
      }
      synchronized (this) {
        waiting.clear();
        take();
      }
    }
  }

  private void last(List<Added> all) {
    if (all.isEmpty()) {
      return;
    }
    Work work = session.work();
    Set<Path> files = new TreeSet<>();
    all.forEach(each -> files.add(each.piece.file()));
    try {
      for (Path file : files) {
        Home.sync(file);
      }
    } catch (IOException failure) {
      throw JsonErrors.failed(work.folder(), "write", failure);
    }
    ledger.markAll(
        work.atom(
            () -> {
              List<MarkedBatch> marked = new ArrayList<>();
              for (Added each : all) {
                marked.add(put(work, each.batch, each.piece));
              }
              return marked;
            }));
  }

  private MarkedBatch put(Work work, Batch batch, Piece piece) throws SQLException, IOException {
    Shelf kept = session.opened(batch.collection);
    Work.Marked known = work.marked(batch.mark);
    if (known != null && known.batch().content().equals(batch.content)) {
      return known.batch();
    }
    if (known != null) {
      work.takeOut(kept, known.id());
    }
    Outcome outcome = outcome(piece.records(), batch.content);
    long id = work.mark(batch.mark, outcome, batch.content);
    if (kept.isInParts()) {
      work.parts().count(kept, batch.mark, id, piece);
    } else {
      // Somebody has looked for a record since the batch was appended.
      piece.forEach((key, text) -> work.insert(kept, batch.mark.chunk(), key, id, text));
    }
    work.fact("touched:" + kept.file(), "yes");
    return new MarkedBatch(batch.mark, outcome, batch.content);
  }
}
