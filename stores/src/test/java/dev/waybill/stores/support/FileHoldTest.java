package dev.waybill.stores.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class FileHoldTest {
  @TempDir private Path folder;

  @Test
  @Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aLockFileThatAKilledProcessLeftMarkedStandsInNobodysWay() throws Exception {
    Path store = folder.resolve("store.db");
    Path lockFile = folder.resolve("store.db.waybill-lock");
    Files.writeString(lockFile, "-");

    try (FileHold hold = FileHold.take(store, Set.of("a", "b"))) {
      assertThat(lockFile).isEmptyFile();
      assertThatThrownBy(() -> FileHold.take(store, Set.of("b")))
          .isInstanceOfSatisfying(
              SpecException.class, busy -> assertThat(busy.code()).isEqualTo("TARGET_IS_BUSY"));
    }

    assertThat(lockFile).doesNotExist();
  }

  @Test
  void aStoreIsHeldUnderAllItsNames() throws Exception {
    Path store = Files.createFile(folder.resolve("store.db"));
    Path link = Files.createSymbolicLink(folder.resolve("link.db"), store);

    try (FileHold hold = FileHold.take(store, Set.of("a"))) {
      assertThatThrownBy(() -> FileHold.take(link, Set.of("a"))).isInstanceOf(SpecException.class);
    }
  }

  /** As a process has it that removes the file because it was its last user. */
  static final class Remover {
    private Remover() {}

    public static void main(String[] arguments) throws Exception {
      try (FileChannel channel =
              FileChannel.open(
                  Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock whole = channel.lock(0, Long.MAX_VALUE, false)) {
        System.out.println("locked");
        Thread.sleep(Long.parseLong(arguments[1]));
      }
    }
  }

  private Process remover(Path store, long millis) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Remover.class.getName(),
                store + ".waybill-lock",
                String.valueOf(millis))
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("locked");
    return process;
  }

  @Test
  void aProcessThatJustRemovesTheFileIsNotTakenForOneThatWrites() throws Exception {
    Path store = folder.resolve("store.db");
    Process brief = remover(store, 100);

    FileHold.take(store, Set.of("a")).close();

    assertThat(brief.waitFor()).isZero();
    Process longer = remover(store, 60_000);
    assertThatThrownBy(() -> FileHold.take(store, Set.of("a"))).isInstanceOf(SpecException.class);
    longer.destroyForcibly().waitFor();
  }
}
