package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable.Placement;
import dev.waybill.model.TypeTable.Verdict;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.testkit.Corpus;
import dev.waybill.testkit.HardValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds our reading and our writing of a store against the store's own client. Were they held
 * against each other only, a fault that both share would not show.
 */
final class Literals {
  private final World world;
  private final OwnClient client;
  private final String url;
  private int tables;

  /** A store with nothing in it. */
  Literals(World world, OwnClient client, String url) {
    this.world = world;
    this.client = client;
    this.url = url;
  }

  /** What the client wrote is what we read. */
  void reading(LogicalType type) {
    Placement placement = place(type);
    if (!isItself(placement, type)) {
      return;
    }
    List<HardValue> values = Corpus.of(type);
    Map<Long, String> literals = literals(values);
    String table = "hard" + tables++;
    client.create(url, table, placement.nativeType(), literals);

    RecordBatch read =
        client.tellsTypes()
            ? world.read(url, table)
            : world.read(
                url,
                table,
                List.of(field("id", LogicalType.INT64, false), field("value", type, true)));

    assertThat(read.records()).isEqualTo(literals.size());
    CanonicalForm canonical = new CanonicalForm();
    for (int record = 0; record < read.records(); record++) {
      HardValue value = values.get((int) read.int64At(read.at(record, 0)));
      assertThat(canonical.areEqual(value.value(), 0, read, read.at(record, 1)))
          .as(type + ", " + value + " is read as " + read.kind(record, 1))
          .isTrue();
    }
  }

  /** What we wrote is what the client reads; what has no literal is refused. */
  void writing(LogicalType type) {
    Placement placement = place(type);
    if (!isItself(placement, type)) {
      return;
    }
    List<HardValue> values = Corpus.of(type);
    Map<Long, String> literals = literals(values);
    String table = "hard" + tables++;
    Collection collection =
        Collection.of(
            table,
            List.of(field("id", LogicalType.INT64, false), field("value", type, true)),
            List.of("id"));
    List<String> refused = new ArrayList<>();

    world.write(
        url,
        session -> {
          session.create(collection);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            for (int i = 0; i < values.size(); i++) {
              RecordBatch record = new RecordBatch(2);
              record.putInt64(i);
              record.putValue(values.get(i).value(), 0);
              try {
                writer.apply(
                    collection,
                    World.puts(record),
                    ConflictPolicy.FAIL,
                    new Mark(table, 0, i, 0, false));
              } catch (DataException cannotGo) {
                refused.add(values.get(i).name());
              }
            }
          }
          session.finish(List.of(collection), List.of());
        });

    List<String> spelled = new ArrayList<>();
    client
        .differing(url, table, placement.nativeType(), literals)
        .forEach(id -> spelled.add(values.get(id.intValue()).name()));
    assertThat(spelled).as("not there as the store's own client spells them").isEmpty();
    List<String> without = new ArrayList<>();
    values.stream()
        .filter(value -> value.literal(client.literals()).isEmpty())
        .forEach(value -> without.add(value.name()));
    assertThat(refused).as("refused").isEqualTo(without);
  }

  private Map<Long, String> literals(List<HardValue> values) {
    Map<Long, String> literals = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      long id = i;
      values.get(i).literal(client.literals()).ifPresent(literal -> literals.put(id, literal));
    }
    return literals;
  }

  private Placement place(LogicalType type) {
    try (TargetStore store = world.target(url)) {
      return store.capabilities().types().place(type);
    }
  }

  private Field field(String name, LogicalType type, boolean isNullable) {
    Placement placement = place(type);
    return Field.of(name, placement.stored(), placement.nativeType(), isNullable);
  }

  /** True if the store has values of this kind, so that no mapping comes in. */
  private static boolean isItself(Placement placement, LogicalType type) {
    return placement.verdict() != Verdict.REFUSED && placement.stored().kind() == type.kind();
  }
}
