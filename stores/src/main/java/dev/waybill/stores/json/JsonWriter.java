package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Decision;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import dev.waybill.stores.json.Work.Found;
import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts batches into the work. Before-images are kept before the work holds the batch, and the
 * ledger marks it after: what is broken off in between is known by the work's own mark.
 */
final class JsonWriter implements TargetWriter {
  private final JsonSession session;
  private final Overwritten overwritten;
  private final CanonicalForm canonical = new CanonicalForm();

  /** Used again for each batch. */
  private final JsonText lines = new JsonText();

  JsonWriter(JsonSession session, Overwritten overwritten) {
    this.session = session;
    this.overwritten = overwritten;
    session.group().opened(this);
  }

  /** Texts and keys of the records that can be put; made outside of the lock. */
  private Encoded encoded(Collection collection, ChangeBatch changes, Mark mark) {
    RecordBatch records = changes.records();
    RecordDigest[] digests = changes.digests();
    if (changes.kind() != ChangeBatch.ChangeKind.PUT || digests == null) {
      return new Encoded(0, lines);
    }
    RecordText text = new RecordText(collection, RecordText.isValue(collection), false);
    if (mark.isUndo()) {
      text.puttingBack();
    }
    int[] key = collection.keyPositions();
    Encoded encoded = new Encoded(records.records(), lines);
    for (int i = 0; i < records.records(); i++) {
      text.encode(records, i, null, encoded.lines());
      encoded.end(key.length == 0 ? digests[i] : canonical.digest(records, i, key));
    }
    return encoded;
  }

  @Override
  public Outcome apply(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    Encoded texts = encoded(collection, changes, mark);
    Work work = session.work();
    RecordDigest content = changes.content();
    Shelf shelf = work.collection(collection.name()).orElse(null);
    if (shelf != null && shelf.isInParts() && isOnlyMore(shelf, changes) && texts.records() > 0) {
      session.requireFields(shelf, collection);
      requireNames(work, shelf, texts, mark);
      return session.group().add(this, work, shelf, collection, mark, content, texts);
    }
    session.group().end();
    Outcome outcome = work.atom(() -> put(work, collection, changes, policy, mark, content, texts));
    session.kept().mark(new MarkedBatch(mark, outcome, content));
    return outcome;
  }

  private void requireNames(Work work, Shelf kept, Encoded texts, Mark mark) {
    RecordNames names = session.names(work, kept, mark);
    if (names != null) {
      work.does(
          () -> {
            for (int i = 0; i < texts.records(); i++) {
              names.require(texts.text(i), i);
            }
          });
    }
  }

  /** True if nothing that is there can stand in the way of a batch. */
  private static boolean isOnlyMore(Shelf kept, ChangeBatch changes) {
    return kept.origin() == Work.Origin.MADE
        && changes.kind() == ChangeBatch.ChangeKind.PUT
        && changes.expected() == null;
  }

  private Outcome put(
      Work work,
      Collection collection,
      ChangeBatch changes,
      ConflictPolicy policy,
      Mark mark,
      RecordDigest content,
      Encoded texts)
      throws SQLException, IOException {
    Shelf kept = session.opened(collection);
    Work.Marked known = work.marked(mark);
    boolean isOwn = session.isCreated(collection.name());
    if (known != null) {
      if (known.batch().content().equals(content)) {
        return known.batch().outcome();
      }
      if (isOwn) {
        work.takeOut(kept, known.id());
      }
    }
    long id = work.mark(mark, Outcome.NOTHING, content);
    Outcome outcome;
    if (isOnlyMore(kept, changes)) {
      insert(work, kept, collection, mark, id, texts);
      outcome = new Outcome(texts.records(), 0, 0, 0, 0, content);
    } else {
      int taken = isOwn ? takenBack(work, kept, collection, changes) : -1;
      outcome =
          taken >= 0
              ? new Outcome(0, 0, changes.records().records() - taken, 0, taken, RecordDigest.ZERO)
              : new Batch(work, kept, collection, changes, policy, mark, id, texts).apply(isOwn);
    }
    work.outcome(id, outcome);
    if (outcome.written() + outcome.deleted() > 0) {
      work.fact("touched:" + kept.file(), "yes");
    }
    return outcome;
  }

