package dev.waybill.run;

import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetSession;
import dev.waybill.verify.ChunkWorkers;
import dev.waybill.verify.ComparableDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * What the ledger marks as done, read again and held against it: chunks that are whole and as they
 * were count as they did then; the others are told.
 */
final class Recall {
  private final TargetSession session;
  private final Producer producer;
  private final Quarantine quarantine;
  private final int threads;
  private final RunEvent.Listener listener;
  private final BooleanSupplier isCancelled;
  private Marks marks;

  /** By target collection the chunks that need not be looked at again. */
  private final Map<String, Set<Integer>> finished = new HashMap<>();

  private final Map<String, Thinned> thinned = new HashMap<>();

  Recall(
      Environment environment,
      TargetSession session,
      Producer producer,
      Quarantine quarantine,
      int threads) {
    this.session = session;
    this.producer = producer;
    this.quarantine = quarantine;
    this.threads = threads;
    this.listener = environment.listener();
    this.isCancelled = environment.isCancelled();
    this.marks = new Marks(session.ledger().marks());
  }

  /**
   * Chunks that are as they were written, and of which records were taken out again after all was
   * copied. Whether they may stay so is known only when all collections have been looked at.
   */
  private static final class Thinned {
    private final CollectionRun counted;
    private final BucketDigest went;
    private final Set<Integer> chunks = new TreeSet<>();

    Thinned(CollectionRun run) {
      this.counted = run.beside();
      this.went = new BucketDigest(run.copied().buckets());
    }
  }

  /**
   * Reads again what is marked, and counts the chunks that are whole and as they were, but for
   * those of which records were taken out again.
   *
   * @return the ordinals of the chunks whose records are not those that were written: the source
   *     has moved, or they were begun to be taken back for that
   */
  Set<Integer> read(CollectionRun run) {
    String name = run.step().target().name();
    Set<Integer> marked = marks.chunks(name);
    Set<Integer> begun = marks.undoBegun(name);
    Set<Integer> moved = new TreeSet<>();
    if (marked.isEmpty() && begun.isEmpty()) {
      return moved;
    }
    List<Chunk> chunks = new ArrayList<>();
    for (Chunk chunk : producer.chunks(run)) {
      if (begun.contains(chunk.ordinal())) {
        moved.add(chunk.ordinal());
      } else if (marked.contains(chunk.ordinal())) {
        chunks.add(chunk);
      }
    }
    AtomicLong read = new AtomicLong();
    tell(RunEvent.Type.COLLECTION_STARTED, run, 0);
    ChunkWorkers.run(chunks, threads, isCancelled, () -> new Recaller(run, moved, read));
    tell(RunEvent.Type.COLLECTION_DONE, run, read.get());
    return moved;
  }

  /**
   * Chunks of which something may have been written and that are not known to be whole: where a
   * batch is no atom, any of its records may be there without a mark.
   */
  Set<Integer> unfinished(CollectionRun run) {
    String name = run.step().target().name();
    Set<Integer> known = finished.getOrDefault(name, Set.of());
    Set<Integer> unfinished = new TreeSet<>();
    for (Chunk chunk : producer.chunks(run)) {
      if (!known.contains(chunk.ordinal())
          && (marks.last(name, chunk.ordinal()) >= 0 || hasImages(name, chunk.ordinal()))) {
        unfinished.add(chunk.ordinal());
      }
    }
    return unfinished;
  }

  private boolean hasImages(String name, int chunk) {
    try (BeforeImages images = session.ledger().beforeImages(name, chunk)) {
      return !images.next(1).isEmpty();
    }
  }

  /** True if each chunk of the collections is whole and as it was. */
  boolean areWhole(List<CollectionRun> runs) {
    return runs.stream()
        .allMatch(
            run ->
                producer.chunks(run).stream()
                    .allMatch(
                        chunk -> isFinished(run, chunk) || thinned(run).contains(chunk.ordinal())));
  }

  private boolean isFinished(CollectionRun run, Chunk chunk) {
    return finished(run).contains(chunk.ordinal());
  }

