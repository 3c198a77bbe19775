package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The files as they were when the store was opened. */
final class JsonSnapshot implements Snapshot {
  private final JsonContent content;
  private final boolean hasAnyField;
  private final Map<String, KeyIndex> indexes = new HashMap<>();

  JsonSnapshot(JsonContent content, boolean hasAnyField) {
    this.content = content;
    this.hasAnyField = hasAnyField;
    content.use();
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    return content.collection(collection.name()).positions().chunks(collection.name(), records);
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    JsonCollection stored = stored(collection);
    return new Watched(
        new JsonReader(
            stored,
            collection,
            chunk.from().isEmpty() ? stored.positions().first() : position(chunk.from()),
            chunk.to().isEmpty() ? stored.positions().end() : position(chunk.to())));
  }

  /** Ends where a file that was replaced meanwhile makes no sense: {@link #hasMoved} tells. */
  private final class Watched implements RecordReader {
    private final JsonReader reader;

    Watched(JsonReader reader) {
      this.reader = reader;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      try {
        return reader.read(into, maxRecords, maxBytes);
      } catch (StoreException failure) {
        if (hasMoved()) {
          return into.records() > before;
        }
        throw failure;
      }
    }

    @Override
    public void close() {
      reader.close();
    }
  }

  private static long position(String text) {
    return Long.parseLong(text);
  }

  /** The collection, which must have the fields asked for. */
  private JsonCollection stored(Collection asked) {
    JsonCollection stored = content.collection(asked.name());
    for (String name : asked.writtenNames()) {
      if (!hasAnyField && stored.schema().field(name).isEmpty()) {
        throw new StoreException(
            "NO_SUCH_FIELD",
            "No record of \""
                + asked.name()
                + "\" in "
                + stored.place()
                + " has a member \""
                + name
                + "\".",
            "plan again",
            false,
            null);
      }
    }
    return stored;
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    JsonCollection stored = stored(collection);
    try {
      return new LookupReader(stored, collection, keys, index(stored, collection));
    } catch (IOException failure) {
      throw JsonErrors.failed(stored.place(), "look up records in", failure);
    }
  }

  private synchronized KeyIndex index(JsonCollection stored, Collection asked) throws IOException {
    KeyIndex found = stored.index();
    if (found != null && stored.schema().key().equals(asked.key())) {
      return found;
    }
    String name = asked.name() + '\0' + String.join("\0", asked.key());
    KeyIndex made = indexes.get(name);
    if (made == null) {
      made = content.index(asked, stored, content.nextNumber());
      indexes.put(name, made);
    }
    return made;
  }

  @Override
  public long count(Collection collection) {
    return content.collection(collection.name()).positions().count();
  }

  @Override
  public boolean hasMoved() {
    return content.hasMoved();
  }

  @Override
  public synchronized void close() {
    try {
      for (KeyIndex each : indexes.values()) {
        each.close();
      }
    } catch (IOException failure) {
      throw JsonErrors.failed(content.folder(), "remove", failure);
    } finally {
      if (!isClosed) {
        isClosed = true;
        content.release();
      }
    }
  }

  private boolean isClosed;

  /** Finds records by their keys, each once. */
  private static final class LookupReader implements RecordReader {
    private final JsonCollection stored;
    private final Collection asked;
    private final Collection keyOnly;
    private final RecordBatch keys;
    private final KeyIndex index;
    private final JsonForm[] forms;
    private final JsonValues values = new JsonValues();
    private final JsonText scratch = new JsonText();
    private final CanonicalForm canonical = new CanonicalForm();
    private final Set<RecordDigest> done = new HashSet<>();
    private final List<Long> found = new ArrayList<>();
    private int next;

    LookupReader(JsonCollection stored, Collection asked, RecordBatch keys, KeyIndex index) {
      this.stored = stored;
      this.asked = asked;
      List<Field> fields =
          asked.key().stream().map(name -> asked.field(name).orElseThrow()).toList();
      this.keyOnly = asked.withFields(fields);
      this.forms = fields.stream().map(JsonForm::of).toArray(JsonForm[]::new);
      this.keys = keys;
      this.index = index;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean appended = false;
      try {
        while (!appended || into.records() < maxRecords && into.size() < maxBytes) {
          if (found.isEmpty()) {
            if (next == keys.records()) {
              return appended;
            }
            find(next++);
          } else {
            try (JsonReader reader = at(asked, found.remove(found.size() - 1))) {
              appended |= reader.read(into, into.records() + 1, Integer.MAX_VALUE);
            }
          }
        }
        return appended;
      } catch (IOException failure) {
        throw JsonErrors.failed(stored.place(), "look up records in", failure);
      }
    }

    private void find(int key) throws IOException {
      RecordDigest wanted = canonical.digest(keys, key);
      if (!done.add(wanted)) {
        return;
      }
      long hash;
      try {
        hash = JsonReader.hash(keys, key, forms, values, scratch);
      } catch (Unwritable noSuchKey) {
        return;
      }
      RecordBatch batch = new RecordBatch(forms.length);
      for (long position : index.find(hash)) {
        batch.clear();
        try (JsonReader reader = at(keyOnly, position)) {
          reader.read(batch, 1, 1);
        }
        if (batch.records() == 1 && canonical.digest(batch, 0).equals(wanted)) {
          found.add(position);
        }
      }
    }

    private JsonReader at(Collection fields, long position) {
      return new JsonReader(stored, fields, position, stored.positions().end());
    }

    @Override
    public void close() {}
  }
}
