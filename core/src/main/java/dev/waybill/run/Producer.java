package dev.waybill.run;

import dev.waybill.spi.Chunk;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the changes of a run come from. Thread-safe; its readers are not. */
interface Producer {
  /** The parts of one collection's changes. */
  List<Chunk> chunks(CollectionRun run);

  /** Reads a part's changes, in an order that is the same each time. */
  ChangeReader read(CollectionRun run, Chunk chunk);

  /** True if the batches undo what a run wrote. */
  boolean isUndo();

  /** Reads changes once. */
  interface ChangeReader extends AutoCloseable {
    /** The next changes, or null at the end. They are valid until the next call. */
    @Nullable Changes next();

    /** How many records were read so far, whether a filter takes them or not. */
    long scanned();

    @Override
    void close();
  }
}
