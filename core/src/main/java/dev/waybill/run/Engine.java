package dev.waybill.run;

import dev.waybill.journal.KeyLog;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.verify.ChunkWorkers;
import dev.waybill.verify.ComparableDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The one loop: for each chunk, for each batch of changes, one atom in the target.
 *
 * <p>A copy, a rollback and every later mode are this loop with another {@link Producer}. A run
 * that goes on is the same loop again: what the ledger marks as done is read and counted, not
 * written, after {@link Recall} has made sure that it is still the same.
 */
final class Engine {
  private static final int LARGE = 16 << 20;

  /** A hold that went with its own connection, when no other was lost, is noticed after so long. */
  private static final long LOOK_AT_HOLD = Duration.ofSeconds(1).toNanos();

  private final TargetSession session;
  private final TargetStore.Hold hold;
  private final Producer producer;
  private final Quarantine quarantine;
  private final int threads;
  private final RateLimit rate;
  private final Retry retry;
  private final RunEvent.Listener listener;
  private final BooleanSupplier isCancelled;
  private final LongSupplier nanoTime;
  private final AtomicLong heldAt;
  private final @Nullable KeyLog keys;
  private final Overwritten overwritten;
  private final Recall recall;

  /**
   * @param threads of a copy; an undo has one, because its order counts
   * @param keys is told what is put into collections that the run makes; null while undoing
   * @param overwritten is given what batches overwrite
   */
  Engine(
      Environment environment,
      TargetSession session,
      TargetStore.Hold hold,
      Producer producer,
      Quarantine quarantine,
      int threads,
      long maxRate,
      @Nullable KeyLog keys,
      Overwritten overwritten) {
    this.session = session;
    this.hold = hold;
    this.producer = producer;
    this.quarantine = quarantine;
    this.threads = threads;
    this.rate = new RateLimit(maxRate, environment.nanoTime());
    this.retry = new Retry(environment);
    this.listener = producer.isUndo() ? event -> {} : environment.listener();
    this.isCancelled = environment.isCancelled();
    this.nanoTime = environment.nanoTime();
    this.heldAt = new AtomicLong(nanoTime.getAsLong() - LOOK_AT_HOLD);
    this.keys = keys;
    this.overwritten = overwritten;
    this.recall = new Recall(environment, session, producer, quarantine, threads);
  }

  /** Moves all changes of one collection. Ends early when cancelled or when quarantine is full. */
  void move(CollectionRun run, ConflictPolicy policy) {
    Set<Integer> done = recall.finished(run);
    List<Chunk> chunks =
        producer.chunks(run).stream().filter(chunk -> !done.contains(chunk.ordinal())).toList();
    listener.on(event(RunEvent.Type.COLLECTION_STARTED, run));
    ChunkWorkers.run(
        chunks,
        producer.isUndo() || isChecked(run) ? 1 : threads,
        () -> isCancelled.getAsBoolean() || quarantine.isEnough(),
        () -> new Worker(run, policy));
    listener.on(event(RunEvent.Type.COLLECTION_DONE, run));
  }

  /**
   * True where the target checks each record against others of the same collection as it comes:
   * several chunks at once would bring children before their parents.
   */
  private static boolean isChecked(CollectionRun run) {
    Collection target = run.step().target();
    return !run.step().creates()
        && target.foreignKeys().stream()
            .anyMatch(foreign -> foreign.targetCollection().equals(target.name()));
  }

  /** What is done already. */
  Recall recall() {
    return recall;
  }

  private String keyText(CollectionRun run, Changes changes, int record) {
    return producer.isUndo()
        ? KeyText.of(
            changes.source(), record, IntStream.range(0, changes.source().width()).toArray())
        : run.name(changes.source(), record);
  }

  private void requireHold() {
    long now = nanoTime.getAsLong();
    long last = heldAt.get();
    if (now - last >= LOOK_AT_HOLD && heldAt.compareAndSet(last, now)) {
      retry.run(hold::renew);
    }
  }

  private static RunEvent event(RunEvent.Type type, CollectionRun run) {
    return new RunEvent(type, run.step().source(), run.read(), run.step().records(), "");
  }

  /** One thread with its own connection to the target. */
  private final class Worker implements ChunkWorkers.Worker {
    private final CollectionRun run;
    private final ConflictPolicy policy;
    private final TargetWriter writer;
    private final BucketDigest went;
    private final CanonicalForm canonical = new CanonicalForm();

    Worker(CollectionRun run, ConflictPolicy policy) {
      this.run = run;
      this.policy = policy;
      this.writer = retry.get(() -> session.writer(run.step().triggers(), overwritten), () -> {});
      this.went = new BucketDigest(run.copied().buckets());
    }

    @Override
    public void work(Chunk chunk, BooleanSupplier isStopped) {
      String collection = run.step().target().name();
      try (Producer.ChangeReader reader = producer.read(run, chunk)) {
        int batch = producer.isUndo() ? recall.marks().nextUndo(collection) : 0;
        for (Changes changes = reader.next();
            changes != null && !isStopped.getAsBoolean();
            changes = reader.next()) {
          Mark mark = new Mark(collection, chunk.ordinal(), batch++, 0, producer.isUndo());
          if (!producer.isUndo()
              && recall.marks().isDone(collection, chunk.ordinal(), mark.batch())) {
            recall.count(run, changes, mark, went);
            quarantine.countAgain(run, mark);
          } else {
            rate.take(changes.source().records());
            requireHold();
            for (Refused refused : changes.refused()) {
              refuse(changes, mark, refused);
            }
            apply(changes, mark);
          }
          run.addRead(changes.source().records());
          run.rounding().add(changes);
          listener.on(event(RunEvent.Type.PROGRESS, run));
        }
        run.addScanned(reader.scanned());
      } finally {
        if (keys != null && run.step().creates()) {
          keys.force(collection, chunk.ordinal());
        }
      }
    }

