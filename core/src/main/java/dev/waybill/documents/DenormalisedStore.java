package dev.waybill.documents;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.sidecar.View;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store one of whose collections is seen within another one: each record as an element of the
 * record that its foreign key leads to. Elements are sorted in files, so that memory does not grow
 * with them; one without parent is refused by name.
 */
public final class DenormalisedStore extends View {
  private static final int BATCH_RECORDS = 500;
  private static final int BATCH_BYTES = 4 << 20;

  private final Relation relation;
  private final Path folder;
  private final Collection seen;

  private DenormalisedStore(SeenStore store, Relation relation, Path folder) {
    super(store);
    this.relation = relation;
    this.folder = folder;
    this.seen = relation.seen();
  }

  /**
   * A store seen so. Closing it closes the store.
   *
   * @param folder for the files
   */
  static DenormalisedStore of(SeenStore store, Relation relation, Path folder) {
    return new DenormalisedStore(store, relation, folder);
  }

  @Override
  public Capabilities capabilities() {
    return nested(store.capabilities());
  }

  /** The same of a store whose fields may be absent. */
  static Capabilities nested(Capabilities can) {
    return new Capabilities(
        can.canWrite(),
        can.transactions(),
        can.reading(),
        can.ledger(),
        can.visibility(),
        can.keys(),
        can.relationships(),
        Capabilities.Documents.NESTED,
        can.vectors(),
        can.longestVector(),
        can.largestRecord(),
        can.types());
  }

  @Override
  public Catalog catalog() {
    Catalog below = store.catalog();
    List<Collection> collections = new ArrayList<>();
    for (Collection each : below.collections()) {
      if (each.name().equals(relation.parent().name())) {
        collections.add(seen);
      } else if (!each.name().equals(relation.child().name())) {
        collections.add(each);
      }
    }
    return new Catalog(below.store(), collections, below.leftOut());
  }

  @Override
  public Set<String> restored() {
    Set<String> restored = new LinkedHashSet<>(store.restored());
    restored.remove(relation.child().name());
    return restored;
  }

  private boolean isParent(Collection collection) {
    return collection.name().equals(relation.parent().name());
  }

  @Override
  protected Collection below(Collection collection) {
    return isParent(collection) ? relation.parent() : collection;
  }

  @Override
  public Snapshot snapshot() {
    return new Denormalised(store.snapshot());
  }

  private final class Denormalised implements Snapshot {
    private final Snapshot snapshot;
    private @Nullable Groups groups;

    Denormalised(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    /** Sorts the elements when they are first asked for. */
    private synchronized Groups groups() {
      Groups sorted = groups;
      if (sorted == null) {
        sorted = Groups.of(relation, snapshot, folder);
        groups = sorted;
      }
      return sorted;
    }

    @Override
    public List<Chunk> chunks(Collection collection, long records) {
      return snapshot.chunks(below(collection), records);
    }

    @Override
    public RecordReader read(Collection collection, Chunk chunk) {
      return isWithElements(collection)
          ? new Reader(collection, groups(), read -> snapshot.read(read, chunk))
          : snapshot.read(collection, chunk);
    }

    @Override
    public RecordReader lookup(Collection collection, RecordBatch keys) {
      return isWithElements(collection)
          ? new Reader(collection, groups(), read -> snapshot.lookup(read, keys))
          : snapshot.lookup(collection, keys);
    }

    private boolean isWithElements(Collection asked) {
      return isParent(asked) && asked.field(relation.field()).isPresent();
    }

    @Override
    public List<ReferringCollection> referring(Collection collection) {
      return snapshot.referring(below(collection));
    }

    @Override
    public Optional<NearestSearch> search(Collection collection, Index index) {
      return isParent(collection) ? Optional.empty() : snapshot.search(collection, index);
    }

    @Override
    public long count(Collection collection) {
      return snapshot.count(below(collection));
    }

    @Override
    public boolean hasMoved() {
      return snapshot.hasMoved();
    }

    @Override
    public synchronized void close() {
      try (Snapshot below = snapshot) {
        if (groups != null) {
          groups.close();
        }
      }
    }
  }

  private interface Open {
    RecordReader read(Collection fields);
  }

