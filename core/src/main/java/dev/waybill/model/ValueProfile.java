package dev.waybill.model;

import java.util.ArrayList;
import java.util.List;
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
  private long nulInText;
  private long invalidUtf8;
  private long notFinite;
  private final List<String> firstWithNul = new ArrayList<>();
  private final List<String> firstInvalid = new ArrayList<>();

  /** Takes note of the value at an offset; {@code key} names its record should it be odd. */
  public void add(RecordBatch batch, int offset, Supplier<String> key) {
    Kind kind = batch.kindAt(offset);
    kinds[kind.ordinal()]++;
    switch (kind) {
      case INT64 -> {
        long value = batch.int64At(offset);
        minInt64 = Math.min(minInt64, value);
        maxInt64 = Math.max(maxInt64, value);
      }
      case FLOAT64 -> {
        if (!Double.isFinite(batch.float64At(offset))) {
          notFinite++;
        }
      }
      case FLOAT32 -> {
        if (!Float.isFinite(batch.float32At(offset))) {
          notFinite++;
        }
      }
      case TEXT, JSON -> {
        int from = batch.payloadAt(offset);
        int length = batch.payloadLengthAt(offset);
        longest = Math.max(longest, length);
        if (Utf8.containsNul(batch.bytes(), from, length)) {
          nulInText++;
          note(firstWithNul, key);
        }
        if (!Utf8.isValid(batch.bytes(), from, length)) {
          invalidUtf8++;
          note(firstInvalid, key);
        }
      }
      case BYTES, DECIMAL, VECTOR, LIST, POINT ->
          longest = Math.max(longest, batch.payloadLengthAt(offset));
      case NULL, ABSENT, BOOLEAN, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, DYNAMIC -> {}
    }
  }

  private static void note(List<String> first, Supplier<String> key) {
    if (first.size() < SHOWN) {
      first.add(key.get());
    }
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

  public long nulInText() {
    return nulInText;
  }

  public long invalidUtf8() {
    return invalidUtf8;
  }

  public long notFinite() {
    return notFinite;
  }

  /** Keys of the first records with NUL in their text. */
  public List<String> nulExamples() {
    return List.copyOf(firstWithNul);
  }

  /** Keys of the first records with text that is not UTF-8. */
  public List<String> invalidExamples() {
    return List.copyOf(firstInvalid);
  }
}
