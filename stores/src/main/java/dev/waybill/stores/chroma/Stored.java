package dev.waybill.stores.chroma;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One collection and where everything of it is. Thread-safe. */
final class Stored implements AutoCloseable {
  private final FoundCollection found;
  private final Shape shape;
  private final RecordPlace place;
  private final Supplier<Vectors> finding;
  private @Nullable Vectors vectors;

  /**
   * @param finding finds out where the vectors are, the first time one is wanted
   */
  Stored(FoundCollection found, Shape shape, RecordPlace place, Supplier<Vectors> finding) {
    this.found = found;
    this.shape = shape;
    this.place = place;
    this.finding = finding;
  }

  FoundCollection found() {
    return found;
  }

  Shape shape() {
    return shape;
  }

  RecordPlace place() {
    return place;
  }

  synchronized Vectors vectors() {
    Vectors known = vectors;
    if (known == null) {
      known = finding.get();
      vectors = known;
    }
    return known;
  }

  @Override
  public synchronized void close() {
    Vectors known = vectors;
    vectors = null;
    if (known != null) {
      known.close();
    }
  }
}
