package dev.waybill.chaos;

import dev.waybill.chaos.Contents.Policy;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a round does: the same for the same seed.
 *
 * @param fromShape what the source is where it is JSON
 * @param toShape what the target is where it is JSON
 * @param people how many records the largest table has; the others follow
 * @param cascades whether foreign keys delete along
 * @param sourceMoves whether the source is written to between a kill and the resume
 * @param hasRival whether somebody else starts the same migration meanwhile
 * @param rollsBack whether the run is taken back, rather than brought to its end
 * @param rollsBackAfter whether it is taken back once it has come to its end
 * @param forgets whether its traces are removed at the end
 * @param kills what is killed, one for each process of Waybill's in turn
 */
record Scenario(
    long seed,
    Dialect from,
    Dialect to,
    JsonFiles.Shape fromShape,
    JsonFiles.Shape toShape,
    TargetState target,
    Policy policy,
    int people,
    int batchSize,
    int connections,
    boolean cascades,
    boolean sourceMoves,
    boolean hasRival,
    boolean rollsBack,
    boolean rollsBackAfter,
    boolean forgets,
    List<Kill> kills) {
  private static final List<String> PHASES =
      List.of("copy", "copy", "finish", "verify", "put back", "prove");

  /** What the target is before the run. */
  enum TargetState {
    /** Not there, or without a table. */
    ABSENT,
    /** Has other tables. */
    FRESH,
    /** Has records of other keys. */
    POPULATED,
    /** Has records of the same keys with other content, beside others. */
    CONFLICTING
  }

  /** What a kill ends. */
  enum Victim {
    WAYBILL("Waybill"),
    INTERRUPT("Waybill asked to stop (Ctrl-C)"),
    SERVER_IMMEDIATE("the server (immediate stop)"),
    SERVER_KILLED("the server");

    private final String words;

    Victim(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }

    boolean isServer() {
      return this == SERVER_IMMEDIATE || this == SERVER_KILLED;
    }
  }

  /**
   * When something ends without notice.
   *
   * @param phase empty: anywhere in the run
   * @param share how far into the phase, or the run, as a share of what it usually takes
   * @param outage how long a server stays away, in milliseconds
   */
  record Kill(Victim victim, String phase, double share, int outage) {}

  /** Draws a round. Every third seed is rolled back. */
  static Scenario of(long seed) {
    // Neighbouring seeds of Random begin alike.
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    // JSON comes from numbers of its own, so that other rounds are what their seed has always
    // meant.
    Random forJson = new Random(~seed * 0x9E3779B97F4A7C15L);
    Dialect from = orJson(Dialect.values()[random.nextInt(2)], forJson);
    Dialect to = orJson(Dialect.values()[random.nextInt(2)], forJson);
    TargetState target = TargetState.values()[random.nextInt(4)];
    boolean hasServer = from == Dialect.POSTGRES || to == Dialect.POSTGRES;
    Policy policy =
        target == TargetState.CONFLICTING
            ? Policy.values()[1 + random.nextInt(3)]
            : Policy.values()[random.nextInt(4)];
    int size = random.nextInt(10);
    int kills = new int[] {1, 1, 1, 2, 2, 3}[random.nextInt(6)];
    return new Scenario(
        seed,
        from,
        to,
        shape(forJson),
        shape(forJson),
        target,
        policy,
        size < 5 ? 800 + random.nextInt(3000) : size < 9 ? 3000 + random.nextInt(9000) : 16_000,
        new int[] {100, 500, 1000, 5000}[random.nextInt(4)],
        1 + random.nextInt(2),
        random.nextBoolean(),
        random.nextInt(3) == 0,
        random.nextInt(8) == 0,
        Math.floorMod(seed, 3) == 0,
        random.nextInt(4) == 0,
        random.nextBoolean(),
        IntStream.range(0, kills).mapToObj(i -> kill(random, hasServer)).toList());
  }

  private static Dialect orJson(Dialect dialect, Random random) {
    return random.nextInt(3) == 0 ? Dialect.JSON : dialect;
  }

  private static JsonFiles.Shape shape(Random random) {
    return JsonFiles.Shape.values()[random.nextInt(JsonFiles.Shape.values().length)];
  }

  /**
   * Whether a record cannot go: the run finds that late and puts the target back. A file has
   * nothing that could refuse a record.
   */
  boolean fails() {
    return to != Dialect.JSON && target == TargetState.POPULATED && policy == Policy.FAIL;
  }

  /** The same without anything that disturbs it, and taken back at the end. */
  Scenario undisturbed() {
    return new Scenario(
        seed,
        from,
        to,
        fromShape,
        toShape,
        TargetState.ABSENT,
        policy,
        4000,
        500,
        connections,
        cascades,
        false,
        false,
        false,
        true,
        false,
        List.of());
  }

  private static Kill kill(Random random, boolean hasServer) {
    Victim victim =
        hasServer && random.nextInt(3) == 0
            ? random.nextBoolean() ? Victim.SERVER_IMMEDIATE : Victim.SERVER_KILLED
            : random.nextInt(6) == 0 ? Victim.INTERRUPT : Victim.WAYBILL;
    String phase = random.nextBoolean() ? "" : PHASES.get(random.nextInt(PHASES.size()));
    return new Kill(victim, phase, random.nextDouble(), random.nextInt(1500));
  }

  @Override
  public String toString() {
    return "seed "
        + seed
        + ": "
        + (from == Dialect.JSON ? "JSON " + fromShape : from)
        + " to "
        + (to == Dialect.JSON ? "JSON " + toShape : to)
        + ", target "
        + target
        + ", "
        + policy.option()
        + ", "
        + people
        + " people, batches of "
        + batchSize
        + ", connections "
        + connections
        + (cascades ? ", cascades" : "")
        + (sourceMoves ? ", source moves" : "")
        + (fails() ? ", fails" : "")
        + (hasRival ? ", rival" : "")
        + (rollsBack ? ", rolled back" : rollsBackAfter ? ", rolled back after" : "")
        + ", "
        + kills;
  }
}
