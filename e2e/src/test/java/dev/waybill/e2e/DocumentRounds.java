package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Nesting;
import dev.waybill.testkit.MemoryForm;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Sends documents to tables and back. */
final class DocumentRounds {
  private static final List<String> PATHS =
      List.of(
          "sessions.messages",
          "sessions.state",
          "sessions.tags",
          "sessions.any",
          "sessions.messages.content");

  private final World world;

  DocumentRounds(World world) {
    this.world = world;
  }

  /** A store of documents that is not there yet. */
  static String documents() {
    return MemoryStores.url(MemoryForm.DOCUMENT);
  }

  static MigrationSpec spec(String from, String to) {
    return World.spec(from, to).withOnLoss(LossRules.parse(List.of("sidecar")));
  }

  RunResult move(MigrationSpec spec) {
    RunResult result = world.migrate(spec);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return result;
  }

  void assertEqual(MigrationSpec spec) {
    Comparison comparison = world.waybill().diff(spec, event -> {});
    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.collections())
        .isNotEmpty()
        .allSatisfy(each -> assertThat(each.equal()).isEqualTo(each.source()));
  }

  /**
   * Random documents, some of whose fields are taken apart between.
   *
   * @param isMild true to leave out what jsonb cannot hold
   */
  void thereAndBack(String between, long seed, boolean isMild) {
    SplittableRandom random = new SplittableRandom(seed);
    String from = documents();
    String to = documents();
    world.fill(
        from,
        RandomDocuments.SESSIONS,
        new RandomDocuments(random, isMild).records(1 + random.nextInt(40)));
    List<String> paths = new ArrayList<>();
    for (String path : PATHS) {
      boolean isWithin = path.endsWith(".content");
      if (random.nextInt(3) > 0 && (!isWithin || hasContent(from, paths))) {
        paths.add(path);
      }
    }
    paths.add("sessions");
    Nesting nesting = new Nesting(paths, List.of());
    move(spec(from, between).withNesting(nesting));
    assertEqual(spec(from, between).withNesting(nesting));
    assertEqual(spec(from, between));
    move(World.spec(between, to));
    assertEqual(spec(from, to));
    assertThat(world.state(to)).isEqualTo(world.state(from));
  }

  private boolean hasContent(String from, List<String> paths) {
    return paths.contains("sessions.messages")
        && world
            .waybill()
            .plan(spec(from, documents()).withNesting(new Nesting(paths, List.of())))
            .steps()
            .stream()
            .filter(step -> step.source().equals("sessions.messages"))
            .flatMap(step -> step.fields().stream())
            .anyMatch(
                field ->
                    field.source().equals("content") && field.from().toString().equals("json"));
  }
}