    /** Applies a batch; one that is refused is cut until the records that cannot go are alone. */
    private void apply(Changes changes, Mark mark) {
      int size = changes.batch().records().records();
      Deque<int[]> parts = toDo(changes, mark);
      boolean isWhole = parts.size() == 1 && parts.peek()[1] - parts.peek()[0] == size;
      boolean isMarked = false;
      while (!parts.isEmpty() && !quarantine.isEnough()) {
        int[] range = parts.pop();
        int from = range[0];
        int to = range[1];
        if (from == to) {
          continue;
        }
        boolean isAll = isWhole && to - from == size;
        ChangeBatch batch = isAll ? changes.batch() : changes.batch().slice(from, to);
        int part = isAll ? 0 : 1 + from;
        Mark own = new Mark(mark.collection(), mark.chunk(), mark.batch(), part, mark.isUndo());
        try {
          went(changes, mark, from, to, write(batch, own));
          isMarked = isAll;
        } catch (DataException refused) {
          boolean isTooLarge = refused.code().equals(TargetWriter.BATCH_TOO_LARGE) && to - from > 1;
          int bad =
              isTooLarge
                  ? -1
                  : refused.record() >= 0 ? from + refused.record() : to - from == 1 ? from : -1;
          if (bad < 0) {
            int middle = (from + to) >>> 1;
            parts.push(new int[] {middle, to});
            parts.push(new int[] {from, middle});
          } else {
            refuse(changes, mark, bad, refused);
            parts.push(new int[] {bad + 1, to});
            parts.push(new int[] {from, bad});
          }
        }
      }
      if (parts.isEmpty() && !isMarked && !mark.isUndo()) {
        MarkedBatch whole = new MarkedBatch(mark, Outcome.NOTHING, changes.batch().content());
        retry.run(() -> session.ledger().mark(whole));
      }
    }

    /** The ranges of a batch that are not written yet; those that are count as they did then. */
    private Deque<int[]> toDo(Changes changes, Mark mark) {
      int size = changes.batch().records().records();
      Deque<int[]> ranges = new ArrayDeque<>();
      int next = 0;
      if (!mark.isUndo()) {
        for (MarkedBatch part :
            recall.marks().parts(mark.collection(), mark.chunk(), mark.batch())) {
          int from = part.mark().part() - 1;
          ranges.add(new int[] {next, from});
          next = from + Marks.changes(part);
          went(changes, mark, from, next, part.outcome());
        }
      }
      ranges.add(new int[] {next, size});
      return ranges;
    }

    private void went(Changes changes, Mark mark, int from, int to, Outcome outcome) {
      run.add(outcome);
      noteMended(changes, mark, from, to, outcome);
      for (int change = from; change < to; change++) {
        went.add(changes.keys()[change], changes.wholes()[change]);
      }
    }

    /** Large records are written one at a time, or each thread would need memory for its own. */
    private Outcome write(ChangeBatch batch, Mark mark) {
      if (keys != null && run.step().creates()) {
        keys.append(mark, batch, run.step().target().keyPositions());
      }
      if (batch.records().size() < LARGE) {
        return writeAgain(batch, mark);
      }
      synchronized (Engine.this) {
        return writeAgain(batch, mark);
      }
    }

    /** A connection that was lost in the middle does not tell whether the batch had gone. */
    private Outcome writeAgain(ChangeBatch batch, Mark mark) {
      boolean[] isRepeated = new boolean[1];
      return retry.get(
          () -> {
            if (isRepeated[0]) {
              Outcome gone = session.ledger().marked(mark).map(MarkedBatch::outcome).orElse(null);
              if (gone != null) {
                return gone;
              }
            }
            return writer.apply(run.step().target(), batch, policy, mark);
          },
          () -> {
            isRepeated[0] = true;
            hold.renew();
          });
    }

    /**
     * Takes note of what policies have mended. Which records of a batch were written the target
     * does not say, so that of a batch that is there in part already the count is at most what was
     * written.
     */
    private void noteMended(Changes changes, Mark mark, int from, int to, Outcome outcome) {
      Set<Integer> repaired = new HashSet<>();
      for (Mended mended : changes.mended()) {
        if (mended.mapped() < from || mended.mapped() >= to) {
          continue;
        }
        String key = keyText(run, changes, mended.record());
        run.addLoss(mended.field(), mended.code(), mended.policy(), key);
        if (mended.policy() != LossPolicy.SIDECAR) {
          repaired.add(mended.mapped());
          quarantine.keepOriginal(run, mark, changes.source(), mended, key);
        }
      }
      run.addRepaired(Math.min(repaired.size(), outcome.written()));
    }

    private void refuse(Changes changes, Mark mark, Refused refused) {
      Recall.addLoss(run, changes, refused);
      quarantine.add(
          run,
          mark,
          changes.source(),
          refused.record(),
          ComparableDigest.of(run.pairing(), canonical, changes.source(), refused.record()),
          keyText(run, changes, refused.record()),
          refused.code(),
          "field " + refused.field() + " " + refused.reason());
    }

    private void refuse(Changes changes, Mark mark, int change, DataException refused) {
      int record = changes.origins()[change];
      quarantine.add(
          run,
          mark,
          changes.source(),
          record,
          changes.wholes()[change],
          keyText(run, changes, record),
          refused.code(),
          String.valueOf(refused.getMessage()));
    }

    @Override
    public void close() {
      run.copied().add(went);
      writer.close();
    }
  }
}
