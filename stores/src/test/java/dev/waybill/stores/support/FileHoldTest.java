package dev.waybill.stores.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
