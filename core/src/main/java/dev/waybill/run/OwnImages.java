package dev.waybill.run;

import dev.waybill.journal.KeyLog;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImages;
import java.util.List;
import java.util.Set;

/** What a run wrote, as the ledger knows it, and the key log where the ledger keeps nothing. */
final class OwnImages implements Undo.Images {
  private final Ledger ledger;
  private final KeyLog keyLog;
  private final Set<String> created;

  /**
   * @param created collections that the run made
   */
  OwnImages(Ledger ledger, KeyLog keyLog, Set<String> created) {
    this.ledger = ledger;
    this.keyLog = keyLog;
    this.created = created;
  }

  @Override
  public BeforeImages of(String collection) {
    BeforeImages ofLedger = ledger.beforeImages(collection);
    return created.contains(collection)
        ? new Joined(List.of(ofLedger, keyLog.read(collection)))
        : ofLedger;
  }

  @Override
  public BeforeImages of(String collection, int chunk) {
    BeforeImages ofLedger = ledger.beforeImages(collection, chunk);
    return created.contains(collection)
        ? new Joined(List.of(ofLedger, keyLog.read(collection, chunk)))
        : ofLedger;
  }

  /** Several sources of before-images, one after the other. */
  private static final class Joined implements BeforeImages {
    private final List<BeforeImages> all;
    private int at;

    Joined(List<BeforeImages> all) {
      this.all = all;
    }

    @Override
    public List<Ledger.BeforeImage> next(int max) {
      while (at < all.size()) {
        List<Ledger.BeforeImage> batch = all.get(at).next(max);
        if (!batch.isEmpty()) {
          return batch;
        }
        at++;
      }
      return List.of();
    }

    @Override
    public void close() {
      all.forEach(BeforeImages::close);
    }
  }
}
