package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

@Domain(Values.class)
@Domain(DomainContext.Global.class)
class RecordBatchTest {
  @Property
  void numbersComeBackAsTheyWerePut(
      @ForAll long number, @ForAll double real, @ForAll float single, @ForAll boolean truth) {
    RecordBatch batch = new RecordBatch(5);
    batch.putInt64(number);
    batch.putFloat64(real);
    batch.putFloat32(single);
    batch.putBoolean(truth);
    batch.putDate(number);

    assertThat(batch.records()).isEqualTo(1);
    assertThat(batch.int64At(batch.at(0, 0))).isEqualTo(number);
    assertThat(batch.float64At(batch.at(0, 1))).isEqualTo(real);
    assertThat(batch.float32At(batch.at(0, 2))).isEqualTo(single);
    assertThat(batch.booleanAt(batch.at(0, 3))).isEqualTo(truth);
    assertThat(batch.dateAt(batch.at(0, 4))).isEqualTo(number);
  }

  @Property
  void temporalsComeBackAsTheyWerePut(
      @ForAll long big, @ForAll int nanos, @ForAll int offset, @ForAll int days) {
    RecordBatch batch = new RecordBatch(4);
    batch.putTime(big, offset);
    batch.putTimestamp(big, nanos);
    batch.putInstant(big, nanos, offset);
    batch.putInterval(nanos, days, big);

    assertThat(batch.timeNanosAt(batch.at(0, 0))).isEqualTo(big);
    assertThat(batch.timeOffsetAt(batch.at(0, 0))).isEqualTo(offset);
    assertThat(batch.secondsAt(batch.at(0, 1))).isEqualTo(big);
    assertThat(batch.nanosAt(batch.at(0, 1))).isEqualTo(nanos);
    assertThat(batch.secondsAt(batch.at(0, 2))).isEqualTo(big);
    assertThat(batch.nanosAt(batch.at(0, 2))).isEqualTo(nanos);
    assertThat(batch.instantOffsetAt(batch.at(0, 2))).isEqualTo(offset);
    assertThat(batch.intervalMonthsAt(batch.at(0, 3))).isEqualTo(nanos);
    assertThat(batch.intervalDaysAt(batch.at(0, 3))).isEqualTo(days);
    assertThat(batch.intervalNanosAt(batch.at(0, 3))).isEqualTo(big);
  }

  @Property
  void longValuesComeBackAsTheyWerePut(
      @ForAll String text,
      @ForAll byte[] bytes,
      @ForAll float[] vector,
      @ForAll double[] point,
      @ForAll int srid,
      @ForAll long high,
      @ForAll long low) {
    RecordBatch batch = new RecordBatch(7);
    batch.putText(bytes);
    batch.putBytes(bytes);
    batch.putJson(bytes);
    batch.putVector(vector);
    batch.putPoint(srid, point);
    batch.putUuid(new UUID(high, low));
    batch.putDecimal("-12.50");

    assertThat(batch.payloadBytesAt(batch.at(0, 0))).isEqualTo(bytes);
    assertThat(batch.payloadBytesAt(batch.at(0, 1))).isEqualTo(bytes);
    assertThat(batch.payloadBytesAt(batch.at(0, 2))).isEqualTo(bytes);
    assertThat(batch.vectorDimensionAt(batch.at(0, 3))).isEqualTo(vector.length);
    assertThat(batch.float32VectorAt(batch.at(0, 3))).isEqualTo(vector);
    assertThat(batch.pointSridAt(batch.at(0, 4))).isEqualTo(srid);
    assertThat(batch.pointAt(batch.at(0, 4))).isEqualTo(point);
    assertThat(batch.uuidHighAt(batch.at(0, 5))).isEqualTo(high);
    assertThat(batch.uuidLowAt(batch.at(0, 5))).isEqualTo(low);
    assertThat(batch.textAt(batch.at(0, 6))).isEqualTo("-12.50");
    assertThat(batch.next(batch.at(0, 6))).isEqualTo(batch.size());
  }

