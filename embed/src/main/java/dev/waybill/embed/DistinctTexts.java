package dev.waybill.embed;

import dev.waybill.model.StoreException;
import dev.waybill.spi.Embeddings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Counts texts by their digests in a file that goes again. */
final class DistinctTexts implements Embeddings.Missing {
  private final Path file;
  private final Connection connection;
  private final Function<List<byte[]>, float[] @Nullable []> known;
  private long distinct;
  private long notKept;

  /**
   * @param known gives the vectors that are kept
   */
  DistinctTexts(Function<List<byte[]>, float[] @Nullable []> known) {
    this.known = known;
    try {
      this.file = Files.createTempFile("waybill-texts", ".db");
      this.connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode = OFF");
        statement.execute("PRAGMA synchronous = OFF");
        statement.execute("CREATE TABLE seen(text BLOB PRIMARY KEY) WITHOUT ROWID");
      }
      connection.setAutoCommit(false);
    } catch (IOException | SQLException failure) {
      throw failed(failure);
    }
  }

  @Override
  public void add(List<String> texts) {
    List<byte[]> digests = texts.stream().map(Digests::of).toList();
    float[][] vectors = known.apply(digests);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT OR IGNORE INTO seen(text) VALUES(?)")) {
      for (int i = 0; i < vectors.length; i++) {
        insert.setBytes(1, digests.get(i));
        if (insert.executeUpdate() > 0) {
          distinct++;
          notKept += vectors[i] == null ? 1 : 0;
        }
      }
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  private static StoreException failed(Exception failure) {
    return new StoreException(
        StoreException.NO_SPACE,
        "Texts cannot be counted in a temporary file: " + failure.getMessage(),
        "make room where temporary files go: WAYBILL_JAVA_OPTS=-Djava.io.tmpdir=DIR",
        false,
        failure);
  }

  @Override
  public long distinct() {
    return distinct;
  }

  @Override
  public long notKept() {
    return notKept;
  }

  @Override
  public void close() {
    try {
      connection.close();
      Files.deleteIfExists(file);
    } catch (IOException | SQLException failure) {
      throw failed(failure);
    }
  }
}
