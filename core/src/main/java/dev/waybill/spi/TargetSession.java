package dev.waybill.spi;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.Triggers;
import java.util.List;

/** One run's power to write. Thread-safe; {@link #writer} gives each thread its own connection. */
public interface TargetSession extends AutoCloseable {
  /** The run's ledger; for a transactional target one that lives in the target. */
  Ledger ledger();

  /**
   * Makes a collection that is not there, without the constraints and indexes that {@link #finish}
   * adds after the load. That it was made by this run is in the ledger before or with it. Does
   * nothing if this run made it already.
   */
  void create(Collection collection);

  /**
   * A writer with a connection of its own.
   *
   * @param triggers what becomes of the triggers of the collections that it writes to
   */
  TargetWriter writer(Triggers triggers);

  /**
   * Makes loaded collections complete: keys, unique sets, foreign keys, indexes for those this run
   * created; sequences behind the largest value, statistics for all. May be repeated after a crash.
   *
   * @throws dev.waybill.model.DataException if records violate a constraint
   */
  void finish(List<Collection> created, List<Collection> filled);

  /** Drops a collection that this run created, according to the ledger; others are refused. */
  void drop(String collection);

  /**
   * Drops a collection that this run created if it still holds exactly these records. Looking and
   * dropping are one atom where the store has transactions, so that what somebody else writes
   * meanwhile is not lost.
   *
   * @param collection as the plan describes it: the digest is over its written fields
   * @param sum the digests of all its records, added modulo 2^128
   * @return false if it holds something else; then it stays
   */
  boolean dropIfStill(Collection collection, long records, RecordDigest sum);

  /**
   * Puts back what the ledger notes beside records: sequences where they stand as the run left
   * them, objects it made. May be repeated.
   */
  void restore();

  /** Closes connections; commits nothing. */
  @Override
  void close();
}
