package dev.waybill.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.CanonicalForm;
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
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReviewTest {
  private static final Collection THINGS =
      Collection.of(
          "things",
          List.of(
              Field.of("id", LogicalType.INT64, "int64", false),
              Field.of("value", LogicalType.TEXT, "text", true)),
          List.of("id"));

  private final CanonicalForm canonical = new CanonicalForm();
  private final Map<Long, String> held = new HashMap<>();
  private final List<BeforeImage> newestFirst = new ArrayList<>();

  private static RecordBatch record(long id, String value) {
    RecordBatch record = new RecordBatch(2);
    record.putInt64(id);
    record.putText(value);
    return record;
  }

  private String digest(long id, String value) {
    return canonical.digest(record(id, value), 0).toString();
  }

  private void inserted(long id, String value) {
    RecordBatch key = new RecordBatch(1);
    key.putInt64(id);
    newestFirst.add(0, new BeforeImage(Change.INSERTED, key.recordBytes(0), digest(id, value)));
  }

  private void updated(long id, String before, String value) {
    newestFirst.add(
        0, new BeforeImage(Change.UPDATED, record(id, before).recordBytes(0), digest(id, value)));
  }

  private void deleted(long id, String before) {
    newestFirst.add(0, new BeforeImage(Change.DELETED, record(id, before).recordBytes(0), ""));
  }

  /** The images as a ledger gives them: of one kind at a time. */
  private final class Images implements Undo.Images {
    @Override
    public BeforeImages of(String collection) {
      return new BeforeImages() {
        private int next;

        @Override
        public List<BeforeImage> next(int max) {
          List<BeforeImage> batch = new ArrayList<>();
          while (next < newestFirst.size()
              && batch.size() < Math.min(3, max)
              && (batch.isEmpty() || batch.get(0).change() == newestFirst.get(next).change())) {
            batch.add(newestFirst.get(next++));
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

  /** A store that can only be asked by key. */
  private final class Held implements Snapshot {
    @Override
    public RecordReader lookup(Collection collection, RecordBatch keys) {
      return new RecordReader() {
        private int next;

        @Override
        public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
          boolean isAny = false;
          for (; next < keys.records(); next++) {
            long id = keys.int64At(keys.at(next, 0));
            String value = held.get(id);
            if (value != null) {
              into.putRecord(record(id, value), 0);
              isAny = true;
            }
          }
          return isAny;
        }

        @Override
        public void close() {}
      };
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
    public long count(Collection collection) {
      return held.size();
    }

    @Override
    public boolean hasMoved() {
      return false;
    }

    @Override
    public void close() {}
  }

  private ImageReview review(int mostAtOnce) {
    Step step =
        new Step(
            "things", THINGS, false, List.of(), List.of("id"), ConflictPolicy.OVERWRITE, -1, -1);
    return new ImageReview(new Held(), step, new Images(), mostAtOnce);
  }

  private static List<String> sorted(List<String> keys) {
    assertThat(keys).doesNotHaveDuplicates();
    return List.copyOf(new TreeSet<>(keys));
  }

  private List<String> changed(int mostAtOnce) {
    List<String> found = new ArrayList<>();
    review(mostAtOnce).eachChanged(found::add);
    return sorted(found);
  }

  private List<String> notAsBefore(int mostAtOnce) {
    List<String> found = new ArrayList<>();
    review(mostAtOnce).eachNotAsBefore(found::add);
    return sorted(found);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 50_000})
  void eachRecordIsJudgedByAllItsImagesHoweverFewFitIntoMemory(int mostAtOnce) {
    for (long id = 100; id < 160; id++) {
      inserted(id, "first");
      held.put(id, "first");
    }
    for (long id = 120; id < 140; id++) {
      updated(id, "first", "second");
      held.put(id, "second");
    }
    updated(200, "theirs", "first");
    updated(200, "first", "second");
    held.put(200L, "first");
    updated(201, "theirs", "first");
    updated(201, "first", "second");
    held.put(201L, "theirs");
    deleted(202, "theirs");
    deleted(203, "theirs");
    held.put(203L, "theirs");
    deleted(204, "theirs");
    held.put(204L, "changed");
    held.put(105L, "changed");
    held.put(125L, "changed");
    held.remove(126L);
    held.remove(106L);

    assertThat(changed(mostAtOnce)).containsExactly("105", "125", "204");
    List<String> notBefore = notAsBefore(mostAtOnce);
    assertThat(notBefore).hasSize(58 + 3).contains("200", "202", "204", "105", "125");
    assertThat(notBefore).doesNotContain("201", "203", "106", "126");
  }

  @Test
  void whetherThereAreSeveralImagesOfOneRecordIsTold() {
    inserted(1, "first");
    held.put(1L, "changed");
    assertThat(review(10).eachChanged(key -> {})).isFalse();

    inserted(2, "first");
    updated(2, "first", "second");
    held.put(2L, "second");
    assertThat(review(10).eachChanged(key -> {})).isTrue();
  }
}
