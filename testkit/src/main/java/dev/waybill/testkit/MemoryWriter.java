package dev.waybill.testkit;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Decision;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** First decides about every change of a batch, then writes: a refused record leaves nothing. */
final class MemoryWriter implements TargetWriter {
  private final MemoryDatabase database;
  private final String run;
  private final Ledger ledger;
  private final Faults faults;
  private final Overwritten overwritten;
  private final CanonicalForm canonical = new CanonicalForm();

  MemoryWriter(
      MemoryDatabase database, String run, Ledger ledger, Faults faults, Overwritten overwritten) {
    this.database = database;
    this.run = run;
    this.ledger = ledger;
    this.faults = faults;
    this.overwritten = overwritten;
  }

  /** A decided write: a record put at, or removed from, a row. */
  private record Write(
      long row,
      @Nullable RecordBatch record,
      @Nullable RecordDigest key,
      @Nullable String origin,
      int change) {}

  /** What the batch will have done, not yet visible to anybody. */
  private static final class Staged {
    final Mark mark;
    final List<Write> writes = new ArrayList<>();
    final List<BeforeImage> images = new ArrayList<>();
    final Map<RecordDigest, Write> byKey = new HashMap<>();
    final Map<String, Long> byOrigin = new HashMap<>();
    Outcome outcome = Outcome.NOTHING;

    Staged(Mark mark) {
      this.mark = mark;
    }

    boolean isRemoved(long row) {
      return writes.stream().anyMatch(write -> write.row == row && write.record == null);
    }
  }

  @Override
  public Outcome apply(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    synchronized (database) {
      faults.step("read what is there");
      MemoryTable table = database.table(collection.name());
      if (!table.collection().writtenNames().equals(collection.writtenNames())) {
        throw new StoreException(
            "SCHEMA_CHANGED",
            "The fields of \"" + collection.name() + "\" are not those of the plan any more.",
            "plan again",
            false,
            null);
      }
      Staged staged = stage(table, changes, policy, mark);
      checkUniqueSets(table, staged);
      handOver(table, staged);
      if (database.isTransactional()) {
        faults.step("commit");
        for (Write write : staged.writes) {
          write(table, write);
        }
        finishBatch(staged, mark, changes.content());
        faults.step("answer");
      } else {
        if (!mark.isUndo() && !staged.images.isEmpty()) {
          faults.step("keep before-images");
          ledger.keep(mark, staged.images);
        }
        for (Write write : staged.writes) {
          faults.step("write a record");
          write(table, write);
        }
        faults.step("mark the batch");
        ledger.mark(new Ledger.MarkedBatch(mark, staged.outcome, changes.content()));
        faults.step("answer");
      }
      return staged.outcome;
    }
  }

  @Override
  public void close() {}

  /** What is there of rows that are about to be written. */
  private void handOver(MemoryTable table, Staged staged) {
    if (staged.mark.isUndo() || !table.collection().hasKey()) {
      return;
    }
    overwritten
        .whole(table.collection())
        .ifPresent(
            whole -> {
              RecordBatch old = new RecordBatch(whole.writtenFields().size());
              Set<Long> rows = new HashSet<>();
              for (Write write : staged.writes) {
                RecordBatch there = table.rows().get(write.row);
                if (there != null && rows.add(write.row)) {
                  old.putRecord(there, 0);
                }
              }
              if (!old.isEmpty()) {
                faults.step("hand over what is there");
                overwritten.keep(whole, old);
              }
            });
  }

  private void finishBatch(Staged staged, Mark mark, RecordDigest content) {
    if (!mark.isUndo()) {
      ledger.keep(mark, staged.images);
    }
    ledger.mark(new Ledger.MarkedBatch(mark, staged.outcome, content));
  }

  private void write(MemoryTable table, Write write) {
    if (write.record == null) {
      table.remove(write.row, write.key);
    } else {
      table.put(write.row, write.record, write.key);
    }
    if (write.origin != null) {
      database.run(run).written().put(write.origin, write.row);
    }
    database.changed();
  }

