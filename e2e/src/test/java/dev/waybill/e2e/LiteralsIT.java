package dev.waybill.e2e;

import dev.waybill.model.LogicalType;
import dev.waybill.testkit.Corpus;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PostgreSQL as its own client sees it. */
class LiteralsIT {
  private static TestServer server;
  private static Literals literals;

  static List<LogicalType> types() {
    return Corpus.types();
  }

  @BeforeAll
  static void begin(@TempDir Path folder) {
    server = new TestServer();
    literals =
        new Literals(new World(folder.resolve("home")), SqlClient.POSTGRES, server.database());
  }

  @AfterAll
  static void end() {
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatPostgresHoldsIsReadAsItIs(LogicalType type) {
    literals.reading(type);
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatIsWrittenPostgresHoldsOrItIsRefused(LogicalType type) {
    literals.writing(type);
  }
}
