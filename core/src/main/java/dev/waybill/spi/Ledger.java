package dev.waybill.spi;

import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one run did to the target, kept where it cannot be lost without the target itself being
 * lost. Thread-safe.
 */
public interface Ledger {
  /** What was noted beside records, oldest first. */
  List<Note> notes();

  /** Notes something before it is done; durable on return. */
  void note(Note note);

  /** The batches that are done, in any order. */
  List<MarkedBatch> marks();

  /**
   * The batch of this name if it is done: what tells, after a connection was lost in the middle of
   * a write, whether it had been committed.
   */
  Optional<MarkedBatch> marked(Mark mark);

  /**
   * Keeps a batch's before-images; for stores without transactions, called before the batch is
   * written.
   */
  void keep(Mark mark, List<BeforeImage> images);

  /** Marks a batch as done; for stores without transactions, called after it was written. */
  void mark(MarkedBatch batch);

  /** The same of several, in their order; sooner if that lasts when all are there. */
  default void markAll(List<MarkedBatch> batches) {
    batches.forEach(this::mark);
  }

  /** What records were before the run, newest batch first. */
  BeforeImages beforeImages(String collection);

  /** The same of one chunk. */
  BeforeImages beforeImages(String collection, int chunk);

  /**
   * Removes the marks and before-images of a chunk whose changes have been undone, so that it can
   * be written anew; all or nothing where the store has transactions.
   */
  void unmark(String collection, int chunk);

  /** Removes every trace of this run, and the ledger itself if it was the last one. */
  void forget();

  /** Something beside records. */
  record Note(What what, String name, String detail) {
    /** What was done. */
    public enum What {
      /** The store itself (a file, a folder) was made. */
      STORE_CREATED,
      /** {@code name} is a collection. */
      COLLECTION_CREATED,
      /** {@code name} is a sequence; {@code detail} where it stood and where the run left it. */
      SEQUENCE_MOVED,
      /** {@code name} is an index, constraint, schema or other object of the store. */
      OBJECT_CREATED
    }
  }

  /**
   * A batch and what came of it.
   *
   * @param content {@link dev.waybill.model.ChangeBatch#content} of the changes, whatever became of
   *     them: a batch that is read again and has the same content need not be written again
   * @param at when it was written, by the clock of where the ledger is; {@link Instant#EPOCH} as
   *     long as it is not written
   */
  record MarkedBatch(Mark mark, Outcome outcome, RecordDigest content, Instant at) {
    /** One to be written. */
    public MarkedBatch(Mark mark, Outcome outcome, RecordDigest content) {
      this(mark, outcome, content, Instant.EPOCH);
    }
  }

  /**
   * What a record was before the run.
   *
   * @param change what the run did to it
   * @param record INSERTED: the key's fields (of a collection without key: the whole record); else
   *     the whole record as it was, both as {@link dev.waybill.model.RecordBatch#recordBytes}
   * @param written digest of the record as the run wrote it, 32 hexadecimal digits; empty for
   *     DELETED
   */
  record BeforeImage(Change change, byte[] record, String written) {
    /** What the run did. */
    public enum Change {
      INSERTED,
      UPDATED,
      DELETED
    }
  }

  /** Reads before-images once. Not thread-safe. */
  interface BeforeImages extends AutoCloseable {
    /** The next ones, at most {@code max}, all of one kind of change; empty at the end. */
    List<BeforeImage> next(int max);

    @Override
    void close();
  }
}
