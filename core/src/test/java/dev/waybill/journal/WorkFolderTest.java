package dev.waybill.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
  @TempDir private Path home;

  private Path left(String name) throws IOException {
    Path folder = Files.createDirectories(home.resolve("tmp").resolve(name));
    Files.writeString(folder.resolve("copy.db"), "x");
    return folder;
  }

  @Test
  void whatADeadProcessHeldIsRemovedByTheNextCommand() throws IOException {
    Path dead = left("dead");
    Files.createFile(dead.resolve("lock"));

    WorkFolder.in(home, "next").close();

    assertThat(dead).doesNotExist();
  }

  @Test
  void whatALivingProcessHoldsStays() throws IOException {
    try (WorkFolder living = WorkFolder.in(home, "living")) {
      left("living");
      living.hold();

      WorkFolder.in(home, "next").close();

      assertThat(living.path().resolve("copy.db")).exists();
    }
    assertThat(home.resolve("tmp").resolve("living")).doesNotExist();
  }

  @Test
  void nothingIsMadeUnlessSomebodyNeedsIt() {
    try (WorkFolder folder = WorkFolder.in(home, "new")) {
      folder.hold();
    }

    assertThat(home).isEmptyDirectory();
  }
}
