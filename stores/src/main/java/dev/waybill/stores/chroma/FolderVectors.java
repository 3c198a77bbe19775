package dev.waybill.stores.chroma;

import dev.waybill.model.StoreException;
import dev.waybill.stores.sqlite.DatabaseFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The vectors of a folder's collection: those that Chroma has written into its index, and those
 * that are only in its queue yet.
 *
 * <p>The place of each record's vector is found out once and noted in the workspace: ids and labels
 * from the index, positions of labels from its elements, and on top of that the queue's later
 * changes as Chroma itself would make them.
 */
final class FolderVectors implements Vectors {
  private final Path folder;
  private final FoundCollection found;
  private final DatabaseFile.ReadPoint point;
  private final WorkDatabase work;
  private final Queue queue;
  private @Nullable IndexFiles index;

  private FolderVectors(
      Path root, FoundCollection found, DatabaseFile.ReadPoint point, WorkDatabase work) {
    this.folder = root.resolve(found.vectorSegment());
    this.found = found;
    this.point = point;
    this.work = work;
    this.queue = new Queue(root.resolve(ChromaPlace.DATABASE_FILE), found);
  }

  /**
   * Finds out where the vectors are.
   *
   * @param work used for this alone, because SQLite lets nobody read while it is written
   * @param records whose vectors are wanted
   * @param stamp what the index looked like before the database's state was taken
   * @throws StoreException SNAPSHOT_LOST if Chroma has written to the index since
   */
  static FolderVectors of(
      Path root,
      FoundCollection found,
      DatabaseFile.ReadPoint point,
      WorkDatabase work,
      RecordPlace records,
      IndexFiles.Stamp stamp) {
    FolderVectors vectors = new FolderVectors(root, found, point, work);
    boolean isMade = false;
    try {
      vectors.find(records);
      isMade = true;
      return vectors;
    } catch (StoreException failure) {
      throw vectors.hasMoved(stamp) ? vectors.lost(failure) : failure;
    } finally {
      if (!isMade) {
        vectors.close();
      }
    }
  }

  private boolean hasMoved(IndexFiles.Stamp stamp) {
    return !stamp.equals(IndexFiles.stamp(folder));
  }

  private StoreException lost(StoreException failure) {
    return new StoreException(
        StoreException.SNAPSHOT_LOST,
        "Chroma has written to the vectors of \""
            + found.name()
            + "\" in "
            + folder
            + " while they were read.",
        "go on when it writes less, or stop it; or read its server: chroma+http://HOST:PORT",
        false,
        failure);
  }

  private void find(RecordPlace records) {
    ChromaPlace.refuseLink(folder);
    work.write(
        connection -> {
          run(connection, "CREATE TABLE ids(id BLOB, label INTEGER)");
          run(connection, "CREATE TABLE changes(id BLOB PRIMARY KEY, change INTEGER)");
          run(connection, "CREATE TABLE labels(label INTEGER PRIMARY KEY, position INTEGER)");
          run(
              connection,
              "CREATE TABLE places(number INTEGER PRIMARY KEY, position INTEGER, change INTEGER)");
          try (DatabaseFile.Lease lease = point.lease()) {
            long last = queue.last(lease.jdbc(), found.vectorSegment());
            if (IndexFiles.areThere(folder)) {
              last = Math.max(last, readIndex(connection));
            } else if (last > 0) {
              throw ChromaErrors.damaged(
                  folder, "its vectors should be in an index there, and there is none", null);
            }
            run(connection, "CREATE INDEX ids_by_id ON ids(id)");
            requireUnique(connection);
            replay(connection, lease.jdbc(), last);
          }
          place(connection, records);
          for (String table : new String[] {"ids", "changes", "labels"}) {
            run(connection, "DROP TABLE " + table);
          }
        });
  }

  private void requireUnique(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet twice =
            statement.executeQuery("SELECT id FROM ids GROUP BY id HAVING count(*) > 1 LIMIT 1")) {
      if (twice.next()) {
        throw ChromaErrors.damaged(
            folder,
            "its index has the id \""
                + ChromaErrors.shown(RecordTables.text(twice.getBytes(1)))
                + "\" twice",
            null);
      }
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Notes the ids and elements of the index; what it says was its last change, or −1. */
  private long readIndex(Connection connection) throws SQLException {
    IndexFiles opened =
        IndexFiles.open(folder, found.dimension(), found.space() == FoundCollection.Space.COSINE);
    index = opened;
    long last;
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO ids VALUES(?, ?)")) {
      IndexIds.Told told =
          IndexFiles.ids(
              folder,
              (id, label) -> {
                insert.setBytes(1, id);
                insert.setLong(2, label);
                insert.executeUpdate();
              });
      if (told.dimension() != 0 && told.dimension() != found.dimension()) {
        throw ChromaErrors.damaged(
            folder,
            String.format(
                "its index has %,d dimensions and the collection %,d",
                told.dimension(), found.dimension()),
            null);
      }
      last = told.lastChange();
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT OR REPLACE INTO labels VALUES(?, ?)")) {
      opened.elements(
          (label, position) -> {
            insert.setLong(1, label);
            insert.setLong(2, position);
            insert.executeUpdate();
          });
    }
    return last;
  }

