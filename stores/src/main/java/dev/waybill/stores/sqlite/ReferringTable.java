package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Records of one table that refer to those of another, by one foreign key or several. */
final class ReferringTable implements ReferringCollection {
  /** A connection may serve several readers, each with a table of keys. */
  private static final AtomicLong READERS = new AtomicLong();

  private final Reading reading;
  private final Collection to;
  private final List<Link> links;

  /**
   * @param links foreign keys of one table
   */
  ReferringTable(Reading reading, Collection to, List<Link> links) {
    this.reading = reading;
    this.to = to;
    this.links = List.copyOf(links);
  }

  @Override
  public String name() {
    return links.get(0).child().name();
  }

  @Override
  public boolean isInCatalog() {
    return true;
  }

  @Override
  public RecordReader read(RecordBatch keys, List<String> fields) {
    try {
      Connected connection = reading.take();
      connection.limitValues();
      return new Reader(connection, keys, fields);
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  private RuntimeException failed(SQLException failure) {
    return SqliteErrors.store(
        reading.file(), "tell which records of \"" + name() + "\" refer to others in", failure);
  }

  /** Asks by one foreign key after the other. */
  private final class Reader implements RecordReader {
    private final Connected connection;
    private final RecordBatch keys;
    private final List<String> fields;
    private final String table = "waybill_asked_" + READERS.incrementAndGet();
    private final Iterator<Link> next = links.iterator();
    private @Nullable NumberedKeys asked;
    private @Nullable Rows rows;
    private boolean isClosed;

    Reader(Connected connection, RecordBatch keys, List<String> fields) {
      this.connection = connection;
      this.keys = keys;
      this.fields = fields;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      try {
        while (true) {
          Rows open = rows;
          if (open != null && open.append(into, maxRecords, maxBytes)) {
            return true;
          }
          end();
          if (!next.hasNext()) {
            return false;
          }
          begin(next.next());
        }
      } catch (SQLException failure) {
        into.dropPartialRecord();
        throw failed(failure);
      }
    }

    private void begin(Link link) throws SQLException {
      List<String> identity = to.hasKey() ? to.key() : link.to();
      int[] positions = new int[identity.size()];
      for (int i = 0; i < positions.length; i++) {
        positions[i] = to.hasKey() ? i : position(identity.get(i));
        if (positions[i] < 0) {
          // A field that a copy does not carry is not in whole records either.
          return;
        }
      }
      NumberedKeys made = NumberedKeys.of(connection, table, link.parent(), identity);
      asked = made;
      add(made, positions);
      StringBuilder select = new StringBuilder("SELECT g.n");
      for (String field : fields) {
        select.append(", c.").append(Sql.quoted(field));
      }
      Rows begun =
          new Rows(
              connection.prepare(select + link.from(made)),
              1 + fields.size(),
              TextForm.of(connection));
      rows = begun;
      begun.begin();
    }

    private int position(String field) {
      List<String> names = to.writtenNames();
      for (int i = 0; i < names.size(); i++) {
        if (Sql.isSameName(names.get(i), field)) {
          return i;
        }
      }
      return -1;
    }

    private void add(NumberedKeys made, int[] positions) throws SQLException {
      RecordBatch numbered = new RecordBatch(1 + positions.length);
      int[] all = SqliteSnapshot.firstFields(numbered.width());
      try (Statements adding = made.adding(TextForm.of(connection))) {
        for (int record = 0; record < keys.records(); record++) {
          numbered.clear();
          numbered.putInt64(record);
          keys.project(record, positions, numbered);
          Rows bound = adding.bound(numbered, 0, all, 0);
          // Not bound is a text that this database cannot hold, and so no record has.
          if (bound != null) {
            bound.statement().executeUpdate();
          }
        }
      }
    }

    private void end() throws SQLException {
      Rows open = rows;
      NumberedKeys made = asked;
      rows = null;
      asked = null;
      if (open != null) {
        open.close();
      }
      if (made != null) {
        made.close();
      }
    }

    @Override
    public void close() {
      if (isClosed) {
        return;
      }
      isClosed = true;
      try {
        end();
      } catch (SQLException failure) {
        throw failed(failure);
      } finally {
        reading.release(connection);
      }
    }
  }
}
