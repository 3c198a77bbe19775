package dev.waybill.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private final Recorded recorded = new Recorded();

  private int run(String line) {
    return Main.run(recorded.terminal(), line.split(" "));
  }

  @Test
  void versionAndHelpGoToStdout() {
    assertThat(run("--version")).isZero();
    assertThat(run("migrate --version")).isZero();
    assertThat(recorded.out().lines()).hasSize(2).allMatch(line -> line.startsWith("waybill "));

    assertThat(run("migrate --help")).isZero();
    assertThat(recorded.out()).contains("--from=URL", "--on-conflict=POLICY", "--home=DIR");
    assertThat(recorded.err()).isEmpty();
  }

  @Test
  void helpIsMadeWithoutAWarningOfTheParser() {
    PrintStream before = System.err;
    ByteArrayOutputStream warnings = new ByteArrayOutputStream();
    System.setErr(new PrintStream(warnings, true, UTF_8));
    try {
      assertThat(run("migrate --help")).isZero();
    } finally {
      System.setErr(before);
    }
    assertThat(warnings.toString(UTF_8)).isEmpty();
    assertThat(recorded.out()).contains("sample:N%: a share");
  }

  @Test
  void onlyACommandThatIsNearIsSuggested() {
    run("frob");
    assertThat(recorded.err()).contains("Try: waybill --help").doesNotContain("rollback");
    run("rolback r");
    assertThat(recorded.err()).contains("Try: waybill rollback, or see");
  }

  @Test
  void helpNamesEveryCommand() {
    recorded.isAsIn("help.txt", run("--help"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resume 20261120-093012-a1b2c3",
        "trace r c k",
        "migrate --from sqlite:a --to sqlite:b --mode incremental",
        "migrate --from sqlite:a --to sqlite:b --profile mem",
        "migrate --from sqlite:a --to sqlite:b --set a=b",
        "migrate --from sqlite:a --to sqlite:b --log f",
        "inspect sqlite:a --advise",
        "diff --from sqlite:a --to sqlite:b --schema",
        "verify r --timings",
        "verify r --search 3",
        "diff sqlite:a sqlite:b",
        "migrate --from sqlite:a",
        "migrate --to sqlite:a",
        "migrate --from sqlite:a --to sqlite:b --verify sample:101%",
        "migrate --from sqlite:a --to sqlite:b --verify all",
        "migrate --from sqlite:a --to sqlite:b --on-conflict merge",
        "migrate --from sqlite:a --to sqlite:b --on-conflict newer:",
        "migrate --from sqlite:a --to sqlite:b --on-failure retry",
        "migrate --from sqlite:a --to sqlite:b --key people",
        "migrate --from sqlite:a --to sqlite:b --key =id",
        "migrate --from sqlite:a --to sqlite:b --key people=id,",
        "migrate --from sqlite:a --to sqlite:b --batch-size 0",
        "migrate --from sqlite:a --to sqlite:b --batch-size many",
        "migrate --from sqlite:a --to sqlite:b --connections 0",
        "migrate --from sqlite:a --to sqlite:b --max-rate -1",
        "migrate --from sqlite:a --to sqlite:b --max-quarantined -1",
        "rollback r --on-changed ask",
        "verify",
        "verify r --from sqlite:a --to sqlite:b",
        "store",
        "store restart embedded-postgresql:d",
        "inspect",
        "status",
        "apply",
      })
  void whatMakesNoSenseIsRefused(String line) {
    assertThat(run(line)).isEqualTo(Exit.REFUSED);

    List<String> err = recorded.err().lines().toList();
    assertThat(err).hasSize(3);
    assertThat(err.get(1)).isEqualTo("Nothing was written.");
    assertThat(err.get(2)).startsWith("Try: ");
    assertThat(recorded.out()).isEmpty();
  }

  @Test
  void noCommandIsRefused() {
    assertThat(Main.run(recorded.terminal())).isEqualTo(Exit.REFUSED);
  }

  @Test
  void aSlipOfTheFingerIsAnsweredWithWhatWasMeant() {
    recorded.isAsIn(
        "usage.txt",
        Math.max(
            Math.max(run("migrte"), run("migrate --form sqlite:a --to sqlite:b")),
            run("migrate --from sqlite:a --to sqlite:b --verify sample:101%")));
  }

  @Test
  void aRefusalIsASummaryInJson() {
    assertThat(run("migrate --json --xyzzy")).isEqualTo(2);

    JsonNode summary = recorded.lastLine();
    assertThat(summary.path("type").asText()).isEqualTo("summary");
    assertThat(summary.path("run").isNull()).isTrue();
    assertThat(summary.path("status").asText()).isEqualTo("refused");
    assertThat(summary.path("exit").asInt()).isEqualTo(2);
    assertThat(summary.path("seconds").isNumber()).isTrue();
    assertThat(summary.path("collections").isArray()).isTrue();
    assertThat(summary.path("error").path("code").asText()).isEqualTo("USAGE");
    assertThat(summary.path("error").path("message").asText()).contains("--xyzzy");
    assertThat(summary.path("error").path("hint").asText()).isEqualTo("waybill migrate --help");
  }

  @Test
  void aPlantedSecretIsNeverPrinted(@TempDir Path folder) throws Exception {
    String url = "postgresql://u:se%40same@127.0.0.1:1/db?password=sesame&connectTimeout=1";
    Path plan = folder.resolve("plan.yaml");
    Files.writeString(plan, "from: " + url + "\nto: " + url + "\n");
    String blank = "postgresql://u:open sesame@127.0.0.1:1/db";
    List<String> printed = new ArrayList<>();
    for (String verb : List.of("inspect", "status", "rollback", "verify", "store start", "diff")) {
      List<String> arguments = new ArrayList<>(Arrays.asList(verb.split(" ")));
      arguments.add(blank);
      Recorded one = new Recorded();
      one.environment.put("WAYBILL_HOME", folder.resolve("home").toString());
      Main.run(one.terminal(), arguments.toArray(String[]::new));
      printed.add(one.all());
    }
    Recorded sides = new Recorded();
    Main.run(sides.terminal(), "diff", "--from", blank, "--to", blank);
    printed.add(sides.all());

    for (String line :
        List.of(
            "inspect " + url,
            "plan --from " + url + " --to " + url,
            "plan --from " + url + " --to " + url + " -o " + folder.resolve("new.yaml"),
            "migrate --from " + url + " --to " + url,
            "migrate --dry-run --from " + url + " --to sqlite:" + folder.resolve("a.db"),
            "verify --from " + url + " --to " + url,
            "diff --from " + url + " --to " + url,
            "apply " + plan,
            "verify " + plan,
            "verify " + url,
            "status " + url,
            "rollback " + url,
            "store start " + url,
            "store stop " + url,
            "diff " + url,
            "--to=" + url,
            url)) {
      for (String manner : List.of("", " --json", " --verbose", " --quiet")) {
        Recorded one = new Recorded();
        one.environment.put("WAYBILL_HOME", folder.resolve("home").toString());
        int exit = Main.run(one.terminal(), (line + manner).split(" "));
        printed.add(exit + "\n" + one.all());
      }
    }

    assertThat(printed).noneMatch(text -> text.contains("sesame") || text.contains("se%40same"));
  }

  @Test
  void aPasswordOnTheCommandLineIsWarnedAboutInOneLine() {
    run("diff --from postgresql://u:sesame@127.0.0.1:1/db --to sqlite:a");

    assertThat(recorded.err().lines().filter(line -> line.startsWith("warning: "))).hasSize(1);
  }
}