  /** Reads parents and puts their elements into them. */
  private final class Reader implements RecordReader {
    private final Groups groups;
    private final RecordReader reader;
    private final RecordBatch records;
    private final int[] sources;
    private final int[] link;
    private final int own;
    private int next;
    private final CanonicalForm canonical = new CanonicalForm();

    Reader(Collection asked, Groups groups, Open open) {
      this.groups = groups;
      Collection parent = relation.parent();
      Set<Field> needed = new LinkedHashSet<>();
      for (Field field : asked.writtenFields()) {
        parent.field(field.name()).ifPresent(needed::add);
      }
      for (String field : relation.link().targetFields()) {
        needed.add(parent.field(field).orElseThrow());
      }
      Collection read = parent.withFields(List.copyOf(needed));
      List<String> names = read.writtenNames();
      this.records = new RecordBatch(names.size());
      this.link = relation.link().targetFields().stream().mapToInt(names::indexOf).toArray();
      this.own = names.indexOf(relation.field());
      List<String> wanted = asked.writtenNames();
      this.sources = new int[wanted.size()];
      for (int i = 0; i < sources.length; i++) {
        boolean isIt = wanted.get(i).equals(relation.field());
        sources[i] = isIt ? -1 : names.indexOf(wanted.get(i));
      }
      this.reader = open.read(read);
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (into.records() < maxRecords && into.size() < maxBytes) {
        if (next == records.records()) {
          records.clear();
          next = 0;
          if (!reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
            break;
          }
        }
        for (int source : sources) {
          if (source >= 0) {
            into.putValue(records, records.at(next, source));
          } else {
            elements(next, into);
          }
        }
        next++;
      }
      return into.records() > before;
    }

    private void elements(int record, RecordBatch into) {
      Groups.@Nullable Group group = groups.of(canonical.digest(records, record, link));
      int at = own < 0 ? -1 : records.at(record, own);
      boolean isMissing = at < 0 || records.isMissingAt(at);
      if (group == null) {
        if (!isMissing) {
          kept(at, into);
        } else if (at >= 0) {
          into.putValue(records, at);
        } else if (relation.isSingle()) {
          into.putNull();
        } else {
          into.putJson(new byte[] {'[', ']'});
        }
        return;
      }
      boolean isObject = isMissing ? relation.isSingle() : isText(at, "{}");
      if (!isMissing && !isObject && !isText(at, "[]") || isObject && group.count() > 1) {
        throw refusedRecord(
            record,
            isObject
                ? "is one object and has several records in " + relation.child().name()
                : "holds a value of its own and has records in " + relation.child().name());
      }
      byte[] text = isObject ? group.elements() : inBrackets(group.elements());
      boolean isOfText =
          relation.isTold() && (isStoredAsText() || !isMissing && records.kindAt(at) == Kind.TEXT);
      into.putVariable(isOfText ? Kind.TEXT : Kind.JSON, text, 0, text.length);
    }

    private static byte[] inBrackets(byte[] elements) {
      byte[] array = new byte[elements.length + 2];
      array[0] = '[';
      System.arraycopy(elements, 0, array, 1, elements.length);
      array[array.length - 1] = ']';
      return array;
    }

    private boolean isText(int at, String text) {
      return (records.kindAt(at) == Kind.JSON || records.kindAt(at) == Kind.TEXT)
          && records.payloadLengthAt(at) == text.length()
          && records.textAt(at).equals(text);
    }

    /** True if the store keeps as text what is JSON. */
    private boolean isStoredAsText() {
      return relation
          .parent()
          .field(relation.field())
          .filter(field -> field.type().kind() == Kind.TEXT)
          .isPresent();
    }

    /** Puts a value as it is; text in a field of text is JSON unless it is known to be text. */
    private void kept(int at, RecordBatch into) {
      boolean isJson =
          !relation.isTold()
              && isStoredAsText()
              && records.kindAt(at) == Kind.TEXT
              && JsonFlaw.of(records.bytes(), records.payloadAt(at), records.payloadLengthAt(at))
                  != JsonFlaw.NOT_JSON;
      if (isJson) {
        into.putValueAs(Kind.JSON, records, at);
      } else {
        into.putValue(records, at);
      }
    }

    private DataException refusedRecord(int record, String why) {
      return Groups.refused(
          "NOT_TOGETHER",
          relation,
          "that of record " + KeyText.of(records, record, link) + " " + why);
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
