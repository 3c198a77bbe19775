package dev.waybill.run;

import dev.waybill.journal.KeyLog;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.Triggers;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session that notes the keys of what is put into collections that the plan makes, before it is
 * put. All else it hands on.
 */
final class KeyNotingSession implements TargetSession {
  private final TargetSession session;
  private final KeyLog log;
  private final Map<String, int[]> keys = new HashMap<>();

  KeyNotingSession(TargetSession session, KeyLog log, Plan plan) {
    this.session = session;
    this.log = log;
    for (Step step : plan.steps()) {
      if (step.creates()) {
        keys.put(step.target().name(), step.target().keyPositions());
      }
    }
  }

  @Override
  public TargetWriter writer(Triggers triggers) {
    return new Writer(session.writer(triggers));
  }

  /** Forces a chunk's notes to the disk when the next one is begun, or none is any more. */
  private final class Writer implements TargetWriter {
    private final TargetWriter writer;
    private @Nullable Mark last;

    Writer(TargetWriter writer) {
      this.writer = writer;
    }

    @Override
    public Outcome apply(
        Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
      int[] key = mark.isUndo() ? null : keys.get(mark.collection());
      if (key != null) {
        note(changes, key, mark);
      }
      return writer.apply(collection, changes, policy, mark);
    }

    private void note(ChangeBatch changes, int[] key, Mark mark) {
      Mark before = last;
      if (before == null
          || before.chunk() != mark.chunk()
          || !before.collection().equals(mark.collection())) {
        force();
      } else if (before.batch() == mark.batch()) {
        // A part of a batch that was noted as a whole.
        return;
      }
      last = mark;
      log.append(mark, changes, key);
    }

    private void force() {
      Mark done = last;
      last = null;
      if (done != null) {
        log.force(done.collection(), done.chunk());
      }
    }

    @Override
    public void close() {
      try {
        force();
      } finally {
        writer.close();
      }
    }
  }

  @Override
  public Ledger ledger() {
    return session.ledger();
  }

  @Override
  public void create(Collection collection) {
    session.create(collection);
  }

  @Override
  public void finish(List<Collection> created, List<Collection> filled) {
    session.finish(created, filled);
  }

  @Override
  public void drop(String collection) {
    session.drop(collection);
  }

  @Override
  public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
    return session.dropIfStill(collection, records, sum);
  }

  @Override
  public void restore() {
    session.restore();
  }

  @Override
  public void close() {
    session.close();
  }
}
