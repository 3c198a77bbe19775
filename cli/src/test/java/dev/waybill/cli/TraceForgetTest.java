package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** trace and forget as a user types them. */
class TraceForgetTest {
  @TempDir Path folder;
  private Recorded recorded = new Recorded();
  private String run = "";

  @BeforeEach
  void aRun() throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("a.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE links (a INTEGER, b TEXT, note TEXT, PRIMARY KEY (a, b))");
      statement.execute("INSERT INTO links VALUES (1, 'x', 'a secret'), (1, 'y', NULL)");
    }
    assertThat(waybill("migrate", "--from", url("a.db"), "--to", url("b.db"), "--json")).isZero();
    run = recorded.lastLine().path("run").asText();
  }

  private String url(String file) {
    return "sqlite:" + folder.resolve(file);
  }

  private int waybill(String... arguments) {
    recorded = new Recorded();
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--home", folder.resolve("home").toString()));
    return Main.run(recorded.terminal(), all.toArray(String[]::new));
  }

  @Test
  void aRecordsStoryIsToldByItsKeyWithoutItsValues() {
    assertThat(waybill("trace", run, "links", "1, x")).isZero();

    assertThat(recorded.out())
        .contains("links 1, x → links", "chunk 0, batch 0, at ", ": inserted")
        .contains("in the target as the source has it now")
        .contains("equal: every record of the collection was compared")
        .doesNotContain("a secret");
  }

  @Test
  void itsValuesAreToldIfAskedFor() {
    assertThat(waybill("trace", run, "links", "1, x", "--values")).isZero();
    assertThat(recorded.out()).contains("a secret");

    assertThat(waybill("trace", run, "links", "1, x", "--values", "--json")).isZero();
    assertThat(recorded.lastLine().path("type").asText()).isEqualTo("trace");
    assertThat(recorded.lastLine().path("fields").get(2).path("sourceValue").asText())
        .isEqualTo("a secret");
    assertThat(recorded.lastLine().path("written").path("outcome").asText()).isEqualTo("inserted");
    assertThat(recorded.lastLine().path("now").asText()).isEqualTo("equal");
  }

  @Test
  void forgettingNeedsAYesWhereSomethingIsLost() {
    assertThat(waybill("forget", run)).isEqualTo(Exit.REFUSED);
    assertThat(recorded.err())
        .contains("Run " + run + " (done) can no longer be rolled back")
        .contains("Nothing was written.")
        .contains("Try: undo it first: waybill rollback " + run);

    assertThat(waybill("forget", run, "--dry-run")).isZero();
    assertThat(recorded.out()).contains("Nothing was changed. To forget it: waybill forget " + run);

    assertThat(waybill("forget", run, "--yes")).isZero();
    assertThat(recorded.out()).contains("Nothing of run " + run + " is left in ");

    assertThat(waybill("rollback", run)).isEqualTo(Exit.REFUSED);
    assertThat(recorded.err()).contains("has been forgotten");
    assertThat(waybill("runs")).isZero();
    assertThat(recorded.out()).contains("forgotten");
  }

  @Test
  void aRunThatWasUndoneIsForgottenWithoutAYes() {
    assertThat(waybill("rollback", run)).isZero();

    assertThat(waybill("forget", run, "--json")).isZero();
    assertThat(recorded.lastLine().path("forgotten").asBoolean()).isTrue();
    assertThat(Files.exists(folder.resolve("b.db"))).isFalse();
  }
}
