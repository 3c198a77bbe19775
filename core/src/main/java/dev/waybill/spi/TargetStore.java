package dev.waybill.spi;

/** A store that can also be written to. */
public interface TargetStore extends Store {
  /** How many bytes can still be written, −1 where the store does not say. */
  long freeBytes();

  /**
   * Begins a run, or goes on with one that the ledger knows already. Makes the store and its ledger
   * if they are missing.
   *
   * @param ledger where the run is kept if {@link Capabilities#ledger} says RUN_DIRECTORY; else
   *     ignored
   * @throws dev.waybill.model.StoreException if the store refuses; nothing is left behind then
   */
  TargetSession begin(RunHeader run, Ledger ledger);
}
