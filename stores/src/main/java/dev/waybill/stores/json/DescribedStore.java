package dev.waybill.stores.json;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Files as they are found, with what the schema file says of those that stand as Waybill has
 * written them: names, types and keys that JSON does not tell.
 */
final class DescribedStore implements Store {
  private final Store found;
  private final Home home;
  private Map<String, Of> described = Map.of();
  private List<Collection> collections = List.of();
  private boolean isRead;

  /**
   * A collection that is described.
   *
   * @param foundAs its name as it is found, empty where it is not found because it has no records
   * @param foundName the field that holds the names of members, as it is found
   */
  private record Of(Collection collection, String foundAs, String foundName) {
    /** The same fields under the names that they are found by. */
    Collection asFound(Collection asked) {
      String told = keyField(collection);
      if (told.isEmpty() || foundName.isEmpty() || told.equals(foundName)) {
        return asked;
      }
      List<Field> fields = new ArrayList<>();
      for (Field each : asked.fields()) {
        fields.add(
            each.name().equals(told)
                ? new Field(
                    foundName,
                    each.type(),
                    each.nativeType(),
                    each.isNullable(),
                    each.defaultValue(),
                    each.generation())
                : each);
      }
      List<String> key =
          asked.key().stream().map(name -> name.equals(told) ? foundName : name).toList();
      return new Collection(
          asked.name(),
          fields,
          key,
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          null,
          -1,
          -1,
          asked.detail());
    }
  }

  DescribedStore(Store found, Home home) {
    this.found = found;
    this.home = home;
  }

  /** True if the schema file tells of files that are there. */
  static boolean isTold(Home home) {
    try {
      for (Map.Entry<String, Described.Of> file : Described.read(home).files().entrySet()) {
        if (Described.isStill(home, file.getKey(), file.getValue())) {
          return true;
        }
      }
      return false;
    } catch (IOException failure) {
      throw JsonErrors.failed(home.resolve(home.schemaFile()), "read", failure);
    }
  }

  private synchronized void read(Catalog plain) {
    if (isRead) {
      return;
    }
    Map<String, Of> of = new LinkedHashMap<>();
    Set<String> hidden = new TreeSet<>();
    try {
      for (Map.Entry<String, Described.Of> file : Described.read(home).files().entrySet()) {
        if (Described.isStill(home, file.getKey(), file.getValue())) {
          describe(file.getKey(), file.getValue(), plain, of, hidden);
        }
      }
    } catch (IOException failure) {
      throw JsonErrors.failed(home.resolve(home.schemaFile()), "read", failure);
    }
    List<Collection> all = new ArrayList<>();
    of.values().forEach(each -> all.add(each.collection));
    for (Collection each : plain.collections()) {
      if (!hidden.contains(each.name()) && !of.containsKey(each.name())) {
        all.add(each);
      }
    }
    described = of;
    collections = List.copyOf(all);
    isRead = true;
  }

  private void describe(
      String file, Described.Of known, Catalog plain, Map<String, Of> of, Set<String> hidden) {
    List<Collection> there =
        plain.collections().stream()
            .filter(each -> each.name().startsWith(Home.SIDECAR) == home.isSidecar(file))
            .filter(each -> !home.isFolder() || home.place(each).equals(file))
            .toList();
    there.forEach(each -> hidden.add(each.name()));
    for (Collection told : known.collections()) {
      Optional<Collection> same =
          there.stream().filter(each -> each.name().equals(told.name())).findFirst();
      boolean isWrapper =
          JsonLayout.of(told.detail())
              .map(layout -> layout.shape() == JsonLayout.Shape.WRAPPER)
              .orElse(false);
      if (same.isEmpty() && !isWrapper && known.collections().size() == 1 && there.size() == 1) {
        same = Optional.of(there.get(0));
      }
      of.put(
          told.name(),
          new Of(
              same.map(each -> merged(told, each)).orElse(told.withEstimates(0, 0)),
              same.map(Collection::name).orElse(""),
              same.map(DescribedStore::keyField).orElse("")));
    }
  }

