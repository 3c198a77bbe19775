package dev.waybill.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.SpecException;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

@Domain(Plans.class)
@Domain(DomainContext.Global.class)
class PlanFileTest {
  @Property(tries = 400)
  void whatIsWrittenIsReadBack(@ForAll Plan plan) {
    assertThat(PlanFile.read(PlanFile.write(plan), false)).isEqualTo(plan);
  }

  @Example
  void everyTextIsReadBackAsItIs() {
    for (String text : Plans.TEXTS) {
      Plan plan = named(text);
      assertThat(PlanFile.read(PlanFile.write(plan), false)).as("<" + text + ">").isEqualTo(plan);
    }
  }

  private static Plan named(String name) {
    Field field = Field.of(name, LogicalType.TEXT, name, true);
    Step step =
        new Step(
            name,
            Collection.of(name, List.of(field), List.of(name)),
            true,
            List.of(new FieldMapping(name, LogicalType.TEXT, name, LogicalType.TEXT)),
            List.of(name),
            ConflictPolicy.FAIL,
            -1,
            -1);
    return new Plan(
        "memory:a",
        "memory:b",
        name,
        name,
        name,
        name,
        new Plan.Options("full", "rollback", 2, 5000, 0, 0),
        List.of(step),
        List.of(),
        List.of(),
        List.of(name),
        name);
  }

  private static final String VALID = PlanFile.write(named("people"));

  private static SpecException refused(String text) {
    return refused(text, false);
  }

  private static SpecException refused(String text, boolean isToml) {
    SpecException refused =
        catchThrowableOfType(SpecException.class, () -> PlanFile.read(text, isToml));
    assertThat(refused).as(text.substring(0, Math.min(200, text.length()))).isNotNull();
    assertThat(refused.code()).isEqualTo("INVALID_PLAN");
    assertThat(refused.hint()).isNotEmpty();
    assertThat(refused.getMessage()).hasSizeLessThan(2000).doesNotContain("com.fasterxml");
    return refused;
  }

  @Example
  void aPersonCanReadIt() {
    assertThat(VALID)
        .startsWith("waybill-plan: 2\n")
        .contains("\n  - source: people\n", "on-conflict: fail\n", "level: full\n");
  }

  @Example
  void aMemberThatMeansNothingIsNamed() {
    assertThat(refused(VALID + "verfy: full\n")).hasMessageContaining("\"verfy\"");
    assertThat(refused(VALID.replace("create: true", "create: true\n    drop: true")))
        .hasMessageContaining("collections[0]")
        .hasMessageContaining("\"drop\"");
    assertThat(refused(VALID.replace("max-rate:", "max-rates:"))).hasMessageContaining("max-rate");
  }

  @Example
  void aMemberThatLacksIsNamed() {
    assertThat(refused(VALID.replaceFirst("  - source: .*\n", "  - created: true\n")))
        .hasMessageContaining("collections[0]")
        .hasMessageContaining("\"source\"");
    assertThat(refused("waybill-plan: 2\n")).hasMessageContaining("\"stores\"");
    assertThat(refused("{}")).hasMessageContaining("\"waybill-plan: 2\"");
  }

