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
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Batches that have been appended to parts and are to last together: to sync each by itself takes
 * longer than to make it (docs/adr/0011). Parts are synced before the work has their marks, and the
 * work before the ledger. Thread-safe.
 */
final class Group {
  private static final int RECORDS = 50_000;
  private static final long BYTES = 32L << 20;

  private final JsonSession session;
  private final Ledger ledger;

  /** Held by the one that ends a group: others go on with the next one. */
  private final Object ending = new Object();

  private List<Waiting> waiting = new ArrayList<>();
  private int records;
  private long bytes;

  private record Waiting(Collection collection, Mark mark, RecordDigest content, Piece piece) {}

  Group(JsonSession session, Ledger ledger) {
    this.session = session;
    this.ledger = ledger;
  }

  /** Takes a batch for a shelf in parts. */
  Outcome add(
      Work work,
      Shelf kept,
      Collection collection,
      Mark mark,
      RecordDigest content,
      byte[][] texts,
      byte[][] keys) {
    Piece piece;
    try {
      piece = work.parts().append(kept, mark.chunk(), texts, keys);
    } catch (IOException failure) {
      throw JsonErrors.failed(work.folder(), "write", failure);
    }
    if (isFullWith(new Waiting(collection, mark, content, piece))) {
      end();
    }
    return outcome(piece, content);
  }

  private static Outcome outcome(Piece piece, RecordDigest content) {
    return new Outcome(piece.records(), 0, 0, 0, 0, content);
  }

  private synchronized boolean isFullWith(Waiting more) {
    waiting.add(more);
    records += more.piece.records();
    bytes += more.piece.bytes();
    return records >= RECORDS || bytes >= BYTES;
  }

  private synchronized List<Waiting> take() {
    List<Waiting> all = waiting;
    waiting = new ArrayList<>();
    records = 0;
    bytes = 0;
    return all;
  }

  /** On return all that was added before lasts. What cannot be kept is as if it had not come. */
  void end() {
    synchronized (ending) {
      List<Waiting> all = take();
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
                for (Waiting each : all) {
                  marked.add(put(work, each));
                }
                return marked;
              }));
    }
  }

  private MarkedBatch put(Work work, Waiting each) throws SQLException, IOException {
    Shelf kept = session.opened(each.collection);
    Work.Marked known = work.marked(each.mark);
    if (known != null && known.batch().content().equals(each.content)) {
      return known.batch();
    }
    if (known != null) {
      work.takeOut(kept, known.id());
    }
    Outcome outcome = outcome(each.piece, each.content);
    long id = work.mark(each.mark, outcome, each.content);
    if (kept.isInParts()) {
      work.parts().count(kept, each.mark, id, each.piece);
    } else {
      // Somebody has looked for a record since the batch was appended.
      each.piece.forEach((key, text) -> work.insert(kept, each.mark.chunk(), key, id, text));
    }
    work.fact("touched:" + kept.file(), "yes");
    return new MarkedBatch(each.mark, outcome, each.content);
  }
}
