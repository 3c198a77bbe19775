package dev.waybill.sidecar;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.Sidecar;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store without its sidecar, and where that leads back to another store's dialect, with its
 * collections as they were there.
 */
public final class RestoringStore implements SeenStore {
  private final Store store;
  private final @Nullable TypeTable other;
  private final Catalog stored;
  private final Map<String, Restored> restored = new LinkedHashMap<>();
  private @Nullable Collection values;
  private final List<Finding> stale = new ArrayList<>();

  private RestoringStore(Store store, @Nullable TypeTable other, Catalog stored) {
    this.store = store;
    this.other = other;
    this.stored = stored;
  }

  /**
   * A store as a copy to another one sees it. Closing it closes the store.
   *
   * @param other how the other store holds types, null to take all as it is stored; what the
   *     sidecar tells in another dialect is left as it is stored
   */
  public static RestoringStore of(Store store, @Nullable TypeTable other) {
    RestoringStore restoring = new RestoringStore(store, other, store.catalog());
    if (other != null && restoring.stored.collection(Sidecar.SCHEMA.name()).isPresent()) {
      restoring.readSchema(other);
    }
    return restoring;
  }

  private void readSchema(TypeTable other) {
    Collection schema = stored.collection(Sidecar.SCHEMA.name()).orElseThrow();
    boolean isOurs =
        Sidecar.SCHEMA.fields().stream().allMatch(field -> schema.field(field.name()).isPresent());
    if (!isOurs) {
      stale.add(
          new Finding(
              "STALE_SIDECAR",
              "The sidecar's "
                  + schema.name()
                  + " does not have its fields any more; all collections are read as stored.",
              "",
              false));
      return;
    }
    Collection asWeKnowIt =
        schema.withFields(
            Sidecar.SCHEMA.fields().stream()
                .map(field -> schema.field(field.name()).orElseThrow())
                .toList());
    values = values();
    int elsewhere = 0;
    RecordBatch records = new RecordBatch(3);
    try (Snapshot snapshot = store.snapshot()) {
      for (Chunk chunk : snapshot.chunks(asWeKnowIt, 1_000)) {
        try (RecordReader reader = snapshot.read(asWeKnowIt, chunk)) {
          while (reader.read(records, 100, 4 << 20)) {
            for (int record = 0; record < records.records(); record++) {
              if (records.kindAt(records.at(record, 0)) != Kind.TEXT) {
                continue;
              }
              String name = records.textAt(records.at(record, 0));
              if (stored.collection(name).isEmpty()) {
                stale.add(
                    new Finding(
                        "STALE_SIDECAR",
                        "The sidecar tells of "
                            + name
                            + ", which is not there. If it has another name now, it is read as"
                            + " stored, stand-ins included.",
                        "",
                        false));
                continue;
              }
              if (records.kindAt(records.at(record, 1)) != Kind.TEXT
                  || records.kindAt(records.at(record, 2)) != Kind.TEXT) {
                stale(name);
                continue;
              }
              if (!records.textAt(records.at(record, 1)).equals(other.dialect())) {
                elsewhere++;
                continue;
              }
              restore(name, records.textAt(records.at(record, 2)), other);
            }
            records.clear();
          }
        }
      }
    }
    letNamesBeUnique();
    if (elsewhere > 0) {
      stale.add(
          new Finding(
              "SIDECAR_OF_ANOTHER_STORE",
              String.format(
                  "The sidecar tells of %,d collection%s that came from another kind of store than"
                      + " the target; %s read as stored, stand-ins included.",
                  elsewhere, elsewhere == 1 ? "" : "s", elsewhere == 1 ? "it is" : "they are"),
              "",
              false));
    }
  }

  /** The sidecar's values, null if there are none or not as Waybill made them. */
  private @Nullable Collection values() {
    Collection there = stored.collection(Sidecar.VALUES.name()).orElse(null);
    if (there == null) {
      return null;
    }
    boolean isOurs =
        there.key().equals(Sidecar.VALUES.key())
            && Sidecar.VALUES.fields().stream()
                .allMatch(
                    field ->
                        there
                            .field(field.name())
                            .filter(each -> each.type().equals(field.type()))
                            .isPresent());
    if (!isOurs) {
      stale.add(
          new Finding(
              "STALE_SIDECAR",
              "The sidecar's "
                  + there.name()
                  + " does not have its fields or its key any more; stand-ins are taken for the"
                  + " values.",
              "",
              false));
      return null;
    }
    return there.withFields(
        Sidecar.VALUES.fields().stream()
            .map(field -> there.field(field.name()).orElseThrow())
            .toList());
  }

