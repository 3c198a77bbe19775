package dev.waybill.sidecar;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.Sidecar;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A store without its sidecar, and where that leads back to another store's dialect, with its
 * collections as they were there: every copy since is undone, the last first.
 */
public final class RestoringStore implements SeenStore {
  private final Store store;
  private final @Nullable TypeTable other;
  private final Catalog stored;

  /** By the name under which a collection is seen. */
  private final Map<String, Remembered> remembered = new LinkedHashMap<>();

  private final List<Finding> stale = new ArrayList<>();

  private RestoringStore(Store store, @Nullable TypeTable other, Catalog stored) {
    this.store = store;
    this.other = other;
    this.stored = stored;
  }

  /**
   * A store as a copy to another one sees it. Closing it closes the store.
   *
   * @param other how the other store holds types, null to take all as it is stored and to know
   *     nothing of what it was
   */
  public static RestoringStore of(Store store, @Nullable TypeTable other) {
    RestoringStore restoring = new RestoringStore(store, other, store.catalog());
    Optional<Collection> schema = restoring.stored.collection(Sidecar.SCHEMA.name());
    if (other != null && schema.isPresent()) {
      restoring.readSchema(schema.get());
    }
    return restoring;
  }

  private void readSchema(Collection schema) {
    Optional<Collection> known = Sidecar.known(schema);
    if (known.isEmpty()) {
      stale(
          "The sidecar's "
              + schema.name()
              + " does not have its fields any more; all collections are read as stored.");
      return;
    }
    Collection values = values();
    try (Snapshot snapshot = store.snapshot()) {
      SchemaRecords.read(
          snapshot,
          known.get(),
          (name, dialects, definitions) -> remember(name, dialects, definitions, values));
    }
    letNamesBeUnique();
    long elsewhere = remembered.values().stream().filter(each -> each.undone() == 0).count();
    if (elsewhere > 0 && isOfAnotherDialect()) {
      stale.add(
          new Finding(
              "SIDECAR_OF_ANOTHER_STORE",
              String.format(
                  "The sidecar tells of %,d collection%s that came from another kind of store than"
                      + " the target; %s read as stored, stand-ins included, and what %s before goes"
                      + " along in the target's sidecar.",
                  elsewhere,
                  elsewhere == 1 ? "" : "s",
                  elsewhere == 1 ? "it is" : "they are",
                  elsewhere == 1 ? "it was" : "they were"),
              "",
              false));
    }
  }

  private boolean isOfAnotherDialect() {
    return other != null && !other.dialect().equals(dialect());
  }

  private void remember(
      String name,
      @Nullable String dialects,
      @Nullable String definitions,
      @Nullable Collection values) {
    Optional<Collection> collection = stored.collection(name);
    if (collection.isEmpty()) {
      stale(
          "The sidecar tells of "
              + name
              + ", which is not there. If it has another name now, it is read as stored, stand-ins"
              + " included.");
      return;
    }
    List<Told> told;
    try {
      told = dialects == null || definitions == null ? List.of() : Told.read(dialects, definitions);
    } catch (SpecException unreadable) {
      told = List.of();
    }
    Remembered entry = Remembered.of(told, collection.get(), values, other);
    if (entry.stages().size() < Math.max(1, told.size())) {
      stale(
          "What the sidecar tells of "
              + name
              + (entry.stages().isEmpty()
                  ? " does not fit the collection any more; it is read as stored."
                  : " does not fit together before the copy from "
                      + told.get(entry.stages().size() - 1).dialect()
                      + "; that is taken as the first."));
    }
    if (!entry.stages().isEmpty()) {
      remembered.put(name, entry);
    }
  }

  private void stale(String text) {
    stale.add(new Finding("STALE_SIDECAR", text, "", false));
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
      stale(
          "The sidecar's "
              + there.name()
              + " does not have its fields or its key any more; stand-ins are taken for the"
              + " values.");
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
        remembered.replaceAll(
            (collection, entry) -> {
              if (!entry.seen().name().equals(name) || name.equals(collection)) {
                return entry;
              }
              stale(
                  String.format(
                      "The sidecar tells that %s was called %s, and so is another collection; it"
                          + " is read as stored.",
                      collection, name));
              return entry.asStored();
            });
      }
      shared = sharedNames();
    }
    List<Remembered> unique = new ArrayList<>(remembered.values());
    remembered.clear();
    unique.forEach(each -> remembered.put(each.seen().name(), each));
  }

  /** Names under which more than one collection would be seen. */
  private Set<String> sharedNames() {
    Set<String> seen = new LinkedHashSet<>();
    Set<String> shared = new LinkedHashSet<>();
    for (Collection collection : Sidecar.without(stored).collections()) {
      Remembered entry = remembered.get(collection.name());
      String name = entry == null ? collection.name() : entry.seen().name();
      if (!seen.add(name)) {
        shared.add(name);
      }
    }
    return shared;
  }

  @Override
  public Set<String> restored() {
    return names(each -> each.undone() > 0);
  }

  @Override
  public Set<String> carried() {
    return names(each -> !each.beyond().isEmpty());
  }

  @Override
  public Set<String> carriedValues() {
    return names(
        each ->
            each.beyond().stream().anyMatch(stage -> !stage.pairing().sidecarFields().isEmpty()));
  }

  private Set<String> names(Predicate<Remembered> which) {
    return remembered.entrySet().stream()
        .filter(each -> which.test(each.getValue()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  @Override
  public RestoringStore restoring() {
    return this;
  }

  /** What was before the collection was as it is seen, the last copy first. */
  List<Restored> beyond(String collection) {
    Remembered entry = remembered.get(collection);
    return entry == null ? List.of() : entry.beyond();
  }

  @Override
  public String speaks(String collection) {
    Remembered entry = remembered.get(collection);
    return entry == null || entry.undone() == 0 || other == null ? dialect() : other.dialect();
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
    Map<String, Collection> seenAs = new HashMap<>();
    remembered.values().forEach(each -> seenAs.put(each.stored().name(), each.seen()));
    List<Collection> seen = new ArrayList<>();
    for (Collection collection : Sidecar.without(stored).collections()) {
      seen.add(seenAs.getOrDefault(collection.name(), collection));
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
    Remembered entry = remembered.get(collection.name());
    return store.findings(
        entry == null || entry.undone() == 0 ? collection : entry.way().get(0).stored());
  }

  @Override
  public Snapshot snapshot() {
    Snapshot snapshot = store.snapshot();
    Map<String, Remembered> undone = new HashMap<>(remembered);
    undone.values().removeIf(each -> each.undone() == 0);
    return undone.isEmpty() ? snapshot : new RestoringSnapshot(snapshot, undone);
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
