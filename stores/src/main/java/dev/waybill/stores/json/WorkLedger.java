package dev.waybill.stores.json;

import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import java.util.List;
import java.util.Optional;

/** The run's own ledger, whose marks the work has too. Who asks it is told nothing that waits. */
final class WorkLedger implements Ledger {
  private final Ledger ledger;
  private final JsonSession session;

  WorkLedger(Ledger ledger, JsonSession session) {
    this.ledger = ledger;
    this.session = session;
  }

  private Ledger settled() {
    session.group().end();
    return ledger;
  }

  @Override
  public List<Note> notes() {
    return settled().notes();
  }

  @Override
  public void note(Note note) {
    settled().note(note);
  }

  @Override
  public List<MarkedBatch> marks() {
    return settled().marks();
  }

  @Override
  public Optional<MarkedBatch> marked(Mark mark) {
    return settled().marked(mark);
  }

  @Override
  public void keep(Mark mark, List<BeforeImage> images) {
    settled().keep(mark, images);
  }

  @Override
  public void mark(MarkedBatch batch) {
    settled().mark(batch);
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    return settled().beforeImages(collection);
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    return settled().beforeImages(collection, chunk);
  }

  @Override
  public void unmark(String collection, int chunk) {
    session.group().end();
    session.unmark(collection, chunk);
    ledger.unmark(collection, chunk);
  }

  @Override
  public void forget() {
    session.group().end();
    session.forgetWork();
    ledger.forget();
  }
}
