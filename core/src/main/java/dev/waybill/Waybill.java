package dev.waybill;

import dev.waybill.plan.Plan;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.ServerAdapter;
import dev.waybill.spi.StoreAdapter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Moves data from one store to another, proves that it arrived, and undoes it when asked.
 *
 * <p>Every method that fails before anything was written throws a {@link
 * dev.waybill.model.WaybillException}; once a run has begun to write, how it ended is in its {@link
 * RunResult}. Thread-safe; runs of one home are independent of one another.
 */
public final class Waybill {
  /** What rollback does with records that somebody else changed since. */
  public enum OnChanged {
    /** They stay as they are and are reported. */
    KEEP,
    /** They become what they were before the run. */
    RESTORE,
    /** Nothing is rolled back at all. */
    ABORT
  }

  private Waybill() {}

  /** A library that keeps its run directories in {@code home}/runs. */
  public static Waybill at(Path home) {
    throw new AssertionError(home);
  }

  /** The stores that can be opened, in alphabetical order of their type. */
  public List<StoreAdapter> stores() {
    throw new AssertionError();
  }

  /** Describes a store and profiles its values. */
  public Inspection inspect(String url) {
    throw new AssertionError(url);
  }

  /**
   * Makes a plan. Nothing is written anywhere.
   *
   * <p>A plan whose losses include refused ones ({@link Plan#refusals()}) can be looked at but not
   * applied.
   */
  public Plan plan(MigrationSpec spec) {
    throw new AssertionError(spec);
  }

  /** The text of a plan file, YAML. */
  public String planText(Plan plan) {
    throw new AssertionError(plan);
  }

  /** Reads a plan file: YAML, or TOML where the name ends in .toml. */
  public Plan readPlan(Path file) {
    throw new AssertionError(file);
  }

  /**
   * Checks everything that can be checked before a run and reads every record through the mapping.
   *
   * @return what would happen; {@code run} is empty
   */
  public RunResult dryRun(Plan plan, RunEvent.Listener listener) {
    throw new AssertionError(plan);
  }

  /**
   * Does exactly what a plan says, verifies, and writes the receipt.
   *
   * @param isCancelled asked between batches; when true the run stops at the batch's boundary
   */
  public RunResult apply(Plan plan, RunEvent.Listener listener, BooleanSupplier isCancelled) {
    throw new AssertionError(plan);
  }

  /** Compares what a run wrote with its source, both read anew. */
  public Comparison verifyRun(String run, RunEvent.Listener listener) {
    throw new AssertionError(run);
  }

  /** Compares both sides of a plan, as its run would have verified them. */
  public Comparison verify(Plan plan, RunEvent.Listener listener) {
    throw new AssertionError(plan);
  }

  /** Compares two stores under the mapping that a plan would infer, in both directions. */
  public Comparison diff(MigrationSpec spec, RunEvent.Listener listener) {
    throw new AssertionError(spec);
  }

  /** Puts the target back as it was before a run. */
  public RunResult rollback(String run, OnChanged onChanged, RunEvent.Listener listener) {
    throw new AssertionError(run);
  }

  /** What a rollback would do; changes nothing. */
  public RunResult dryRollback(String run, OnChanged onChanged) {
    throw new AssertionError(run);
  }

  /** All runs of this home, newest first. */
  public List<RunStatus> runs() {
    throw new AssertionError();
  }

  public RunStatus status(String run) {
    throw new AssertionError(run);
  }

  /** Starts the server of an embedded store and leaves it running. */
  public ServerAdapter.Address startStore(String url) {
    throw new AssertionError(url);
  }

  /** Stops the server of an embedded store; false if none was running. */
  public boolean stopStore(String url) {
    throw new AssertionError(url);
  }
}
