package dev.waybill.documents;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A read point of a {@link NormalisedStore}: elements are read with the records they are in. */
final class NormalisedSnapshot implements Snapshot {
  private static final int BATCH_RECORDS = 500;
  private static final int BATCH_BYTES = 4 << 20;

  private final Snapshot snapshot;
  private final Map<String, FlatForm> parents;
  private final Map<String, ElementForm> children;

  NormalisedSnapshot(
      Snapshot snapshot, Map<String, FlatForm> parents, Map<String, ElementForm> children) {
    this.snapshot = snapshot;
    this.parents = parents;
    this.children = children;
  }

  /** The key of the records and the field. */
  private static Collection needed(ElementForm form) {
    List<Field> fields = new ArrayList<>();
    form.parent().key().forEach(name -> fields.add(form.parent().field(name).orElseThrow()));
    fields.add(form.parent().field(form.field()).orElseThrow());
    return form.parent().withFields(fields);
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    ElementForm child = children.get(collection.name());
    if (child == null) {
      FlatForm parent = parents.get(collection.name());
      return snapshot.chunks(parent == null ? collection : parent.below(), records);
    }
    long elements = Math.max(1, child.collection().estimatedRecords());
    long holders = Math.max(1, child.holders());
    long each = Math.max(1, (long) (records / Math.max(1.0, (double) elements / holders)));
    return snapshot.chunks(needed(child), each).stream()
        .map(part -> new Chunk(collection.name(), part.ordinal(), part.from(), part.to()))
        .toList();
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    ElementForm child = children.get(collection.name());
    if (child != null) {
      Chunk part = new Chunk(child.parent().name(), chunk.ordinal(), chunk.from(), chunk.to());
      return new ElementReader(child, collection, snapshot.read(needed(child), part), null);
    }
    FlatForm parent = parents.get(collection.name());
    return parent == null
        ? snapshot.read(collection, chunk)
        : parent.reader(collection, read -> snapshot.read(read, chunk));
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    ElementForm child = children.get(collection.name());
    if (child == null) {
      FlatForm parent = parents.get(collection.name());
      return parent == null
          ? snapshot.lookup(collection, keys)
          : parent.reader(collection, read -> snapshot.lookup(read, keys));
    }
    int width = child.parent().key().size();
    int[] link = new int[width];
    for (int i = 0; i < width; i++) {
      link[i] = i;
    }
    CanonicalForm canonical = new CanonicalForm();
    Set<RecordDigest> wanted = new HashSet<>();
    Set<RecordDigest> holders = new HashSet<>();
    RecordBatch ofParents = new RecordBatch(width);
    for (int record = 0; record < keys.records(); record++) {
      wanted.add(canonical.digest(keys, record));
      if (holders.add(canonical.digest(keys, record, link))) {
        keys.project(record, link, ofParents);
      }
    }
    return new ElementReader(child, collection, snapshot.lookup(needed(child), ofParents), wanted);
  }

  @Override
  public List<ReferringCollection> referring(Collection collection) {
    FlatForm parent = parents.get(collection.name());
    return children.containsKey(collection.name())
        ? List.of()
        : snapshot.referring(parent == null ? collection : parent.below());
  }

  @Override
  public Optional<NearestSearch> search(Collection collection, Index index) {
    return children.containsKey(collection.name()) || parents.containsKey(collection.name())
        ? Optional.empty()
        : snapshot.search(collection, index);
  }

  @Override
  public long count(Collection collection) {
    ElementForm child = children.get(collection.name());
    if (child == null) {
      FlatForm parent = parents.get(collection.name());
      return snapshot.count(parent == null ? collection : parent.below());
    }
    long count = 0;
    RecordBatch records = new RecordBatch(child.collection().writtenFields().size());
    for (Chunk chunk : chunks(child.collection(), Long.MAX_VALUE)) {
      try (RecordReader reader = read(child.collection(), chunk)) {
        while (reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
          count += records.records();
          records.clear();
        }
      }
    }
    return count;
  }

  @Override
  public boolean hasMoved() {
    return snapshot.hasMoved();
  }

  @Override
  public void close() {
    snapshot.close();
  }

  /** Reads the elements of the records that another reader gives. */
  private static final class ElementReader implements RecordReader {
    private final RecordReader holders;
    private final @Nullable Set<RecordDigest> wanted;
    private final Elements elements;
    private final int[] positions;
    private final int[] key;
    private final int[] link;
    private final RecordBatch records;
    private final RecordBatch element;
    private final CanonicalForm canonical = new CanonicalForm();
    private int record;

    ElementReader(
        ElementForm form,
        Collection asked,
        RecordReader holders,
        @Nullable Set<RecordDigest> wanted) {
      this.holders = holders;
      this.wanted = wanted;
      this.elements = new Elements(form);
      List<String> names = form.collection().writtenNames();
      this.positions = asked.writtenNames().stream().mapToInt(names::indexOf).toArray();
      this.key = form.collection().keyPositions();
      this.link = new int[form.parent().key().size()];
      this.records = new RecordBatch(link.length + 1);
      this.element = new RecordBatch(names.size());
      this.record = -1;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (into.records() < maxRecords && into.size() < maxBytes) {
        element.clear();
        if (record >= 0 && elements.next(records, link, element)) {
          if (wanted == null || wanted.contains(canonical.digest(element, 0, key))) {
            element.project(0, positions, into);
          }
        } else if (!begin()) {
          break;
        }
      }
      return into.records() > before;
    }

    /** Begins with the next record that may have elements. */
    private boolean begin() {
      if (++record >= records.records()) {
        records.clear();
        record = 0;
        if (!holders.read(records, BATCH_RECORDS, BATCH_BYTES)) {
          record = -1;
          return false;
        }
      }
      for (int i = 0; i < link.length; i++) {
        link[i] = records.at(record, i);
      }
      elements.begin(records, records.at(record, link.length));
      return true;
    }

    @Override
    public void close() {
      holders.close();
    }
  }
}
