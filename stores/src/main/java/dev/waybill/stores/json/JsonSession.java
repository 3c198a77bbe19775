package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import dev.waybill.stores.json.Work.Origin;
import dev.waybill.stores.json.Work.Shelf;
import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run's power over the files of a target: all changes are in its work until it finishes. */
final class JsonSession implements TargetSession {
  /** Of a collection that fills an empty array, or file, which stays if it is dropped. */
  private static final String OPEN = "open";

  private final JsonTarget target;
  private final Home home;
  private final String run;
  private final boolean isNew;
  private final Ledger ledger;
  private final WorkLedger told;
  private final Group group;
  private @Nullable Work work;
  private boolean isClosed;

  JsonSession(JsonTarget target, Home home, String run, boolean isNew, Ledger ledger) {
    this.target = target;
    this.home = home;
    this.run = run;
    this.isNew = isNew;
    this.ledger = ledger;
    this.told = new WorkLedger(ledger, this);
    this.group = new Group(this, ledger);
  }

  Path folder() {
    return home.workFolder(run);
  }

  /** The work as it is, if anything has been changed. */
  synchronized @Nullable Work begun() {
    if (work == null && !isClosed && Work.isIn(folder())) {
      work = Work.open(folder());
    }
    return work;
  }

  /** The same when nothing of it is waiting. */
  @Nullable Work settled() {
    group.end();
    return begun();
  }

  synchronized Work work() {
    Work known = begun();
    if (known != null) {
      return known;
    }
    try {
      PrivateFolder.make(folder());
      Home.sync(home.folder());
    } catch (IOException failure) {
      throw JsonErrors.failed(folder(), "make", failure);
    }
    Work opened = Work.open(folder());
    work = opened;
    return opened;
  }

  /** What says which records can be files; null where none is one. */
  @Nullable RecordNames names(Work in, Shelf kept, Mark mark) {
    return RecordNames.of(in, home, kept, mark.isUndo());
  }

  WorkRecords records() {
    return new WorkRecords(work(), home);
  }

  boolean isOpen() {
    return !isClosed;
  }

  @Override
  public Ledger ledger() {
    return told;
  }

  /** The run's ledger itself, to be asked while something is waiting. */
  Ledger kept() {
    return ledger;
  }

