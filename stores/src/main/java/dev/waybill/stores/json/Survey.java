package dev.waybill.stores.json;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Has values looked into by several threads and puts together what is found, in the order in which
 * the values were added: of several faults the first is named. Used by one thread.
 */
final class Survey implements AutoCloseable {
  /** So much is not left under way while more is read: the heap may not have room for several. */
  private static final int LARGE = 2 << 20;

  private final Workers.Queue<Stretch.Result> queue;
  private final boolean isLenient;
  private @Nullable Stretch next;
  private long faultPosition;

  Survey(Workers workers, boolean isLenient) {
    this.queue = workers.new Queue<>();
    this.isLenient = isLenient;
  }

  /** A value that is no object where all others are. */
  static final class NoObject extends Exception {
    private static final long serialVersionUID = 1L;

    private final String collection;

    NoObject(String collection) {
      super(null, null, false, false);
      this.collection = collection;
    }

    String collection() {
      return collection;
    }
  }

  /**
   * Adds a record or, of a collection of values, a value.
   *
   * @param bytes which must stay as they are
   * @param offset where it begins in its file
   * @param name of the record, null where records have none
   */
  void add(
      Found to, byte[] bytes, int from, int end, long offset, long position, @Nullable String name)
      throws IOException, Malformed, NoObject {
    stretch(to, bytes, false).add(from, end, offset, position, name);
  }

  /** Adds a value that need only be well-formed. */
  void check(Found beside, byte[] bytes, int from, int end, long offset)
      throws IOException, Malformed, NoObject {
    stretch(beside, bytes, true).add(from, end, offset, offset, null);
  }

  private Stretch stretch(Found of, byte[] bytes, boolean isOnlyChecked)
      throws IOException, Malformed, NoObject {
    Stretch open = next;
    if (open == null || !open.takes(of, bytes, isOnlyChecked)) {
      hand();
      open = new Stretch(of, bytes, isOnlyChecked);
      next = open;
    }
    return open;
  }

  private void hand() throws IOException, Malformed, NoObject {
    Stretch whole = next;
    next = null;
    if (whole == null) {
      return;
    }
    while (queue.isFull()) {
      settle();
    }
    queue.hand(() -> whole.look(isLenient), whole.size());
    while (whole.size() > LARGE && !queue.isEmpty()) {
      settle();
    }
  }

  /** Waits until all that was added has been looked into. */
  void finish() throws IOException, Malformed, NoObject {
    hand();
    while (!queue.isEmpty()) {
      settle();
    }
  }

  private void settle() throws IOException, Malformed, NoObject {
    Stretch.Result result = queue.take();
    Inference whole = result.collection().inference();
    if (whole.unfit() == null) {
      try {
        whole.add(result.part());
        whole.markUnfit(result.unfit());
      } catch (Malformed tooManyTogether) {
        whole.markUnfit(tooManyTogether);
      }
    }
    Malformed unfit = whole.unfit();
    if (unfit != null && result.collection().shape() != JsonLayout.Shape.KEYED) {
      // It may be no collection at all if it is a keyed one.
      throw ended(unfit, unfit.offset());
    }
    if (result.fault() != null) {
      throw ended(result.fault(), result.position());
    }
    if (result.isOther()) {
      close();
      faultPosition = result.position();
      throw new NoObject(result.collection().name());
    }
  }

  private Malformed ended(Malformed fault, long position) {
    close();
    faultPosition = position;
    return fault;
  }

  /** The position of the record in which the fault is that was thrown. */
  long faultPosition() {
    return faultPosition;
  }

  /** Gives up what has not been looked into. */
  @Override
  public void close() {
    next = null;
    queue.close();
  }
}
