package dev.waybill.stores.json;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values of one collection that lie in one buffer, cut but not yet looked into. Made by one thread
 * and then looked into by another.
 */
final class Stretch {
  /** Values at most: what is kept of each is not in the buffer. */
  private static final int MOST = 1 << 14;

  private final Found collection;
  private final byte[] bytes;
  private final boolean isOnlyChecked;
  private int count;
  private long size;
  private int[] from = new int[32];
  private int[] to = new int[32];
  private long[] offsets = new long[32];
  private long[] positions = new long[32];
  private final List<String> names = new ArrayList<>();

  /**
   * @param isOnlyChecked whether the values need only be well-formed
   */
  Stretch(Found collection, byte[] bytes, boolean isOnlyChecked) {
    this.collection = collection;
    this.bytes = bytes;
    this.isOnlyChecked = isOnlyChecked;
  }

  Found collection() {
    return collection;
  }

  /** Bytes of its values. */
  long size() {
    return size;
  }

  /** True if a value of this very collection can be added that lies in a buffer. */
  @SuppressWarnings("ReferenceEquality")
  boolean takes(Found of, byte[] buffer, boolean onlyChecked) {
    return collection == of && bytes == buffer && isOnlyChecked == onlyChecked && count < MOST;
  }

  /**
   * Adds a value.
   *
   * @param offset where it begins in its file
   * @param position of its record
   * @param name that the record has, null where records of the collection have none
   */
  void add(int begin, int end, long offset, long position, @Nullable String name) {
    if (count == from.length) {
      from = Arrays.copyOf(from, 2 * count);
      to = Arrays.copyOf(to, 2 * count);
      offsets = Arrays.copyOf(offsets, 2 * count);
      positions = Arrays.copyOf(positions, 2 * count);
    }
    from[count] = begin;
    to[count] = end;
    offsets[count] = offset;
    positions[count++] = position;
    size += end - begin;
    if (name != null) {
      names.add(name);
    }
  }

  /**
   * What was found in a stretch, up to its first fault.
   *
   * @param part what its records have
   * @param unfit why they cannot be records of one collection, null if they can; what follows has
   *     been checked and is not in {@code part}
   * @param fault the first fault, null if there is none
   * @param isOther whether it ends before a value that is no object where all should be
   * @param position of the record that has the fault
   */
  record Result(
      Found collection,
      Inference part,
      @Nullable Malformed unfit,
      @Nullable Malformed fault,
      boolean isOther,
      long position) {}

  Result look(boolean isLenient) throws IOException {
    Inference part = collection.inference().part();
    Item item = new Item(isLenient);
    Malformed unfit = null;
    for (int i = 0; i < count; i++) {
      try {
        item.take(bytes, from[i], to[i], offsets[i]);
      } catch (Malformed fault) {
        return new Result(collection, part, unfit, fault, false, positions[i]);
      }
      if (isOnlyChecked || unfit != null) {
        continue;
      }
      if (!collection.isValues() && item.token() != JsonScan.Token.OBJECT) {
        return new Result(collection, part, null, null, true, positions[i]);
      }
      try {
        if (collection.isValues()) {
          part.addValue(item, Layouts.VALUE, positions[i]);
        } else {
          item.named(names.isEmpty() ? "" : names.get(i));
          part.add(item, positions[i]);
        }
      } catch (Malformed other) {
        unfit = other;
      }
    }
    return new Result(collection, part, unfit, null, false, 0);
  }
}
