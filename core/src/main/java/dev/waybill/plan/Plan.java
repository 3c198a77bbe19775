package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What will happen. Immutable.
 *
 * @param from URL of the source as the user wrote it, variables not resolved
 * @param to URL of the target as the user wrote it, variables not resolved
 * @param fromStore kind and version of the source
 * @param toStore kind and version of the target
 * @param fromFingerprint of everything the source's catalog says
 * @param toFingerprint of what the target's catalog says about the planned collections
 * @param steps in the order they are done
 * @param leftOut what of the source is not carried, and why
 * @param losses what the target cannot hold as it is
 * @param risks sentences a user should read before applying
 * @param rollback how the run would be undone
 * @param origin where it comes from, and what of it is still to be worked out
 */
public record Plan(
    String from,
    String to,
    String fromStore,
    String toStore,
    String fromFingerprint,
    String toFingerprint,
    Options options,
    List<Step> steps,
    List<Catalog.LeftOut> leftOut,
    List<Loss> losses,
    List<String> risks,
    String rollback,
    Origin origin) {
  /** Version of the plan file's format. */
  public static final int VERSION = 2;

  /** A plan that was made, not read from a file. */
  public Plan(
      String from,
      String to,
      String fromStore,
      String toStore,
      String fromFingerprint,
      String toFingerprint,
      Options options,
      List<Step> steps,
      List<Catalog.LeftOut> leftOut,
      List<Loss> losses,
      List<String> risks,
      String rollback) {
    this(
        from,
        to,
        fromStore,
        toStore,
        fromFingerprint,
        toFingerprint,
        options,
        steps,
        leftOut,
        losses,
        risks,
        rollback,
        Origin.MADE);
  }

  /**
   * How the run goes about it.
   *
   * @param onFailure rollback or keep
   * @param maxRate records per second, 0 for no limit
   * @param onLoss what becomes of values that the target cannot hold
   * @param hasSidecar whether what the target cannot hold travels beside the data
   * @param session how connections behave
   * @param backup whether what the run overwrites is kept beside, and how long
   * @param nesting how nested values of the source are seen
   * @param reembedding how a collection of the source is seen with new vectors, null for as it is
   */
  public record Options(
      Verify verify,
      String onFailure,
      int connections,
      int batchSize,
      long maxQuarantined,
      long maxRate,
      LossRules onLoss,
      boolean hasSidecar,
      SessionOptions session,
      Backup backup,
      Nesting nesting,
      @Nullable Reembedding reembedding) {

    /** Options with vectors as they are. */
    public Options(
        Verify verify,
        String onFailure,
        int connections,
        int batchSize,
        long maxQuarantined,
        long maxRate,
        LossRules onLoss,
        boolean hasSidecar,
        SessionOptions session,
        Backup backup,
        Nesting nesting) {
      this(
          verify,
          onFailure,
          connections,
          batchSize,
          maxQuarantined,
          maxRate,
          onLoss,
          hasSidecar,
          session,
          backup,
          nesting,
          null);
    }

    /** Options with nested values as they are. */
    public Options(
        Verify verify,
        String onFailure,
        int connections,
        int batchSize,
        long maxQuarantined,
        long maxRate,
        LossRules onLoss,
        boolean hasSidecar,
        SessionOptions session,
        Backup backup) {
      this(
          verify,
          onFailure,
          connections,
          batchSize,
          maxQuarantined,
          maxRate,
          onLoss,
          hasSidecar,
          session,
          backup,
          Nesting.NONE);
    }

    /** Options with a backup as usual, nested values as they are. */
    public Options(
        Verify verify,
        String onFailure,
        int connections,
        int batchSize,
        long maxQuarantined,
        long maxRate,
        LossRules onLoss,
        boolean hasSidecar,
        SessionOptions session) {
      this(
          verify,
          onFailure,
          connections,
          batchSize,
          maxQuarantined,
          maxRate,
          onLoss,
          hasSidecar,
          session,
          Backup.USUAL,
          Nesting.NONE);
    }

    /** Options with nothing lost and nothing special. */
    public Options(
        String verify,
        String onFailure,
        int connections,
        int batchSize,
        long maxQuarantined,
        long maxRate) {
      this(
          Verify.parse(verify),
          onFailure,
          connections,
          batchSize,
          maxQuarantined,
          maxRate,
          LossRules.NONE,
          true,
          SessionOptions.USUAL);
    }

    /** The same with other rules for losses. */
    Options withOnLoss(LossRules newOnLoss) {
      return new Options(
          verify,
          onFailure,
          connections,
          batchSize,
          maxQuarantined,
          maxRate,
          newOnLoss,
          hasSidecar,
          session,
          backup,
          nesting,
          reembedding);
    }

    /** The same with new vectors. */
    Options withReembedding(@Nullable Reembedding newReembedding) {
      return new Options(
          verify,
          onFailure,
          connections,
          batchSize,
          maxQuarantined,
          maxRate,
          onLoss,
          hasSidecar,
          session,
          backup,
          nesting,
          newReembedding);
    }
  }

  /**
   * Whether the target's own is kept in the run directory before the first write.
   *
   * @param keep how long before it may be pruned
   */
  public record Backup(boolean isEnabled, Duration keep) {
    /** Kept for 30 days. */
    public static final Backup USUAL = new Backup(true, Duration.ofDays(30));
  }

  /**
   * How much is verified after a run.
   *
   * @param percent of the records, for {@link Level#SAMPLE}; else 100
   * @param fullBelow collections with fewer records are compared whole all the same
   */
  public record Verify(Level level, double percent, long fullBelow) {
    /** The levels. */
    public enum Level {
      FULL,
      SAMPLE,
      COUNT,
      NONE
    }

    private static final Pattern SAMPLE = Pattern.compile("sample:(\\d{1,3}(?:\\.\\d{1,6})?)%");

    /**
     * Reads the command line's spelling: {@code full}, {@code sample:5%}, {@code count}, {@code
     * none}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    public static Verify parse(String text) {
      Matcher sample = SAMPLE.matcher(text);
      if (sample.matches()) {
        double percent = Double.parseDouble(sample.group(1));
        if (percent > 0 && percent <= 100) {
          return new Verify(Level.SAMPLE, percent, 0);
        }
      }
      for (Level level : List.of(Level.FULL, Level.COUNT, Level.NONE)) {
        if (level.name().toLowerCase(Locale.ROOT).equals(text)) {
          return new Verify(level, 100, 0);
        }
      }
      throw new IllegalArgumentException("\"" + text + "\" is not full, sample:N%, count or none");
    }

    /** How many of the records are compared, e.g. {@code 5%}. */
    public String share() {
      return BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString() + "%";
    }

    /** The command line's spelling. */
    @Override
    public String toString() {
      return level == Level.SAMPLE ? "sample:" + share() : level.name().toLowerCase(Locale.ROOT);
    }
  }

  public Plan {
    steps = List.copyOf(steps);
    leftOut = List.copyOf(leftOut);
    losses = List.copyOf(losses);
    risks = List.copyOf(risks);
  }

  /** The plan with other steps. */
  public Plan withSteps(List<Step> newSteps) {
    return new Plan(
        from,
        to,
        fromStore,
        toStore,
        fromFingerprint,
        toFingerprint,
        options,
        newSteps,
        leftOut,
        losses,
        risks,
        rollback);
  }

  /** The losses because of which this plan is refused; empty if it can be applied. */
  public List<Loss> refusals() {
    return losses.stream().filter(this::isRefused).toList();
  }

  private boolean isRefused(Loss loss) {
    return loss.severity() == Loss.Severity.REFUSED
        || loss.severity() == Loss.Severity.VALUE && policy(loss) == LossPolicy.FAIL;
  }

  /** What becomes of the values that a loss is about. */
  public LossPolicy policy(Loss loss) {
    return options.onLoss().policy(loss.collection(), loss.field(), loss.code());
  }

  /** Records of all steps, −1 where one is unknown; the sidecar's few are not counted. */
  public long records() {
    return sum(Step::records);
  }

  /** Bytes of all steps, −1 where one is unknown; the sidecar's few are not counted. */
  public long bytes() {
    return sum(Step::bytes);
  }

  private long sum(ToLongFunction<Step> of) {
    long sum = 0;
    for (Step step : steps) {
      if (!Sidecar.isPart(step.source())) {
        long more = of.applyAsLong(step);
        if (more < 0) {
          return -1;
        }
        sum += more;
      }
    }
    return sum;
  }

  /**
   * A rough guess of how long the run takes, −1 where records or bytes are unknown: 100,000 records
   * or 50 MB a second for each pair of connections, whichever is slower, as long again where every
   * record is verified, and never faster than {@code max-rate}.
   */
  public long seconds() {
    long records = records();
    long bytes = bytes();
    if (records < 0 || bytes < 0) {
      return -1;
    }
    double pairs = Math.max(1, options.connections() / 2.0);
    double copy = Math.max(records / 100_000.0, bytes / 50e6) / pairs;
    double paced = options.maxRate() > 0 ? (double) records / options.maxRate() : 0;
    double verified = copy * options.verify().percent() / 100;
    boolean isRead =
        options.verify().level() == Verify.Level.FULL
            || options.verify().level() == Verify.Level.SAMPLE;
    return (long) Math.ceil(Math.max(copy, paced) + (isRead ? verified : 0));
  }

  /**
   * A rough guess of the room that the target needs, −1 where the bytes are unknown: those of the
   * source, a quarter more for each key, unique set and index, and for collections that are there
   * already as much again for before-images.
   */
  public long targetBytes() {
    if (bytes() < 0) {
      return -1;
    }
    double sum = 0;
    for (Step step : Sidecar.without(this).steps()) {
      int indexes =
          (step.target().hasKey() ? 1 : 0)
              + step.target().uniqueSets().size()
              + step.target().indexes().size();
      sum += step.bytes() * (1 + indexes / 4.0 + (step.creates() ? 0 : 1));
    }
    return (long) sum;
  }
}
