package dev.waybill.stores.sqlite;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.stores.sqlite.Vec0.Column;
import dev.waybill.stores.sqlite.Vec0.Part;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts records of a vec0 table together from the tables beside it. Holds one chunk of them at a
 * time, as sqlite-vec has cut them (1,024 records unless told otherwise). Not thread-safe.
 */
final class Vec0Records implements AutoCloseable {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle PUT_INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle PUT_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int VIEW = 16;
  private static final int INLINE = 12;

  /** What stands before the partition keys in a row of a chunk. */
  private static final int CHUNK_FIELDS = 3;

  /** What stands before the auxiliary values in a row of a record. */
  private static final int RECORD_FIELDS = 3;

  private final Connected connection;
  private final Vec0 table;
  private final List<Column> wanted;
  private final Rows chunkRows;
  private final Rows recordRows;
  private final RecordBatch chunk;
  private final RecordBatch row;
  private final Map<Column, Rows> blocks = new HashMap<>();
  private final Map<Column, Integer> longTexts = new HashMap<>();
  private final Map<Column, byte[]> loaded = new HashMap<>();
  private long chunkId;
  private boolean isLoaded;
  private int size;
  private byte[] validity = {};
  private byte[] rowids = {};
  private byte[] vector = {};

  /**
   * Prepares all statements.
   *
   * @param wanted the columns that records are to have, in their order
   */
  Vec0Records(Connected connection, Vec0 table, List<Column> wanted, TextForm text)
      throws SQLException {
    this.connection = connection;
    this.table = table;
    this.wanted = wanted;
    List<Column> partitions = table.of(Part.PARTITION);
    List<Column> auxiliaries = table.of(Part.AUXILIARY);
    StringBuilder chunks = new StringBuilder("SELECT size, validity, rowids");
    partitions.forEach(each -> chunks.append(String.format(", partition%02d", each.ordinal())));
    chunks.append(" FROM ").append(table.beside("chunks")).append(" WHERE chunk_id = ?");
    StringBuilder record = new StringBuilder("SELECT r.chunk_id, r.chunk_offset, r.id");
    StringBuilder from = new StringBuilder(" FROM " + table.beside("rowids") + " AS r");
    auxiliaries.forEach(each -> record.append(String.format(", a.value%02d", each.ordinal())));
    if (!auxiliaries.isEmpty()) {
      from.append(" LEFT JOIN " + table.beside("auxiliary") + " AS a ON a.rowid = r.rowid");
    }
    int width = RECORD_FIELDS + auxiliaries.size();
    for (Column each : table.of(Part.METADATA)) {
      if (each.type() == Vec0.Type.TEXT) {
        String alias = "t" + each.ordinal();
        record.append(", ").append(alias).append(".data");
        from.append(" LEFT JOIN " + table.beside("metadatatext", each.ordinal()) + " AS " + alias)
            .append(" ON " + alias + ".rowid = r.rowid");
        longTexts.put(each, width++);
      }
    }
    List<Rows> made = new ArrayList<>();
    boolean isDone = false;
    try {
      chunkRows = prepared(chunks.toString(), CHUNK_FIELDS + partitions.size(), text, made);
      recordRows = prepared(record.toString() + from + " WHERE r.rowid = ?", width, text, made);
      for (Column each : table.columns()) {
        if (each.part() == Part.VECTOR) {
          String block = "SELECT vectors FROM " + table.beside("vector_chunks", each.ordinal());
          blocks.put(each, prepared(block + " WHERE rowid = ?", 1, text, made));
        } else if (each.part() == Part.METADATA) {
          String block = "SELECT data FROM " + table.beside("metadatachunks", each.ordinal());
          blocks.put(each, prepared(block + " WHERE rowid = ?", 1, text, made));
        }
      }
      isDone = true;
    } finally {
      if (!isDone) {
        for (Rows each : made) {
          each.close();
        }
      }
    }
    chunk = new RecordBatch(CHUNK_FIELDS + partitions.size());
    row = new RecordBatch(width);
  }

  private Rows prepared(String sql, int width, TextForm text, List<Rows> made) throws SQLException {
    Rows rows = new Rows(connection.prepare(sql), width, text);
    made.add(rows);
    return rows;
  }

  private static boolean find(Rows rows, long id, RecordBatch into) throws SQLException {
    rows.statement().setLong(1, id);
    into.clear();
    try {
      rows.begin();
      return rows.append(into, 1, Integer.MAX_VALUE);
    } finally {
      rows.end();
    }
  }

  /** Loads a chunk, unless it is the one that is loaded; false if there is none of that number. */
  boolean load(long id) throws SQLException {
    if (isLoaded && chunkId == id) {
      return true;
    }
    isLoaded = false;
    loaded.clear();
    if (!find(chunkRows, id, chunk)) {
      return false;
    }
    size = (int) chunk.int64At(chunk.at(0, 0));
    validity = block(chunk, chunk.at(0, 1), (size + 7) / 8, "validity");
    rowids = block(chunk, chunk.at(0, 2), 8 * size, "rowids");
    RecordBatch one = new RecordBatch(1);
    for (Map.Entry<Column, Rows> each : blocks.entrySet()) {
      if (wanted.contains(each.getKey())) {
        if (!find(each.getValue(), id, one)) {
          throw damaged("chunk " + id + " of its column " + each.getKey().name() + " is missing");
        }
        loaded.put(
            each.getKey(), block(one, one.at(0, 0), bytes(each.getKey()), each.getKey().name()));
      }
    }
    chunkId = id;
    isLoaded = true;
    return true;
  }

