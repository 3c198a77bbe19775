package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.waybill.stores.sqlite.DatabaseFile;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * A collection whose ids and metadata are behind its queue, as a Chroma that was killed leaves it:
 * copied into the workspace, and the queue's later changes made there.
 */
final class LateMetadata {
  private static final JsonFactory JSON = new JsonFactory();

  private LateMetadata() {}

  /** Makes the copy. */
  static RecordPlace of(
      Path file,
      FoundCollection found,
      RecordTables tables,
      DatabaseFile.ReadPoint point,
      WorkDatabase work) {
    Queue queue = new Queue(file, found);
    work.write(
        connection -> {
          try (DatabaseFile.Lease lease = point.lease();
              WorkTables copy = new WorkTables(connection, found.metadataSegment())) {
            copy(lease.jdbc(), found, tables, copy);
            long last = queue.last(lease.jdbc(), found.metadataSegment());
            queue.changes(
                lease.jdbc(),
                last,
                (number, operation, id, isVector, metadata) ->
                    change(file, number, operation, id, metadata, copy));
          }
        });
    return WorkTables.in(work);
  }

  private static void copy(
      Connection source, FoundCollection found, RecordTables tables, WorkTables copy)
      throws SQLException {
    List<String> queries =
        tables.hasLists() ? List.of(tables.values(), tables.elements()) : List.of(tables.values());
    try (PreparedStatement all = prepared(source, RecordTables.records(), found);
        ResultSet ids = all.executeQuery()) {
      while (ids.next()) {
        copy.add(ids.getBytes(2));
      }
    }
    try (PreparedStatement id =
        source.prepareStatement("SELECT CAST(embedding_id AS BLOB) FROM embeddings WHERE id = ?")) {
      for (int i = 0; i < queries.size(); i++) {
        long known = -1;
        long row = -1;
        try (PreparedStatement all = prepared(source, queries.get(i), found);
            ResultSet rows = all.executeQuery()) {
          while (rows.next()) {
            if (row < 0 || rows.getLong(1) != known) {
              known = rows.getLong(1);
              id.setLong(1, known);
              try (ResultSet one = id.executeQuery()) {
                one.next();
                row = copy.find(one.getBytes(1));
              }
            }
            copy.copy(row, rows, 2, i == 1);
          }
        }
      }
    }
  }

  private static PreparedStatement prepared(Connection source, String sql, FoundCollection found)
      throws SQLException {
    PreparedStatement statement = source.prepareStatement(sql);
    statement.setString(1, found.metadataSegment());
    statement.setLong(2, Long.MIN_VALUE);
    statement.setLong(3, Long.MAX_VALUE);
    return statement;
  }

  private static void change(
      Path file,
      long number,
      Queue.Operation operation,
      byte[] id,
      byte[] metadata,
      WorkTables copy)
      throws SQLException {
    long row = copy.find(id);
    boolean isThere = row >= 0;
    switch (operation) {
      case ADD -> {
        if (!isThere) {
          set(file, number, copy.add(id), metadata, copy);
        }
      }
      case UPSERT -> set(file, number, isThere ? row : copy.add(id), metadata, copy);
      case UPDATE -> {
        if (isThere) {
          set(file, number, row, metadata, copy);
        }
      }
      case DELETE -> {
        if (isThere) {
          copy.remove(row);
        }
      }
    }
  }

  private static void set(Path file, long number, long row, byte[] metadata, WorkTables copy)
      throws SQLException {
    if (metadata.length == 0) {
      return;
    }
    try (JsonParser json = JSON.createParser(metadata)) {
      JsonToken first = json.nextToken();
      if (first == JsonToken.START_OBJECT) {
        copy.change(row, json);
      } else if (first != JsonToken.VALUE_NULL) {
        throw new IOException("it is no object");
      }
    } catch (IOException wrong) {
      throw ChromaErrors.damaged(
          file, "the metadata of change " + number + " of embeddings_queue cannot be read", wrong);
    }
  }
}
