package dev.waybill.verify;

import dev.waybill.model.RecordDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The nearest records to one query that were seen so far, in an order that does not hang on the
 * order of reading: by distance, then by the digest of the key. Not thread-safe.
 */
final class Nearest {
  /** How many are kept. */
  static final int MOST = 10;

  private final double[] distances = new double[MOST];
  private final RecordDigest[] keys = new RecordDigest[MOST];
  private int size;

  int size() {
    return size;
  }

  /**
   * Takes note of a record.
   *
   * @param distance NaN where there is none: then it is not found
   * @param key asked for only if the record may be among the nearest
   */
  void add(double distance, Supplier<RecordDigest> key) {
    if (Double.isNaN(distance) || size == MOST && distance > distances[MOST - 1]) {
      return;
    }
    add(distance, key.get());
  }

  private void add(double distance, RecordDigest key) {
    int at = size;
    while (at > 0 && isBefore(distance, key, at - 1)) {
      at--;
    }
    if (at == MOST) {
      return;
    }
    size = Math.min(MOST, size + 1);
    System.arraycopy(distances, at, distances, at + 1, size - at - 1);
    System.arraycopy(keys, at, keys, at + 1, size - at - 1);
    distances[at] = distance;
    keys[at] = key;
  }

  private boolean isBefore(double distance, RecordDigest key, int other) {
    if (distance != distances[other]) {
      return distance < distances[other];
    }
    RecordDigest there = keys[other];
    int high = Long.compareUnsigned(key.high(), there.high());
    return high != 0 ? high < 0 : Long.compareUnsigned(key.low(), there.low()) < 0;
  }

  /** Those that were found, the nearest first. */
  List<RecordDigest> keys() {
    return Arrays.asList(keys).subList(0, size);
  }

  void addAll(Nearest other) {
    for (int i = 0; i < other.size; i++) {
      add(other.distances[i], other.keys[i]);
    }
  }

  /**
   * The part of these that another search found. What it found instead counts as well if it is as
   * near as the last of these: which of several equally far ones is found is chance.
   */
  double recall(Nearest found) {
    if (size == 0) {
      return found.size == 0 ? 1 : 0;
    }
    Set<RecordDigest> mine = new HashSet<>(keys());
    int hits = 0;
    for (int i = 0; i < found.size; i++) {
      boolean isAsNear = size == MOST && found.distances[i] <= distances[size - 1];
      hits += isAsNear || mine.contains(found.keys[i]) ? 1 : 0;
    }
    return (double) Math.min(hits, size) / size;
  }
}
