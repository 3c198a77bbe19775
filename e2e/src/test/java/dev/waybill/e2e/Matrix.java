package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Utf8;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.testkit.Corpus;
import dev.waybill.testkit.HardValue;
import dev.waybill.verify.Difference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Sends the samples of all types from store to store and back. */
final class Matrix {
  private final World world;
  private final String origin = World.url(Transactions.BATCH);

  /** What could not go, as collection and key, or as collection and {@code *}. */
  private final Set<String> named = new TreeSet<>();

  Matrix(World world) {
    this.world = world;
    for (LogicalType type : Corpus.types()) {
      if (type.kind() != Kind.DYNAMIC) {
        seed(type);
      }
    }
  }

  private void seed(LogicalType type) {
    Collection collection =
        Collection.of(
            "of_" + type.toString().replaceAll("[^a-z0-9]+", "_").replaceAll("_$", ""),
            List.of(World.field("id", LogicalType.INT64, false), World.field("value", type, true)),
            List.of("id"));
    RecordBatch records = new RecordBatch(2);
    int id = 1;
    for (HardValue sample : Corpus.of(type)) {
      if (!hasNul(sample.value(), 0)) {
        records.putInt64(id);
        records.putValue(sample.value(), 0);
      }
      id++;
    }
    records.putInt64(id);
    records.putNull();
    world.fill(origin, collection, records);
  }

  private static boolean hasNul(RecordBatch batch, int at) {
    if (batch.kindAt(at) == Kind.TEXT) {
      return Utf8.containsNul(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
    }
    boolean found = false;
    if (batch.kindAt(at) == Kind.LIST) {
      int element = batch.firstElement(at);
      for (int i = 0; i < batch.listSizeAt(at); i++) {
        found |= hasNul(batch, element);
        element = batch.next(element);
      }
    }
    return found;
  }

  /**
   * Every value arrives equal, or is refused by name: from the origin to {@code a}, from there to
   * {@code b}, and back to a store like the first.
   */
  void thereAndBack(Supplier<String> a, Supplier<String> b) {
    String first = a.get();
    String there = b.get();
    String back = a.get();
    move(origin, first);
    move(first, there);
    move(there, back);

    Comparison comparison = world.waybill().diff(spec(first, back, List.of()), event -> {});

    long arrived = comparison.collections().stream().mapToLong(each -> each.equal()).sum();
    assertThat(arrived).isGreaterThan(100);
    for (Difference difference : all(comparison, first, back)) {
      assertThat(named)
          .as(difference.toString())
          .contains(difference.collection() + " " + difference.key());
      assertThat(difference.kind()).as(difference.toString()).isEqualTo(Difference.Kind.MISSING);
    }
    for (String structure : comparison.structure()) {
      assertThat(named)
          .as(structure)
          .anyMatch(name -> name.endsWith(" *") && structure.contains(name.replace(" *", "")));
    }
  }

  /** A comparison gives the first differences only, so collections are compared one by one. */
  private List<Difference> all(Comparison comparison, String first, String back) {
    List<Difference> differences = new ArrayList<>();
    for (Comparison.Compared each : comparison.collections()) {
      if (each.changed() + each.missing() + each.extra() > 0) {
        MigrationSpec whole = spec(first, back, List.of());
        MigrationSpec one =
            new MigrationSpec(
                first,
                back,
                List.of(each.name()),
                List.of(),
                whole.keys(),
                whole.onConflict(),
                whole.verify(),
                whole.onFailure(),
                2,
                whole.batchSize(),
                whole.maxQuarantined(),
                0);
        Comparison alone = world.waybill().diff(one, event -> {});
        assertThat(alone.file()).as(each.name() + " differs more than can be shown").isNull();
        differences.addAll(alone.differences());
      }
    }
    return differences;
  }

  private static MigrationSpec spec(String from, String to, List<String> exclude) {
    MigrationSpec base = MigrationSpec.of(from, to);
    return new MigrationSpec(
        from,
        to,
        List.of(),
        exclude,
        base.keys(),
        base.onConflict(),
        base.verify(),
        base.onFailure(),
        2,
        40,
        1_000_000,
        0);
  }

  private void move(String from, String to) {
    Plan plan = world.waybill().plan(spec(from, to, List.of()));
    List<String> refused = new ArrayList<>();
    for (Loss loss : plan.refusals()) {
      assertThat(loss.field()).as(loss.toString()).isEqualTo("value");
      if (!refused.contains(loss.collection())) {
        refused.add(loss.collection());
        named.add(loss.collection() + " *");
      }
    }
    if (!refused.isEmpty()) {
      plan = world.waybill().plan(spec(from, to, refused));
    }

    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).as(from + " to " + to).isNull();
    assertThat(result.status()).isIn(Status.OK, Status.PARTIAL);
    for (CollectionResult each : result.collections()) {
      assertThat(each.written() + each.quarantined()).as(each.name()).isEqualTo(each.read());
      assertThat(each.verified()).as(each.name()).isEqualTo(each.written());
    }
    for (RunEvent event : world.events()) {
      if (event.type() == RunEvent.Type.RECORD_REFUSED) {
        // A server that refuses a record does not always say which field it was.
        assertThat(event.text()).containsAnyOf("value", event.collection());
        named.add(event.collection() + " " + event.text().replaceFirst(":.*", ""));
      }
    }
  }
}
