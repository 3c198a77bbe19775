package dev.waybill.run;

import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetWriter;
import dev.waybill.verify.ChunkWorkers;
import dev.waybill.verify.ComparableDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The one loop: for each chunk, for each batch of changes, one atom in the target.
 *
 * <p>A copy, a rollback and every later mode are this loop with another {@link Producer}.
 */
final class Engine {
  private static final int LARGE = 16 << 20;

  private final TargetSession session;
  private final Producer producer;
  private final Quarantine quarantine;
  private final int threads;
  private final RateLimit rate;
  private final RunEvent.Listener listener;
  private final BooleanSupplier isCancelled;
  private final Set<Mark> done = new HashSet<>();

  Engine(
      TargetSession session,
      Producer producer,
      Quarantine quarantine,
      int threads,
      RateLimit rate,
      RunEvent.Listener listener,
      BooleanSupplier isCancelled) {
    this.session = session;
    this.producer = producer;
    this.quarantine = quarantine;
    this.threads = threads;
    this.rate = rate;
    this.listener = listener;
    this.isCancelled = isCancelled;
    for (MarkedBatch marked : session.ledger().marks()) {
      done.add(marked.mark());
    }
  }

  /** Moves all changes of one collection. Ends early when cancelled or when quarantine is full. */
  void move(CollectionRun run, ConflictPolicy policy) {
    List<Chunk> chunks = producer.chunks(run);
    listener.on(event(RunEvent.Type.COLLECTION_STARTED, run));
    ChunkWorkers.run(
        chunks,
        producer.isUndo() ? 1 : threads,
        () -> isCancelled.getAsBoolean() || quarantine.isEnough(),
        () -> new Worker(run, policy));
    listener.on(event(RunEvent.Type.COLLECTION_DONE, run));
  }

  /**
   * Undoing what is undone already changes nothing, so a rollback that is repeated goes through all
   * of it again, under numbers of its own.
   */
  private int firstBatch(Chunk chunk) {
    return producer.isUndo()
        ? done.stream()
            .filter(mark -> mark.isUndo() && mark.collection().equals(chunk.collection()))
            .mapToInt(mark -> mark.batch() + 1)
            .max()
            .orElse(0)
        : 0;
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
      this.writer = session.writer(run.step().triggers());
      this.went = new BucketDigest(run.copied().buckets());
    }

    @Override
    public void work(Chunk chunk, BooleanSupplier isStopped) {
      try (Producer.ChangeReader reader = producer.read(run, chunk)) {
        int batch = firstBatch(chunk);
        for (Changes changes = reader.next();
            changes != null && !isStopped.getAsBoolean();
            changes = reader.next()) {
          String collection = run.step().target().name();
          Mark mark = new Mark(collection, chunk.ordinal(), batch++, 0, producer.isUndo());
          rate.take(changes.source().records());
          if (producer.isUndo() || !done.contains(mark)) {
            for (Refused refused : changes.refused()) {
              refuse(changes, refused);
            }
            apply(changes, mark);
          }
          run.addRead(changes.source().records());
          listener.on(event(RunEvent.Type.PROGRESS, run));
        }
      }
    }

    /** Applies a batch; one that is refused is cut until the records that cannot go are alone. */
    private void apply(Changes changes, Mark mark) {
      Deque<int[]> parts = new ArrayDeque<>();
      parts.push(new int[] {0, changes.batch().records().records()});
      int part = mark.part();
      while (!parts.isEmpty() && !quarantine.isEnough()) {
        int[] range = parts.pop();
        int from = range[0];
        int to = range[1];
        if (from == to) {
          continue;
        }
        boolean isWhole = from == 0 && to == changes.batch().records().records();
        ChangeBatch batch = isWhole ? changes.batch() : changes.batch().slice(from, to);
        Mark own = new Mark(mark.collection(), mark.chunk(), mark.batch(), part++, mark.isUndo());
        try {
          Outcome outcome = write(batch, own);
          run.add(outcome);
          noteMended(changes, from, to, outcome);
          for (int change = from; change < to; change++) {
            went.add(changes.keys()[change], changes.wholes()[change]);
          }
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
            refuse(changes, bad, refused);
            parts.push(new int[] {bad + 1, to});
            parts.push(new int[] {from, bad});
          }
        }
      }
    }

    /** Large records are written one at a time, or each thread would need memory for its own. */
    private Outcome write(ChangeBatch batch, Mark mark) {
      if (batch.records().size() < LARGE) {
        return writer.apply(run.step().target(), batch, policy, mark);
      }
      synchronized (Engine.this) {
        return writer.apply(run.step().target(), batch, policy, mark);
      }
    }

    /**
     * Takes note of what policies have mended. Which records of a batch were written the target
     * does not say, so that of a batch that is there in part already the count is at most what was
     * written.
     */
    private void noteMended(Changes changes, int from, int to, Outcome outcome) {
      Set<Integer> repaired = new HashSet<>();
      for (Mended mended : changes.mended()) {
        if (mended.mapped() < from || mended.mapped() >= to) {
          continue;
        }
        String key = keyText(changes, mended.record());
        run.addLoss(mended.field(), mended.code(), mended.policy(), key);
        if (mended.policy() != LossPolicy.SIDECAR) {
          repaired.add(mended.mapped());
          quarantine.keepOriginal(run, changes.source(), mended, key);
        }
      }
      run.addRepaired(Math.min(repaired.size(), outcome.written()));
    }

    private void refuse(Changes changes, Refused refused) {
      String key = keyText(changes, refused.record());
      if (refused.policy() == LossPolicy.QUARANTINE) {
        run.addLoss(refused.field(), refused.code(), LossPolicy.QUARANTINE, key);
      }
      quarantine.add(
          run,
          changes.source(),
          refused.record(),
          ComparableDigest.of(run.pairing(), canonical, changes.source(), refused.record()),
          key,
          refused.code(),
          "field " + refused.field() + " " + refused.reason());
    }

    private void refuse(Changes changes, int change, DataException refused) {
      int record = changes.origins()[change];
      quarantine.add(
          run,
          changes.source(),
          record,
          changes.wholes()[change],
          keyText(changes, record),
          refused.code(),
          String.valueOf(refused.getMessage()));
    }

    private String keyText(Changes changes, int record) {
      return producer.isUndo()
          ? KeyText.of(
              changes.source(), record, IntStream.range(0, changes.source().width()).toArray())
          : run.name(changes.source(), record);
    }

    @Override
    public void close() {
      run.copied().add(went);
      writer.close();
    }
  }
}
