package dev.waybill.run;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.ChunkReaders;
import java.util.concurrent.atomic.AtomicLong;

/** Reads every record through its mapping, as a dry run does, and writes none. */
final class DryReading {
  private final Snapshot source;
  private final Conflicts conflicts;
  private final Plan plan;
  private final RunEvent.Listener listener;
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong replaced = new AtomicLong();
  private final AtomicLong unchanged = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();

  /**
   * @param conflicts takes those that are found
   */
  DryReading(Snapshot source, Conflicts conflicts, Plan plan, RunEvent.Listener listener) {
    this.source = source;
    this.conflicts = conflicts;
    this.plan = plan;
    this.listener = listener;
  }

  /** What the run would do with the records that were read. */
  String sentence() {
    return String.format(
        "The run would write %,d record%s%s%s%s.",
        written.get(),
        written.get() == 1 ? "" : "s",
        replaced.get() == 0 ? "" : String.format(", %,d of them over another", replaced.get()),
        unchanged.get() == 0 ? "" : String.format("; %,d are there already", unchanged.get()),
        skipped.get() == 0
            ? ""
            : String.format("; %,d stay as the target has them", skipped.get()));
  }

  /** Reads a collection. */
  void read(CollectionRun run) {
    tell(RunEvent.Type.COLLECTION_STARTED, run, "");
    ChunkReaders.forEach(
        source,
        run.pairing().source(),
        plan.options().connections(),
        Preflight.CHUNK_RECORDS,
        Preflight.BATCH_RECORDS,
        () -> false,
        () -> new Reading(run));
    tell(RunEvent.Type.COLLECTION_DONE, run, "");
  }

  private void tell(RunEvent.Type type, CollectionRun run, String text) {
    listener.on(new RunEvent(type, run.step().source(), run.read(), run.step().records(), text));
  }

  private final class Reading implements ChunkReaders.BatchConsumer {
    private final CollectionRun run;
    private final CanonicalForm canonical = new CanonicalForm();

    Reading(CollectionRun run) {
      this.run = run;
    }

    @Override
    public void accept(RecordBatch read) {
      RecordBatch batch = run.pairing().select(read);
      Mapped mapped = run.pairing().mapping().forward(batch);
      for (Mended mended : mapped.mended()) {
        String key = run.name(batch, mended.record());
        run.addLoss(mended.field(), mended.code(), mended.policy(), key);
      }
      for (Refused refused : mapped.refused()) {
        String key = run.name(batch, refused.record());
        run.addQuarantined();
        run.addLoss(refused.field(), refused.code(), refused.policy(), key);
        listener.on(
            new RunEvent(
                RunEvent.Type.RECORD_REFUSED,
                run.step().source(),
                0,
                -1,
                key + ": field " + refused.field() + " " + refused.reason()));
      }
      if (Conflicts.arePossible(run)) {
        Outcome would = conflicts.look(run, mapped.records(), canonical);
        run.add(new Outcome(0, 0, would.unchanged(), would.skipped(), 0, RecordDigest.ZERO));
        written.addAndGet(would.written());
        replaced.addAndGet(would.updated());
        unchanged.addAndGet(would.unchanged());
        skipped.addAndGet(would.skipped());
      } else {
        written.addAndGet(mapped.records().records());
      }
      run.addRead(batch.records());
      tell(RunEvent.Type.PROGRESS, run, "");
    }

    @Override
    public void close() {}
  }
}