  /** Notes what the queue has changed since. */
  private void replay(Connection connection, Connection source, long last) throws SQLException {
    try (PreparedStatement changed =
            connection.prepareStatement("SELECT change IS NOT NULL FROM changes WHERE id = ?");
        PreparedStatement indexed = connection.prepareStatement("SELECT 1 FROM ids WHERE id = ?");
        PreparedStatement change =
            connection.prepareStatement("INSERT OR REPLACE INTO changes VALUES(?, ?)")) {
      queue.changes(
          source,
          last,
          (number, operation, id, isVector, metadata) -> {
            boolean isThere = isThere(changed, indexed, id);
            boolean isNew =
                switch (operation) {
                  case ADD -> !isThere;
                  case UPSERT -> true;
                  case UPDATE -> isThere && isVector;
                  case DELETE -> false;
                };
            if (isNew || operation == Queue.Operation.DELETE) {
              change.setBytes(1, id);
              if (isNew && isVector) {
                change.setLong(2, number);
              } else if (isNew) {
                throw ChromaErrors.damaged(
                    folder, "change " + number + " of the queue brings no vector", null);
              } else {
                change.setNull(2, java.sql.Types.INTEGER);
              }
              change.executeUpdate();
            }
          });
    }
  }

  private static boolean isThere(PreparedStatement changed, PreparedStatement indexed, byte[] id)
      throws SQLException {
    changed.setBytes(1, id);
    try (ResultSet rows = changed.executeQuery()) {
      if (rows.next()) {
        return rows.getBoolean(1);
      }
    }
    indexed.setBytes(1, id);
    try (ResultSet rows = indexed.executeQuery()) {
      return rows.next();
    }
  }

  /** Notes for each record where its vector is. */
  private void place(Connection connection, RecordPlace records) throws SQLException {
    String find =
        "SELECT l.position, c.change FROM (SELECT ? AS id) w"
            + " LEFT JOIN changes c ON c.id = w.id"
            + " LEFT JOIN ids i ON i.id = w.id AND c.id IS NULL"
            + " LEFT JOIN labels l ON l.label = i.label";
    try (RecordPlace.Rows rows = records.open();
        PreparedStatement all = rows.jdbc().prepareStatement(RecordTables.records());
        PreparedStatement where = connection.prepareStatement(find);
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO places VALUES(?, ?, ?)")) {
      all.setString(1, found.metadataSegment());
      all.setLong(2, Long.MIN_VALUE);
      all.setLong(3, Long.MAX_VALUE);
      try (ResultSet each = all.executeQuery()) {
        while (each.next()) {
          where.setBytes(1, each.getBytes(2));
          try (ResultSet place = where.executeQuery()) {
            place.next();
            Object position = place.getObject(1);
            Object change = place.getObject(2);
            if (position == null && change == null) {
              throw ChromaErrors.damaged(
                  folder,
                  "the record \""
                      + ChromaErrors.shown(RecordTables.text(each.getBytes(2)))
                      + "\" has no vector there, nor in the queue",
                  null);
            }
            insert.setLong(1, each.getLong(1));
            insert.setObject(2, position);
            insert.setObject(3, change);
          }
          insert.executeUpdate();
        }
      }
    }
  }

  @Override
  public Opened open() throws SQLException {
    return new Reading();
  }

  /** What one reader has open. */
  private final class Reading implements Opened {
    private final Connection connection = work.reader();
    private final PreparedStatement place;
    private DatabaseFile.@Nullable Lease lease;
    private @Nullable PreparedStatement queued;

    Reading() throws SQLException {
      place = connection.prepareStatement("SELECT position, change FROM places WHERE number = ?");
    }

    @Override
    public void read(long number, float[] into) throws SQLException {
      place.setLong(1, number);
      try (ResultSet rows = place.executeQuery()) {
        if (!rows.next()) {
          throw new SQLException("the record in row " + number + " was never looked for");
        }
        long position = rows.getLong(1);
        boolean isIndexed = !rows.wasNull();
        IndexFiles files = index;
        if (isIndexed && files != null) {
          files.vector(position, into);
        } else {
          queue.vector(queued(), rows.getLong(2), into);
        }
      }
    }

    private PreparedStatement queued() throws SQLException {
      PreparedStatement statement = queued;
      if (statement == null) {
        DatabaseFile.Lease opened = point.lease();
        lease = opened;
        statement = queue.vectors(opened.jdbc());
        queued = statement;
      }
      return statement;
    }

    @Override
    public void close() throws SQLException {
      PreparedStatement statement = queued;
      if (statement != null) {
        statement.close();
      }
      DatabaseFile.Lease opened = lease;
      if (opened != null) {
        opened.close();
      }
      connection.close();
    }
  }

  @Override
  public void close() {
    IndexFiles files = index;
    index = null;
    if (files != null) {
      files.close();
    }
  }
}
