package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Waybill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TypesPageTest {
  private static final int LONGEST = 473;

  @Test
  @Tag("golden")
  void thePageSaysWhatTheTypeTablesSay(@TempDir Path home) throws IOException {
    Path page = Repository.root().resolve("docs/types.md");

    String text = new TypesPage(Waybill.at(home).stores()).text();

    if ("write".equals(System.getProperty("waybill.golden"))) {
      Files.writeString(page, text);
    }
    assertThat(page)
        .as("run ./dev golden and look at what changed in docs/types.md")
        .hasContent(text);
    assertThat(text.lines()).hasSizeLessThanOrEqualTo(LONGEST);
  }
}
