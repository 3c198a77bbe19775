package dev.waybill.spi;

import java.util.Set;

/** A store that can also be written to. */
public interface TargetStore extends Store {
  /** How many bytes can still be written, −1 where the store does not say. */
  long freeBytes();

  /**
   * Keeps other processes of Waybill from writing to these collections, until it is closed or this
   * process dies. Other collections of the same store stay free. Changes nothing in the store.
   *
   * @throws dev.waybill.model.SpecException TARGET_IS_BUSY naming a collection that another process
   *     holds
   */
  Hold hold(Set<String> collections);

  /** The code of a refusal because another run holds what is asked for. */
  String TARGET_IS_BUSY = "TARGET_IS_BUSY";

  /** What keeps other processes off. Thread-safe. */
  interface Hold extends AutoCloseable {
    /**
     * Makes sure that it still holds, and takes it again if what it hangs on was lost. Cheap: the
     * engine asks about once a second.
     *
     * @throws dev.waybill.model.SpecException TARGET_IS_BUSY if another process has taken it
     */
    void renew();

    @Override
    void close();
  }

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