  @Property
  void aListHoldsItsElementsInOrder(@ForAll List<Value> elements) {
    RecordBatch of = new RecordBatch(Math.max(1, elements.size()));
    elements.forEach(element -> element.put(of));
    RecordBatch batch = new RecordBatch(1);
    batch.putList(of);

    assertThat(batch.listSizeAt(0)).isEqualTo(elements.size());
    int at = batch.firstElement(0);
    for (Value element : elements) {
      RecordBatch alone = new RecordBatch(1);
      element.put(alone);
      assertThat(Arrays.copyOfRange(batch.bytes(), at, batch.next(at)))
          .isEqualTo(alone.recordBytes(0));
      at = batch.next(at);
    }
    assertThat(at).isEqualTo(batch.size());
  }

  /** Fixed-length values were once written into the buffer that their own growth had replaced. */
  @Example
  void everyKindMayMakeTheBufferGrow() {
    for (int width = 1; width < 80; width++) {
      RecordBatch numbers = new RecordBatch(1);
      RecordBatch mixed = new RecordBatch(1);
      for (int i = 0; i < 100; i++) {
        numbers.putInt64(i);
        mixed.putBytes(new byte[width]);
        mixed.putBoolean(true);
        mixed.putFloat32(i);
        mixed.putFloat64(i);
        mixed.putDate(i);
        mixed.putBoolean(true);
      }
      for (int i = 0; i < 100; i++) {
        assertThat(numbers.int64At(numbers.at(i, 0))).isEqualTo(i);
        assertThat(mixed.booleanAt(mixed.at(6 * i + 1, 0))).isTrue();
        assertThat(mixed.float32At(mixed.at(6 * i + 2, 0))).isEqualTo(i);
        assertThat(mixed.float64At(mixed.at(6 * i + 3, 0))).isEqualTo(i);
        assertThat(mixed.dateAt(mixed.at(6 * i + 4, 0))).isEqualTo(i);
        assertThat(mixed.booleanAt(mixed.at(6 * i + 5, 0))).isTrue();
      }
    }
  }

  @Property(tries = 300)
  void recordsCopiedInAnyWayAreTheSameRecords(@ForAll Values.Records records) {
    int width = records.width();
    RecordBatch batch = records.batch();
    RecordBatch copied = new RecordBatch(width);
    RecordBatch decoded = new RecordBatch(width);
    RecordBatch projected = new RecordBatch(width);
    int[] all = new int[width];
    Arrays.setAll(all, i -> i);
    for (int i = 0; i < batch.records(); i++) {
      copied.putRecord(batch, i);
      decoded.putRecord(batch.recordBytes(i));
      batch.project(i, all, projected);
    }

    assertSame(copied, batch);
    assertSame(decoded, batch);
    assertSame(projected, batch);
    assertSame(batch.slice(0, batch.records()), batch);
    int half = batch.records() / 2;
    RecordBatch end = batch.slice(half, batch.records());
    assertThat(end.records()).isEqualTo(batch.records() - half);
    for (int i = 0; i < end.records(); i++) {
      assertThat(end.recordBytes(i)).isEqualTo(batch.recordBytes(half + i));
      assertThat(end.recordLength(i)).isEqualTo(batch.recordLength(half + i));
    }
  }

  @Property(tries = 300)
  void aRecordNotCompletedIsForgotten(@ForAll Values.Records records) {
    RecordBatch batch = records.batch();
    byte[] before = Arrays.copyOf(batch.bytes(), batch.size());
    int count = batch.records();
    for (int i = 0; i < batch.width() - 1; i++) {
      batch.putInt64(i);
    }
    batch.dropPartialRecord();

    assertThat(batch.records()).isEqualTo(count);
    assertThat(Arrays.copyOf(batch.bytes(), batch.size())).isEqualTo(before);
  }

  @Example
  void encodedRecordsFitBehindABegunOne() {
    RecordBatch one = new RecordBatch(3);
    for (int i = 0; i < 3; i++) {
      one.putInt64(i);
    }
    RecordBatch batch = new RecordBatch(3);
    for (int i = 0; i < 20; i++) {
      batch.putRecord(one.recordBytes(0));
    }
    assertThat(batch.records()).isEqualTo(20);
    assertThat(batch.int64At(batch.at(19, 2))).isEqualTo(2);
  }

  @Property(tries = 2000)
  void damagedBytesAreRefusedAndLeaveNothing(
      @ForAll Values.Records records, @ForAll Random random) {
    RecordBatch batch = records.batch();
    byte[] damaged = damage(batch.recordBytes(0), random);
    RecordBatch into = new RecordBatch(batch.width());
    into.putRecord(batch, 0);
    int size = into.size();

    try {
      into.putRecord(damaged);
    } catch (IllegalArgumentException refused) {
      assertThat(into.records()).isEqualTo(1);
      assertThat(into.size()).isEqualTo(size);
      return;
    } catch (RuntimeException other) {
      fail("damaged " + Arrays.toString(damaged), other);
    }
    touchEverything(into, 1);
    assertThat(into.recordBytes(1)).isEqualTo(damaged);
  }

