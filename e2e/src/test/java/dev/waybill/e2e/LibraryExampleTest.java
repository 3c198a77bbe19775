package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.Waybill;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Plan;
import dev.waybill.run.RunEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/manual/library.md: what stands there is what runs here. */
class LibraryExampleTest {
  @TempDir private Path folder;

  private Path database() throws Exception {
    Path file = folder.resolve("app.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)");
      statement.execute("INSERT INTO notes VALUES (1, 'a'), (2, 'b')");
    }
    return file;
  }

  /** From the plan to the rollback. */
  private RunResult move(Path home, String from, String to, AtomicBoolean isCancelled) {
    // tag::move[]
    Waybill waybill = Waybill.at(home);
    MigrationSpec spec =
        MigrationSpec.of(from, to).withOnLoss(LossRules.parse(List.of("NUL_IN_TEXT=sidecar")));

    Plan plan = waybill.plan(spec);
    plan.losses().forEach(loss -> System.out.println(loss.sentence()));
    if (!plan.refusals().isEmpty()) {
      throw new IllegalStateException("decide what becomes of these first: " + plan.refusals());
    }

    RunEvent.Listener listener =
        event -> {
          if (event.type() == RunEvent.Type.PROGRESS) {
            System.out.println(event.collection() + " " + event.done());
          }
        };
    RunResult result = waybill.apply(plan, listener, isCancelled::get);
    switch (result.status()) {
      case OK, PARTIAL -> System.out.println("arrived: " + result.collections());
      case PUT_BACK -> System.out.println("failed, the target is as it was: " + result.error());
      case STOPPED, DIFFERENT -> waybill.rollback(result.run(), Waybill.OnChanged.ABORT, listener);
    }
    // end::move[]
    return result;
  }

  @Test
  void theExampleOfTheManualRuns() throws Exception {
    String from = "sqlite:" + database();
    String to = "sqlite:" + folder.resolve("new.db");
    Path home = folder.resolve("home");

    RunResult result = move(home, from, to, new AtomicBoolean());
    Comparison comparison = Waybill.at(home).diff(MigrationSpec.of(from, to), event -> {});

    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    assertThat(comparison.isEqual()).isTrue();
  }

  @Test
  void aCancelledExampleIsRolledBack() throws Exception {
    String from = "sqlite:" + database();
    Path target = folder.resolve("new.db");

    RunResult result =
        move(folder.resolve("home"), from, "sqlite:" + target, new AtomicBoolean(true));

    assertThat(result.status()).isEqualTo(RunResult.Status.STOPPED);
    assertThat(target).doesNotExist();
  }

  @Test
  void theManualShowsWhatRuns() throws Exception {
    Path root = Path.of("").toAbsolutePath().getParent();
    String source =
        Files.readString(root.resolve("e2e/src/test/java/dev/waybill/e2e/LibraryExampleTest.java"));
    String shown =
        source
            .substring(
                source.indexOf("// tag::move[]\n") + 15, source.indexOf("    // end::move[]"))
            .lines()
            .map(line -> line.replaceFirst("^ {4}", ""))
            .collect(Collectors.joining("\n"));

    assertThat(Files.readString(root.resolve("docs/manual/library.md"))).contains(shown);
  }
}
