package dev.waybill.stores.chroma;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a range of row numbers: ids, values, lists and vectors side by side, in the
 * order of the numbers. Not thread-safe.
 */
final class Records implements AutoCloseable {
  /** A field's cell of the record that is being read. */
  private static final class Cell {
    private final RecordBatch values = new RecordBatch(1);
    private boolean isValue;
    private boolean isList;

    void clear() {
      values.clear();
      isValue = false;
      isList = false;
    }
  }

  private final Stored stored;
  private final Shape.Origin[] origins;
  private final Cell[] cells;
  private final String[] names;
  private final Cell otherwise = new Cell();
  private final Cell exact = new Cell();
  private final Map<String, Cell> byKey = new HashMap<>();
  private final RecordPlace.Rows rows;
  private final Vectors.@Nullable Opened vectors;
  private final float[] vector;
  private final List<Cursor> cursors = new ArrayList<>();
  private final Cursor ids;
  private final @Nullable Cursor values;
  private final @Nullable Cursor elements;

  /**
   * @param asked has the fields that are wanted
   */
  Records(Stored stored, Collection asked) throws SQLException {
    this.stored = stored;
    List<Field> fields = asked.writtenFields();
    origins = new Shape.Origin[fields.size()];
    cells = new Cell[fields.size()];
    names = new String[fields.size()];
    boolean hasVector = false;
    for (int i = 0; i < origins.length; i++) {
      origins[i] = stored.shape().origin(fields.get(i).name());
      hasVector |= origins[i].part() == Shape.Part.EMBEDDING;
      names[i] = fields.get(i).name();
      Shape.Part part = origins[i].part();
      if (part != Shape.Part.ID && part != Shape.Part.EMBEDDING) {
        cells[i] = byKey.computeIfAbsent(origins[i].tableKey(), key -> new Cell());
      }
    }
    if (!byKey.isEmpty()) {
      byKey.put(Description.OTHERWISE, otherwise);
      byKey.put(ExactNotes.KEY, exact);
    }
    vector = new float[stored.found().dimension()];
    rows = stored.place().open();
    boolean isOpen = false;
    try {
      vectors = hasVector ? stored.vectors().open() : null;
      RecordTables tables = stored.place().tables();
      ids = cursor(RecordTables.records());
      values = byKey.isEmpty() ? null : cursor(tables.values());
      elements = byKey.isEmpty() || !tables.hasLists() ? null : cursor(tables.elements());
      isOpen = true;
    } finally {
      if (!isOpen) {
        close();
      }
    }
  }

  private Cursor cursor(String sql) throws SQLException {
    Cursor cursor = new Cursor(rows.jdbc().prepareStatement(sql), stored.found().metadataSegment());
    cursors.add(cursor);
    return cursor;
  }

  /** Goes before the first record of a range. */
  void begin(long from, long to) throws SQLException {
    for (Cursor each : cursors) {
      each.begin(from, to);
    }
  }

  /** Appends the next record; false if there is none. */
  boolean append(RecordBatch into) throws SQLException {
    ResultSet row = ids.row();
    if (row == null) {
      return false;
    }
    long number = ids.number();
    byte[] id = row.getBytes(2);
    long size = id.length;
    for (Cell cell : byKey.values()) {
      cell.clear();
    }
    if (values != null) {
      size += fill(values, number, id, false);
    }
    if (elements != null) {
      size += fill(elements, number, id, true);
    }
    requireRoom(size + 4L * vector.length, id);
    put(number, id, into);
    ids.next();
    return true;
  }

  /** Puts a record's rows into their cells; how many bytes they are. */
  private long fill(Cursor cursor, long number, byte[] id, boolean isElement) throws SQLException {
    long size = 0;
    for (ResultSet row = cursor.row();
        row != null && cursor.number() <= number;
        row = cursor.next()) {
      Cell cell = cursor.number() < number ? null : byKey.get(RecordTables.text(row.getBytes(2)));
      ValueKind kind = cell == null ? null : ValueKind.of(row.getInt(3));
      if (cell == null || kind == null) {
        continue;
      }
      if (cell.isValue) {
        throw new SQLException(
            "the record \""
                + ChromaErrors.shown(RecordTables.text(id))
                + "\" has a value and a list under one key");
      }
      cell.isValue = !isElement;
      cell.isList = isElement;
      int before = cell.values.size();
      switch (kind) {
        case TEXT -> cell.values.putText(row.getBytes(4));
        case INTEGER -> cell.values.putInt64(row.getLong(5));
        case REAL -> cell.values.putFloat64(row.getDouble(6));
        case BOOLEAN -> cell.values.putBoolean(row.getInt(7) != 0);
      }
      size += cell.values.size() - before;
      requireRoom(size, id);
    }
    return size;
  }

  private void requireRoom(long size, byte[] id) {
    if (size > ChromaAdapter.LARGEST) {
      throw ChromaErrors.tooLarge(stored.shape().collection().name(), RecordTables.text(id));
    }
  }

  private void put(long number, byte[] id, RecordBatch into) throws SQLException {
    ExactNotes notes = new ExactNotes(texts(exact));
    for (int i = 0; i < origins.length; i++) {
      switch (origins[i].part()) {
        case ID -> stored.shape().key().put(id, origins[i].position(), into);
        case EMBEDDING -> {
          java.util.Objects.requireNonNull(vectors).read(number, vector);
          into.putVector(vector);
        }
        case DOCUMENT, URI, METADATA -> put(i, notes, into);
      }
    }
  }

  private static List<String> texts(Cell cell) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < cell.values.records(); i++) {
      int at = cell.values.at(i, 0);
      if (cell.values.kindAt(at) == Kind.TEXT) {
        texts.add(cell.values.textAt(at));
      }
    }
    return texts;
  }

  private void put(int field, ExactNotes notes, RecordBatch into) {
    Cell cell = cells[field];
    if (!cell.isList && !cell.isValue) {
      boolean isOtherwise = texts(otherwise).contains(names[field]);
      stored.shape().putMissing(names[field], isOtherwise, into);
      return;
    }
    RecordBatch values = notes.restored(origins[field].key(), cell.values);
    if (cell.isList) {
      into.putList(values);
    } else {
      into.putValue(values, values.at(0, 0));
    }
  }

  @Override
  public void close() throws SQLException {
    for (Cursor each : cursors) {
      each.close();
    }
    Vectors.Opened opened = vectors;
    if (opened != null) {
      opened.close();
    }
    rows.close();
  }

  /** Rows of one query, of which the first column is the record's number. */
  private static final class Cursor implements AutoCloseable {
    private final PreparedStatement statement;
    private final String segment;
    private @Nullable ResultSet row;
    private long number;

    Cursor(PreparedStatement statement, String segment) {
      this.statement = statement;
      this.segment = segment;
    }

    void begin(long from, long to) throws SQLException {
      statement.setString(1, segment);
      statement.setLong(2, from);
      statement.setLong(3, to);
      row = statement.executeQuery();
      next();
    }

    /** The row it stands on; null at the end. */
    @Nullable ResultSet row() {
      return row;
    }

    long number() {
      return number;
    }

    @Nullable ResultSet next() throws SQLException {
      ResultSet current = row;
      if (current != null) {
        if (current.next()) {
          number = current.getLong(1);
        } else {
          current.close();
          row = null;
        }
      }
      return row;
    }

    @Override
    public void close() throws SQLException {
      statement.close();
    }
  }
}
