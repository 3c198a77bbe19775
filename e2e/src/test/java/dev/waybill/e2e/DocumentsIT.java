package dev.waybill.e2e;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents taken apart into PostgreSQL's tables, and put together again. */
class DocumentsIT {
  @TempDir private Path folder;
  private TestServer server;

  @BeforeEach
  void begin() {
    server = new TestServer();
  }

  @AfterEach
  void end() {
    server.close();
  }

  @Test
  void anyDocumentComesBackFromPostgres() {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("documents and PostgreSQL: seed " + seed);
    DocumentRounds rounds = new DocumentRounds(new World(folder.resolve("home")));
    for (int i = 0; i < 10; i++) {
      rounds.thereAndBack(server.database(), seed + i, true);
    }
  }
}
