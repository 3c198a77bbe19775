package dev.waybill.e2e;

import dev.waybill.model.LogicalType;
import dev.waybill.testkit.Corpus;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SQLite as its own client sees it. */
class LiteralsTest {
  @TempDir private Path folder;
  private Literals literals;

  static List<LogicalType> types() {
    return Corpus.types();
  }

  @BeforeEach
  void begin() {
    literals =
        new Literals(
            new World(folder.resolve("home")),
            SqlClient.SQLITE,
            "sqlite:" + folder.resolve("hard.db"));
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatSqliteHoldsIsReadAsItIs(LogicalType type) {
    literals.reading(type);
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatIsWrittenSqliteHoldsOrItIsRefused(LogicalType type) {
    literals.writing(type);
  }
}