  private Staged stage(MemoryTable table, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    Staged staged = new Staged(mark);
    boolean isPut = changes.kind() == ChangeBatch.ChangeKind.PUT;
    boolean hasKey = table.collection().hasKey();
    Set<Long> attached = isPut ? Set.of() : rowsWithRelationships(table.collection());
    Map<RecordDigest, Deque<Long>> unkeyed = isPut || hasKey ? Map.of() : rowsByDigest(table);
    for (int i = 0; i < changes.records().records(); i++) {
      if (isPut) {
        RecordBatch record = checked(table, changes.records(), i, mark);
        if (hasKey) {
          stageKeyed(staged, table, changes, i, record, policy, attached);
        } else {
          stageAppended(staged, table, changes, i, record, mark);
        }
      } else if (hasKey) {
        stageKeyed(staged, table, changes, i, null, policy, attached);
      } else {
        Long row = rowOfUnkeyed(table, changes.records(), i, unkeyed);
        RecordBatch existing = row == null ? null : table.rows().get(row);
        decide(
            staged,
            table,
            changes,
            i,
            null,
            policy,
            attached,
            existing == null ? null : row,
            existing,
            null);
      }
    }
    return staged;
  }

  private void stageKeyed(
      Staged staged,
      MemoryTable table,
      ChangeBatch changes,
      int change,
      @Nullable RecordBatch record,
      ConflictPolicy policy,
      Set<Long> attached) {
    RecordDigest key =
        record == null
            ? canonical.digest(changes.records(), change)
            : canonical.digest(record, 0, table.collection().keyPositions());
    Write earlier = staged.byKey.get(key);
    Long row = earlier == null ? table.rowOf(key) : Long.valueOf(earlier.row);
    RecordBatch existing =
        earlier != null ? earlier.record : row == null ? null : table.rows().get(row);
    decide(staged, table, changes, change, record, policy, attached, row, existing, key);
  }

  private void decide(
      Staged staged,
      MemoryTable table,
      ChangeBatch changes,
      int change,
      @Nullable RecordBatch record,
      ConflictPolicy policy,
      Set<Long> attached,
      @Nullable Long row,
      @Nullable RecordBatch existing,
      @Nullable RecordDigest key) {
    RecordBatch there =
        existing == null ? new RecordBatch(table.collection().writtenFields().size()) : existing;
    Decision decision =
        Decision.decide(
            table.collection(),
            changes.slice(change, change + 1),
            there,
            new int[] {existing == null ? -1 : 0},
            policy,
            canonical)[0];
    String referring = "";
    if (decision == Decision.DELETE && row != null) {
      boolean isUndo = staged.mark.isUndo();
      referring =
          attached.contains(row)
              ? "a relationship"
              : isUndo ? referring(staged, table, row, there, changes, change) : "";
      if (!referring.isEmpty()) {
        boolean isSkipped =
            policy.rule() == ConflictPolicy.Rule.SKIP || !isUndo && !policy.isFailing();
        decision = isSkipped ? Decision.SKIP : Decision.CONFLICT;
      }
    }
    RecordDigest digest = record == null ? null : canonical.digest(record, 0);
    switch (decision) {
      case INSERT -> {
        long newRow = row == null ? database.nextRow() : row;
        insert(staged, table, new Write(newRow, record, key, null, change), digest);
      }
      case UPDATE -> {
        stage(staged, new Write(row == null ? -1 : row, record, key, null, change));
        staged.images.add(image(BeforeImage.Change.UPDATED, there, digest));
        count(staged, 0, 1, 0, 0, 0, digest);
      }
      case DELETE -> {
        stage(staged, new Write(row == null ? -1 : row, null, key, null, change));
        staged.images.add(image(BeforeImage.Change.DELETED, there, null));
        count(staged, 0, 0, 0, 0, 1, null);
      }
      case UNCHANGED -> count(staged, 0, 0, 1, 0, 0, null);
      case SKIP ->
          staged.outcome =
              staged.outcome.plus(
                  new Outcome(
                      0,
                      0,
                      0,
                      1,
                      0,
                      RecordDigest.ZERO,
                      digest == null ? RecordDigest.ZERO : digest));
      case CONFLICT ->
          throw new DataException(
              "CONFLICT",
              "The record "
                  + keyText(table, changes, change)
                  + " of \""
                  + table.collection().name()
                  + "\" stands in the way: "
                  + (referring.isEmpty()
                      ? "it is there already with other content."
                      : referring + " refers to it."),
              "see what would conflict: waybill diff",
              change,
              null);
    }
  }

