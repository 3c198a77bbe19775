package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {
  @TempDir Path folder;

  @Test
  void aPlanFileIsReplacedWholeAndLeavesNothingBeside() throws Exception {
    Path file = folder.resolve("plan.yaml");
    Files.writeString(file, "a longer text that was there before");

    PlanCommand.write(file, "new");

    assertThat(file).hasContent("new");
    assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
  }

  @Test
  void aLinkToAPlanStaysALink() throws Exception {
    Path file = Files.writeString(folder.resolve("plan.yaml"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link.yaml"), file);

    PlanCommand.write(link, "new");

    assertThat(link).isSymbolicLink();
    assertThat(file).hasContent("new");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamedWithItsReason() throws Exception {
    assertThatThrownBy(() -> PlanCommand.write(folder.resolve("no/plan.yaml"), "x"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("no such folder");
    assertThatThrownBy(() -> PlanCommand.write(folder, "x"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(folder.toString());
  }
}
