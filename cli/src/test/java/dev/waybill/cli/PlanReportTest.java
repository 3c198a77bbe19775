package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Refusal;
import dev.waybill.plan.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanReportTest {
  private final Recorded recorded = new Recorded();

  private static Plan plan(List<Loss> losses) {
    Collection target =
        Collection.of(
            "messages", List.of(Field.of("id", LogicalType.INT64, "bigint", false)), List.of("id"));
    return new Plan(
        "sqlite:a.db",
        "postgresql://u:sesame@h/db",
        "SQLite 3.54.1",
        "PostgreSQL 17.11",
        "f1",
        "f2",
        new Plan.Options(
            Plan.Verify.parse("sample:5%"),
            "rollback",
            2,
            5000,
            0,
            0,
            LossRules.parse(List.of("messages.f2:NUL_IN_TEXT=sidecar")),
            true,
            SessionOptions.USUAL),
        List.of(
            new Step(
                "messages",
                target,
                true,
                List.of(new FieldMapping("id", LogicalType.DYNAMIC, "id", LogicalType.INT64)),
                List.of("id"),
                ConflictPolicy.FAIL,
                1_192,
                438_000)),
        List.of(new Catalog.LeftOut("messages_fts", "a full-text index; make it anew", false)),
        losses,
        List.of("The target is visible to others during the run."),
        "the collections it made are dropped");
  }

  private static Loss loss(int number, Loss.Severity severity) {
    return new Loss(
        "messages",
        "f" + number,
        "NUL_IN_TEXT",
        "text with NUL",
        severity,
        3,
        List.of("1", "7", "9"));
  }

  @Test
  void aPlanInShortNamesStepsLossesAndWhatIsLeftOut() {
    Plan plan =
        plan(
            List.of(
                loss(1, Loss.Severity.FORM),
                loss(2, Loss.Severity.VALUE),
                loss(3, Loss.Severity.VALUE),
                new Loss(
                    "messages",
                    "",
                    "INDEX_NOT_CARRIED",
                    "index by_day is partial",
                    Loss.Severity.STRUCTURE,
                    -1,
                    List.of())));

    PlanReport.lines(plan, Path.of("plan.yaml")).forEach(recorded.text()::result);

    recorded.isAsIn("plan.txt", 0);
    assertThat(recorded.all()).doesNotContain("sesame");
  }

  @Test
  void aRefusalNamesTwentyAndCountsTheRest() {
    List<Loss> losses = new ArrayList<>();
    for (int i = 0; i < 23; i++) {
      losses.add(loss(i, Loss.Severity.REFUSED));
    }

    SpecException refusal = Refusal.of(plan(losses)).orElseThrow();
    int exit = Failure.of(refusal).print(recorded.text(), "Nothing was written.", 0);

    recorded.isAsIn("plan-refused.txt", exit);
  }

  @Test
  void inJsonAPlanIsOneObject() {
    Plan plan = plan(List.of(loss(1, Loss.Severity.REFUSED)));

    recorded.json().jsonLines().line("plan", json -> PlanReport.write(json, plan, null));

    JsonNode object = recorded.lastLine();
    assertThat(recorded.lines()).hasSize(1);
    assertThat(object.path("to").asText()).isEqualTo("postgresql://u@h/db");
    assertThat(object.path("records").asLong()).isEqualTo(1_192);
    assertThat(object.path("steps").get(0).path("fields").get(0).toString())
        .isEqualTo("{\"source\":\"id\",\"from\":\"dynamic\",\"target\":\"id\",\"to\":\"int64\"}");
    assertThat(object.path("losses").get(0).path("severity").asText()).isEqualTo("refused");
    assertThat(object.path("leftOut").get(0).path("name").asText()).isEqualTo("messages_fts");
    assertThat(object.path("risks")).hasSize(1);
    assertThat(object.path("refusals").asInt()).isEqualTo(1);
  }
}
