package dev.waybill.model;

import dev.waybill.model.TypeTable.Trait;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** What was seen in the values of one field. Not thread-safe while it is being filled. */
public final class ValueProfile {
  private static final int SHOWN = 20;

  private final long[] kinds = new long[Kind.values().length];
  private long minInt64 = Long.MAX_VALUE;
  private long maxInt64 = Long.MIN_VALUE;
  private long longest;
  private long zeroVectors;
  private int mostNotZero;
  private final Map<Kind, List<String>> firstOfKind = new EnumMap<>(Kind.class);
  private final Map<Trait, Long> traits = new EnumMap<>(Trait.class);
  private final Map<Trait, List<String>> firstOfTrait = new EnumMap<>(Trait.class);
  private VectorEvidence vectors = new VectorEvidence();

  /** Takes note of the value at an offset; {@code key} names its record should it be odd. */
  public void add(RecordBatch batch, int offset, Supplier<String> key) {
    Kind kind = batch.kindAt(offset);
    vectors.add(batch, offset);
    if (kinds[kind.ordinal()]++ < SHOWN) {
      note(firstOfKind.computeIfAbsent(kind, each -> new ArrayList<>()), key);
    }
    switch (kind) {
      case INT64 -> {
        long value = batch.int64At(offset);
        minInt64 = Math.min(minInt64, value);
        maxInt64 = Math.max(maxInt64, value);
      }
      case FLOAT64 -> addFloat(batch.float64At(offset), key);
      case FLOAT32 -> addFloat(batch.float32At(offset), key);
      case TEXT, JSON -> {
        int from = batch.payloadAt(offset);
        int length = batch.payloadLengthAt(offset);
        longest = Math.max(longest, length);
        if (Utf8.containsNul(batch.bytes(), from, length)) {
          note(Trait.NUL_IN_TEXT, key);
        }
        if (!Utf8.isValid(batch.bytes(), from, length)) {
          boolean isHalf = Utf8.isWtf8(batch.bytes(), from, length);
          note(isHalf ? Trait.LONE_SURROGATE : Trait.INVALID_UTF8, key);
        }
      }
      case BYTES, DECIMAL, LIST, POINT ->
          longest = Math.max(longest, batch.payloadLengthAt(offset));
      case VECTOR -> {
        longest = Math.max(longest, batch.payloadLengthAt(offset));
        addVector(batch, offset, key);
      }
      case ABSENT -> note(Trait.ABSENT, key);
      case NULL, BOOLEAN, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, DYNAMIC -> {}
    }
  }

  private void addVector(RecordBatch batch, int offset, Supplier<String> key) {
    int notZero = 0;
    boolean isFinite = true;
    for (int i = 0; i < batch.vectorDimensionAt(offset); i++) {
      double element = batch.vectorNumberAt(offset, i);
      notZero += element == 0 ? 0 : 1;
      isFinite &= Double.isFinite(element);
    }
    zeroVectors += notZero == 0 ? 1 : 0;
    mostNotZero = Math.max(mostNotZero, notZero);
    if (!isFinite) {
      note(Trait.NOT_FINITE_IN_VECTOR, key);
    }
  }

  private void addFloat(double value, Supplier<String> key) {
    if (Double.isNaN(value)) {
      note(Trait.NAN, key);
    } else if (Double.isInfinite(value)) {
      note(Trait.INFINITY, key);
    } else if (value == 0 && Double.doubleToRawLongBits(value) != 0) {
      note(Trait.MINUS_ZERO, key);
    }
  }

  private void note(Trait trait, Supplier<String> key) {
    traits.merge(trait, 1L, Long::sum);
    note(firstOfTrait.computeIfAbsent(trait, each -> new ArrayList<>()), key);
  }

  private static void note(List<String> first, Supplier<String> key) {
    if (first.size() < SHOWN) {
      first.add(key.get());
    }
  }

  /** Whether the values are vectors; of all of them, also where the rest is of a sample. */
  public VectorEvidence vectors() {
    return vectors;
  }

  /** Puts what all values say in the place of what a sample says. */
  public void setVectors(VectorEvidence ofAll) {
    vectors = ofAll;
  }

  public long count(Kind kind) {
    return kinds[kind.ordinal()];
  }

  /** The kinds that occur, null and absent left aside. */
  public Set<Kind> kinds() {
    Set<Kind> seen = new TreeSet<>();
    for (Kind kind : Kind.values()) {
      if (count(kind) > 0 && kind != Kind.NULL && kind != Kind.ABSENT) {
        seen.add(kind);
      }
    }
    return seen;
  }

  public long nulls() {
    return count(Kind.NULL) + count(Kind.ABSENT);
  }

  public long minInt64() {
    return minInt64;
  }

  public long maxInt64() {
    return maxInt64;
  }

  /** Bytes of the longest value without fixed length. */
  public long longest() {
    return longest;
  }

  /** Vectors of nothing but zeros, which have no direction. */
  public long zeroVectors() {
    return zeroVectors;
  }

  /** The most elements of one vector that are not zero. */
  public int mostNotZero() {
    return mostNotZero;
  }

  public long nulInText() {
    return count(Trait.NUL_IN_TEXT);
  }

  public long invalidUtf8() {
    return count(Trait.INVALID_UTF8) + count(Trait.LONE_SURROGATE);
  }

  public long notFinite() {
    return count(Trait.NAN) + count(Trait.INFINITY);
  }

  /** How many values have a property that not every store can hold. */
  public long count(Trait trait) {
    return traits.getOrDefault(trait, 0L);
  }

  /** Keys of the first records whose value is of a kind. */
  public List<String> examples(Kind kind) {
    return List.copyOf(firstOfKind.getOrDefault(kind, List.of()));
  }

  /** Keys of the first records whose value has a property that not every store can hold. */
  public List<String> examples(Trait trait) {
    return List.copyOf(firstOfTrait.getOrDefault(trait, List.of()));
  }
}