  @Property(tries = 2000)
  void anyBytesAreARecordOrRefused(@ForAll byte[] bytes, @ForAll Random random) {
    for (int i = 0; i < bytes.length; i++) {
      if (random.nextBoolean()) {
        bytes[i] = (byte) random.nextInt(21);
      }
    }
    RecordBatch into = new RecordBatch(1 + random.nextInt(3));
    try {
      into.putRecord(bytes);
    } catch (IllegalArgumentException refused) {
      assertThat(into.size()).isZero();
      return;
    }
    touchEverything(into, 0);
  }

  @Example
  void lengthsThatLieAreRefused() {
    for (Kind kind : List.of(Kind.TEXT, Kind.LIST, Kind.VECTOR, Kind.POINT)) {
      for (int length : new int[] {-1, -3, -5, 1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        for (int room : new int[] {0, 1, 2, 4, 8, 12}) {
          if (kind == Kind.TEXT && length == room) {
            continue;
          }
          byte[] lie = ByteBuffer.allocate(5 + room).put(kind.tag()).putInt(length).array();

          assertThatThrownBy(() -> new RecordBatch(1).putRecord(lie))
              .as(kind + " of " + length + " in " + room)
              .isInstanceOf(IllegalArgumentException.class);
        }
      }
    }
  }

  @Example
  void listsWithinListsWithoutEndAreRefused() {
    int depth = 200_000;
    byte[] bytes = new byte[9 * depth];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    for (int i = 0; i < depth; i++) {
      boolean isLast = i == depth - 1;
      buffer.put(Kind.LIST.tag()).putInt(4 + 9 * (depth - 1 - i)).putInt(isLast ? 0 : 1);
    }

    assertThatThrownBy(() -> new RecordBatch(1).putRecord(bytes))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Example
  void theElementsOfAListMustBeWhole() {
    RecordBatch elements = new RecordBatch(2);
    elements.putText("abc");
    elements.putInt64(5);
    RecordBatch list = new RecordBatch(1);
    list.putList(elements);
    byte[] good = list.recordBytes(0);
    new RecordBatch(1).putRecord(good);

    byte[] wrongCount = good.clone();
    wrongCount[8] = 3;
    byte[] wrongKind = good.clone();
    wrongKind[9] = 77;
    byte[] wrongLength = good.clone();
    wrongLength[13] = 100;
    for (byte[] bad : List.of(wrongCount, wrongKind, wrongLength)) {
      assertThatThrownBy(() -> new RecordBatch(1).putRecord(bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static byte[] damage(byte[] bytes, Random random) {
    byte[] damaged =
        switch (random.nextInt(3)) {
          case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
          case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9));
          default -> bytes.clone();
        };
    for (int i = random.nextInt(4); i > 0 && damaged.length > 0; i--) {
      damaged[random.nextInt(damaged.length)] =
          (byte) (random.nextBoolean() ? random.nextInt(21) : random.nextInt());
    }
    return damaged;
  }

  /** Reads all there is to read of a record that was accepted. */
  private static void touchEverything(RecordBatch batch, int record) {
    CanonicalForm canonical = new CanonicalForm();
    for (int field = 0; field < batch.width(); field++) {
      int at = batch.at(record, field);
      canonical.areEqual(batch, at, batch, at);
      if (batch.kindAt(at).fixedLength() < 0) {
        batch.payloadBytesAt(at);
      }
      KeyText.value(batch, at);
    }
    canonical.digest(batch, record);
  }

  private static void assertSame(RecordBatch actual, RecordBatch expected) {
    assertThat(actual.records()).isEqualTo(expected.records());
    assertThat(Arrays.copyOf(actual.bytes(), actual.size()))
        .isEqualTo(Arrays.copyOf(expected.bytes(), expected.size()));
    for (int i = 0; i < expected.records(); i++) {
      for (int field = 0; field < expected.width(); field++) {
        assertThat(actual.at(i, field)).isEqualTo(expected.at(i, field));
      }
    }
  }
}
