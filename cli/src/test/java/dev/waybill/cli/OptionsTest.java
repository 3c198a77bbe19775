package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec;
import dev.waybill.Waybill;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class OptionsTest {
  private static MigrationSpec parsed(String options) {
    CommandLine parser = new WaybillCommand(new Recorded().terminal()).parser();
    CommandLine.ParseResult result = parser.parseArgs(("plan " + options).split(" "));
    PlanCommand plan = (PlanCommand) result.subcommand().commandSpec().userObject();
    return plan.options.spec(plan.sides.spec(Waybill.at(Path.of("unused"))));
  }

  @Test
  void withoutOptionsTheSpecIsTheLibrarysOwn() {
    assertThat(parsed("--from sqlite:a --to sqlite:b"))
        .isEqualTo(MigrationSpec.of("sqlite:a", "sqlite:b"));
  }

  @Test
  void aNameThatBeginsWithAnAtSignIsNoFileOfOptions(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("f"), "--only x");

    assertThat(parsed("--from sqlite:a --to sqlite:b --only @" + file).only())
        .containsExactly("@" + file);
  }

  @Test
  void everyOptionReachesTheSpec() {
    assertThat(
            parsed(
                "--from=sqlite:a --to=sqlite:b --only A,B --only C --exclude D --key A=x,y;B=z"
                    + " --key C=w --on-conflict newer:at --verify sample:2.5% --on-failure keep"
                    + " --connections 3 --batch-size 7 --max-quarantined 9 --max-rate 11"
                    + " --on-loss NUL_IN_TEXT=replace,a.b:*=null --on-loss NAN=sidecar --no-sidecar"
                    + " --set app.tenant=1 --set app.tenant=2 --set x=a=b --lock-timeout 200ms"
                    + " --statement-timeout 10min --no-analyze --triggers suppress --no-backup"))
        .isEqualTo(
            new MigrationSpec(
                "sqlite:a",
                "sqlite:b",
                List.of("A", "B", "C"),
                List.of("D"),
                Map.of("A", List.of("x", "y"), "B", List.of("z"), "C", List.of("w")),
                ConflictPolicy.parse("newer:at"),
                dev.waybill.plan.Plan.Verify.parse("sample:2.5%"),
                MigrationSpec.OnFailure.KEEP,
                3,
                7,
                9,
                11,
                LossRules.parse(List.of("NUL_IN_TEXT=replace", "a.b:*=null", "NAN=sidecar")),
                false,
                new SessionOptions(
                    Map.of("app.tenant", List.of("1", "2"), "x", List.of("a=b")),
                    Duration.ofMillis(200),
                    Duration.ofMinutes(10),
                    false),
                Triggers.SUPPRESS,
                new dev.waybill.plan.Plan.Backup(false, java.time.Duration.ofDays(30)),
                null));
  }

  @Test
  void aProfileIsReadAndAFaultyOneNamedWithItsLine(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("p.yaml"), "waybill-profile: 1\n");
    assertThat(parsed("--from sqlite:a --to sqlite:b --profile " + file).profile())
        .isNotNull()
        .satisfies(profile -> assertThat(profile.name()).isEqualTo(file.toString()));

    Files.writeString(file, "waybill-profile: 1\ncollection: []\n");
    assertThatThrownBy(() -> parsed("--from sqlite:a --to sqlite:b --profile " + file))
        .hasMessageContaining("p.yaml line 2, column 13: collection");
  }

  @Test
  void whatMakesNoSenseIsRefusedByTheNameOfItsOption() {
    for (String option :
        List.of(
            "--verify sample:0%",
            "--verify half",
            "--triggers maybe",
            "--lock-timeout soon",
            "--statement-timeout 5y",
            "--set =x",
            "--set novalue")) {
      assertThatThrownBy(() -> parsed("--from sqlite:a --to sqlite:b " + option))
          .as(option)
          .isInstanceOf(SpecException.class)
          .hasMessageContaining(option.substring(0, option.indexOf(' ')));
    }
    assertThatThrownBy(() -> parsed("--from sqlite:a --to sqlite:b --on-loss NUL=maybe"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("NUL=maybe");
  }
}