  /** The chunks that are whole and as they were, but of which records were taken out again. */
  Set<Integer> thinned(CollectionRun run) {
    Thinned known = thinned.get(run.step().target().name());
    return known == null ? Set.of() : known.chunks;
  }

  /** Counts those too. */
  void countThinned(CollectionRun run) {
    Thinned known = thinned.remove(run.step().target().name());
    if (known != null) {
      count(run, known.counted, known.went, known.chunks);
    }
  }

  private void count(
      CollectionRun run, CollectionRun counted, BucketDigest went, Set<Integer> chunks) {
    String name = run.step().target().name();
    run.copied().add(went);
    run.add(counted);
    for (int chunk : chunks) {
      for (int batch = 0; batch <= marks.last(name, chunk); batch++) {
        quarantine.countAgain(run, new Mark(name, chunk, batch, 0, false));
      }
      finished.computeIfAbsent(name, any -> new HashSet<>()).add(chunk);
    }
  }

  /** Forgets what was known of the batches that are done, after the ledger was changed. */
  void readMarks() {
    marks = new Marks(session.ledger().marks());
  }

  Marks marks() {
    return marks;
  }

  boolean isDone(Mark batch) {
    return marks.isDone(batch.collection(), batch.chunk(), batch.batch());
  }

  /** The chunks of a collection that need not be looked at again. */
  Set<Integer> finished(CollectionRun run) {
    return finished.getOrDefault(run.step().target().name(), Set.of());
  }

  /** Forgets what was recalled of a collection that is to be copied anew. */
  void beginAnew(String target) {
    finished.remove(target);
    thinned.remove(target);
  }

  private void tell(RunEvent.Type type, CollectionRun run, long read) {
    listener.on(new RunEvent(type, run.step().source(), read, run.step().records(), ""));
  }

  /** True if changes that were read again are those that a done batch, or its parts, wrote. */
  private boolean isAsMarked(CollectionRun run, Changes changes, Mark mark) {
    MarkedBatch whole = marks.whole(mark.collection(), mark.chunk(), mark.batch());
    if (whole != null) {
      return whole.content().equals(changes.batch().content())
          && isAccountedFor(changes, whole)
          && areLeft(run, changes, mark);
    }
    int size = changes.batch().records().records();
    for (MarkedBatch part : marks.parts(mark.collection(), mark.chunk(), mark.batch())) {
      int from = part.mark().part() - 1;
      int to = from + Marks.changes(part);
      if (to > size || !part.content().equals(changes.batch().slice(from, to).content())) {
        return false;
      }
    }
    return true;
  }

  /**
   * True if each change of a done batch was written or is known to have stayed behind: the lines of
   * the quarantine may have been lost with the machine's power.
   */
  private boolean isAccountedFor(Changes changes, MarkedBatch whole) {
    Mark mark = whole.mark();
    long written = Marks.changes(whole);
    for (MarkedBatch part : marks.parts(mark.collection(), mark.chunk(), mark.batch())) {
      written += Marks.changes(part);
    }
    int left = quarantine.of(mark).size() - changes.refused().size();
    return written + left == changes.batch().records().records();
  }

  /** True if the records that cannot be mapped are among those that stayed behind before. */
  private boolean areLeft(CollectionRun run, Changes changes, Mark mark) {
    List<RecordDigest> left = new ArrayList<>(quarantine.of(mark));
    CanonicalForm canonical = new CanonicalForm();
    for (Refused refused : changes.refused()) {
      if (!left.remove(
          ComparableDigest.of(run.pairing(), canonical, changes.source(), refused.record()))) {
        return false;
      }
    }
    for (RecordDigest whole : changes.wholes()) {
      left.remove(whole);
    }
    return left.isEmpty();
  }