  /** Batches that do not last yet: whatever but more of them is asked for, they must. */
  Group group() {
    return group;
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  boolean isCreated(String collection) {
    return created(collection).isPresent();
  }

  private Optional<Ledger.Note> created(String collection) {
    return ledger.notes().stream()
        .filter(
            note ->
                note.what() == Ledger.Note.What.COLLECTION_CREATED
                    && note.name().equals(collection))
        .findFirst();
  }

  // --- collections

  /** The collection in the work, brought there if it stands in a file; within an atom. */
  Shelf opened(Collection collection) throws SQLException, IOException {
    Work into = work();
    Optional<Shelf> known = into.collection(collection.name());
    if (known.isEmpty()) {
      bring(collection.name());
      known = into.collection(collection.name());
    }
    Shelf kept = known.filter(Shelf::isThere).orElse(null);
    if (kept == null) {
      throw new StoreException(
          "NO_SUCH_COLLECTION",
          "There is no collection \"" + collection.name() + "\" in " + home.place().path() + ".",
          "see what there is: waybill inspect json:" + home.place().path(),
          false,
          null);
    }
    requireFields(kept, collection);
    return kept;
  }

  void requireFields(Shelf kept, Collection collection) {
    if (!kept.collection().writtenNames().containsAll(collection.writtenNames())) {
      throw new StoreException(
          "SCHEMA_CHANGED",
          "The fields of \"" + collection.name() + "\" are not those of the plan any more.",
          "plan again",
          false,
          null);
    }
  }

  private void bring(String name) throws SQLException, IOException {
    Optional<Collection> there = target.published().catalog().collection(name);
    if (there.isPresent()) {
      String file = home.place(there.get());
      records().bring(file, target.in(file));
    }
  }

  @Override
  public void create(Collection collection) {
    group.end();
    String name = collection.name();
    boolean isOurs = isCreated(name);
    boolean isThere = isThere(name);
    if (isThere && isOurs) {
      return;
    }
    if (isThere) {
      throw new StoreException(
          "COLLECTION_EXISTS",
          "The collection \"" + name + "\" is in " + home.place().path() + " already.",
          "choose another target, or write into the collection as it is",
          false,
          null);
    }
    String file = home.place(collection);
    Collection made = laidOut(collection, file);
    refuseWhatIsNotSupported(made, file);
    if (!isOurs) {
      ledger.note(
          new Ledger.Note(
              Ledger.Note.What.COLLECTION_CREATED, name, target.isOpen(name, file) ? OPEN : ""));
    }
    work()
        .does(
            () -> {
              records().bring(file, target.in(file));
              work().add(made, file, Origin.MADE);
              work().fact("touched:" + file, "yes");
            });
  }

  /** A new collection in the form that its file and name ask for. */
  private Collection laidOut(Collection collection, String file) {
    JsonLayout had =
        JsonLayout.of(collection.detail()).orElse(JsonLayout.of(JsonLayout.Shape.ARRAY));
    JsonLayout.Shape shape = home.wanted(file).orElse(had.shape());
    String named = home.nameField(collection);
    if (shape.isOfFiles() && !RecordFolder.isOne(file)) {
      shape = Home.isName(collection, named) ? JsonLayout.Shape.RECORD : JsonLayout.Shape.ARRAY;
    }
    // Lines have names of their own, which others know them by.
    if (shape == JsonLayout.Shape.LINES && home.wanted(file).isEmpty()) {
      shape = JsonLayout.Shape.ARRAY;
    }
    String keyField = shape == JsonLayout.Shape.KEYED || shape.isOfFiles() ? named : "";
    String frame = had.frame();
    if (target.isApart(collection)) {
      // Objects with the same members beside one another would be taken for a record each.
      frame = "";
      shape = JsonLayout.Shape.ARRAY;
    }
    int indent = home.place().indent() >= 0 ? home.place().indent() : had.indent();
    boolean isValue = collection.writtenNames().equals(List.of(had.valueField()));
    JsonLayout layout =
        new JsonLayout(
            shape, keyField, isValue ? had.valueField() : "", indent, had.hasMark(), frame);
    return collection.withDetail(layout.detail(Map.of()));
  }

  private void refuseWhatIsNotSupported(Collection collection, String file) {
    String name = collection.name();
    if (!collection.foreignKeys().isEmpty()) {
      throw unsupported(name, "there are no foreign keys in JSON");
    }
    if (collection.isRelationship()) {
      throw unsupported(name, "there are no relationships in JSON");
    }
    for (Field field : collection.fields()) {
      if (field.generation() == Field.Generation.HANDLE) {
        throw unsupported(name, "there are no handles, as \"" + field.name() + "\" is");
      }
      if (!JsonTypes.TABLE.isKnown(field.nativeType())) {
        throw unsupported(
            name,
            "there is no type \"" + field.nativeType() + "\", as \"" + field.name() + "\" is");
      }
    }
    String taken = target.taken(collection);
    if (!taken.isEmpty()) {
      throw unsupported(name, taken);
    }
    JsonLayout layout =
        JsonLayout.of(collection.detail()).orElse(JsonLayout.of(JsonLayout.Shape.ARRAY));
    boolean isNamed =
        layout.shape() == JsonLayout.Shape.KEYED
            || home.wanted(file).filter(JsonLayout.Shape::isOfFiles).isPresent();
    if (isNamed && !Home.isName(collection, layout.keyField())) {
      throw unsupported(name, JsonTarget.NEEDS_A_NAME);
    }
    if (RecordFolder.isOne(file)) {
      new RecordFolder(home, file).requireWritable();
    }
    boolean isOneOnly =
        home.wanted(file).filter(shape -> shape != JsonLayout.Shape.WRAPPER).isPresent()
            || target.holdsOneOnly(file);
    if (!home.isFolder() && !home.isSidecar(file)) {
      List<String> others = others(name, file);
      boolean isWrapper =
          !isOneOnly
              && target.published().catalog().collections().stream()
                  .filter(each -> others.contains(each.name()))
                  .allMatch(
                      each ->
                          JsonLayout.of(each.detail())
                              .map(has -> has.shape() == JsonLayout.Shape.WRAPPER)
                              .orElse(false));
      if (!others.isEmpty() && !isWrapper) {
        throw unsupported(
            name,
            home.resolve(file)
                + " holds one collection only, which is \""
                + others.get(0)
                + "\"; several need a folder, json:DIR/, or json:FILE.json?shape=wrapper");
      }
    }
  }

  /** Other collections of a file, be they there or about to be. */
  private List<String> others(String name, String file) {
    TreeMap<String, Boolean> all = new TreeMap<>();
    for (Collection each : target.in(file)) {
      all.put(each.name(), !JsonTarget.isOpen(each));
    }
    Work begun = begun();
    if (begun != null) {
      for (Shelf each : begun.collections()) {
        all.put(each.collection().name(), each.isThere() && each.file().equals(file));
      }
    }
    all.remove(name);
    return all.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
  }

  private StoreException unsupported(String collection, String why) {
    return JsonErrors.unsupported(home.place().path(), collection, why);
  }

  @Override
  public TargetWriter writer(Triggers triggers, Overwritten overwritten) {
    return new JsonWriter(this, overwritten);
  }

  // --- finishing

  @Override
  public void finish(List<Collection> created, List<Collection> filled) {
    group.end();
    Work begun = begun();
    if (begun == null) {
      return;
    }
    List<Collection> all = new ArrayList<>(created);
    all.addAll(filled);
    begun.does(
        () -> {
          for (Collection collection : all) {
            Shelf kept = begun.collection(collection.name()).orElse(null);
            if (kept != null && kept.origin() == Origin.MADE) {
              begun.redefine(kept, laidOut(collection, kept.file()));
            } else if (kept != null && kept.isThere()) {
              begun.redefine(kept, become(kept.collection(), collection));
            }
          }
        });
    for (Shelf kept : begun.collections()) {
      if (kept.isThere()) {
        requireUnique(begun, kept);
      }
    }
    publish();
  }

  /** What a collection that was there is now: its key proven, its fields taking what came. */
  private static Collection become(Collection was, Collection filled) {
    boolean isKeyFound = was.detail().isKeyFound() || !was.hasKey();
    return JsonTypes.TABLE
        .filled(was, filled)
        .withKey(filled.hasKey() ? filled.key() : was.key())
        .withDetail(was.detail().withKeyFound(isKeyFound));
  }

  private void requireUnique(Work begun, Shelf kept) {
    Uniqueness uniqueness = new Uniqueness(begun, records());
    Optional<List<String>> broken =
        begun.atom(() -> uniqueness.broken(kept, folder().resolve("sorting")));
    if (broken.isPresent()) {
      throw new DataException(
          "NOT_UNIQUE",
          "The collection \""
              + kept.collection().name()
              + "\" has records with equal "
              + String.join(", ", broken.get())
              + ", which must be unique.",
          "look for them in the source",
          -1,
          null);
    }
  }

  @Override
  public void violations(Collection collection, Violation.Rule rule, Violation.Consumer consumer) {
    group.end();
    Work begun = begun();
    if (begun == null) {
      return;
    }
    Shelf kept = begun.collection(collection.name()).orElse(null);
    if (kept == null || !kept.isThere()) {
      return;
    }
    begun.does(
        () -> {
          new Uniqueness(begun, records()).violations(kept, collection, rule, consumer);
        });
  }

  private void publish() {
    Work begun = begun();
    if (begun == null) {
      return;
    }
    new Publishing(home, folder(), begun, ledger).publish();
    closeWork();
    target.moved();
  }

  private synchronized void closeWork() {
    Work open = work;
    work = null;
    if (open != null) {
      open.close();
    }
    try {
      Publishing.clean(home, folder());
    } catch (IOException failure) {
      throw JsonErrors.failed(folder(), "remove", failure);
    }
  }

  // --- taking back

  @Override
  public void loosen(List<Collection> created) {}

  @Override
  public List<String> dependents(String collection) {
    return List.of();
  }

  @Override
  public void drop(String collection) {
    group.end();
    if (!isCreated(collection)) {
      throw new StoreException(
          "NOT_CREATED_BY_RUN",
          "The collection \""
              + collection
              + "\" of "
              + home.place().path()
              + " is not dropped: the run "
              + run
              + " did not create it.",
          "waybill status " + run,
          false,
          null);
    }
    if (!isThere(collection)) {
      return;
    }
    Work into = work();
    into.does(
        () -> {
          if (into.collection(collection).isEmpty()) {
            bring(collection);
          }
          Shelf kept = into.collection(collection).orElseThrow();
          boolean wasOpen =
              created(collection).filter(note -> note.detail().equals(OPEN)).isPresent();
          into.add(kept.collection(), kept.file(), wasOpen ? Origin.OPEN : Origin.GONE);
          into.fact("touched:" + kept.file(), "yes");
        });
  }

  private boolean isThere(String collection) {
    return target.catalog().collection(collection).isPresent();
  }

  @Override
  public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
    group.end();
    String name = collection.name();
    if (!isThere(name)) {
      return true;
    }
    if (!isCreated(name)) {
      drop(name);
    }
    Work into = work();
    boolean isStill =
        into.atom(
            () -> {
              Shelf kept = opened(collection);
              if (!kept.collection().writtenNames().equals(collection.writtenNames())) {
                return false;
              }
              RecordText text = records().text(collection);
              CanonicalForm canonical = new CanonicalForm();
              RecordBatch record = new RecordBatch(collection.writtenFields().size());
              RecordDigest now = RecordDigest.ZERO;
              long count = 0;
              try (ShelfReader all = into.reader(kept)) {
                while (all.next()) {
                  record.clear();
                  text.decode(all.json(), record);
                  now = now.plus(canonical.digest(record, 0));
                  count++;
                }
              }
              return count == records && now.equals(sum);
            });
    if (isStill) {
      drop(name);
    }
    return isStill;
  }

