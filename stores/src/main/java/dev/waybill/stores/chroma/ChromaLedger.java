package dev.waybill.stores.chroma;

import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import java.util.List;
import java.util.Optional;

/** The run's own ledger; what a run keeps at the server is forgotten with it. */
record ChromaLedger(Ledger ledger, ChromaSession session) implements Ledger {
  @Override
  public List<Note> notes() {
    return ledger.notes();
  }

  @Override
  public void note(Note note) {
    ledger.note(note);
  }

  @Override
  public List<MarkedBatch> marks() {
    return ledger.marks();
  }

  @Override
  public Optional<MarkedBatch> marked(Mark mark) {
    return ledger.marked(mark);
  }

  @Override
  public void keep(Mark mark, List<BeforeImage> images) {
    ledger.keep(mark, images);
  }

  @Override
  public void mark(MarkedBatch batch) {
    ledger.mark(batch);
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    return ledger.beforeImages(collection);
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    return ledger.beforeImages(collection, chunk);
  }

  @Override
  public void unmark(String collection, int chunk) {
    ledger.unmark(collection, chunk);
  }

  @Override
  public void forget() {
    session.forgetKept();
    ledger.forget();
  }
}
