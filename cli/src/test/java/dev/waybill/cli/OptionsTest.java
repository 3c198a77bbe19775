package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
import dev.waybill.model.ConflictPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
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
    return plan.options.spec(plan.sides.spec());
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
                    + " --key C=w --on-conflict newer:at --verify count --on-failure keep"
                    + " --connections 3 --batch-size 7 --max-quarantined 9 --max-rate 11"))
        .isEqualTo(
            new MigrationSpec(
                "sqlite:a",
                "sqlite:b",
                List.of("A", "B", "C"),
                List.of("D"),
                Map.of("A", List.of("x", "y"), "B", List.of("z"), "C", List.of("w")),
                ConflictPolicy.parse("newer:at"),
                dev.waybill.plan.Plan.Verify.parse("count"),
                MigrationSpec.OnFailure.KEEP,
                3,
                7,
                9,
                11));
  }
}
