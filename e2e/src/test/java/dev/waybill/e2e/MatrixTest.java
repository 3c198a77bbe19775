package dev.waybill.e2e;

import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values of every type between stores that need no server. */
class MatrixTest {
  @TempDir private Path folder;
  private Matrix matrix;

  @BeforeEach
  void begin() {
    matrix = new Matrix(new World(folder.resolve("home")));
  }

  private String memory() {
    return World.url(Transactions.BATCH);
  }

  private String sqlite() {
    return "sqlite:" + folder.resolve(UUID.randomUUID() + ".db");
  }

  @Test
  void memoryToMemoryAndBack() {
    matrix.thereAndBack(this::memory, this::memory);
  }

  @Test
  void memoryToSqliteAndBack() {
    matrix.thereAndBack(this::memory, this::sqlite);
  }

  @Test
  void sqliteToMemoryAndBack() {
    matrix.thereAndBack(this::sqlite, this::memory);
  }

  @Test
  void sqliteToSqliteAndBack() {
    matrix.thereAndBack(this::sqlite, this::sqlite);
  }
}