  @Override
  public void restore() {
    group.end();
    boolean isMade =
        ledger.notes().stream().anyMatch(note -> note.what() == Ledger.Note.What.STORE_CREATED);
    Work begun = begun();
    try {
      if (begun != null) {
        Publishing publishing = new Publishing(home, folder(), begun, ledger);
        if (!publishing.isPublishedBefore()) {
          publishing.discard();
        } else if (!publishing.putBack()) {
          publishing.publish();
        }
        closeWork();
      }
      Publishing.forget(home, folder());
      if (isMade && home.isFolder() && Files.isDirectory(home.folder())) {
        removeIfEmpty(home.folder());
      }
    } catch (IOException failure) {
      throw JsonErrors.failed(home.place().path(), "put back", failure);
    }
    target.moved();
  }

  private static void removeIfEmpty(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      if (entries.findAny().isPresent()) {
        return;
      }
    }
    Files.delete(folder);
  }

  /** Removes what the run keeps beside the target. */
  void forgetWork() {
    closeWork();
    try {
      Publishing.forget(home, folder());
    } catch (IOException failure) {
      throw JsonErrors.failed(folder(), "remove", failure);
    }
    target.moved();
  }

  void unmark(String collection, int chunk) {
    Work begun = begun();
    if (begun != null) {
      begun.does(
          () -> {
            begun.unmark(collection, chunk);
          });
    }
  }

  @Override
  public void close() {
    group.breakOff();
    synchronized (this) {
      isClosed = true;
      Work open = work;
      work = null;
      if (open != null) {
        open.close();
      }
    }
    target.moved();
  }
}
