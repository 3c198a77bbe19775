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
   * True if beginning has made something in the store: the run's entry in its ledger, or the store
   * itself. {@link #restore} and {@link Ledger#forget} leave nothing of that.
   */
  boolean isNew();

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
   * @param overwritten is given what batches overwrite and delete, except while undoing
   */
  TargetWriter writer(Triggers triggers, Overwritten overwritten);

  /**
   * Makes loaded collections complete: keys, unique sets, foreign keys, indexes for those this run
   * created; sequences behind the largest value, statistics for all. May be repeated after a crash.
   *
   * @throws dev.waybill.model.DataException if records violate a constraint; {@link #violations}
   *     tells which
   */
  void finish(List<Collection> created, List<Collection> filled);

  /**
   * Names the loaded records for which {@link #finish} cannot give a collection its constraints of
   * one kind, found by queries. Changes nothing that is seen.
   *
   * <p>Of records that are alike where they must not be all but one are named: the one that comes
   * first by the key, without a key or among records of one key the one written first, stays. With
   * a foreign key onto the collection itself those that point at named ones are named too, as far
   * as they have keys. A record may be named more than once.
   *
   * @param collection one that this run made; one that was there only where the store looks at
   *     constraints of that kind no sooner than in {@link #finish}, and then what broke it before
   *     the run is named too
   */
  void violations(Collection collection, Violation.Rule rule, Violation.Consumer consumer);

  /**
   * Takes back the foreign keys that {@link #finish} gave to collections that this run created, so
   * that records can be taken out of one of them and put in anew; {@code finish} gives them again.
   * Does nothing where there are none, or where the store does not check them while it is written.
   */
  void loosen(List<Collection> created);

  /**
   * What others have built upon a collection that this run created, and that keeps it from being
   * dropped: collections with foreign keys to it, views and the like, in words for people. What
   * this run made itself is not among it, nor what led to the collection before it was made.
   */
  List<String> dependents(String collection);

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
