package dev.waybill.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.ForeignKey.Action;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompletionTest {
  private static final Collection PEOPLE =
      Collection.of(
              "people",
              List.of(
                  Field.of("id", LogicalType.INT64, "", false),
                  Field.of("name", LogicalType.TEXT, "", true),
                  Field.of("born", LogicalType.INT64, "", true),
                  new Field("age", LogicalType.INT64, "", true, null, Generation.COMPUTED)),
              List.of("id"))
          .withConstraints(
              List.of(List.of("name")),
              List.of(),
              List.of(
                  new Index("by_born", List.of(new Index.Column("born", true)), false, "", "")));
  private static final Collection NOTES =
      Collection.of(
              "notes",
              List.of(
                  Field.of("id", LogicalType.INT64, "", false),
                  Field.of("who", LogicalType.INT64, "", true),
                  Field.of("body", LogicalType.TEXT, "", true)),
              List.of("id"))
          .withConstraints(
              List.of(),
              List.of(
                  new ForeignKey(
                      "",
                      List.of("who"),
                      "people",
                      List.of("id"),
                      Action.CASCADE,
                      Action.NO_ACTION,
                      false)),
              List.of());
  private static final Collection THERE =
      Collection.of(
          "notes",
          List.of(
              Field.of("id", LogicalType.INT64, "int8", false),
              Field.of("who", LogicalType.INT64, "int8", true),
              Field.of("body", LogicalType.TEXT, "text", true),
              Field.of("must", LogicalType.TEXT, "text", false)),
          List.of("id"));

  private PlanInput.Side source = side("a", PEOPLE, NOTES);
  private PlanInput.Side target = side("b");

  private static PlanInput.Side side(String type, Collection... collections) {
    return new PlanInput.Side(
        type + ":x",
        type,
        new Catalog(type, List.of(collections), List.of()),
        Relational.CAPABILITIES,
        List.of());
  }

  private Plan planned() {
    return planned(false);
  }

  private Plan planned(boolean hasSidecar) {
    return Planner.plan(
        new PlanInput(
            source,
            target,
            Map.of(),
            Set.of(),
            Map.of(),
            new PlanInput.Wishes(
                List.of(),
                List.of(),
                Map.of(),
                ConflictPolicy.FAIL,
                Triggers.FIRE,
                new Plan.Options(
                    Plan.Verify.parse("full"),
                    "rollback",
                    2,
                    10,
                    0,
                    0,
                    LossRules.NONE,
                    hasSidecar,
                    SessionOptions.USUAL),
                null)));
  }

  private Plan completed(String text) {
    return Completion.completed(PlanFile.read("plan.yaml", text), source, target);
  }

  private SpecException refused(String text) {
    SpecException refused = catchThrowableOfType(SpecException.class, () -> completed(text));
    assertThat(refused).as(text).isNotNull();
    assertThat(refused.code()).isEqualTo("INVALID_PLAN");
    return refused;
  }

  /** The text with the first place changed; it must be there. */
  private static String edited(String text, String from, String to) {
    int at = text.indexOf(from);
    assertThat(at).as(from).isNotNegative();
    return text.substring(0, at) + to + text.substring(at + from.length());
  }

  private static String placed(String text, String what) {
    String before = text.substring(0, text.indexOf(what));
    long line = before.chars().filter(c -> c == '\n').count() + 1;
    return "plan.yaml line " + line + ", ";
  }

  // --- gaps

  @Test
  void aPlanThatNobodyEditedStaysAsItIs() {
    assertThat(completed(PlanFile.write(planned()))).isEqualTo(planned());
    assertThat(planned(true).steps()).hasSize(3);
    assertThat(completed(PlanFile.write(planned(true)))).isEqualTo(planned(true));
  }

  @Test
  void aMistakeIsNamedInAPlanWithASidecarToo() {
    assertRefused(
        edited(PlanFile.write(planned(true)), "- source: born", "- source: borne"),
        "borne",
        "collections[0].fields[2].source",
        "no field \"borne\"");
  }

  @Test
  void whatFollowsFromTheRestMayBeLeftOut() {
    Plan plan = planned();
    String text =
        PlanFile.write(plan)
            .replaceAll("(?m)^        (from|to|stored|native|nullable): .*\n", "")
            .replaceAll("(?m)^    (create|filter|on-conflict|triggers|visibility): .*\n", "")
            .replaceAll("(?m)^    (checks|target-triggers|foreign-keys|indexes): \\[\\]\n", "")
            .replaceAll(
                "(?m)^    (key|unique|target-key):(\n      - .*(\n        - .*)*| \\[\\])\n", "")
            .replaceAll("(?m)^    (foreign-keys|indexes):(\n      .*)+\n", "");
    assertThat(text).doesNotContain("native", "foreign-keys", "unique:", "target-key");

    assertThat(completed(text)).isEqualTo(plan);
  }

  @Test
  void aTypeIsChangedByOneWord() {
    String text =
        edited(
            PlanFile.write(planned()),
            "        target: born\n        to: int64\n        stored: int64\n        native: int64\n",
            "        as: epoch(s)\n        target: born\n");

    Plan plan = completed(text);

    assertThat(plan.steps().get(0).fields().get(2).to()).isEqualTo(LogicalType.INSTANT);
    assertThat(plan.steps().get(0).target().field("born").orElseThrow().nativeType())
        .isEqualTo("instant");
    String wrong = text.replace("epoch(s)", "epoch(h)");
    assertThat(refused(wrong))
        .hasMessageContaining("collections[0].fields[2].as")
        .hasMessageContaining("epoch(h)")
        .hasMessageContaining(placed(wrong, "epoch"));
  }

  @Test
  void aConstantFieldIsAddedByOneLine() {
    Plan plan =
        completed(
            edited(
                PlanFile.write(planned()),
                "    target-key:",
                "      - {constant: acme, to: text, target: tenant, nullable: false}\n    target-key:"));

    Collection people = plan.steps().get(0).target();
    assertThat(people.field("tenant"))
        .contains(Field.of("tenant", LogicalType.TEXT, "text", false));
    assertThat(plan.steps().get(0).fields().get(3).constant()).isEqualTo("acme");
  }

  // --- renames

  @Test
  void keysIndexesAndForeignKeysFollowRenames() {
    String text = PlanFile.write(planned());
    text = edited(text, "    target: people\n", "    target: humans\n");
    text = edited(text, "        target: id\n", "        target: number\n");
    text = edited(text, "        target: born\n", "        target: birth\n");
    text = edited(text, "        target: name\n", "        target: called\n");

    Plan plan = completed(text);

    Collection humans = plan.steps().get(0).target();
    assertThat(humans.name()).isEqualTo("humans");
    assertThat(humans.key()).containsExactly("number");
    assertThat(humans.uniqueSets()).containsExactly(List.of("called"));
    assertThat(humans.indexes().get(0).columns()).containsExactly(new Index.Column("birth", true));
    ForeignKey foreignKey = plan.steps().get(1).target().foreignKeys().get(0);
    assertThat(foreignKey.targetCollection()).isEqualTo("humans");
    assertThat(foreignKey.targetFields()).containsExactly("number");
    assertThat(plan.steps().get(0).sourceKey()).containsExactly("id");
    assertThat(plan.toFingerprint())
        .isEqualTo(Fingerprint.of(target.catalog(), Set.of("humans", "notes")));
  }

  @Test
  void aPlanForOtherSchemasIsLeftToTheRunThatSaysSo() {
    String text = edited(PlanFile.write(planned()), "source: people", "source: persons");
    source = side("a", PEOPLE);

    assertThat(completed(text)).isEqualTo(PlanFile.read("plan.yaml", text));
    SpecException stale =
        catchThrowableOfType(
            SpecException.class, () -> completed(text.replace("create: true", "batch-size: 1")));
    assertThat(stale.code()).isEqualTo("STALE_PLAN");
  }

  // --- what does not hold together

  private void assertRefused(String text, String what, String path, String words) {
    assertThat(refused(text))
        .hasMessageContaining(placed(text, what))
        .hasMessageContaining(path)
        .hasMessageContaining(words);
  }

  @Test
  void everyMistakeIsNamedWithItsLine() {
    String text = PlanFile.write(planned());

    assertRefused(
        edited(text, "- source: born", "- source: borne"),
        "borne",
        "collections[0].fields[2].source",
        "no field \"borne\"");
    assertRefused(
        edited(text, "  - source: people", "  - source: persons"),
        "persons",
        "collections[0].source",
        "persons");
    assertRefused(
        edited(text, "        to: text", "        to: bytes"),
        "bytes\n        stored",
        "collections[0].fields[1].to",
        "cannot be carried as bytes");
    assertRefused(
        edited(text, "        target: name", "        target: born"),
        "        target: born\n        to: int64",
        "collections[0].fields[2].target",
        "by another line already");
    assertRefused(
        edited(text, "create: true", "create: false"),
        "people\n    create",
        "collections[0].target",
        "the target has no collection");
    assertRefused(
        edited(text, "on-conflict: fail", "on-conflict: newer:at"),
        "newer:at",
        "collections[0].on-conflict",
        "\"at\"");
    assertRefused(
        edited(text, "filter: \"\"", "filter: born >"), "born >", "collections[0].filter", "");
  }

  @Test
  void whatHangsOnADroppedFieldIsNamed() {
    String text = PlanFile.write(planned());
    String dropped = text.replaceFirst("      - source: born\n(        .*\n)+", "");
    assertRefused(dropped, "- name: by_born", "collections[0].indexes[0]", "by_born");

    Plan plan = completed(dropped.replaceFirst("    indexes:\n(      .*\n)+", "    indexes: []\n"));
    assertThat(plan.steps().get(0).target().fields())
        .extracting(Field::name)
        .doesNotContain("born");

    String noKey = text.replaceFirst("      - source: id\n(        .*\n)+", "");
    assertThat(refused(noKey))
        .hasMessageContaining("collections[0].key")
        .hasMessageContaining("collections[0].target-key")
        .hasMessageContaining("collections[1].foreign-keys[0].target-fields");
  }

  @Test
  void aCollectionThatIsThereDecidesAboutItsFields() {
    target = side("b", THERE);
    Plan refused = planned();
    assertThat(refused.refusals()).extracting(Loss::code).containsExactly("FIELD_NOT_FILLED");
    String text = PlanFile.write(refused);
    assertThat(refused(text)).hasMessageContaining("\"must\" needs a value");

    String filled =
        edited(
            text,
            "        target: body\n        to: text\n",
            "        target: must\n        to: text\n");
    assertThat(completed(filled).refusals()).isEmpty();
    assertRefused(
        edited(filled, "target: must", "target: mist"), "mist", "fields[2].target", "\"mist\"");
    assertRefused(
        edited(
            filled,
            "    on-conflict: fail\n    triggers: fire\n    visibility: in-place\n    key:\n      - id\n    fields:\n      - source: id\n        from: int64\n        target: id\n        to: int64\n        stored: int64\n        native: int8",
            "    on-conflict: fail\n    key: [id]\n    fields:\n      - source: id\n        from: int64\n        target: id\n        to: int64\n        stored: int16\n        native: int8"),
        "stored: int16",
        "stored",
        "holds int64");
  }

  @Test
  void aLossOfAFieldThatIsNotCarriedAnyMoreIsGone() {
    Plan plan = planned();
    Loss value =
        new Loss(
            "notes", "body", "NUL_IN_TEXT", "text has NUL", Loss.Severity.VALUE, 1, List.of("7"));
    Plan with =
        new Plan(
            plan.from(),
            plan.to(),
            plan.fromStore(),
            plan.toStore(),
            plan.fromFingerprint(),
            plan.toFingerprint(),
            plan.options(),
            plan.steps(),
            plan.leftOut(),
            List.of(value),
            plan.risks(),
            plan.rollback());
    String text = PlanFile.write(with);

    assertThat(completed(text).refusals()).containsExactly(value);
    assertThat(completed(text.replaceFirst("      - source: body\n(        .*\n)+", "")).losses())
        .isEmpty();
  }

  @Test
  void whatAnEditorLeavesOutIsNamedAsLongAsItIsLeftOut() {
    String text = PlanFile.write(planned());
    String less =
        text.replaceFirst("      - source: body\n(        .*\n)+", "")
            .replaceFirst("filter: \"\"", "filter: id > 7");

    Plan plan = completed(less);

    assertThat(plan.leftOut())
        .extracting(LeftOut::name)
        .containsExactlyInAnyOrder("people", "notes.body");
    assertThat(completed(PlanFile.write(plan)).leftOut()).isEqualTo(plan.leftOut());
    assertThat(completed(edited(PlanFile.write(plan), "filter: id > 7", "filter: \"\"")).leftOut())
        .extracting(LeftOut::name)
        .containsExactly("notes.body");
  }

  @Test
  void whatIsSaidOfASpellingFollowsTheRules() {
    target =
        side(
            "b",
            Collection.of(
                "notes",
                List.of(
                    Field.of("id", LogicalType.INT64, "int8", false),
                    Field.of("who", LogicalType.INT64, "int8", true),
                    Field.of("body", LogicalType.JSON, "jsonb", true)),
                List.of("id")));
    Plan plain = planned();
    assertThat(plain.losses())
        .extracting(Loss::text)
        .contains("text is held as json; its content comes back, its spelling does not");

    Plan with = completed(edited(PlanFile.write(plain), "sidecar: false", "sidecar: true"));

    assertThat(with.losses())
        .extracting(Loss::text)
        .contains(
            "text is held as json; its content comes back, its spelling only with --on-loss"
                + " COMPARED_BY_CONTENT=sidecar");
  }
}