  @Example
  void aMemberOfTheWrongTypeIsNamed() {
    assertThat(refused(VALID.replace("create: true", "create: maybe")))
        .hasMessageContaining("create");
    assertThat(refused(VALID.replace("batch-size: 5000", "batch-size: many")))
        .hasMessageContaining("batch-size");
    assertThat(refused(VALID.replace("batch-size: 5000", "batch-size: 0")))
        .hasMessageContaining("batch-size");
    assertThat(refused(VALID.replace("batch-size: 5000", "batch-size: 99999999999999999999")))
        .hasMessageContaining("batch-size");
    assertThat(refused(VALID.replace("batch-size: 5000", "batch-size: [1]")))
        .hasMessageContaining("batch-size");
    assertThat(refused(VALID.replace("max-quarantined: 0", "max-quarantined: -1")))
        .hasMessageContaining("max-quarantined");
    assertThat(refused(VALID.replace("max-rate: 0", "max-rate: 0.5")))
        .hasMessageContaining("max-rate");
    assertThat(refused(VALID.replace("level: full", "level: some")))
        .hasMessageContaining("options.verify.level")
        .hasMessageContaining("full");
    assertThat(refused(VALID.replace("on-conflict: fail", "on-conflict: hope")))
        .hasMessageContaining("on-conflict");
    assertThat(refused(VALID.replace("to: text", "to: longtext")))
        .hasMessageContaining("fields[0].to");
    assertThat(refused(VALID.replace("\ncollections:\n", "\ncollections: 7\nx:\n")))
        .hasMessageContaining("collections");
    assertThat(refused(VALID.replace("key:\n      - people", "key: people")))
        .hasMessageContaining("key");
    assertThat(refused(VALID.replace("from: memory:a", "from: null"))).hasMessageContaining("from");
  }

  @Example
  void aPlanOfAnotherVersionIsRefused() {
    assertThat(refused(VALID.replace("waybill-plan: 2", "waybill-plan: 3")))
        .hasMessageContaining("version 3");
    assertThat(refused(VALID.replace("waybill-plan: 2", "waybill-plan: one")))
        .hasMessageContaining("waybill-plan");
  }

  @Example
  void aFaultInTheTextIsNamedByItsLine() {
    assertThat(refused(VALID + "a: b: c\n"))
        .hasMessageContaining("line " + (VALID.lines().count() + 1));
    assertThat(refused("waybill-plan: 2\nfrom: \"open\n")).hasMessageContaining("line ");
    assertThat(refused("waybill-plan: 2\n\tfrom: x\n")).hasMessageContaining("line 2");
  }

  @Example
  void aNameTwiceIsRefused() {
    assertThat(refused(VALID.replace("from: memory:a", "from: memory:a\nfrom: memory:c")))
        .hasMessageContaining("from");
    assertThat(refused(VALID.replace("create: true", "create: true\n    create: false")))
        .hasMessageContaining("create");
  }

  @Example
  void textThatIsNoPlanAtAllIsRefused() {
    refused("");
    refused(" \n\n");
    refused("# only a comment\n");
    refused("null");
    refused("7");
    refused("just words");
    refused("- a\n- b\n");
    refused("\0\0\0");
    refused("\uFEFF");
    refused("SQLite format 3\0");
    refused(VALID + "\n---\n" + VALID);
  }

  @Example
  void aliasesAreNotFollowed() {
    StringBuilder laughs = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (int i = 1; i < 12; i++) {
      laughs.append("a" + i + ": &a" + i + " [");
      laughs.append(("*a" + (i - 1) + ", ").repeat(8)).append("x]\n");
    }

    refused(laughs + VALID);
    refused(VALID.replace("from: memory:a", "from: &a memory:a\nnote: *a"));
    refused(VALID.replace("stores:\n", "<<: {a: b}\nstores:\n"));
    assertThat(refused(VALID.replace("to: memory:b", "to: *missing")))
        .hasMessageContaining("line 3")
        .hasMessageContaining("alias");
  }

  @Example
  void tagsMakeNoObjects() {
    for (String tag :
        List.of(
            "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL"
                + " [\"file:///\"]]]]",
            "!!java.io.File [\"/tmp/planted\"]",
            "!!set {a}",
            "!!binary aGVsbG8=",
            "!<tag:yaml.org,2002:js/function> 'function(){}'")) {
      assertThat(refused(VALID.replace("rollback: people", "rollback: " + tag)))
          .hasMessageContaining("line " + VALID.lines().count());
    }
  }

  @Example
  void nestingIsLimited() {
    refused("[".repeat(100_000));
    refused("{a: ".repeat(5_000));
    refused("a: " + "[".repeat(60) + "]".repeat(60));
  }