  /** What a chunk's block of a column takes. */
  private int bytes(Column column) {
    return switch (column.type()) {
      case BOOLEAN -> (size + 7) / 8;
      case TEXT -> VIEW * size;
      case INTEGER, FLOAT -> 8 * size;
      default -> column.width() * size;
    };
  }

  private byte[] block(RecordBatch batch, int at, int least, String what) {
    byte[] bytes = batch.kindAt(at) == Kind.BYTES ? batch.payloadBytesAt(at) : new byte[0];
    if (bytes.length < least) {
      throw damaged("a block of \"" + what + "\" has " + bytes.length + " bytes, not " + least);
    }
    return bytes;
  }

  private StoreException damaged(String how) {
    return new StoreException(
        "VEC0_DAMAGED",
        "The vec0 table \""
            + table.name()
            + "\" in "
            + connection.file()
            + " does not fit together: "
            + how
            + ".",
        "have its application build it anew, or leave it out: --exclude " + table.name(),
        false,
        null);
  }

  /** The places of the loaded chunk. */
  int size() {
    return size;
  }

  /** False for a place that was never filled, or whose record was deleted. */
  boolean isFilled(int place) {
    return (validity[place / 8] >> place % 8 & 1) == 1;
  }

  /** Appends the record at a place of the loaded chunk. */
  void append(int place, RecordBatch into) throws SQLException {
    long rowid = (long) LONG.get(rowids, 8 * place);
    if (!find(recordRows, rowid, row)
        || row.int64At(row.at(0, 0)) != chunkId
        || row.int64At(row.at(0, 1)) != place) {
      throw damaged(
          "place "
              + place
              + " of chunk "
              + chunkId
              + " is rowid "
              + rowid
              + ", which is elsewhere");
    }
    for (Column column : wanted) {
      switch (column.part()) {
        case KEY -> {
          if (column.type() == Vec0.Type.TEXT) {
            into.putValue(row, row.at(0, 2));
          } else {
            into.putInt64(rowid);
          }
        }
        case PARTITION -> into.putValue(chunk, chunk.at(0, CHUNK_FIELDS + column.ordinal()));
        case AUXILIARY -> into.putValue(row, row.at(0, RECORD_FIELDS + column.ordinal()));
        case METADATA -> metadata(column, place, into);
        case VECTOR -> vector(column, place, into);
      }
    }
  }

  private byte[] loaded(Column column) {
    return java.util.Objects.requireNonNull(loaded.get(column));
  }

  private void metadata(Column column, int place, RecordBatch into) {
    byte[] block = loaded(column);
    switch (column.type()) {
      case BOOLEAN -> into.putInt64(block[place / 8] >> place % 8 & 1);
      case INTEGER -> into.putInt64((long) LONG.get(block, 8 * place));
      case FLOAT -> into.putFloat64(Double.longBitsToDouble((long) LONG.get(block, 8 * place)));
      default -> {
        int length = (int) INT.get(block, VIEW * place);
        if (length >= 0 && length <= INLINE) {
          into.putVariable(Kind.TEXT, block, VIEW * place + 4, length);
          return;
        }
        Integer field = longTexts.get(column);
        int at = row.at(0, field == null ? 0 : field);
        if (row.kindAt(at) != Kind.TEXT) {
          throw damaged("a text of " + length + " bytes in " + column.name() + " is missing");
        }
        into.putValue(row, at);
      }
    }
  }

  private void vector(Column column, int place, RecordBatch into) {
    byte[] block = loaded(column);
    int from = column.width() * place;
    int dimension = column.dimension();
    switch (column.type()) {
      case FLOAT32S -> {
        byte[] payload = payload(Kind.FLOAT32, 4 * dimension);
        for (int i = 0; i < dimension; i++) {
          PUT_INT.set(payload, 1 + 4 * i, (int) INT.get(block, from + 4 * i));
        }
        into.putVariable(Kind.VECTOR, payload, 0, 1 + 4 * dimension);
      }
      case INT8S -> {
        byte[] payload = payload(Kind.INT64, 8 * dimension);
        for (int i = 0; i < dimension; i++) {
          PUT_LONG.set(payload, 1 + 8 * i, (long) block[from + i]);
        }
        into.putVariable(Kind.VECTOR, payload, 0, 1 + 8 * dimension);
      }
      default -> {
        byte[] payload = payload(Kind.BOOLEAN, dimension);
        for (int i = 0; i < dimension; i++) {
          payload[1 + i] = (byte) (block[from + i / 8] >> i % 8 & 1);
        }
        into.putVariable(Kind.VECTOR, payload, 0, 1 + dimension);
      }
    }
  }

  private byte[] payload(Kind element, int length) {
    if (vector.length < 1 + length) {
      vector = new byte[1 + length];
    }
    vector[0] = element.tag();
    return vector;
  }

  /** Where a record is: its chunk and place; null if there is none of that rowid. */
  long @Nullable [] place(long rowid) throws SQLException {
    return find(recordRows, rowid, row)
        ? new long[] {row.int64At(row.at(0, 0)), row.int64At(row.at(0, 1))}
        : null;
  }

  @Override
  public void close() throws SQLException {
    chunkRows.close();
    recordRows.close();
    for (Rows each : blocks.values()) {
      each.close();
    }
  }
}
