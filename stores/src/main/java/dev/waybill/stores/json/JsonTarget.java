package dev.waybill.stores.json;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.stores.json.Work.Shelf;
import dev.waybill.stores.support.FileHold;
import dev.waybill.stores.support.FreeSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Files that are written to: as they are, and as the run that has begun is about to make them. */
final class JsonTarget implements TargetStore {
  static final String NEEDS_A_NAME =
      "an object keyed by id, or a folder of a file for each record, needs one field of text"
          + " without null that is unique, and says which: ?key=FIELD";

  /** Each byte is written twice: into the work, and into the file that it becomes. */
  private static final int TIMES = 2;

  private final JsonPlace place;
  private final Supplier<Store> opening;
  private final List<Store> opened = new ArrayList<>();
  private @Nullable Store published;
  private @Nullable JsonSession session;

  /** How many are in the folder, −1 as long as nobody has asked. */
  private long files = -1;

  /**
   * @param opening opens the files for reading
   */
  JsonTarget(JsonPlace place, Supplier<Store> opening) {
    this.place = place;
    this.opening = opening;
    published();
  }

  private Home home() {
    return Home.of(place);
  }

  /** The files as they are now. */
  synchronized Store published() {
    Store known = published;
    if (known == null) {
      known = opening.get();
      published = known;
      opened.add(known);
    }
    return known;
  }

  /** The files are others now. Snapshots of the former ones go on. */
  synchronized void moved() {
    published = null;
    files = -1;
  }

  private synchronized @Nullable JsonSession writing() {
    return session != null && session.isOpen() ? session : null;
  }

  private @Nullable Work work() {
    JsonSession writing = writing();
    return writing == null ? null : writing.settled();
  }

  @Override
  public Capabilities capabilities() {
    return JsonAdapter.CAPABILITIES;
  }

  @Override
  public String identity() {
    return published().identity();
  }