  @Example
  void sizeIsLimited() {
    refused("- ".repeat(10_000));
    refused(VALID + "# comment\n".repeat(2 << 20));
    assertThat(refused(VALID + "a: \"" + "x".repeat(15 << 20) + "\""))
        .hasMessageContaining("line " + (VALID.lines().count() + 1));
    refused("a: " + "9".repeat(1_000_000));
  }

  @Example
  void everyFaultIsNamedByItsLineAndColumn() {
    String text =
        VALID
            .replace("connections: 2", "connections: 99")
            .replace("    to: text", "    to: longtext")
            .replace("create: true", "creat: true");

    SpecException refused =
        catchThrowableOfType(SpecException.class, () -> PlanFile.read("edited.yaml", text));

    assertThat(refused.getMessage().lines().skip(1))
        .containsExactly(
            "  edited.yaml " + at(text, "99") + ": options.connections: it is not between 1 and 64",
            "  edited.yaml "
                + at(text, "creat: ", 7)
                + ": collections[0].creat: nothing is called \"creat\" here",
            "  edited.yaml "
                + at(text, "longtext")
                + ": collections[0].fields[0].to: \"longtext\" is not a logical type");
  }

  private static String at(String text, String what) {
    return at(text, what, 0);
  }

  private static String at(String text, String what, int further) {
    String before = text.substring(0, text.indexOf(what) + further);
    return "line "
        + before.lines().count()
        + ", column "
        + (before.length() - before.lastIndexOf('\n'));
  }

  @Example
  void atMostTwentyFaultsAreNamed() {
    StringBuilder text = new StringBuilder(VALID);
    for (int i = 0; i < 23; i++) {
      text.append("odd").append(i).append(": 1\n");
    }

    assertThat(refused(text.toString()))
        .hasMessageContaining("odd19")
        .hasMessageContaining("+3 more")
        .hasMessageNotContaining("odd20:");
  }

  @Example
  void aBackupIsTakenUnlessThePlanSaysNoAndKeptAsLongAsItSays() {
    assertThat(backup(VALID)).isEqualTo(Plan.Backup.USUAL);
    assertThat(backup(VALID.replace("enabled: true", "enabled: false")).isEnabled()).isFalse();
    assertThat(backup(VALID.replace("keep: 30d", "keep: 12h")).keep())
        .isEqualTo(java.time.Duration.ofHours(12));
    assertThat(refused(VALID.replace("keep: 30d", "keep: long")))
        .hasMessageContaining("options.backup.keep");
  }

  private static Plan.Backup backup(String text) {
    return PlanFile.read(text, false).options().backup();
  }

  @Example
  void anotherVisibilityIsRefusedInWords() {
    assertThat(refused(VALID.replace("visibility: in-place", "visibility: build-beside")))
        .hasMessageContaining("collections[0].visibility")
        .hasMessageContaining("build-beside");
  }

  @Example
  void aSampleHasItsShareAndThresholdAndNothingElseHas() {
    String sample =
        VALID.replace(
            "level: full", "level: sample\n    sample: 2.5%\n    full-comparison-threshold: 70");

    Plan plan = PlanFile.read(sample, false);

    assertThat(plan.options().verify())
        .isEqualTo(new Plan.Verify(Plan.Verify.Level.SAMPLE, 2.5, 70));
    assertThat(PlanFile.read(PlanFile.write(plan), false)).isEqualTo(plan);
    assertThat(PlanFile.read(VALID.replace("verify:\n    level: full", "verify: count"), false))
        .extracting(read -> read.options().verify().level())
        .isEqualTo(Plan.Verify.Level.COUNT);
    assertThat(refused(VALID.replace("level: full", "level: sample")))
        .hasMessageContaining("sample: 5%");
    assertThat(refused(VALID.replace("level: full", "level: full\n    sample: 5%")))
        .hasMessageContaining("options.verify.sample");
    assertThat(refused(sample.replace("2.5%", "0%"))).hasMessageContaining("options.verify.sample");
  }

