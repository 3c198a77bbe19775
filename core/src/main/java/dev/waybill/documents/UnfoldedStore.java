package dev.waybill.documents;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.sidecar.View;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A store in some of whose collections a null is an absent field, unless {@link Names#REST} says
 * that it is null: the inverse of {@link FlatForm}.
 */
public final class UnfoldedStore extends View {
  /** By name the collections as they are below. */
  private final Map<String, Collection> unfolded = new LinkedHashMap<>();

  private UnfoldedStore(SeenStore store, Set<String> names) {
    super(store);
    for (Collection each : store.catalog().collections()) {
      if (names.contains(each.name())) {
        unfolded.put(each.name(), each);
      }
    }
  }

  /**
   * A store seen so. Closing it closes the store.
   *
   * @param names of collections that have the rest
   */
  static UnfoldedStore of(SeenStore store, Set<String> names) {
    return new UnfoldedStore(store, names);
  }

  private static Collection seen(Collection below) {
    Map<String, String> properties = new TreeMap<>(below.detail().properties());
    properties.remove(NativeDetail.FLATTENED);
    return below
        .withFields(
            below.fields().stream().filter(each -> !each.name().equals(Names.REST)).toList())
        .withDetail(new NativeDetail("", below.detail().objects(), properties));
  }

  @Override
  public Capabilities capabilities() {
    return DenormalisedStore.nested(store.capabilities());
  }

  @Override
  public Catalog catalog() {
    Catalog below = store.catalog();
    return new Catalog(
        below.store(),
        below.collections().stream()
            .map(each -> unfolded.containsKey(each.name()) ? seen(each) : each)
            .toList(),
        below.leftOut());
  }

  @Override
  protected Collection below(Collection collection) {
    return unfolded.getOrDefault(collection.name(), collection);
  }

  @Override
  public Snapshot snapshot() {
    return new Unfolded(store.snapshot());
  }

  private final class Unfolded implements Snapshot {
    private final Snapshot snapshot;

    Unfolded(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    public List<Chunk> chunks(Collection collection, long records) {
      return snapshot.chunks(below(collection), records);
    }

    @Override
    public RecordReader read(Collection collection, Chunk chunk) {
      return unfolded.containsKey(collection.name())
          ? new Reader(collection, read -> snapshot.read(read, chunk))
          : snapshot.read(collection, chunk);
    }

    @Override
    public RecordReader lookup(Collection collection, RecordBatch keys) {
      return unfolded.containsKey(collection.name())
          ? new Reader(collection, read -> snapshot.lookup(read, keys))
          : snapshot.lookup(collection, keys);
    }

    @Override
    public List<ReferringCollection> referring(Collection collection) {
      return snapshot.referring(below(collection));
    }

    @Override
    public Optional<NearestSearch> search(Collection collection, Index index) {
      return unfolded.containsKey(collection.name())
          ? Optional.empty()
          : snapshot.search(collection, index);
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
    public void close() {
      snapshot.close();
    }
  }

  private final class Reader implements RecordReader {
    private final RecordReader reader;
    private final List<String> names;
    private final String collection;
    private final RecordBatch records;
    private final JsonScan scan = new JsonScan();

    Reader(Collection asked, Function<Collection, RecordReader> open) {
      Collection below = below(asked);
      List<Field> fields = new ArrayList<>();
      // As they are below: a view above may have given a field another type.
      asked.writtenFields().forEach(each -> below.field(each.name()).ifPresent(fields::add));
      fields.add(below.field(Names.REST).orElseThrow());
      this.names = asked.writtenNames();
      this.collection = asked.name();
      this.records = new RecordBatch(fields.size());
      this.reader = open.apply(below.withFields(new ArrayList<>(new LinkedHashSet<>(fields))));
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      records.clear();
      if (!reader.read(records, maxRecords - into.records(), maxBytes)) {
        return false;
      }
      for (int record = 0; record < records.records(); record++) {
        Set<String> nulls = nulls(record);
        for (int field = 0; field < names.size(); field++) {
          int at = records.at(record, field);
          if (!records.isMissingAt(at)) {
            into.putValue(records, at);
          } else if (nulls.contains(names.get(field))) {
            into.putNull();
          } else {
            into.putAbsent();
          }
        }
      }
      return true;
    }

    /** The fields that are null, not absent. */
    private Set<String> nulls(int record) {
      int at = records.at(record, names.size());
      Set<String> nulls = new HashSet<>();
      if (records.isMissingAt(at)) {
        return nulls;
      }
      byte[] text = records.bytes();
      int from = records.payloadAt(at);
      boolean isObject =
          (records.kindAt(at) == Kind.JSON || records.kindAt(at) == Kind.TEXT)
              && JsonFlaw.of(text, from, records.payloadLengthAt(at)) != JsonFlaw.NOT_JSON
              && JsonScan.first(text, from) == '{';
      if (isObject) {
        scan.open(text, from);
        while (scan.member()) {
          byte[] name = JsonScan.decode(text, scan.nameFrom, scan.nameTo);
          isObject &= name != null && text[scan.from] == 'n';
          nulls.add(name == null ? "" : new String(name, StandardCharsets.UTF_8));
        }
      }
      if (!isObject) {
        throw new DataException(
            "NOT_TOGETHER",
            "The "
                + Names.REST
                + " of a record of "
                + collection
                + " ("
                + KeyText.value(records, records.at(record, 0))
                + ") is no list of fields that are null.",
            "mend it in the source, or take the tables as they are: without --denormalise",
            -1,
            null);
      }
      return nulls;
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
