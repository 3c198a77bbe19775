package dev.waybill.stores.chroma;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A target's collections: each is fetched when it is first read, records that are looked up by key
 * are asked for at the server.
 */
final class TargetSnapshot implements Snapshot {
  private final ChromaTarget target;
  private final Map<String, FoundCollection> found;
  private final @Nullable ChromaSession writing;
  private final Map<String, Fetched> fetched = new HashMap<>();

  TargetSnapshot(
      ChromaTarget target, Map<String, FoundCollection> found, @Nullable ChromaSession writing) {
    this.target = target;
    this.found = found;
    this.writing = writing;
  }

  private FoundCollection found(Collection collection) {
    FoundCollection known = found.get(collection.name());
    if (known == null) {
      throw new StoreException(
          "NO_SUCH_COLLECTION",
          "There is no collection \"" + collection.name() + "\" at " + target.api().place() + ".",
          "see what there is: waybill inspect " + target.api().place(),
          false,
          null);
    }
    return known;
  }

  private synchronized Fetched fetched(Collection collection) {
    FoundCollection known = found(collection);
    return fetched.computeIfAbsent(collection.name(), name -> new Fetched(target, known, name));
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    return fetched(collection).snapshot().chunks(collection, records);
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    return fetched(collection).snapshot().read(collection, chunk);
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    FoundCollection known = found(collection);
    Shape shape =
        writing == null
            ? target.shape(known, known.name())
            : writing
                .beside(collection.name())
                .map(Beside::shape)
                .orElseGet(() -> target.shape(known, known.name()));
    Set<String> ids = new LinkedHashSet<>();
    int[] positions = new int[collection.key().size()];
    for (int i = 0; i < positions.length; i++) {
      if (shape.origin(collection.key().get(i)).part() != Shape.Part.ID) {
        return fetched(collection).snapshot().lookup(collection, keys);
      }
      positions[i] = i;
    }
    for (int i = 0; i < keys.records(); i++) {
      String id = shape.key().id(keys, i, positions);
      if (id != null && !id.isEmpty()) {
        ids.add(id);
      }
    }
    return new Looking(known, shape, collection, new ArrayList<>(ids));
  }

  @Override
  public Optional<NearestSearch> search(Collection collection, Index index) {
    return fetched(collection).snapshot().search(collection, index);
  }

  @Override
  public long count(Collection collection) {
    return target.api().count(found(collection));
  }

  @Override
  public synchronized boolean hasMoved() {
    return fetched.values().stream().anyMatch(Fetched::hasMoved);
  }

  @Override
  public synchronized void close() {
    fetched.values().forEach(Fetched::close);
    fetched.clear();
  }

  /** Records by their ids, some at a time. */
  private final class Looking implements RecordReader {
    private final FoundCollection known;
    private final Shape shape;
    private final Collection asked;
    private final List<String> ids;
    private final List<Answer> answers = new ArrayList<>();
    private int next;

    Looking(FoundCollection known, Shape shape, Collection asked, List<String> ids) {
      this.known = known;
      this.shape = shape;
      this.asked = asked;
      this.ids = ids;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean appended = false;
      while (!appended || into.records() < maxRecords && into.size() < maxBytes) {
        while (answers.isEmpty() && next < ids.size()) {
          int to = Math.min(ids.size(), next + Answer.MOST);
          answers.addAll(Answer.of(target.api(), known, ids.subList(next, to)).values());
          next = to;
        }
        if (answers.isEmpty()) {
          return appended;
        }
        answers.remove(0).put(shape, asked, into);
        appended = true;
      }
      return true;
    }

    @Override
    public void close() {}
  }

  /** One collection in the workspace. */
  private static final class Fetched implements Content.Origin {
    private final ChromaTarget target;
    private final WorkDatabase work;
    private final Fetching fetching;
    private final FoundCollection found;
    private final Snapshot snapshot;

    Fetched(ChromaTarget target, FoundCollection found, String name) {
      this.target = target;
      this.found = found;
      this.work = new WorkDatabase(target.workspace().directory());
      this.fetching = new Fetching(target.api(), work);
      boolean isFetched = false;
      try {
        Stored stored = fetching.fetched(found, name);
        Content content =
            new Content(
                this,
                new Catalog("", List.of(stored.shape().collection()), List.of()),
                Map.of(name, stored));
        this.snapshot = new ChromaSnapshot(content);
        isFetched = true;
      } finally {
        if (!isFetched) {
          work.close();
        }
      }
    }

    Snapshot snapshot() {
      return snapshot;
    }

    @Override
    public String name() {
      return target.api().place().toString();
    }

    @Override
    public boolean hasMoved() {
      try {
        return fetching.isMissed() || fetching.hasMoved(found);
      } catch (SQLException failure) {
        throw failed(found.name(), failure);
      }
    }

    @Override
    public Optional<ServerSearch.Asking> asking(FoundCollection asked) {
      return Optional.of(body -> target.api().query(asked, body));
    }

    @Override
    public WaybillException failed(String collection, SQLException failure) {
      return ChromaErrors.work(target.workspace().directory(), failure);
    }

    @Override
    public void close() {
      snapshot.close();
      work.close();
    }
  }
}