  /** Who else has a record that refers to the one at a row by a foreign key, or "". */
  private String referring(
      Staged staged,
      MemoryTable table,
      long row,
      RecordBatch there,
      ChangeBatch changes,
      int change) {
    String name = table.collection().name();
    RecordDigest[] expected = changes.expected();
    String own = expected == null ? "" : String.valueOf(expected[change]);
    for (MemoryTable other : database.tables().values()) {
      String otherName = other.collection().name();
      if (other != table && isMadeByRun(otherName)) {
        continue;
      }
      for (ForeignKey foreignKey : other.collection().foreignKeys()) {
        int[] to = table.positions(foreignKey.targetFields());
        if (!foreignKey.targetCollection().equals(name) || !MemoryTable.isWhole(there, to)) {
          continue;
        }
        RecordDigest value = canonical.digest(there, 0, to);
        int[] from = other.positions(foreignKey.fields());
        for (Map.Entry<Long, RecordBatch> each : other.rows().entrySet()) {
          if (each.getKey() != row
              && !staged.isRemoved(each.getKey())
              && MemoryTable.isWhole(each.getValue(), from)
              && canonical.digest(each.getValue(), 0, from).equals(value)
              && !isYetToBeUndone(otherName, each.getValue(), other == table ? own : "")) {
            return "a record of \"" + otherName + "\"";
          }
        }
      }
    }
    return "";
  }

  private boolean isMadeByRun(String collection) {
    return ledger.notes().stream()
        .anyMatch(
            note ->
                note.what() == Ledger.Note.What.COLLECTION_CREATED
                    && note.name().equals(collection));
  }

  /**
   * True for a record as this run wrote it that the undo comes to later: newest first in its own
   * collection, and one collection after the other.
   *
   * @param own what the run wrote of the same collection and is being undone now, or ""
   */
  private boolean isYetToBeUndone(String collection, RecordBatch record, String own) {
    if (own.isEmpty()
        && ledger.marks().stream()
            .anyMatch(
                marked ->
                    marked.mark().isUndo() && marked.mark().collection().equals(collection))) {
      return false;
    }
    String written = canonical.digest(record, 0).toString();
    boolean isOlder = own.isEmpty();
    try (Ledger.BeforeImages images = ledger.beforeImages(collection)) {
      for (List<BeforeImage> next = images.next(1); !next.isEmpty(); next = images.next(1)) {
        if (isOlder && next.get(0).written().equals(written)) {
          return true;
        }
        isOlder |= next.get(0).written().equals(own);
      }
    }
    return false;
  }

  private static String keyText(MemoryTable table, ChangeBatch changes, int change) {
    RecordBatch records = changes.records();
    int[] fields = table.collection().keyPositions();
    if (changes.kind() == ChangeBatch.ChangeKind.DELETE || fields.length == 0) {
      return KeyText.value(records, records.at(change, 0));
    }
    return KeyText.of(records, change, fields);
  }

  private static void insert(
      Staged staged, MemoryTable table, Write write, @Nullable RecordDigest digest) {
    RecordBatch record = write.record;
    if (record == null) {
      throw new IllegalStateException("an insert without record");
    }
    stage(staged, write);
    RecordBatch identity = record;
    if (table.collection().hasKey()) {
      int[] key = table.collection().keyPositions();
      identity = new RecordBatch(key.length);
      record.project(0, key, identity);
    }
    staged.images.add(image(BeforeImage.Change.INSERTED, identity, digest));
    count(staged, 1, 0, 0, 0, 0, digest);
  }

  private static void stage(Staged staged, Write write) {
    staged.writes.add(write);
    if (write.key != null) {
      staged.byKey.put(write.key, write);
    }
    if (write.origin != null) {
      staged.byOrigin.put(write.origin, write.row);
    }
  }

  private static BeforeImage image(
      BeforeImage.Change change, RecordBatch record, @Nullable RecordDigest written) {
    return new BeforeImage(
        change, record.recordBytes(0), written == null ? "" : written.toString());
  }

  private static void count(
      Staged staged,
      int inserted,
      int updated,
      int unchanged,
      int skipped,
      int deleted,
      @Nullable RecordDigest digest) {
    staged.outcome =
        staged.outcome.plus(
            new Outcome(
                inserted,
                updated,
                unchanged,
                skipped,
                deleted,
                digest == null ? new RecordDigest(0, 0) : digest));
  }

  // --- records without key

  private void stageAppended(
      Staged staged,
      MemoryTable table,
      ChangeBatch changes,
      int change,
      RecordBatch record,
      Mark mark) {
    Collection collection = table.collection();
    int handle = MemoryTable.ownHandle(collection);
    RecordBatch given = changes.records();
    String origin =
        handle >= 0
            ? origin(collection.name(), given, given.at(change, handle), mark)
            : mark + "#" + change;
    Long known = database.run(run).written().get(origin);
    // One that was taken back since is put anew.
    if (known != null && table.rows().containsKey(known)) {
      count(staged, 0, 0, 1, 0, 0, null);
      return;
    }
    long row = database.nextRow();
    RecordBatch stored = record;
    if (handle >= 0) {
      stored = new RecordBatch(record.width());
      for (int field = 0; field < record.width(); field++) {
        if (field == handle) {
          stored.putInt64(row);
        } else {
          stored.putValue(record, record.at(0, field));
        }
      }
    }
    insert(
        staged, table, new Write(row, stored, null, origin, change), canonical.digest(stored, 0));
  }