  /** What becomes of a batch that is done already: it counts as it did then. */
  void count(CollectionRun run, Changes changes, Mark mark, BucketDigest went) {
    List<RecordDigest> left = new ArrayList<>(quarantine.of(mark));
    Outcome outcome = Outcome.NOTHING;
    MarkedBatch whole = marks.whole(mark.collection(), mark.chunk(), mark.batch());
    if (whole != null) {
      outcome = whole.outcome();
    }
    for (MarkedBatch part : marks.parts(mark.collection(), mark.chunk(), mark.batch())) {
      outcome = outcome.plus(part.outcome());
    }
    run.add(outcome);
    Set<Integer> repaired = new HashSet<>();
    for (Mended mended : changes.mended()) {
      run.addLoss(
          mended.field(),
          mended.code(),
          mended.policy(),
          run.name(changes.source(), mended.record()));
      if (mended.policy() != LossPolicy.SIDECAR) {
        repaired.add(mended.mapped());
      }
    }
    run.addRepaired(Math.min(repaired.size(), outcome.written()));
    for (Refused refused : changes.refused()) {
      left.remove(
          ComparableDigest.of(
              run.pairing(), new CanonicalForm(), changes.source(), refused.record()));
      addLoss(run, changes, refused);
    }
    for (int change = 0; change < changes.wholes().length; change++) {
      if (left.isEmpty() || !left.remove(changes.wholes()[change])) {
        went.add(changes.keys()[change], changes.wholes()[change]);
      }
    }
  }

  static void addLoss(CollectionRun run, Changes changes, Refused refused) {
    if (refused.policy() == LossPolicy.QUARANTINE) {
      run.addLoss(
          refused.field(),
          refused.code(),
          LossPolicy.QUARANTINE,
          run.name(changes.source(), refused.record()));
    }
  }

  /** One thread that reads again what is marked. */
  private final class Recaller implements ChunkWorkers.Worker {
    private final CollectionRun run;
    private final Set<Integer> moved;
    private final AtomicLong read;
    private final Set<RecordDigest> takenOut;

    Recaller(CollectionRun run, Set<Integer> moved, AtomicLong read) {
      this.run = run;
      this.moved = moved;
      this.read = read;
      this.takenOut = quarantine.takenOut(run.step().target().name());
    }

    @Override
    public void work(Chunk chunk, BooleanSupplier isStopped) {
      String name = run.step().target().name();
      // Counted only once the whole chunk is known to be as it was.
      CollectionRun counted = run.beside();
      BucketDigest went = new BucketDigest(run.copied().buckets());
      int last = marks.last(name, chunk.ordinal());
      boolean isThinned = false;
      try (Producer.ChangeReader reader = producer.read(run, chunk)) {
        int batch = 0;
        Changes changes = reader.next();
        while (changes != null && batch <= last && !isStopped.getAsBoolean()) {
          Mark mark = new Mark(name, chunk.ordinal(), batch, 0, false);
          if (!isAsMarked(run, changes, mark)) {
            break;
          }
          if (marks.isDone(name, chunk.ordinal(), batch)) {
            count(counted, changes, mark, went);
            counted.addRead(changes.source().records());
            counted.rounding().add(changes);
            isThinned |= hasTakenOut(changes);
          } else {
            last = batch - 1;
          }
          batch++;
          tell(RunEvent.Type.PROGRESS, run, read.addAndGet(changes.source().records()));
          changes = reader.next();
        }
        if (isStopped.getAsBoolean()) {
          return;
        }
        synchronized (moved) {
          if (batch <= last) {
            moved.add(chunk.ordinal());
          } else if (changes == null && batch == last + 1) {
            counted.addScanned(reader.scanned());
            if (isThinned) {
              Thinned all = thinned.computeIfAbsent(name, any -> new Thinned(run));
              all.counted.add(counted);
              all.went.add(went);
              all.chunks.add(chunk.ordinal());
            } else {
              count(run, counted, went, Set.of(chunk.ordinal()));
            }
          }
        }
      }
    }

    private boolean hasTakenOut(Changes changes) {
      return !takenOut.isEmpty() && Arrays.stream(changes.wholes()).anyMatch(takenOut::contains);
    }

    @Override
    public void close() {}
  }
}
