package dev.waybill.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  private static final Instant NOW = Instant.parse("2026-11-20T09:30:12Z");
  private static final String RUN = "20261120-093012-a1b2c3";

  @TempDir private Path home;

  private RunDirectory directory() {
    return RunDirectory.create(home, RUN);
  }

  @Test
  void runIdsTellWhenAndAreSafeAsNames() {
    String id = RunId.at(NOW, new Random(1));

    assertThat(id).startsWith("20261120-093012-");
    assertThat(RunId.isOne(id)).isTrue();
    for (String other :
        List.of("", "..", "../x", id + "/..", id + "x", id.replace("-", "_"), "x" + id)) {
      assertThat(RunId.isOne(other)).as(other).isFalse();
    }
  }

  @Test
  void nothingOfARunIsOpenToOthers() throws Exception {
    RunDirectory directory = directory();
    directory.append(NOW, "running", RunDirectory.object());
    directory.write("plan.yaml", "a plan");
    directory.appendLine("quarantine/records.ndjson", RunDirectory.object(), false);
    directory.lock().close();
    Assumptions.assumeTrue(
        directory.path().getFileSystem().supportedFileAttributeViews().contains("posix"));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path())))
        .isEqualTo("rwx------");
    try (Stream<Path> tree = Files.walk(directory.path())) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void aRunIsOneProcessesAtATime() {
    RunDirectory directory = directory();
    try (RunDirectory.Lock lock = directory.lock()) {
      assertThat(directory.isBusy()).isTrue();
      assertThatThrownBy(() -> RunDirectory.open(home, RUN).lock())
          .isInstanceOfSatisfying(
              SpecException.class, busy -> assertThat(busy.code()).isEqualTo("RUN_IS_BUSY"));
    }
    assertThat(directory.isBusy()).isFalse();
  }

  @Test
  void aNameThatIsNoRunOpensNothing() {
    directory();

    for (String name : List.of("", "..", "../runs/" + RUN, "/", "20261120-093012-000000")) {
      assertThatThrownBy(() -> RunDirectory.open(home, name))
          .as(name)
          .isInstanceOfSatisfying(
              SpecException.class, no -> assertThat(no.code()).isEqualTo("UNKNOWN_RUN"));
    }
  }

  @Test
  void aRunsFolderIsMadeOnce() {
    directory();

    assertThatThrownBy(this::directory).isInstanceOf(StoreException.class);
  }

  @Test
  void runsAreListedNewestFirstAndNothingElse() throws Exception {
    for (String run : List.of(RUN, "20251120-093012-ffffff", "20261120-093013-000000")) {
      RunDirectory.create(home, run);
    }
    Files.createDirectory(home.resolve("runs/notes"));

    assertThat(RunDirectory.all(home))
        .extracting(RunDirectory::run)
        .containsExactly("20261120-093013-000000", RUN, "20251120-093012-ffffff");
  }

  @Test
  void aLineCutOffByACrashTakesNoOtherWithIt() throws Exception {
    RunDirectory directory = directory();
    directory.append(NOW, "running", RunDirectory.object().put("n", 1));
    Files.writeString(
        directory.path().resolve("journal.ndjson"), "{\"at\":\"2026", StandardOpenOption.APPEND);

    assertThat(directory.journal()).hasSize(1);
    directory.append(NOW, "rolled-back", RunDirectory.object());

    assertThat(directory.journal())
        .extracting(line -> line.path("state").asText())
        .containsExactly("running", "rolled-back");
  }

  @Test
  void aLineCutOffWithinACharacterIsLeftOutToo() throws Exception {
    RunDirectory directory = directory();
    directory.appendLine("x.ndjson", RunDirectory.object().put("text", "é"), false);
    Files.write(
        directory.path().resolve("x.ndjson"),
        new byte[] {'{', '"', 't', '"', ':', '"', (byte) 0xC3},
        StandardOpenOption.APPEND);

    assertThat(directory.lines("x.ndjson"))
        .extracting(line -> line.path("text").asText())
        .containsExactly("é");
    directory.keepLines("x.ndjson", line -> true);
    assertThat(directory.lines("x.ndjson"))
        .extracting(line -> line.path("text").asText())
        .containsExactly("é");
  }

  @Test
  void textOfAnyKindIsReadBackFromALine() {
    RunDirectory directory = directory();
    List<String> texts = List.of("", "a\nb", "\u2028", "\"", "\\", "\0", "😀", "\u001F");
    texts.forEach(
        text -> directory.appendLine("x.ndjson", RunDirectory.object().put("text", text), false));

    assertThat(directory.lines("x.ndjson"))
        .extracting(line -> line.path("text").asText())
        .isEqualTo(texts);
  }

  @Test
  void temporaryFilesAreRemovedAndLinksNotFollowed() throws Exception {
    RunDirectory directory = directory();
    Path outside = Files.writeString(home.resolve("outside"), "stays");
    Path folder = Files.createDirectories(directory.workspace().resolve("deep/er"));
    Files.writeString(folder.resolve("file"), "goes");
    Files.createSymbolicLink(folder.resolve("link"), home);

    directory.clean();

    assertThat(directory.workspace()).doesNotExist();
    assertThat(outside).exists();
  }

  @Test
  void aLineCutOffWithinACharacterIsLeftOut() throws Exception {
    RunDirectory directory = directory();
    directory.appendLine("x.ndjson", RunDirectory.object().put("text", "ä"), false);
    byte[] whole = Files.readAllBytes(directory.path().resolve("x.ndjson"));
    byte[] cut = Arrays.copyOf(whole, whole.length - 4);
    Files.write(directory.path().resolve("x.ndjson"), cut, StandardOpenOption.APPEND);
    directory.appendLine("x.ndjson", RunDirectory.object().put("text", "ö"), false);

    assertThat(directory.lines("x.ndjson"))
        .extracting(line -> line.path("text").asText())
        .containsExactly("ä", "ö");
    directory.keepLines("x.ndjson", line -> line.path("text").asText().equals("ö"));
    assertThat(Files.readString(directory.path().resolve("x.ndjson"))).hasLineCount(1);
  }

  @Test
  void askingWhetherARunIsBusyDoesNotLetItsLockGo() throws Exception {
    RunDirectory directory = directory();
    Path probe =
        Files.writeString(
            home.resolve("Probe.java"),
            """
            public class Probe {
              public static void main(String[] args) throws Exception {
                try (var file = new java.io.RandomAccessFile(args[0], "rw")) {
                  System.exit(file.getChannel().tryLock() == null ? 1 : 0);
                }
              }
            }
            """);
    ProcessBuilder another =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            probe.toString(),
            directory.path().resolve("lock").toString());

    try (RunDirectory.Lock lock = directory.lock()) {
      assertThat(directory.isBusy()).isTrue();
      assertThatThrownBy(directory::lock).isInstanceOf(SpecException.class);

      assertThat(another.start().waitFor()).isEqualTo(1);
    }

    assertThat(directory.isBusy()).isFalse();
    assertThat(another.start().waitFor()).isZero();
  }
}