  /** Handles are the source's, except while undoing: then they are the target's former ones. */
  private static String origin(String collection, RecordBatch batch, int at, Mark mark) {
    return (mark.isUndo() ? "former " : "") + collection + "/" + KeyText.value(batch, at);
  }

  private Map<RecordDigest, Deque<Long>> rowsByDigest(MemoryTable table) {
    Map<RecordDigest, Deque<Long>> rows = new HashMap<>();
    for (Map.Entry<Long, RecordBatch> entry : table.rows().entrySet()) {
      rows.computeIfAbsent(canonical.digest(entry.getValue(), 0), digest -> new ArrayDeque<>())
          .add(entry.getKey());
    }
    return rows;
  }

  private @Nullable Long rowOfUnkeyed(
      MemoryTable table,
      RecordBatch records,
      int record,
      Map<RecordDigest, Deque<Long>> rowsByDigest) {
    int handle = MemoryTable.ownHandle(table.collection());
    if (handle >= 0 && records.kind(record, handle) == Kind.INT64) {
      return records.int64At(records.at(record, handle));
    }
    Deque<Long> rows = rowsByDigest.get(canonical.digest(records, record));
    return rows == null ? null : rows.poll();
  }

  // --- what a record must be

  /** The record as it will be stored, endpoints resolved, as a batch of its own. */
  private RecordBatch checked(MemoryTable table, RecordBatch records, int record, Mark mark) {
    Collection collection = table.collection();
    List<Field> fields = collection.writtenFields();
    int handle = MemoryTable.ownHandle(collection);
    RecordBatch checked = new RecordBatch(fields.size());
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      int at = records.at(record, i);
      if (i == handle) {
        checked.putValue(records, at);
      } else if (field.generation() == Field.Generation.HANDLE) {
        checked.putInt64(resolved(collection, field, records, at, record, mark));
      } else {
        String problem = problem(field, records, at);
        if (problem != null) {
          throw refused(collection, field, record, problem);
        }
        checked.putValue(records, at);
      }
    }
    for (String name : collection.key()) {
      int position = collection.writtenNames().indexOf(name);
      if (checked.isMissingAt(checked.at(0, position))) {
        throw refused(collection, fields.get(position), record, "a key cannot be missing");
      }
    }
    if (database.form() == MemoryForm.GRAPH) {
      checkKeyedEndpoints(collection, checked, record);
    }
    return checked;
  }

  private @Nullable String problem(Field field, RecordBatch records, int at) {
    Kind kind = records.kindAt(at);
    if (kind == Kind.ABSENT
        && database.capabilities().documents() != Capabilities.Documents.NESTED) {
      return "a field cannot be absent here";
    }
    if (records.isMissingAt(at)) {
      return field.isNullable() ? null : "it must have a value";
    }
    Set<Trait> traits = Fit.traits(records, at);
    if (database.form() == MemoryForm.RELATIONAL && traits.contains(Trait.NUL_IN_TEXT)) {
      return "text with NUL has no place here";
    }
    if (traits.contains(Trait.INVALID_UTF8)) {
      return "it is not UTF-8";
    }
    if (traits.contains(Trait.LONE_SURROGATE)
        && database.capabilities().types().cannotHold().contains(Trait.LONE_SURROGATE)) {
      return "half a surrogate pair has no place here";
    }
    if (kind == Kind.VECTOR
        && records.vectorDimensionAt(at) > database.capabilities().longestVector()) {
      return "a vector of " + records.vectorDimensionAt(at) + " is too long";
    }
    if (kind == Kind.LIST && database.form() == MemoryForm.GRAPH && holdsNull(records, at)) {
      return "a list with null in it has no place here";
    }
    return Fit.problem(field.type(), records, at);
  }

  private static boolean holdsNull(RecordBatch records, int at) {
    boolean found = false;
    int element = records.firstElement(at);
    for (int i = 0; i < records.listSizeAt(at); i++) {
      found |= records.isMissingAt(element);
      element = records.next(element);
    }
    return found;
  }

  private static DataException refused(
      Collection collection, Field field, int record, String problem) {
    return new DataException(
        "VALUE_REFUSED",
        "The field \""
            + field.name()
            + "\" of a record of \""
            + collection.name()
            + "\" cannot go: "
            + problem
            + ".",
        "choose another mapping for the field",
        record,
        null);
  }

  private void checkUniqueSets(MemoryTable table, Staged staged) {
    if (!table.isComplete()) {
      return;
    }
    MemoryTable after = table.copy();
    for (Write write : staged.writes) {
      if (write.record == null) {
        after.remove(write.row, null);
      } else {
        after.put(write.row, write.record, null);
      }
    }
    for (List<String> set : MemorySession.uniqueSets(table.collection())) {
      Map<RecordDigest, Integer> counts = after.countsOf(set, canonical);
      int[] positions = table.positions(set);
      for (Write write : staged.writes) {
        if (write.record != null
            && MemoryTable.isWhole(write.record, positions)
            && counts.getOrDefault(canonical.digest(write.record, 0, positions), 0) > 1) {
          throw new DataException(
              "NOT_UNIQUE",
              "A record of \""
                  + table.collection().name()
                  + "\" would have the same "
                  + String.join(", ", set)
                  + " as another.",
              "see what would conflict: waybill diff",
              write.change,
              null);
        }
      }
    }
  }

  // --- relationships

  private long resolved(
      Collection collection, Field field, RecordBatch records, int at, int record, Mark mark) {
    Collection.Endpoints endpoints = collection.endpoints();
    if (endpoints != null && !records.isMissingAt(at)) {
      String end =
          endpoints.fromFields().contains(field.name())
              ? endpoints.fromCollection()
              : endpoints.toCollection();
      Long row = database.run(run).written().get(origin(end, records, at, mark));
      if (row == null && mark.isUndo() && records.kindAt(at) == Kind.INT64) {
        row = records.int64At(at);
      }
      if (row != null && database.table(end).rows().containsKey(row)) {
        return row;
      }
    }
    throw new DataException(
        "ENDPOINT_MISSING",
        "The field \""
            + field.name()
            + "\" of a relationship of \""
            + collection.name()
            + "\" points at a record that this run did not write: "
            + KeyText.value(records, at)
            + ".",
        "copy the collections of both ends in the same run, before the relationships",
        record,
        null);
  }

  private void checkKeyedEndpoints(Collection collection, RecordBatch checked, int record) {
    Collection.Endpoints endpoints = collection.endpoints();
    if (endpoints == null) {
      return;
    }
    checkKeyedEnd(collection, checked, record, endpoints.fromCollection(), endpoints.fromFields());
    checkKeyedEnd(collection, checked, record, endpoints.toCollection(), endpoints.toFields());
  }

  private void checkKeyedEnd(
      Collection collection, RecordBatch checked, int record, String end, List<String> fields) {
    if (collection.field(fields.get(0)).orElseThrow().generation() == Field.Generation.HANDLE) {
      return;
    }
    int[] positions = fields.stream().mapToInt(collection.writtenNames()::indexOf).toArray();
    if (database.table(end).rowOf(canonical.digest(checked, 0, positions)) == null) {
      throw new DataException(
          "ENDPOINT_MISSING",
          "A relationship of \""
              + collection.name()
              + "\" points at a record of \""
              + end
              + "\" that is not there: "
              + KeyText.of(checked, 0, positions)
              + ".",
          "copy that collection before the relationships",
          record,
          null);
    }
  }

  /** Rows of a collection of nodes that have relationships, and so cannot be deleted. */
  private Set<Long> rowsWithRelationships(Collection nodes) {
    Set<Long> attached = new HashSet<>();
    for (MemoryTable table : database.tables().values()) {
      Collection.Endpoints endpoints = table.collection().endpoints();
      if (endpoints != null && database.form() == MemoryForm.GRAPH) {
        if (endpoints.fromCollection().equals(nodes.name())) {
          addEnds(attached, nodes, table, endpoints.fromFields());
        }
        if (endpoints.toCollection().equals(nodes.name())) {
          addEnds(attached, nodes, table, endpoints.toFields());
        }
      }
    }
    return attached;
  }

  private void addEnds(
      Set<Long> attached, Collection nodes, MemoryTable relationships, List<String> fields) {
    int[] positions = relationships.positions(fields);
    boolean isHandle =
        relationships.collection().field(fields.get(0)).orElseThrow().generation()
            == Field.Generation.HANDLE;
    MemoryTable table = database.table(nodes.name());
    for (RecordBatch record : relationships.rows().values()) {
      Long row =
          isHandle
              ? Long.valueOf(record.int64At(record.at(0, positions[0])))
              : table.rowOf(canonical.digest(record, 0, positions));
      if (row != null) {
        attached.add(row);
      }
    }
  }
}