  private void insert(
      Work work, Shelf kept, Collection collection, Mark mark, long id, Encoded texts)
      throws SQLException, IOException {
    if (texts.records() > 0) {
      session.records().unindex(kept, collection);
    }
    RecordNames names = session.names(work, kept, mark);
    for (int i = 0; i < texts.records(); i++) {
      byte[] text = texts.text(i);
      if (names != null) {
        names.require(text, i);
      }
      work.insert(kept, mark.chunk(), texts.key(i), id, text);
    }
  }

  /**
   * Takes records out of parts, where all that are there are as they were put.
   *
   * @return how many went, −1 if each must be decided
   */
  private int takenBack(Work work, Shelf kept, Collection collection, ChangeBatch changes)
      throws SQLException, IOException {
    @Nullable RecordDigest[] expected = changes.expected();
    if (!kept.isInParts() || changes.kind() != ChangeBatch.ChangeKind.DELETE || expected == null) {
      return -1;
    }
    List<RecordDigest> keys = new ArrayList<>();
    for (int i = 0; i < changes.records().records(); i++) {
      keys.add(canonical.digest(changes.records(), i));
    }
    RecordText text = session.records().text(collection);
    RecordBatch record = new RecordBatch(collection.writtenFields().size());
    return work.parts()
        .takeOut(
            kept,
            keys,
            (change, json) -> {
              record.clear();
              text.decode(json, record);
              return canonical.digest(record, 0).equals(expected[change]);
            });
  }

  /** Changes to records that may be there, each seeing those before it. */
  private final class Batch {
    private final Work work;
    private final Shelf kept;
    private final Collection collection;
    private final ChangeBatch changes;
    private final ConflictPolicy policy;
    private final Mark mark;
    private final long id;
    private final Encoded texts;
    private final WorkRecords records;
    private final RecordText text;
    private final @Nullable RecordNames names;
    private final List<BeforeImage> images = new ArrayList<>();
    private final @Nullable Collection whole;
    private final @Nullable RecordBatch old;
    private Outcome outcome = Outcome.NOTHING;

    Batch(
        Work work,
        Shelf kept,
        Collection collection,
        ChangeBatch changes,
        ConflictPolicy policy,
        Mark mark,
        long id,
        Encoded texts) {
      this.work = work;
      this.kept = kept;
      this.collection = collection;
      this.changes = changes;
      this.policy = policy;
      this.mark = mark;
      this.id = id;
      this.texts = texts;
      this.records = session.records();
      this.text = records.text(collection);
      this.names = session.names(work, kept, mark);
      this.whole =
          mark.isUndo() || !collection.hasKey() ? null : overwritten.whole(collection).orElse(null);
      this.old = whole == null ? null : new RecordBatch(whole.writtenFields().size());
      if (mark.isUndo()) {
        text.puttingBack();
      }
    }

    Outcome apply(boolean isOwn) throws SQLException, IOException {
      decideAll();
      if (!mark.isUndo() && !isOwn && !images.isEmpty()) {
        session.kept().keep(mark, images);
      }
      handOver();
      return outcome;
    }

    /** Gives away what is about to go, before the work has the batch. */
    private void handOver() {
      if (whole != null && old != null && !old.isEmpty()) {
        overwritten.keep(whole, old);
      }
    }

    private void goes(Found found) {
      if (whole != null && old != null) {
        records.text(whole).decode(found.json(), old);
      }
    }

    private void decideAll() throws SQLException, IOException {
      records.index(kept, collection);
      for (int i = 0; i < changes.records().records(); i++) {
        decide(i);
      }
    }