  /**
   * A collection that had another name is seen under it only while nothing else has that name, or
   * the records of one would be taken for those of the other.
   */
  private void letNamesBeUnique() {
    Set<String> shared = sharedNames();
    while (!shared.isEmpty()) {
      for (String name : shared) {
        for (Collection collection : Sidecar.without(stored).collections()) {
          Restored entry = restored.get(collection.name());
          if (entry != null
              && entry.original().name().equals(name)
              && !name.equals(collection.name())) {
            restored.remove(collection.name());
            stale.add(
                new Finding(
                    "STALE_SIDECAR",
                    String.format(
                        "The sidecar tells that %s was called %s, and so is another collection; it"
                            + " is read as stored.",
                        collection.name(), name),
                    "",
                    false));
          }
        }
      }
      shared = sharedNames();
    }
    List<Restored> unique = new ArrayList<>(restored.values());
    restored.clear();
    unique.forEach(each -> restored.put(each.original().name(), each));
  }

  /** Names under which more than one collection would be seen. */
  private Set<String> sharedNames() {
    Set<String> seen = new LinkedHashSet<>();
    Set<String> shared = new LinkedHashSet<>();
    for (Collection collection : Sidecar.without(stored).collections()) {
      Restored entry = restored.get(collection.name());
      String name = entry == null ? collection.name() : entry.original().name();
      if (!seen.add(name)) {
        shared.add(name);
      }
    }
    return shared;
  }

  private void restore(String name, String definition, TypeTable other) {
    try {
      Restored.of(Told.read(definition), stored.collection(name).orElseThrow(), values, other)
          .ifPresentOrElse(each -> restored.put(name, each), () -> stale(name));
    } catch (SpecException | IllegalArgumentException unreadable) {
      stale(name);
    }
  }

  private void stale(String name) {
    stale.add(
        new Finding(
            "STALE_SIDECAR",
            "What the sidecar tells of "
                + name
                + " does not fit the collection any more; it is read as stored.",
            "",
            false));
  }

  @Override
  public Set<String> restored() {
    return restored.keySet();
  }

  @Override
  public String speaks(String collection) {
    Restored entry = restored.get(collection);
    return entry == null || other == null ? dialect() : other.dialect();
  }

  @Override
  public String dialect() {
    return store.capabilities().types().dialect();
  }

  @Override
  public Capabilities capabilities() {
    return store.capabilities();
  }

  @Override
  public String identity() {
    return store.identity();
  }

  @Override
  public Catalog catalog() {
    Set<String> replaced =
        restored.values().stream()
            .map(each -> each.stored().name())
            .collect(java.util.stream.Collectors.toSet());
    List<Collection> seen = new ArrayList<>();
    for (Collection collection : Sidecar.without(stored).collections()) {
      if (!replaced.contains(collection.name())) {
        seen.add(collection);
      } else {
        restored.values().stream()
            .filter(each -> each.stored().name().equals(collection.name()))
            .map(Restored::original)
            .map(
                each ->
                    each.withEstimates(collection.estimatedRecords(), collection.estimatedBytes()))
            .forEach(seen::add);
      }
    }
    List<Catalog.LeftOut> leftOut = new ArrayList<>(stored.leftOut());
    for (Collection collection : stored.collections()) {
      if (Sidecar.isPart(collection.name()) && Sidecar.known(collection).isEmpty()) {
        leftOut.add(
            new Catalog.LeftOut(
                collection.name(),
                "is called like a part of a sidecar and is none: rename it to have it carried",
                true));
      }
    }
    return new Catalog(stored.store(), seen, leftOut);
  }

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(store.findings());
    findings.addAll(stale);
    return findings;
  }

  @Override
  public List<Finding> findings(Collection collection) {
    Restored entry = restored.get(collection.name());
    return store.findings(entry == null ? collection : entry.stored());
  }

  @Override
  public Snapshot snapshot() {
    Snapshot snapshot = store.snapshot();
    return restored.isEmpty() ? snapshot : new RestoringSnapshot(snapshot, restored);
  }

  @Override
  public Kept keep() {
    return store.keep();
  }

  @Override
  public void close() {
    store.close();
  }
}
