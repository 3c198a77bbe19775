package dev.waybill.testkit;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One run's power over a database. */
final class MemorySession implements TargetSession {
  private final MemoryDatabase database;
  private final String run;
  private final boolean isNew;
  private final Ledger ledger;
  private final Faults faults;

  MemorySession(MemoryDatabase database, String run, boolean isNew, Ledger ledger, Faults faults) {
    this.database = database;
    this.run = run;
    this.isNew = isNew;
    this.ledger = ledger;
    this.faults = faults;
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  @Override
  public void create(Collection collection) {
    synchronized (database) {
      String name = collection.name();
      boolean isOurs = isCreatedByRun(name);
      if (database.tables().containsKey(name)) {
        if (isOurs) {
          return;
        }
        throw new StoreException(
            "COLLECTION_EXISTS",
            "The collection \"" + name + "\" is in memory:" + database.name() + " already.",
            "choose another target, or write into the collection as it is",
            false,
            null);
      }
      Collection made = withOwnHandles(collection);
      refuseWhatIsNotSupported(made);
      if (!isOurs) {
        faults.step("note the collection " + name);
        ledger.note(new Ledger.Note(Ledger.Note.What.COLLECTION_CREATED, name, ""));
      }
      faults.step("create the collection " + name);
      database
          .tables()
          .put(name, new MemoryTable(made.withConstraints(List.of(), List.of(), List.of())));
      database.changed();
    }
  }

  private boolean isCreatedByRun(String collection) {
    return ledger.notes().stream()
        .anyMatch(
            note ->
                note.what() == Ledger.Note.What.COLLECTION_CREATED
                    && note.name().equals(collection));
  }

  private static Collection withOwnHandles(Collection collection) {
    List<Field> fields = new ArrayList<>();
    for (Field field : collection.fields()) {
      fields.add(
          field.generation() == Field.Generation.HANDLE
              ? field.withType(LogicalType.INT64, LogicalType.INT64.toString())
              : field);
    }
    return collection.withFields(fields);
  }

  private void refuseWhatIsNotSupported(Collection collection) {
    Capabilities can = database.capabilities();
    if (can.keys() == Capabilities.Keys.REQUIRED
        && (collection.key().size() != 1
            || collection.field(collection.key().get(0)).orElseThrow().type().kind()
                != Kind.TEXT)) {
      throw unsupported(collection, "its key must be one text field");
    }
    if (can.relationships() != Capabilities.Relationships.FOREIGN_KEYS
        && !collection.foreignKeys().isEmpty()) {
      throw unsupported(collection, "there are no foreign keys");
    }
    if (can.relationships() == Capabilities.Relationships.NONE && collection.isRelationship()) {
      throw unsupported(collection, "there are no relationships");
    }
    for (Field field : collection.fields()) {
      if (field.generation() == Field.Generation.HANDLE
          && can.keys() != Capabilities.Keys.HANDLES) {
        throw unsupported(collection, "there are no handles, as \"" + field.name() + "\" is");
      }
      if (!can.types().isKnown(field.nativeType())) {
        throw unsupported(
            collection,
            "there is no type \"" + field.nativeType() + "\", as \"" + field.name() + "\" is");
      }
    }
  }

  private StoreException unsupported(Collection collection, String why) {
    return new StoreException(
        "UNSUPPORTED",
        "The collection \""
            + collection.name()
            + "\" cannot be made in memory:"
            + database.name()
            + ": "
            + why
            + ".",
        "choose another target, or change the collection in the plan",
        false,
        null);
  }

  @Override
  public TargetWriter writer(Triggers triggers, Overwritten overwritten) {
    return new MemoryWriter(database, run, ledger, faults, overwritten);
  }

  @Override
  public void finish(List<Collection> created, List<Collection> filled) {
    synchronized (database) {
      CanonicalForm canonical = new CanonicalForm();
      for (Collection collection : created) {
        MemoryTable table = database.table(collection.name());
        for (List<String> set : uniqueSets(collection)) {
          if (table.countsOf(set, canonical).values().stream().anyMatch(count -> count > 1)) {
            throw new DataException(
                "NOT_UNIQUE",
                "The collection \""
                    + collection.name()
                    + "\" has records with equal "
                    + String.join(", ", set)
                    + ", which must be unique.",
                "look for them in the source",
                -1,
                null);
          }
        }
        for (ForeignKey foreignKey : collection.foreignKeys()) {
          checkForeignKey(collection, foreignKey, canonical);
        }
      }
      for (Collection collection : filled) {
        for (ForeignKey foreignKey : database.table(collection.name()).collection().foreignKeys()) {
          checkForeignKey(collection, foreignKey, canonical);
        }
      }
      for (Collection collection : created) {
        faults.step("complete " + collection.name());
        database.table(collection.name()).complete(withOwnHandles(collection));
        database.changed();
      }
      if (!database.isTransactional()) {
        database.endRun(run);
      }
    }
  }

  @Override
  public void violations(Collection collection, Violation.Rule rule, Violation.Consumer consumer) {
    synchronized (database) {
      new MemoryViolations(database, collection).find(rule, consumer);
    }
  }

  static List<List<String>> uniqueSets(Collection collection) {
    List<List<String>> sets = new ArrayList<>(collection.uniqueSets());
    for (Index index : collection.indexes()) {
      if (index.isUnique() && index.isPortable()) {
        sets.add(index.columns().stream().map(Index.Column::field).toList());
      }
    }
    return sets;
  }

  private void checkForeignKey(
      Collection collection, ForeignKey foreignKey, CanonicalForm canonical) {
    Map<RecordDigest, Integer> there =
        database
            .table(foreignKey.targetCollection())
            .countsOf(foreignKey.targetFields(), canonical);
    for (RecordDigest value :
        database.table(collection.name()).countsOf(foreignKey.fields(), canonical).keySet()) {
      if (!there.containsKey(value)) {
        throw new DataException(
            "FOREIGN_KEY_VIOLATED",
            "Records of \""
                + collection.name()
                + "\" point with "
                + String.join(", ", foreignKey.fields())
                + " at records of \""
                + foreignKey.targetCollection()
                + "\" that are not there.",
            "copy that collection too, or look for them in the source",
            -1,
            null);
      }
    }
  }

  @Override
  public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
    synchronized (database) {
      MemoryTable table = database.tables().get(collection.name());
      if (table == null) {
        return true;
      }
      CanonicalForm canonical = new CanonicalForm();
      RecordDigest now = RecordDigest.ZERO;
      for (RecordBatch record : table.rows().values()) {
        now = now.plus(canonical.digest(record, 0));
      }
      boolean isStill =
          table.rows().size() == records
              && now.equals(sum)
              && table.collection().writtenNames().equals(collection.writtenNames());
      if (isCreatedByRun(collection.name())
          && (!isStill || !dependents(collection.name()).isEmpty())) {
        return false;
      }
      drop(collection.name());
      return true;
    }
  }

