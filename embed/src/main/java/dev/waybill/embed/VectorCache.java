package dev.waybill.embed;

import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What models have made, by the digest of the text: a SQLite file for its owner only. There is no
 * text in it. Several processes may use it at once. Not thread-safe.
 */
final class VectorCache implements AutoCloseable {
  private static final String TABLES =
      """
      CREATE TABLE IF NOT EXISTS model(id INTEGER PRIMARY KEY, signature TEXT NOT NULL UNIQUE);
      CREATE TABLE IF NOT EXISTS vector(
        model INTEGER NOT NULL REFERENCES model(id), text BLOB NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY(model, text)) WITHOUT ROWID
      """;

  private final Path file;
  private @Nullable Connection connection;

  VectorCache(Path file) {
    this.file = file;
  }

  /** The vectors of some texts, by their digests; null where none is kept. */
  float[] @Nullable [] known(EmbeddingModel model, List<byte[]> texts) {
    float[][] known = new float[texts.size()][];
    try {
      Connection open = open(false);
      if (open == null) {
        return known;
      }
      try (PreparedStatement find =
          open.prepareStatement(
              "SELECT v.vector FROM vector v JOIN model m ON m.id = v.model"
                  + " WHERE m.signature = ? AND v.text = ?")) {
        find.setString(1, model.toString());
        for (int i = 0; i < known.length; i++) {
          find.setBytes(2, texts.get(i));
          try (ResultSet row = find.executeQuery()) {
            if (row.next()) {
              known[i] = floats(row.getBytes(1), model);
            }
          }
        }
      }
      return known;
    } catch (SQLException failure) {
      throw failed("read", failure);
    }
  }

  /** Keeps vectors; on return they last. */
  void keep(EmbeddingModel model, List<byte[]> texts, List<float[]> vectors) {
    try {
      Connection open = open(true);
      if (open == null) {
        throw new IllegalStateException("made when it is missing");
      }
      open.setAutoCommit(false);
      try (PreparedStatement name =
              open.prepareStatement(
                  "INSERT INTO model(signature) VALUES(?) ON CONFLICT DO NOTHING");
          PreparedStatement insert =
              open.prepareStatement(
                  "INSERT OR REPLACE INTO vector(model, text, vector)"
                      + " VALUES((SELECT id FROM model WHERE signature = ?), ?, ?)")) {
        name.setString(1, model.toString());
        name.executeUpdate();
        insert.setString(1, model.toString());
        for (int i = 0; i < texts.size(); i++) {
          insert.setBytes(2, texts.get(i));
          insert.setBytes(3, bytes(vectors.get(i)));
          insert.addBatch();
        }
        insert.executeBatch();
        open.commit();
      } catch (SQLException failure) {
        open.rollback();
        throw failure;
      } finally {
        open.setAutoCommit(true);
      }
    } catch (SQLException failure) {
      throw failed("write to", failure);
    }
  }

  private @Nullable Connection open(boolean isMade) throws SQLException {
    Connection open = connection;
    if (open != null) {
      return open;
    }
    if (!Files.exists(file)) {
      if (!isMade) {
        return null;
      }
      make();
    }
    open = DriverManager.getConnection("jdbc:sqlite:" + file);
    connection = open;
    try (Statement statement = open.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 60000");
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.executeUpdate(TABLES);
    }
    return open;
  }

  private void make() {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null && !Files.exists(folder)) {
        Files.createDirectories(folder);
      }
      if (Files.getFileStore(folder == null ? file : folder).supportsFileAttributeView("posix")) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } else {
        Files.createFile(file);
      }
    } catch (FileAlreadyExistsException another) {
      // Another process has just made it.
    } catch (IOException failure) {
      throw failed("make", failure);
    }
  }

  private static byte[] bytes(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }

  /** What is damaged counts as not kept. */
  private static float @Nullable [] floats(byte[] bytes, EmbeddingModel model) {
    if (bytes == null || bytes.length != Float.BYTES * model.dimension()) {
      return null;
    }
    float[] vector = new float[model.dimension()];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }

  private StoreException failed(String doing, Exception failure) {
    return new StoreException(
        StoreException.RUN_DIRECTORY,
        "Cannot " + doing + " the cache of vectors " + file + ": " + failure.getMessage(),
        "make room or mend its permissions; or use another: --cache FILE",
        false,
        failure);
  }

  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException failure) {
        throw failed("close", failure);
      }
    }
  }
}
