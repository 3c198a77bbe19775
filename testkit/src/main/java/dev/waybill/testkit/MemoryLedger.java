package dev.waybill.testkit;

import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A ledger in memory: of the memory stores with transactions, and for tests the one a store without
 * transactions is given. As long-lived as the object, so a test keeps it over its "crashes".
 */
public final class MemoryLedger implements Ledger {
  private final List<Note> notes = new ArrayList<>();
  private final Map<Mark, MarkedBatch> marks = new LinkedHashMap<>();
  private final List<Kept> kept = new ArrayList<>();
  private final Runnable onForget;
  private long seconds;

  private record Kept(String collection, int chunk, BeforeImage image) {}

  public MemoryLedger() {
    this(() -> {});
  }

  MemoryLedger(Runnable onForget) {
    this.onForget = onForget;
  }

  @Override
  public synchronized List<Note> notes() {
    return List.copyOf(notes);
  }

  @Override
  public synchronized void note(Note note) {
    notes.add(note);
  }

  @Override
  public synchronized List<MarkedBatch> marks() {
    return List.copyOf(marks.values());
  }

  /**
   * Adds to what was kept before, also under the same mark: a batch that is repeated after a crash
   * finds its own first records in the store, so only the first images tell what was there.
   */
  @Override
  public synchronized void keep(Mark mark, List<BeforeImage> images) {
    for (BeforeImage image : images) {
      kept.add(new Kept(mark.collection(), mark.chunk(), image));
    }
  }

  @Override
  public synchronized void mark(MarkedBatch batch) {
    Instant at = Instant.EPOCH.plusSeconds(++seconds);
    marks.put(batch.mark(), new MarkedBatch(batch.mark(), batch.outcome(), batch.content(), at));
  }

  @Override
  public synchronized Optional<MarkedBatch> marked(Mark mark) {
    return Optional.ofNullable(marks.get(mark));
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    return images(each -> each.collection().equals(collection));
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    return images(each -> each.collection().equals(collection) && each.chunk() == chunk);
  }

  @Override
  public synchronized void unmark(String collection, int chunk) {
    marks.keySet().removeIf(mark -> mark.collection().equals(collection) && mark.chunk() == chunk);
    kept.removeIf(each -> each.collection().equals(collection) && each.chunk() == chunk);
  }

  private synchronized BeforeImages images(Predicate<Kept> wanted) {
    List<BeforeImage> newestFirst = new ArrayList<>();
    for (int i = kept.size() - 1; i >= 0; i--) {
      if (wanted.test(kept.get(i))) {
        newestFirst.add(kept.get(i).image());
      }
    }
    return new Images(newestFirst);
  }

  @Override
  public void forget() {
    synchronized (this) {
      notes.clear();
      marks.clear();
      kept.clear();
    }
    onForget.run();
  }

  private static final class Images implements BeforeImages {
    private final List<BeforeImage> images;
    private int next;

    Images(List<BeforeImage> images) {
      this.images = images;
    }

    @Override
    public List<BeforeImage> next(int max) {
      List<BeforeImage> found = new ArrayList<>();
      while (next < images.size()
          && found.size() < max
          && (found.isEmpty() || images.get(next).change() == found.get(0).change())) {
        found.add(images.get(next++));
      }
      return found;
    }

    @Override
    public void close() {}
  }
}