  private static String keyField(Collection collection) {
    return JsonLayout.of(collection.detail()).map(JsonLayout::keyField).orElse("");
  }

  private static Collection merged(Collection told, Collection found) {
    Map<String, String> facts = new LinkedHashMap<>(found.detail().properties());
    NativeDetail detail =
        JsonLayout.of(found.detail())
            .map(layout -> layout.named(keyField(told)).detail(facts))
            .orElse(told.detail())
            .withKeyFound(told.detail().isKeyFound());
    return told.withEstimates(found.estimatedRecords(), found.estimatedBytes()).withDetail(detail);
  }

  @Override
  public Catalog catalog() {
    Catalog plain = found.catalog();
    read(plain);
    return new Catalog(plain.store(), collections, plain.leftOut());
  }

  private Optional<Of> of(String collection) {
    if (!isRead) {
      catalog();
    }
    return Optional.ofNullable(described.get(collection));
  }

  @Override
  public Capabilities capabilities() {
    return found.capabilities();
  }

  @Override
  public String identity() {
    return found.identity();
  }

  @Override
  public List<Finding> findings() {
    return found.findings();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return of(collection.name())
        .map(of -> of.foundAs.isEmpty() ? List.<Finding>of() : findings(of, collection))
        .orElseGet(() -> found.findings(collection));
  }

  private List<Finding> findings(Of of, Collection collection) {
    return found.findings(named(collection, of.foundAs));
  }

  @Override
  public Snapshot snapshot() {
    catalog();
    return new DescribedSnapshot(
        found instanceof JsonStore files ? files.snapshotOfAnyFields() : found.snapshot());
  }

  @Override
  public Kept keep() {
    return found.keep();
  }

  @Override
  public void close() {
    found.close();
  }

  private static Collection named(Collection collection, String name) {
    if (collection.name().equals(name)) {
      return collection;
    }
    return new Collection(
        name,
        collection.fields(),
        collection.key(),
        collection.uniqueSets(),
        collection.foreignKeys(),
        collection.indexes(),
        collection.checks(),
        collection.triggers(),
        collection.endpoints(),
        collection.estimatedRecords(),
        collection.estimatedBytes(),
        collection.detail());
  }

  /** A snapshot under the described names. */
  private final class DescribedSnapshot implements Snapshot {
    private final Snapshot plain;

    DescribedSnapshot(Snapshot plain) {
      this.plain = plain;
    }

    private boolean isEmpty(String collection) {
      return of(collection).map(of -> of.foundAs.isEmpty()).orElse(false);
    }

    private Collection plain(Collection collection) {
      return of(collection.name())
          .map(of -> named(of.asFound(collection), of.foundAs))
          .orElse(collection);
    }

    @Override
    public List<Chunk> chunks(Collection collection, long records) {
      if (isEmpty(collection.name())) {
        return List.of(new Chunk(collection.name(), 0, "", ""));
      }
      return plain.chunks(plain(collection), records).stream()
          .map(each -> new Chunk(collection.name(), each.ordinal(), each.from(), each.to()))
          .toList();
    }

    @Override
    public RecordReader read(Collection collection, Chunk chunk) {
      if (isEmpty(collection.name())) {
        return new NoRecords();
      }
      Collection as = plain(collection);
      return plain.read(as, new Chunk(as.name(), chunk.ordinal(), chunk.from(), chunk.to()));
    }

    @Override
    public RecordReader lookup(Collection collection, RecordBatch keys) {
      return isEmpty(collection.name()) ? new NoRecords() : plain.lookup(plain(collection), keys);
    }

    @Override
    public long count(Collection collection) {
      return isEmpty(collection.name()) ? 0 : plain.count(plain(collection));
    }

    @Override
    public boolean hasMoved() {
      return plain.hasMoved();
    }

    @Override
    public void close() {
      plain.close();
    }
  }
}
