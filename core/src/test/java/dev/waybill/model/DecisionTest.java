package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class DecisionTest {
  private static final ConflictPolicy NEWER = ConflictPolicy.parse("newer:at");

  @Test
  void newerTakesTheGreaterOfEveryOrderedKind() {
    assertNewer(batch -> batch.putInt64(2), batch -> batch.putInt64(1));
    assertNewer(batch -> batch.putDate(2), batch -> batch.putDate(1));
    assertNewer(batch -> batch.putTimestamp(1, 2), batch -> batch.putTimestamp(1, 1));
    assertNewer(batch -> batch.putInstant(2, 0, 0), batch -> batch.putInstant(1, 9, 0));
    assertNewer(batch -> batch.putFloat64(0.2), batch -> batch.putFloat64(0.1));
    assertNewer(batch -> batch.putText("b"), batch -> batch.putText("abc"));
    assertNewer(batch -> batch.putDecimal("10"), batch -> batch.putDecimal("9.5"));
    assertNewer(batch -> batch.putDecimal("Infinity"), batch -> batch.putDecimal("1E+300"));
    assertNewer(batch -> batch.putDecimal("0"), batch -> batch.putDecimal("-Infinity"));
    assertNewer(batch -> batch.putInt64(1), RecordBatch::putNull);
  }

  @Test
  void newerKeepsTheTargetsWhereNothingIsGreater() {
    assertThat(newer(batch -> batch.putDecimal("NaN"), batch -> batch.putDecimal("1")))
        .isEqualTo(Decision.SKIP);
    assertThat(newer(batch -> batch.putDecimal("1"), batch -> batch.putDecimal("NaN")))
        .isEqualTo(Decision.SKIP);
    assertThat(newer(RecordBatch::putNull, batch -> batch.putInt64(1))).isEqualTo(Decision.SKIP);
    assertThat(newer(batch -> batch.putText("9"), batch -> batch.putInt64(1)))
        .isEqualTo(Decision.SKIP);
    assertThat(newer(RecordBatch::putNull, RecordBatch::putNull)).isEqualTo(Decision.SKIP);
  }

  @Test
  void anExpectedRecordIsReplacedAndAnotherIsAConflict() {
    RecordDigest expected = new CanonicalForm().digest(record(batch -> batch.putInt64(1)), 0);

    assertThat(undo(expected, 1)).isEqualTo(Decision.UPDATE);
    assertThat(undo(new RecordDigest(1, 1), 1)).isEqualTo(Decision.CONFLICT);
    assertThat(undo(null, 1)).isEqualTo(Decision.CONFLICT);
    assertThat(undo(expected, 7)).isEqualTo(Decision.UNCHANGED);
  }

  private static Decision undo(@org.jspecify.annotations.Nullable RecordDigest expected, int now) {
    RecordBatch before = record(batch -> batch.putInt64(7));
    ChangeBatch changes =
        new ChangeBatch(
            ChangeBatch.ChangeKind.PUT,
            before,
            new RecordDigest[] {new CanonicalForm().digest(before, 0)},
            new RecordDigest[] {expected});
    return decide(changes, record(batch -> batch.putInt64(now)), ConflictPolicy.FAIL);
  }

  private static void assertNewer(Consumer<RecordBatch> greater, Consumer<RecordBatch> less) {
    assertThat(newer(greater, less)).isEqualTo(Decision.UPDATE);
    assertThat(newer(less, greater)).isEqualTo(Decision.SKIP);
  }

  private static Decision newer(Consumer<RecordBatch> source, Consumer<RecordBatch> target) {
    RecordBatch put = record(source);
    RecordDigest[] digests = {new RecordDigest(0, 0)};
    return decide(ChangeBatch.puts(put, digests), record(target), NEWER);
  }

  private static RecordBatch record(Consumer<RecordBatch> at) {
    RecordBatch record = new RecordBatch(2);
    record.putInt64(1);
    at.accept(record);
    return record;
  }

  private static Decision decide(ChangeBatch changes, RecordBatch existing, ConflictPolicy policy) {
    Collection collection =
        Collection.of(
            "things",
            List.of(
                Field.of("id", LogicalType.INT64, "", false),
                Field.of("at", LogicalType.DYNAMIC, "", true)),
            List.of("id"));
    return Decision.decide(
        collection, changes, existing, new int[] {0}, policy, new CanonicalForm())[0];
  }
}
