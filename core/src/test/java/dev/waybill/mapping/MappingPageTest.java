package dev.waybill.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/formats/mapping.md says what the code does. */
class MappingPageTest {
  private static List<String> page() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs/formats/mapping.md"))) {
      folder = java.util.Objects.requireNonNull(folder.getParent());
    }
    return Files.readAllLines(folder.resolve("docs/formats/mapping.md"));
  }

  @Test
  void everyNamedWayStandsThere() throws IOException {
    for (NamedWay way : NamedWay.all()) {
      String names =
          String.join(
              ", ",
              Arrays.stream(way.spelling().split(", (?![^(]*\\))", -1))
                  .map(each -> "`" + each + "`")
                  .toList());
      assertThat(page()).contains("| " + names + " | " + way.types() + " | " + way.text() + " |");
    }
  }

  @Test
  void everyLossStandsThere() throws IOException {
    for (ValueLoss loss : ValueLoss.values()) {
      String replacement = loss.replacement().isEmpty() ? " |" : " " + loss.replacement() + " |";
      assertThat(page()).contains("| `" + loss + "` | " + loss.text() + " |" + replacement);
    }
  }
}