  @Override
  public List<String> dependents(String name) {
    synchronized (database) {
      return database.tables().values().stream()
          .map(MemoryTable::collection)
          .filter(other -> !other.name().equals(name) && !isCreatedByRun(other.name()))
          .filter(other -> pointsAt(other, name))
          .map(other -> "the collection " + other.name())
          .toList();
    }
  }

  private static boolean pointsAt(Collection other, String name) {
    Collection.Endpoints ends = other.endpoints();
    return other.foreignKeys().stream().anyMatch(key -> key.targetCollection().equals(name))
        || ends != null && (ends.fromCollection().equals(name) || ends.toCollection().equals(name));
  }

  @Override
  public void loosen(List<Collection> created) {}

  @Override
  public void drop(String collection) {
    synchronized (database) {
      if (!isCreatedByRun(collection)) {
        throw new StoreException(
            "NOT_CREATED_BY_RUN",
            "The collection \""
                + collection
                + "\" of memory:"
                + database.name()
                + " is not dropped: the run "
                + run
                + " did not create it.",
            "waybill status " + run,
            false,
            null);
      }
      faults.step("drop the collection " + collection);
      database.tables().remove(collection);
      database.changed();
    }
  }

  @Override
  public void restore() {
    synchronized (database) {
      faults.step("restore");
      boolean isStoreOurs =
          ledger.notes().stream().anyMatch(note -> note.what() == Ledger.Note.What.STORE_CREATED);
      if (isStoreOurs) {
        database.removeWhenEmpty();
      }
      if (!database.isTransactional()) {
        database.endRun(run);
      }
    }
  }

  @Override
  public void close() {}
}
