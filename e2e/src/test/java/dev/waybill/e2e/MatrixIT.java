package dev.waybill.e2e;

import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values of every type between PostgreSQL and others. */
class MatrixIT {
  @TempDir private Path folder;
  private TestServer server;
  private Matrix matrix;

  @BeforeEach
  void begin() {
    server = new TestServer();
    matrix = new Matrix(new World(folder.resolve("home")));
  }

  @AfterEach
  void end() {
    server.close();
  }

  private String memory() {
    return World.url(Transactions.BATCH);
  }

  private String sqlite() {
    return "sqlite:" + folder.resolve(UUID.randomUUID() + ".db");
  }

  @Test
  void memoryToPostgresAndBack() {
    matrix.thereAndBack(this::memory, server::database);
  }

  @Test
  void postgresToMemoryAndBack() {
    matrix.thereAndBack(server::database, this::memory);
  }

  @Test
  void sqliteToPostgresAndBack() {
    matrix.thereAndBack(this::sqlite, server::database);
  }

  @Test
  void postgresToSqliteAndBack() {
    matrix.thereAndBack(server::database, this::sqlite);
  }

  @Test
  void postgresToPostgresAndBack() {
    matrix.thereAndBack(server::database, server::database);
  }
}