  @Example
  void aLineHasOneOriginAndSaysWhereItGoes() {
    String line = "- source: people";
    assertThat(refused(VALID.replace("      " + line, "      " + line + "\n        constant: x")))
        .hasMessageContaining("not several");
    assertThat(
            refused(
                VALID
                    .replace("      " + line, "      - target: q")
                    .replace("        target: people\n", "")))
        .hasMessageContaining("needs a source");
  }

  @Example
  void aPlanOfTheFirstVersionIsReadAsItWas() {
    Plan plan =
        PlanFile.read(
            """
            waybill-plan: 1
            from: "memory:a"
            to: "memory:b"
            stores: {from: m, to: m}
            fingerprints: {from: a, to: b}
            options: {verify: count, on-failure: keep, connections: 2, batch-size: 5, max-quarantined: 0, max-rate: 0}
            estimate: {records: 3, bytes: -1}
            collections:
              - source: people
                target: people
                create: true
                records: 3
                bytes: -1
                on-conflict: skip
                key: [id]
                fields:
                  - {source: id, from: int64, target: id, to: int64, stored: int64, native: int8, nullable: false}
                target-key: [id]
                unique: []
                foreign-keys: []
                indexes: []
                checks: []
                triggers: [audit]
            left-out: []
            losses: []
            risks: []
            rollback: none
            """,
            false);

    assertThat(plan.origin().gaps()).isEmpty();
    assertThat(plan.steps().get(0).target().triggers()).containsExactly("audit");
    assertThat(plan.steps().get(0).triggers()).isEqualTo(dev.waybill.model.Triggers.FIRE);
    assertThat(plan.options().verify().level()).isEqualTo(Plan.Verify.Level.COUNT);
  }

  @Example
  void whatAnEditorLeavesOutIsAGap() {
    Plan plan = PlanFile.read(VALID.replace("        to: text\n        stored: text\n", ""), false);

    assertThat(plan.origin().gaps()).containsOnlyKeys(0);
    assertThat(PlanFile.read(VALID, false).origin().gaps()).isEmpty();
  }

  @Example
  void tomlIsReadToo() {
    String toml =
        """
        waybill-plan = 1
        from = "memory:a"
        to = "memory:b"
        risks = ["a risk"]
        rollback = "drop it"
        left-out = []
        losses = []
        [stores]
        from = "memory"
        to = "memory"
        [fingerprints]
        from = "0"
        to = "1"
        [options]
        verify = "full"
        on-failure = "rollback"
        connections = 2
        batch-size = 10
        max-quarantined = 0
        max-rate = 0
        [estimate]
        records = 3
        bytes = -1
        [[collections]]
        source = "people"
        target = "people"
        create = true
        records = 3
        bytes = -1
        on-conflict = "newer:at"
        key = ["id"]
        target-key = ["id"]
        unique = [["a", "b"]]
        foreign-keys = []
        indexes = []
        checks = []
        triggers = []
        [[collections.fields]]
        source = "id"
        from = "int64"
        target = "id"
        to = "text"
        stored = "text"
        native = "text"
        nullable = false
        """;

    Plan plan = PlanFile.read(toml, true);

    assertThat(plan.steps()).singleElement();
    assertThat(plan.steps().get(0).onConflict()).isEqualTo(ConflictPolicy.parse("newer:at"));
    assertThat(plan.steps().get(0).target().uniqueSets()).containsExactly(List.of("a", "b"));
    assertThat(PlanFile.read(PlanFile.write(plan), false)).isEqualTo(plan);
    assertThat(refused(toml.replace("max-rate", "max-rats"), true))
        .hasMessageContaining("max-rats");
    assertThat(refused(toml + "x = \n", true)).hasMessageContaining("line ");
    assertThat(refused(toml.replace("to = \"text\"", "to = \"txt\""), true))
        .hasMessageContaining("line 42, column 1: collections[0].fields[0].to");
    refused(toml.replace("create = true", "create = true\ncreate = false"), true);
    refused("a = " + "[".repeat(10_000), true);
    refused(VALID, true);
  }
}