  @Override
  public Catalog catalog() {
    Catalog catalog = published().catalog();
    Map<String, Collection> collections = new LinkedHashMap<>();
    catalog.collections().stream()
        .filter(each -> !isOpen(each))
        .forEach(each -> collections.put(each.name(), each));
    Work work = work();
    for (Shelf kept : work == null ? List.<Shelf>of() : work.collections()) {
      if (kept.isThere()) {
        collections.putIfAbsent(kept.collection().name(), kept.collection());
      } else {
        collections.remove(kept.collection().name());
      }
    }
    return new Catalog(catalog.store(), List.copyOf(collections.values()), catalog.leftOut());
  }

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(published().findings());
    StoreException refused = refused();
    if (refused != null) {
      findings.add(
          new Finding(refused.code(), String.valueOf(refused.getMessage()), refused.hint(), true));
    }
    return findings;
  }

  /** Why nothing can be written, as far as permissions tell. */
  private @Nullable StoreException refused() {
    Path path = place.path();
    if (Files.exists(path) && !Files.isWritable(path)) {
      return JsonErrors.readOnly(path, "it is read-only");
    }
    Path folder = home().folder();
    for (Path each = folder; each != null; each = each.getParent()) {
      if (Files.exists(each)) {
        if (!Files.isDirectory(each)) {
          return JsonErrors.readOnly(path, each + " is no folder");
        }
        if (!Files.isWritable(each)) {
          return JsonErrors.readOnly(
              path, "its folder is read-only, and the new file is made beside the old one there");
        }
        return home().isFolder() || each.equals(folder) ? null : missing(path, folder);
      }
    }
    return null;
  }

  private static StoreException missing(Path path, Path folder) {
    return new StoreException(
        "FOLDER_MISSING",
        "The target " + path + " cannot be made: its folder is not there.",
        "make the folder: mkdir -p '" + folder + "'",
        false,
        null);
  }

  @Override
  public List<Finding> findings(Collection collection) {
    Optional<Collection> there = published().catalog().collection(collection.name());
    try {
      if (there.isPresent() && !isOpen(there.get())) {
        String place = home().place(there.get());
        if (RecordFolder.isOne(place)) {
          new RecordFolder(home(), place).requireWritable();
        }
        return published().findings(collection);
      }
      requireFolder(collection);
      String taken = taken(collection);
      if (taken.isEmpty()) {
        return leftBehind(collection);
      }
      return List.of(
          new Finding(
              "NAME_TAKEN",
              "Collection \"" + collection.name() + "\" cannot be made: " + taken + ".",
              "give it another name in the plan, or leave it out (--exclude)",
              true));
    } catch (StoreException refused) {
      return List.of(
          new Finding(refused.code(), String.valueOf(refused.getMessage()), refused.hint(), true));
    }
  }

  /** True for a collection of a wrapper of several, which gets a file of its own in a folder. */
  boolean isApart(Collection collection) {
    return home().isFolder()
        && home().wanted(home().place(collection)).isEmpty()
        && JsonLayout.of(collection.detail())
            .filter(layout -> layout.shape() == JsonLayout.Shape.WRAPPER)
            .filter(layout -> Frame.isOfSeveral(layout.frame()))
            .isPresent();
  }

  private List<Finding> leftBehind(Collection collection) {
    String frame = JsonLayout.of(collection.detail()).map(JsonLayout::frame).orElse("");
    List<String> besides = isApart(collection) ? Frame.besides(frame) : List.of();
    return besides.isEmpty()
        ? List.of()
        : List.of(
            new Finding(
                "MEMBERS_LEFT_BEHIND",
                "What stands beside the collections in the source's file ("
                    + String.join(", ", besides)
                    + ") has no place in a folder of a file for each.",
                "write one file, json:FILE.json; or leave it behind: json:"
                    + place.path()
                    + "/?shape=array",
                true));
  }

  private synchronized long files() {
    if (files < 0) {
      files = JsonFolder.count(home().folder());
    }
    return files;
  }

  /** What has the place that a collection would have, "" if nothing has. */
  String taken(Collection collection) {
    String place = home().place(collection);
    if (RecordFolder.isOne(place)) {
      return holdsRecords(place) ? "there are JSON files in its folder that are not its own" : "";
    }
    boolean isTaken =
        in(place).stream()
            .flatMap(each -> JsonLayout.of(each.detail()).stream())
            .anyMatch(
                each ->
                    each.shape() == JsonLayout.Shape.WRAPPER
                        && Frame.holds(each.frame(), collection.name()));
    return isTaken ? "the file has a member of that name that is no array of records" : "";
  }

  private boolean holdsRecords(String place) {
    try {
      return in(place).isEmpty() && new RecordFolder(home(), place).holdsRecords();
    } catch (IOException failure) {
      throw JsonErrors.failed(home().resolve(place), "read", failure);
    }
  }

  /** Refuses a new collection whose records cannot be files. */
  private void requireFolder(Collection collection) {
    String place = home().place(collection);
    if (!RecordFolder.isOne(place)) {
      return;
    }
    new RecordFolder(home(), place).requireWritable();
    if (!Home.isName(collection, home().nameField(collection))) {
      throw JsonErrors.unsupported(home().place().path(), collection.name(), NEEDS_A_NAME);
    }
    long files = Math.max(0, collection.estimatedRecords()) + files();
    if (files > JsonFolder.MOST_FILES) {
      throw JsonFolder.tooMany(collection.name(), home().folder(), files);
    }
  }

  /** What stands in a file, places without records too. */
  List<Collection> in(String file) {
    return published().catalog().collections().stream()
        .filter(each -> home().place(each).equals(file))
        .toList();
  }

  /**
   * True of an empty array. No record says which fields it has, so that it is no collection to a
   * run but the place where one can be made.
   */
  static boolean isOpen(Collection collection) {
    return collection.fields().isEmpty() && collection.estimatedRecords() == 0;
  }

  /** True if what a collection of this name would fill is there: an empty array, file, folder. */
  boolean isOpen(String name, String file) {
    List<Collection> there = in(file);
    if (there.isEmpty()) {
      return Files.exists(home().resolve(file)) && !home().isSidecar(file);
    }
    return holdsOneOnly(file)
        || there.stream()
            .anyMatch(
                each ->
                    each.name().equals(name) && isOpen(each)
                        || JsonLayout.of(each.detail())
                            .map(layout -> Frame.isOpen(layout.frame(), name))
                            .orElse(false));
  }

  /** True of a file that is an empty array and no wrapper, whatever the collection is called. */
  boolean holdsOneOnly(String file) {
    return in(file).stream()
        .anyMatch(
            each ->
                isOpen(each)
                    && JsonLayout.of(each.detail())
                        .map(layout -> layout.shape() != JsonLayout.Shape.WRAPPER)
                        .orElse(true));
  }

  @Override
  public Snapshot snapshot() {
    Snapshot files = published().snapshot();
    JsonSession writing = writing();
    Work work = writing == null ? null : writing.settled();
    if (writing == null || work == null) {
      return files;
    }
    return new WorkSnapshot(files, work, writing.records());
  }

  @Override
  public long freeBytes() {
    long free = FreeSpace.at(place.path());
    return free < 0 ? free : free / TIMES;
  }

  @Override
  public Hold hold(Set<String> collections) {
    return FileHold.take(place.path(), collections);
  }

  @Override
  public synchronized TargetSession begin(RunHeader run, Ledger ledger) {
    StoreException refused = refused();
    if (refused != null) {
      throw refused;
    }
    boolean isMade =
        ledger.notes().stream().anyMatch(note -> note.what() == Ledger.Note.What.STORE_CREATED);
    boolean isNew = !isMade && !Files.exists(place.path());
    if (isNew) {
      ledger.note(new Ledger.Note(Ledger.Note.What.STORE_CREATED, place.path().toString(), ""));
    }
    Home home = home();
    try {
      if (home.isFolder()) {
        Files.createDirectories(home.folder());
      }
      Publishing.clean(home, home.workFolder(run.id()));
    } catch (IOException failure) {
      throw JsonErrors.failed(place.path(), "write", failure);
    }
    moved();
    JsonSession begun = new JsonSession(this, home, run.id(), isNew, ledger);
    session = begun;
    return begun;
  }

  @Override
  public synchronized void close() {
    opened.forEach(Store::close);
  }
}
