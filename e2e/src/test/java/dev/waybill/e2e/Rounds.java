package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Plan;
import java.nio.file.Path;
import java.util.List;

/** Copies from store to store until one of the first kind is reached again. */
final class Rounds {
  private final World world;

  Rounds(World world) {
    this.world = world;
  }

  static MigrationSpec with(String from, String to, String... rules) {
    return MigrationSpec.of(from, to).withOnLoss(LossRules.parse(List.of(rules)));
  }

  RunResult move(String from, String to) {
    return move(with(from, to, "sidecar"));
  }

  RunResult move(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).as(spec.from() + " to " + spec.to()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return result;
  }

  /** Copies from each to the next. */
  void move(List<String> urls) {
    for (int i = 1; i < urls.size(); i++) {
      move(urls.get(i - 1), urls.get(i));
    }
  }

  /** Neither records nor schema differ. */
  void requireEqual(String first, String last) {
    Comparison comparison = world.waybill().diff(with(first, last), event -> {});
    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.isEqual()).isTrue();
    assertThat(world.waybill().diffSchema(with(first, last)).structure()).isEmpty();
  }

  /** SQLite files, value by value and statement by statement. */
  void requireSame(Path first, Path last) throws Exception {
    requireEqual("sqlite:" + first, "sqlite:" + last);
    assertThat(SidecarIT.dump(last)).isEqualTo(SidecarIT.dump(first));
  }
}
