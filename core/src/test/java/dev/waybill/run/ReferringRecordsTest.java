package dev.waybill.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.Step;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferringRecordsTest {
  private static final Collection THINGS = collection("things");
  private static final Collection NOTES = collection("notes");

  /** Which thing each note refers to. */
  private final Map<Long, Long> notes = new TreeMap<>();

  private final Map<String, List<BeforeImage>> images = new HashMap<>();

  private static Collection collection(String name) {
    return Collection.of(
        name,
        List.of(
            Field.of("id", LogicalType.INT64, "int64", false),
            Field.of("value", LogicalType.TEXT, "text", true)),
        List.of("id"));
  }

  private static Step step(Collection target) {
    return new Step(
        target.name(), target, false, List.of(), List.of("id"), ConflictPolicy.OVERWRITE, -1, -1);
  }

  private void wrote(Collection collection, Change change, long id) {
    boolean isInserted = change == Change.INSERTED;
    RecordBatch record = new RecordBatch(isInserted ? 1 : 2);
    record.putInt64(id);
    if (!isInserted) {
      record.putText("before");
    }
    images
        .computeIfAbsent(collection.name(), name -> new ArrayList<>())
        .add(0, new BeforeImage(change, record.recordBytes(0), ""));
  }

  private final class Images implements Undo.Images {
    @Override
    public BeforeImages of(String collection) {
      List<BeforeImage> all = images.getOrDefault(collection, List.of());
      return new BeforeImages() {
        private int next;

        @Override
        public List<BeforeImage> next(int max) {
          List<BeforeImage> batch = new ArrayList<>();
          while (next < all.size()
              && batch.size() < Math.min(3, max)
              && (batch.isEmpty() || batch.get(0).change() == all.get(next).change())) {
            batch.add(all.get(next++));
          }
          return batch;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public BeforeImages of(String collection, int chunk) {
      return of(collection);
    }
  }

  /** A store in which notes refer to things. */
  private final class Referred implements Snapshot {
    @Override
    public List<ReferringCollection> referring(Collection collection) {
      return collection.equals(THINGS) ? List.of(new Notes()) : List.of();
    }

    @Override
    public List<Chunk> chunks(Collection collection, long records) {
      throw new UnsupportedOperationException();
    }

    @Override
    public RecordReader read(Collection collection, Chunk chunk) {
      throw new UnsupportedOperationException();
    }

    @Override
    public RecordReader lookup(Collection collection, RecordBatch keys) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long count(Collection collection) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean hasMoved() {
      return false;
    }

    @Override
    public void close() {}
  }

  private final class Notes implements ReferringCollection {
    @Override
    public String name() {
      return "notes";
    }

    @Override
    public boolean isInCatalog() {
      return true;
    }

    @Override
    public RecordReader read(RecordBatch keys, List<String> fields) {
      assertThat(fields).containsExactly("id");
      return new RecordReader() {
        private boolean isRead;

        @Override
        public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
          if (isRead) {
            return false;
          }
          isRead = true;
          notes.forEach(
              (note, thing) -> {
                for (int i = 0; i < keys.records(); i++) {
                  if (keys.int64At(keys.at(i, 0)) == thing) {
                    into.putInt64(i);
                    into.putInt64(note);
                  }
                }
              });
          return !into.isEmpty();
        }

        @Override
        public void close() {}
      };
    }
  }

  private List<String> found(List<Step> steps, Set<String> created, Set<String> left, int most) {
    List<String> found = new ArrayList<>();
    Catalog catalog = new Catalog("test", List.of(THINGS, NOTES), List.of());
    new ReferringRecords(steps, new Referred(), catalog, new Images(), created, left, most)
        .each(step(THINGS), (key, who) -> found.add(key + " by " + who));
    return found;
  }

  private void writeThingsAndNotes() {
    for (long id = 0; id < 60; id++) {
      wrote(THINGS, Change.INSERTED, id);
      wrote(NOTES, id % 2 == 0 ? Change.INSERTED : Change.UPDATED, 100 + id);
      notes.put(100 + id, id);
    }
    wrote(THINGS, Change.UPDATED, 70);
    notes.put(900L, 7L);
    notes.put(901L, 41L);
    notes.put(902L, 70L);
    notes.put(903L, 80L);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 50_000})
  void whatTheRunItselfWroteRefersToNothingOfItsOwnHoweverLittleFitsIntoMemory(int mostAtOnce) {
    writeThingsAndNotes();

    assertThat(found(List.of(step(THINGS), step(NOTES)), Set.of(), Set.of(), mostAtOnce))
        .containsExactlyInAnyOrder("7 by notes key 900", "41 by notes key 901");
  }

  @Test
  void recordsOfACollectionThatIsNotPutBackAllStandInTheWay() {
    writeThingsAndNotes();

    assertThat(found(List.of(step(THINGS), step(NOTES)), Set.of(), Set.of("notes"), 10))
        .hasSize(60)
        .contains("7 by notes key 107");
    assertThat(found(List.of(step(THINGS)), Set.of(), Set.of(), 10)).hasSize(60);
  }

  @Test
  void aCollectionThatTheRunMadeGoesAsAWhole() {
    writeThingsAndNotes();

    assertThat(found(List.of(step(THINGS), step(NOTES)), Set.of("notes"), Set.of(), 10)).isEmpty();
  }
}
