package dev.waybill.stores.json;

import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A ledger in memory that can break off where a run may be killed. */
final class TestLedger implements Ledger {
  private final List<Note> notes = new ArrayList<>();
  private final Map<Mark, MarkedBatch> marks = new LinkedHashMap<>();

  /** Breaks off the next time that a batch is to be marked. */
  boolean failAtMark;

  void clear() {
    notes.clear();
    marks.clear();
  }

  @Override
  public List<Note> notes() {
    return List.copyOf(notes);
  }

  @Override
  public void note(Note note) {
    notes.add(note);
  }

  @Override
  public List<MarkedBatch> marks() {
    return List.copyOf(marks.values());
  }

  @Override
  public Optional<MarkedBatch> marked(Mark mark) {
    return Optional.ofNullable(marks.get(mark));
  }

  @Override
  public void keep(Mark mark, List<BeforeImage> images) {}

  @Override
  public void mark(MarkedBatch batch) {
    if (failAtMark) {
      failAtMark = false;
      throw new IllegalStateException("broken off");
    }
    marks.put(batch.mark(), batch);
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void unmark(String collection, int chunk) {
    marks.keySet().removeIf(mark -> mark.chunk() == chunk);
  }

  @Override
  public void forget() {
    clear();
  }
}
