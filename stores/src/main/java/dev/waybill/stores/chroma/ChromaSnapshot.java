package dev.waybill.stores.chroma;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Chunks are ranges of the numbers that Chroma's database gave to the records. */
final class ChromaSnapshot implements Snapshot {
  private final Content content;
  private boolean isClosed;

  ChromaSnapshot(Content content) {
    this.content = content;
    content.use();
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    Stored stored = content.collection(collection.name());
    List<Chunk> chunks = new ArrayList<>();
    String from = "";
    try (RecordPlace.Rows rows = stored.place().open();
        PreparedStatement numbers =
            rows.jdbc()
                .prepareStatement(
                    "SELECT e.id FROM embeddings e WHERE +e.segment_id = ? ORDER BY e.id")) {
      numbers.setString(1, stored.found().metadataSegment());
      try (ResultSet each = numbers.executeQuery()) {
        for (long seen = 0; each.next(); seen++) {
          if (seen > 0 && seen % Math.max(1, records) == 0) {
            String to = Long.toString(each.getLong(1));
            chunks.add(new Chunk(collection.name(), chunks.size(), from, to));
            from = to;
          }
        }
      }
    } catch (SQLException failure) {
      throw content.origin().failed(collection.name(), failure);
    }
    chunks.add(new Chunk(collection.name(), chunks.size(), from, ""));
    return chunks;
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    return new ChunkReader(
        collection,
        chunk.from().isEmpty() ? Long.MIN_VALUE : Long.parseLong(chunk.from()),
        chunk.to().isEmpty() ? Long.MAX_VALUE : Long.parseLong(chunk.to()));
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    Stored stored = content.collection(collection.name());
    boolean isById = collection.key().equals(stored.shape().collection().key());
    return isById ? new IdReader(stored, collection, keys) : new KeyReader(collection, keys);
  }

  @Override
  public Optional<NearestSearch> search(Collection collection, Index index) {
    Stored stored = content.collection(collection.name());
    return content
        .origin()
        .asking(stored.found())
        .map(
            asking ->
                new ServerSearch(
                    this,
                    collection.withKey(stored.shape().collection().key()),
                    stored.shape().key(),
                    asking));
  }

  @Override
  public long count(Collection collection) {
    Stored stored = content.collection(collection.name());
    try (RecordPlace.Rows rows = stored.place().open();
        PreparedStatement count =
            rows.jdbc().prepareStatement("SELECT count(*) FROM embeddings WHERE segment_id = ?")) {
      count.setString(1, stored.found().metadataSegment());
      try (ResultSet one = count.executeQuery()) {
        one.next();
        return one.getLong(1);
      }
    } catch (SQLException failure) {
      throw content.origin().failed(collection.name(), failure);
    }
  }

  @Override
  public boolean hasMoved() {
    return content.origin().hasMoved();
  }

  @Override
  public synchronized void close() {
    if (!isClosed) {
      isClosed = true;
      content.release();
    }
  }

  private Records records(Collection asked) {
    try {
      return new Records(content.collection(asked.name()), asked);
    } catch (SQLException failure) {
      throw content.origin().failed(asked.name(), failure);
    }
  }

  /** Reads a range. */
  private final class ChunkReader implements RecordReader {
    private final Collection asked;
    private final Records records;

    ChunkReader(Collection asked, long from, long to) {
      this.asked = asked;
      this.records = records(asked);
      try {
        records.begin(from, to);
      } catch (SQLException failure) {
        close();
        throw content.origin().failed(asked.name(), failure);
      }
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean appended = false;
      try {
        while (!appended || into.records() < maxRecords && into.size() < maxBytes) {
          if (!records.append(into)) {
            return appended;
          }
          appended = true;
        }
        return true;
      } catch (SQLException failure) {
        into.dropPartialRecord();
        throw content.origin().failed(asked.name(), failure);
      }
    }

    @Override
    public void close() {
      closeAll(asked, records);
    }
  }

  private void closeAll(Collection asked, Records records) {
    try {
      records.close();
    } catch (SQLException failure) {
      throw content.origin().failed(asked.name(), failure);
    }
  }

  /** Finds records by their ids. */
  private final class IdReader implements RecordReader {
    private final Collection asked;
    private final Records records;
    private final Deque<Long> numbers = new ArrayDeque<>();

    IdReader(Stored stored, Collection asked, RecordBatch keys) {
      this.asked = asked;
      Set<Long> found = new LinkedHashSet<>();
      try (RecordPlace.Rows rows = stored.place().open();
          PreparedStatement find =
              rows.jdbc()
                  .prepareStatement(
                      "SELECT id FROM embeddings WHERE segment_id = ?"
                          + " AND embedding_id = CAST(? AS TEXT)")) {
        find.setString(1, stored.found().metadataSegment());
        int[] positions = IntStream.range(0, keys.width()).toArray();
        for (int i = 0; i < keys.records(); i++) {
          String id = stored.shape().key().id(keys, i, positions);
          if (id != null) {
            find.setBytes(2, id.getBytes(StandardCharsets.UTF_8));
            try (ResultSet one = find.executeQuery()) {
              if (one.next()) {
                found.add(one.getLong(1));
              }
            }
          }
        }
      } catch (SQLException failure) {
        throw content.origin().failed(asked.name(), failure);
      }
      numbers.addAll(found);
      records = records(asked);
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean appended = false;
      try {
        while (!numbers.isEmpty()
            && (!appended || into.records() < maxRecords && into.size() < maxBytes)) {
          long number = numbers.remove();
          records.begin(number, number + 1);
          appended |= records.append(into);
        }
        return appended;
      } catch (SQLException failure) {
        into.dropPartialRecord();
        throw content.origin().failed(asked.name(), failure);
      }
    }

    @Override
    public void close() {
      closeAll(asked, records);
    }
  }

  /** Finds records by other fields, of which there is no index: looks at all. */
  private final class KeyReader implements RecordReader {
    private final Set<RecordDigest> wanted = new HashSet<>();
    private final CanonicalForm canonical = new CanonicalForm();
    private final RecordBatch one;
    private final RecordBatch key;
    private final int[] positions;
    private final RecordReader all;

    KeyReader(Collection asked, RecordBatch keys) {
      for (int i = 0; i < keys.records(); i++) {
        wanted.add(canonical.digest(keys, i));
      }
      List<Field> fields = asked.writtenFields();
      positions = asked.keyPositions();
      one = new RecordBatch(fields.size());
      key = new RecordBatch(positions.length);
      all = new ChunkReader(asked, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean appended = false;
      while (!appended || into.records() < maxRecords && into.size() < maxBytes) {
        one.clear();
        if (!all.read(one, 1, 1)) {
          return appended;
        }
        key.clear();
        one.project(0, positions, key);
        if (wanted.contains(canonical.digest(key, 0))) {
          into.putRecord(one, 0);
          appended = true;
        }
      }
      return true;
    }

    @Override
    public void close() {
      all.close();
    }
  }
}
