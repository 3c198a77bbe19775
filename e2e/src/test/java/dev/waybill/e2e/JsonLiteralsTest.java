package dev.waybill.e2e;

import dev.waybill.model.LogicalType;
import dev.waybill.testkit.Corpus;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON files as Jackson sees them. */
class JsonLiteralsTest {
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
            JsonClient.JACKSON,
            "json:" + folder.resolve("hard") + "/");
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatAFileHoldsIsReadAsItIs(LogicalType type) {
    literals.reading(type);
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatIsWrittenAFileHoldsOrItIsRefused(LogicalType type) {
    literals.writing(type);
  }
}
