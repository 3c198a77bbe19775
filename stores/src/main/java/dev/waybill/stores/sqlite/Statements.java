package dev.waybill.stores.sqlite;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The same statement in the forms that the kinds of its values need. Text is bound as the bytes it
 * is made of and cast to text by SQLite, so that it is never decoded and NUL and invalid UTF-8
 * survive; other values are bound as what they are. The forms in use are kept prepared.
 */
final class Statements implements AutoCloseable {
  private static final int MOST = 32;

  /** What stands in the statement for a parameter. */
  interface Spelling {
    String parameter(int position);
  }

  private final Connected connection;
  private final TextForm text;
  private final Function<Spelling, String> sql;
  private final int width;
  private final Map<BitSet, Rows> prepared = new LinkedHashMap<>(16, 0.75f, true);
  private BitSet shape = new BitSet();
  private @Nullable Rows current;

  /**
   * @param sql the statement with {@code width} parameters, in order, spelled as asked
   */
  Statements(Connected connection, TextForm text, int width, Function<Spelling, String> sql) {
    this.connection = connection;
    this.text = text;
    this.width = width;
    this.sql = sql;
  }

  /**
   * The statement with the parameters set from the chosen fields of a record.
   *
   * @param columns how many columns its rows have, if it is a query
   * @return null if a text cannot be kept as it is
   */
  @Nullable Rows bound(RecordBatch batch, int record, int[] fields, int columns)
      throws SQLException {
    Rows rows = shaped(batch, record, fields, columns);
    PreparedStatement statement = rows.statement();
    for (int i = 0; i < width; i++) {
      int at = batch.at(record, fields[i]);
      switch (batch.kindAt(at)) {
        case NULL -> statement.setNull(i + 1, java.sql.Types.NULL);
        case INT64 -> statement.setLong(i + 1, batch.int64At(at));
        case FLOAT64 -> statement.setDouble(i + 1, batch.float64At(at));
        case BYTES -> statement.setBytes(i + 1, batch.payloadBytesAt(at));
        case TEXT -> {
          byte[] stored = text.fromUtf8(batch.payloadBytesAt(at));
          if (stored == null) {
            return null;
          }
          statement.setBytes(i + 1, stored);
        }
        default -> {
          return null;
        }
      }
    }
    return rows;
  }

  private Rows shaped(RecordBatch batch, int record, int[] fields, int columns)
      throws SQLException {
    boolean isSame = current != null;
    for (int i = 0; i < width; i++) {
      boolean isText = batch.kind(record, fields[i]) == Kind.TEXT;
      // Null fits either form.
      if (shape.get(i) != isText && batch.kind(record, fields[i]) != Kind.NULL) {
        isSame = false;
        break;
      }
    }
    Rows rows = current;
    if (isSame && rows != null) {
      return rows;
    }
    BitSet wanted = new BitSet(width);
    for (int i = 0; i < width; i++) {
      if (batch.kind(record, fields[i]) == Kind.TEXT) {
        wanted.set(i);
      }
    }
    rows = prepared.get(wanted);
    if (rows == null) {
      evict();
      String form = sql.apply(i -> wanted.get(i) ? "+CAST(? AS TEXT)" : "?");
      rows = new Rows(connection.prepare(form), columns, text);
      prepared.put(wanted, rows);
    }
    shape = wanted;
    current = rows;
    return rows;
  }

  private void evict() throws SQLException {
    if (prepared.size() >= MOST) {
      Iterator<Rows> oldest = prepared.values().iterator();
      Rows evicted = oldest.next();
      oldest.remove();
      evicted.close();
    }
  }

  @Override
  public void close() throws SQLException {
    for (Rows rows : prepared.values()) {
      rows.close();
    }
    prepared.clear();
    current = null;
  }
}