    private void decide(int change) throws SQLException, IOException {
      boolean isPut = changes.kind() == ChangeBatch.ChangeKind.PUT;
      RecordDigest[] digests = changes.digests();
      RecordDigest digest = digests == null ? null : digests[change];
      RecordBatch there = new RecordBatch(collection.writtenFields().size());
      RecordDigest key =
          isPut ? texts.keyDigest(change) : canonical.digest(changes.records(), change);
      // Of records without key each put is one more.
      Found found = isPut && !collection.hasKey() ? null : work.find(kept, key);
      if (found != null) {
        text.decode(found.json(), there);
      }
      Decision decision =
          Decision.decide(
              collection,
              changes.slice(change, change + 1),
              there,
              new int[] {found == null ? -1 : 0},
              policy,
              canonical)[0];
      switch (decision) {
        case INSERT -> {
          insert(change, key);
          keep(BeforeImage.Change.INSERTED, identity(change), digest);
          count(1, 0, 0, 0, 0, digest);
        }
        case UPDATE -> {
          if (found == null) {
            insert(change, key);
            keep(BeforeImage.Change.INSERTED, identity(change), digest);
            count(1, 0, 0, 0, 0, digest);
            return;
          }
          goes(found);
          JsonText json = new JsonText();
          text.encode(changes.records(), change, found.json(), json);
          byte[] put = json.copy();
          requireName(put, change);
          work.put(kept, found.id(), texts.key(change), id, put);
          keep(BeforeImage.Change.UPDATED, there.recordBytes(0), digest);
          count(0, 1, 0, 0, 0, digest);
        }
        case DELETE -> {
          if (found != null) {
            goes(found);
            work.put(kept, found.id(), Work.bytes(key), id, null);
            keep(BeforeImage.Change.DELETED, there.recordBytes(0), null);
          }
          count(0, 0, 0, 0, 1, null);
        }
        case UNCHANGED -> count(0, 0, 1, 0, 0, null);
        case SKIP ->
            outcome =
                outcome.plus(
                    new Outcome(
                        0,
                        0,
                        0,
                        1,
                        0,
                        RecordDigest.ZERO,
                        digest == null ? RecordDigest.ZERO : digest));
        case CONFLICT ->
            throw new DataException(
                "CONFLICT",
                "The record "
                    + keyText(change)
                    + " of \""
                    + collection.name()
                    + "\" stands in the way: it is there already with other content.",
                "see what would conflict: waybill diff",
                change,
                null);
      }
    }

    private void requireName(byte[] json, int change) throws SQLException, IOException {
      if (names != null) {
        names.require(json, change);
      }
    }

    private void insert(int change, RecordDigest key) throws SQLException, IOException {
      byte[] text = texts.text(change);
      requireName(text, change);
      long place = collection.hasKey() ? work.freed(kept, key) : -1;
      if (place >= 0) {
        work.put(kept, place, texts.key(change), id, text);
      } else {
        work.insert(kept, mark.chunk(), texts.key(change), id, text);
      }
    }

    private byte[] identity(int change) {
      if (!collection.hasKey()) {
        return changes.records().recordBytes(change);
      }
      int[] key = collection.keyPositions();
      RecordBatch identity = new RecordBatch(key.length);
      changes.records().project(change, key, identity);
      return identity.recordBytes(0);
    }

    private void keep(BeforeImage.Change change, byte[] record, @Nullable RecordDigest written) {
      images.add(new BeforeImage(change, record, written == null ? "" : written.toString()));
    }

    private void count(
        int inserted,
        int updated,
        int unchanged,
        int skipped,
        int deleted,
        @Nullable RecordDigest digest) {
      outcome =
          outcome.plus(
              new Outcome(
                  inserted,
                  updated,
                  unchanged,
                  skipped,
                  deleted,
                  digest == null ? RecordDigest.ZERO : digest));
    }

    private String keyText(int change) {
      int[] key = collection.keyPositions();
      return changes.kind() == ChangeBatch.ChangeKind.DELETE || key.length == 0
          ? KeyText.value(changes.records(), changes.records().at(change, 0))
          : KeyText.of(changes.records(), change, key);
    }
  }

  @Override
  public void close() {
    session.group().closed(this);
  }
}
