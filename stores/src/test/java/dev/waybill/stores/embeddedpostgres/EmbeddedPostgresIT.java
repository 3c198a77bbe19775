package dev.waybill.stores.embeddedpostgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.StoreException;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.ServerAdapter.Address;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.postgres.PostgresAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The embedded server's life, with a real one from the class path. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EmbeddedPostgresIT {
  private static final RunHeader RUN =
      new RunHeader("r", Instant.parse("2026-01-02T03:04:05Z"), "00", "waybill test");

  @TempDir Path folder;
  private final EmbeddedPostgresAdapter adapter = new EmbeddedPostgresAdapter();
  private StoreUrl url;
  private Path home;

  @BeforeEach
  void chooseFolder() {
    home = folder.resolve("a folder");
    url = StoreUrl.parse("embedded-postgresql:" + home);
  }

  @AfterEach
  void stopServer() {
    if (Files.exists(home.resolve("data"))) {
      adapter.stop(url);
    }
  }

  private Workspace workspace() {
    return new Workspace(folder.resolve("workspace"), 2);
  }

  @Test
  void anAbsentFolderIsAnEmptyTargetAndStaysAbsent() {
    try (TargetStore target = adapter.openTarget(url, workspace())) {
      assertThat(target.catalog().collections()).isEmpty();
      assertThat(target.findings()).isEmpty();
    }

    assertThat(home).doesNotExist();
    assertThatThrownBy(() -> adapter.openSource(url, workspace()))
        .isInstanceOf(StoreException.class);
    assertThat(home).doesNotExist();
  }

  @Test
  void theServerStopsWithTheStoreThatStartedItAndKeepsItsPort() throws IOException {
    try (TargetStore target = adapter.openTarget(url, workspace());
        TargetSession session = target.begin(RUN, null)) {
      assertThat(session.ledger().notes()).isEmpty();
    }
    String port = Files.readString(home.resolve("port"));

    assertThat(adapter.stop(url)).isFalse();
    try (Store source = adapter.openSource(url, workspace());
        Store second = adapter.openSource(url, workspace())) {
      second.close();
      assertThat(source.catalog().collections()).isEmpty();
      assertThat(Files.readString(home.resolve("port"))).isEqualTo(port);
    }
    assertThat(adapter.stop(url)).isFalse();
  }

  @Test
  void aStartedServerGoesOnAndIsReachedByItsAddress() {
    Address address = adapter.start(url);
    assertThat(adapter.start(url)).isEqualTo(address);
    try (Store source = adapter.openSource(url, workspace())) {
      assertThat(source.catalog().collections()).isEmpty();
    }

    try (Store same =
        new PostgresAdapter().openSource(StoreUrl.parse(address.url()), workspace())) {
      assertThat(same.catalog().collections()).isEmpty();
    }
    assertThat(address.client()).startsWith("psql ");
    assertThat(adapter.stop(url)).isTrue();
    assertThat(adapter.stop(url)).isFalse();
  }

  /** Another process: opens the store and keeps it until its input ends. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) throws IOException {
      try (Store store =
          new EmbeddedPostgresAdapter()
              .openSource(StoreUrl.parse(arguments[0]), new Workspace(Path.of(arguments[1]), 2))) {
        System.out.println(store.catalog().collections().size());
        System.out.flush();
        while (System.in.read() >= 0) {
          System.out.println("still there");
        }
      }
    }
  }

  private Process otherProcess() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                "embedded-postgresql:" + home,
                folder.resolve("other").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("0");
    return process;
  }

  @Test
  void aServerThatAnotherProcessUsesGoesOnUntilTheLastOneLeaves() throws Exception {
    try (TargetStore target = adapter.openTarget(url, workspace())) {
      target.begin(RUN, null).close();
      Process leavesFirst = otherProcess();
      leavesFirst.getOutputStream().close();
      assertThat(leavesFirst.waitFor()).isZero();
      assertThat(target.catalog().collections()).isEmpty();
    }
    assertThat(adapter.stop(url)).isFalse();

    Process first = otherProcess();
    try (Store second = adapter.openSource(url, workspace())) {
      first.getOutputStream().close();
      assertThat(first.waitFor()).isZero();
      assertThat(second.catalog().collections()).isEmpty();
    }
    assertThat(adapter.stop(url)).isFalse();
  }

  @Test
  void nobodyElseGetsIn() throws IOException {
    Address address = adapter.start(url);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("pgpass"))))
        .isEqualTo("rw-------");
    String password = Files.readString(home.resolve("pgpass")).strip().replaceFirst(".*:", "");
    assertThat(address.url() + address.client()).doesNotContain(password);
    String open = address.url().replaceFirst("[?]passfile=[^&]*", "?passfile=/nowhere");
    assertThatThrownBy(() -> new PostgresAdapter().openSource(StoreUrl.parse(open), workspace()))
        .isInstanceOfSatisfying(
            StoreException.class,
            refused -> assertThat(refused.code()).isEqualTo("PASSWORD_MISSING"));
    String wrong = open.replaceFirst("waybill@", "waybill:guessed@");
    assertThatThrownBy(() -> new PostgresAdapter().openSource(StoreUrl.parse(wrong), workspace()))
        .isInstanceOfSatisfying(
            StoreException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo("WRONG_PASSWORD");
              assertThat(refused.getMessage()).doesNotContain("guessed");
            });
  }

  @Test
  void aCrashedServerComesUpAgain() throws Exception {
    adapter.start(url);
    Path pid = home.resolve("data/postmaster.pid");
    ProcessHandle server =
        ProcessHandle.of(Long.parseLong(Files.readAllLines(pid).get(0).strip())).orElseThrow();
    server.destroyForcibly();
    server.onExit().get(20, TimeUnit.SECONDS);
    assertThat(pid).exists();
    // As if the number had been given to somebody else since.
    Files.writeString(
        pid,
        Files.readString(pid).replaceFirst("^\\d+", Long.toString(ProcessHandle.current().pid())));

    adapter.start(url);

    assertThat(adapter.stop(url)).isTrue();
  }

  @Test
  void aFolderOfSomebodyElsesIsRefusedAndLeftAlone() throws IOException {
    Files.createDirectories(home);
    Files.writeString(home.resolve("letter.txt"), "dear");

    assertThatThrownBy(() -> adapter.openTarget(url, workspace()))
        .isInstanceOfSatisfying(
            StoreException.class,
            refused -> assertThat(refused.code()).isEqualTo("FOREIGN_FOLDER"));
    assertThatThrownBy(() -> adapter.start(url)).isInstanceOf(StoreException.class);

    assertThat(home).isDirectoryContaining(path -> path.endsWith("letter.txt"));
    assertThat(home.toFile().list()).hasSize(1);
  }
}
