package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan whose fields and records somebody has changed is copied and proven like any other. */
class EditedMappingTest {
  @TempDir private Path home;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(home);
  }

  private static Collection visits() {
    return Collection.of(
        "visits",
        List.of(
            World.field("id", LogicalType.INT64, false),
            World.field("first", LogicalType.TEXT, true),
            World.field("last", LogicalType.TEXT, true),
            World.field("at", LogicalType.INT64, true),
            World.field("place", LogicalType.TEXT, true)),
        List.of("id"));
  }

  /** Ninety visits: of every third nothing is known but the number. */
  private static RecordBatch someVisits() {
    RecordBatch records = new RecordBatch(5);
    for (int i = 0; i < 90; i++) {
      records.putInt64(i);
      if (i % 3 == 0) {
        for (int field = 0; field < 4; field++) {
          records.putNull();
        }
      } else {
        records.putText("Ada" + i);
        records.putText("Lovelace");
        records.putInt64(1_718_040_000_000L + i);
        records.putText("London, England");
      }
    }
    return records;
  }

  private static Collection target() {
    return Collection.of(
        "visits",
        List.of(
            World.field("tenant", LogicalType.TEXT, false),
            World.field("city", LogicalType.TEXT, true),
            World.field("name", LogicalType.TEXT, true),
            World.field("at", LogicalType.INSTANT, true),
            World.field("country", LogicalType.TEXT, true),
            World.field("id", LogicalType.INT64, false)),
        List.of("tenant", "id"));
  }

  private static List<FieldMapping> fields() {
    LogicalType text = LogicalType.TEXT;
    return List.of(
        new FieldMapping(List.of(), text, "", "tenant", text, "acme"),
        new FieldMapping(List.of("place"), text, "split(', ', 1, 2)", "city", text, null),
        new FieldMapping(List.of("first", "last"), text, "join(' ')", "name", text, null),
        new FieldMapping(
            List.of("at"), LogicalType.INT64, "epoch(ms)", "at", LogicalType.INSTANT, null),
        new FieldMapping(List.of("place"), text, "split(', ', 2, 2)", "country", text, null),
        new FieldMapping("id", LogicalType.INT64, "id", LogicalType.INT64));
  }

  private Plan edited(String from, String to, String filter, boolean creates) {
    Plan plan = world.waybill().plan(World.spec(from, to));
    Step step = plan.steps().get(0);
    Step changed =
        new Step(
            step.source(),
            target(),
            creates,
            fields(),
            step.sourceKey(),
            step.onConflict(),
            step.records(),
            step.bytes(),
            filter,
            step.triggers(),
            step.batchSize());
    return new Plan(
        plan.from(),
        plan.to(),
        plan.fromStore(),
        plan.toStore(),
        plan.fromFingerprint(),
        plan.toFingerprint(),
        plan.options(),
        List.of(changed),
        plan.leftOut(),
        List.of(),
        plan.risks(),
        plan.rollback());
  }

  private void assertArrived(RunResult result, int records) {
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(result.collections().get(0).read()).isEqualTo(records);
    assertThat(result.collections().get(0).verified()).isEqualTo(records);
  }

  @Test
  void joinedSplitConstantAndConvertedFieldsAreProven() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, visits(), someVisits());

    RunResult result = world.apply(edited(from, to, "", true), () -> false);

    assertArrived(result, 90);
    RecordBatch held = world.read(to, "visits");
    int known = 0;
    for (int record = 0; record < held.records(); record++) {
      assertThat(held.textAt(held.at(record, 0))).isEqualTo("acme");
      long id = held.int64At(held.at(record, 5));
      if (id % 3 != 0) {
        known++;
        assertThat(held.textAt(held.at(record, 1))).isEqualTo("London");
        assertThat(held.textAt(held.at(record, 2))).isEqualTo("Ada" + id + " Lovelace");
        assertThat(held.kind(record, 3)).isEqualTo(Kind.INSTANT);
        assertThat(held.secondsAt(held.at(record, 3))).isEqualTo(1_718_040_000);
        assertThat(held.textAt(held.at(record, 4))).isEqualTo("England");
      }
    }
    assertThat(known).isEqualTo(60);
  }

  @Test
  void onlyTheRecordsOfTheFilterGoAndAreProven() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, visits(), someVisits());
    String filter = "at is not null and id >= 30";

    RunResult dry = world.waybill().dryRun(edited(from, to, filter, true), event -> {});
    Plan plan = edited(from, to, filter, true);
    RunResult result = world.apply(plan, () -> false);

    assertThat(dry.collections().get(0).read()).isEqualTo(40);
    assertArrived(result, 40);
    RecordBatch held = world.read(to, "visits");
    assertThat(held.records()).isEqualTo(40);
    for (int record = 0; record < held.records(); record++) {
      assertThat(held.int64At(held.at(record, 5))).isGreaterThanOrEqualTo(30);
    }
    assertThat(world.waybill().verify(plan, event -> {}).isEqual()).isTrue();
  }

  @Test
  void aFilteredCopyIntoAPopulatedTargetIsProvenByKeyAndRolledBack() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, visits(), someVisits());
    world.apply(edited(from, to, "id < 10", true), () -> false);
    Map<String, String> first = world.state(to);

    RunResult result = world.apply(edited(from, to, "id < 50", false), () -> false);

    assertArrived(result, 50);
    assertThat(result.collections().get(0).unchanged()).isEqualTo(10);
    assertThat(result.collections().get(0).written()).isEqualTo(40);
    world.rollback(result);
    assertThat(world.state(to)).isEqualTo(first);
  }

  @Test
  void aPartThatSomebodyChangesIsFound() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, visits(), someVisits());
    Plan plan = edited(from, to, "", true);
    world.apply(plan, () -> false);
    RecordBatch other = new RecordBatch(6);
    other.putText("acme");
    other.putText("Paris");
    other.putText("Ada1 Lovelace");
    other.putInstant(1_718_040_000, 1_000_000, 0);
    other.putText("England");
    other.putInt64(1);

    world.put(to, target(), other);

    var comparison = world.waybill().verify(plan, event -> {});
    assertThat(comparison.isEqual()).isFalse();
    assertThat(comparison.collections().get(0).changed()).isEqualTo(1);
    assertThat(comparison.differences().get(0).fields())
        .singleElement()
        .satisfies(field -> assertThat(field.field()).isEqualTo("place"));
  }
}
