package dev.waybill.stores.postgres;

import dev.waybill.model.DataException;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** Reads what one COPY gives, row by row, into batches. Not thread-safe. */
final class CopyReader implements RecordReader {
  private static final int HEADER = 19;

  /** Lengths of fields stand between the values. */
  private static final int MOST_BYTES = LargestRecord.BYTES + (64 << 10);

  private final Connection connection;
  private final Consumer<Connection> giveBack;
  private final String where;
  private final String collection;
  private final List<String> names;
  private final ColumnType[] types;
  private final BinaryDecoder decoder = new BinaryDecoder();
  private final CopyOut copy;
  private byte @Nullable [] message;
  private int at;
  private final boolean hasOrdinal;
  private final @Nullable SeenRows seen;
  private int ordinal = -1;
  private boolean isFirst = true;
  private boolean isAtEnd;
  private boolean isClosed;

  /**
   * @param hasOrdinal whether a first column, which is no field, numbers the rows
   * @param giveBack takes the connection when all was read; one that was left early is cut
   */
  CopyReader(
      Connection connection,
      Consumer<Connection> giveBack,
      String where,
      TableShape shape,
      boolean hasOrdinal,
      String query)
      throws SQLException {
    this(connection, giveBack, where, shape, hasOrdinal, null, query);
  }

  /**
   * A reader that leaves out rows seen before.
   *
   * @param seen the query's first two columns, which are no fields, are a row's table and place
   */
  CopyReader(
      Connection connection,
      Consumer<Connection> giveBack,
      String where,
      TableShape shape,
      SeenRows seen,
      String query)
      throws SQLException {
    this(connection, giveBack, where, shape, false, seen, query);
  }

  private CopyReader(
      Connection connection,
      Consumer<Connection> giveBack,
      String where,
      TableShape shape,
      boolean hasOrdinal,
      @Nullable SeenRows seen,
      String query)
      throws SQLException {
    this.connection = connection;
    this.giveBack = giveBack;
    this.where = where;
    this.collection = shape.name();
    this.hasOrdinal = hasOrdinal;
    this.seen = seen;
    this.names = shape.columns().stream().map(TableShape.Column::name).toList();
    this.types = shape.types().toArray(new ColumnType[0]);
    this.copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyOut("COPY (" + query + ") TO STDOUT (FORMAT binary)");
  }

  @Override
  public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
    int before = into.records();
    while (into.records() < maxRecords && into.size() < maxBytes && hasRow(into.records())) {
      if (isNew()) {
        row(into);
      }
    }
    return into.records() > before;
  }

  /** False for a row seen before, which is passed over. */
  private boolean isNew() {
    byte[] bytes = message;
    if (seen == null || bytes == null) {
      return true;
    }
    // Behind the count of fields each has its length before it: an oid, a block and an offset.
    int table = BinaryDecoder.int32(bytes, at + 6);
    int block = BinaryDecoder.int32(bytes, at + 14);
    int offset = BinaryDecoder.int16(bytes, at + 18) & 0xFFFF;
    if (seen.add(table, block, offset)) {
      return true;
    }
    int fields = BinaryDecoder.int16(bytes, at);
    at += 2;
    for (int i = 0; i < fields; i++) {
      at += 4 + Math.max(0, BinaryDecoder.int32(bytes, at));
    }
    return false;
  }

  /** The number of the row read last. */
  int ordinal() {
    return ordinal;
  }

  private boolean hasRow(int record) {
    if (isAtEnd) {
      return false;
    }
    try {
      while (message == null || at >= message.length) {
        message = null;
        message = copy.readFromCopy();
        at = 0;
        if (message == null) {
          isAtEnd = true;
          return false;
        }
        if (isFirst) {
          isFirst = false;
          at = HEADER + BinaryDecoder.int32(message, HEADER - 4);
        }
      }
      if (BinaryDecoder.int16(message, at) < 0) {
        // The trailer; the driver wants to see the server's last word too.
        at = message.length;
        return hasRow(record);
      }
      if (message.length > MOST_BYTES) {
        throw LargestRecord.refusal(collection, "", record, null);
      }
      return true;
    } catch (SQLException failure) {
      DataException refusal = LargestRecord.refusal(failure, collection, record).orElse(null);
      if (refusal != null) {
        throw refusal;
      }
      throw ServerErrors.store(failure, "read \"" + collection + "\" to its end", where);
    }
  }

  private void row(RecordBatch into) {
    byte[] bytes = message;
    if (bytes == null) {
      throw new IllegalStateException("no row");
    }
    at += 2;
    if (hasOrdinal) {
      ordinal = BinaryDecoder.int32(bytes, at + 4);
      at += 8;
    }
    if (seen != null) {
      at += 18;
    }
    for (int i = 0; i < types.length; i++) {
      int length = BinaryDecoder.int32(bytes, at);
      at += 4;
      if (length < 0) {
        into.putNull();
        continue;
      }
      try {
        decoder.value(types[i], bytes, at, length, into);
      } catch (BinaryDecoder.Unreadable unreadable) {
        into.dropPartialRecord();
        throw new DataException(
            unreadable.code,
            "A record of \""
                + collection
                + "\" cannot be read: field \""
                + names.get(i)
                + "\" "
                + unreadable.getMessage()
                + ".",
            "leave the field out in the plan, or correct the record",
            into.records(),
            unreadable);
      }
      at += length;
    }
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    if (isAtEnd) {
      giveBack.accept(connection);
      return;
    }
    try {
      // To drain what nobody wants could take as long as reading it.
      connection.abort(Runnable::run);
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "let a connection go", where);
    }
  }
}
