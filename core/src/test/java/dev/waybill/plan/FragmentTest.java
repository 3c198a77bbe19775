package dev.waybill.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.ForeignKey.Action;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FragmentTest {
  private static final Plan.Options USUAL = new Plan.Options("full", "rollback", 2, 5000, 0, 0);

  private final List<Collection> source =
      new ArrayList<>(
          List.of(
              Collection.of(
                      "memories",
                      List.of(
                          Field.of("id", LogicalType.INT64, "", false),
                          Field.of("metadata", LogicalType.TEXT, "", true),
                          Field.of("scratch", LogicalType.TEXT, "", true),
                          Field.of("first", LogicalType.TEXT, "", true),
                          Field.of("last", LogicalType.TEXT, "", true)),
                      List.of("id"))
                  .withConstraints(
                      List.of(List.of("first", "last"), List.of("metadata")),
                      List.of(),
                      List.of(
                          new Index(
                              "i", List.of(new Index.Column("scratch", false)), false, "", ""))),
              Collection.of(
                      "links", List.of(Field.of("to", LogicalType.INT64, "", true)), List.of())
                  .withConstraints(
                      List.of(),
                      List.of(
                          new ForeignKey(
                              "",
                              List.of("to"),
                              "memories",
                              List.of("id"),
                              Action.CASCADE,
                              Action.NO_ACTION,
                              false)),
                      List.of())));
  private final List<Collection> target = new ArrayList<>();

  private static Fragment fragment(String yaml) {
    return PlanFile.readFragment("p.yaml", "waybill-profile: 1\n" + yaml);
  }

  private Plan plan(String yaml) {
    Fragment profile = fragment(yaml);
    return Planner.plan(
        new PlanInput(
            new PlanInput.Side(
                "a:x",
                "a",
                new Catalog("a", source, List.of()),
                Relational.CAPABILITIES,
                List.of()),
            new PlanInput.Side(
                "b:x",
                "b",
                new Catalog("b", target, List.of()),
                Relational.CAPABILITIES,
                List.of()),
            Map.of(),
            Set.of(),
            Map.of(),
            new PlanInput.Wishes(
                List.of(),
                List.of(),
                Map.of(),
                ConflictPolicy.FAIL,
                Triggers.FIRE,
                profile.under(USUAL, USUAL),
                profile)));
  }

  private static Step step(Plan plan, String source) {
    return plan.steps().stream()
        .filter(each -> each.source().equals(source))
        .findFirst()
        .orElseThrow();
  }

  private String refused(String yaml) {
    SpecException refused = catchThrowableOfType(SpecException.class, () -> plan(yaml));
    assertThat(refused).as(yaml).isNotNull();
    assertThat(refused.code()).isEqualTo("INVALID_PROFILE");
    return String.valueOf(refused.getMessage());
  }

  @Test
  void onlyWhatDiffersNeedBeSaid() {
    Plan plan =
        plan(
            """
            collections:
              - source: memories
                target: memory
                filter: id > 7
                on-conflict: skip
                triggers: suppress
                batch-size: 50
                fields:
                  - {source: id, target: number}
                  - {source: metadata, to: json}
                  - {source: scratch, drop: true}
                  - {constant: acme, to: text, target: tenant, nullable: false}
            """);

    Step memories = step(plan, "memories");
    assertThat(memories.target().name()).isEqualTo("memory");
    assertThat(memories.target().fields())
        .extracting(Field::name)
        .containsExactly("number", "metadata", "first", "last", "tenant");
    assertThat(memories.target().key()).containsExactly("number");
    assertThat(memories.sourceKey()).containsExactly("id");
    assertThat(memories.filter()).isEqualTo("id > 7");
    assertThat(memories.onConflict()).isEqualTo(ConflictPolicy.SKIP);
    assertThat(memories.triggers()).isEqualTo(Triggers.SUPPRESS);
    assertThat(memories.batchSize()).isEqualTo(50);
    assertThat(memories.fields().get(4).constant()).isEqualTo("acme");
    assertThat(memories.target().field("tenant").orElseThrow().isNullable()).isFalse();
    assertThat(plan.losses()).extracting(Loss::code).containsExactlyInAnyOrder("INDEX_NOT_CARRIED");
    ForeignKey foreignKey = step(plan, "links").target().foreignKeys().get(0);
    assertThat(foreignKey.targetCollection()).isEqualTo("memory");
    assertThat(foreignKey.targetFields()).containsExactly("number");
    assertThat(PlanFile.read(PlanFile.write(plan), false)).isEqualTo(plan);
  }

  @Test
  void aJoinTakesItsFieldsAndWhatWasOverThemIsNamed() {
    Plan plan =
        plan(
            """
            collections:
              - source: memories
                fields:
                  - {sources: [first, last], as: join(' '), target: name}
            """);

    Step memories = step(plan, "memories");
    assertThat(memories.target().fields())
        .extracting(Field::name)
        .containsExactly("id", "metadata", "scratch", "name");
    assertThat(memories.fields().get(3).sources()).containsExactly("first", "last");
    assertThat(memories.fields().get(3).as()).isEqualTo("join(' ')");
    assertThat(plan.losses())
        .singleElement()
        .satisfies(loss -> assertThat(loss.code()).isEqualTo("UNIQUE_SET_NOT_CARRIED"));
  }

  @Test
  void fieldsComeInTheOrderThatIsGiven() {
    assertThat(
            step(
                    plan(
                        """
                        collections:
                          - source: memories
                            order: [last, id]
                            fields:
                              - {source: scratch, position: 1}
                        """),
                    "memories")
                .target()
                .fields())
        .extracting(Field::name)
        .containsExactly("scratch", "last", "id", "metadata", "first");
  }

  @Test
  void aDroppedKeyLeavesACollectionWithoutOneAndSaysSo() {
    Plan plan = plan("collections: [{source: memories, fields: [{source: id, drop: true}]}]");

    assertThat(step(plan, "memories").sourceKey()).isEmpty();
    assertThat(step(plan, "memories").target().key()).isEmpty();
    assertThat(plan.losses())
        .extracting(Loss::code)
        .containsExactlyInAnyOrder("KEY_NOT_CARRIED", "FOREIGN_KEY_NOT_CARRIED");
  }

  @Test
  void aCollectionCanBeLeftOut() {
    Plan plan = plan("collections: [{source: links, drop: true}]");

    assertThat(Sidecar.without(plan).steps()).extracting(Step::source).containsExactly("memories");
    assertThat(plan.leftOut()).extracting(Catalog.LeftOut::name).containsExactly("links");
  }

  @Test
  void fieldsAndRecordsThatAreLeftOutAreNamed() {
    Plan plan =
        plan(
            """
            collections:
              - source: memories
                filter: id > 7
                fields: [{source: scratch, drop: true}]
            """);

    assertThat(plan.leftOut())
        .containsExactly(
            new Catalog.LeftOut("memories.scratch", "left out as asked", true),
            new Catalog.LeftOut(
                "memories", "records of which \"id > 7\" is not true, left out as asked", true));
  }

  @Test
  void aTableThatIsThereKeepsItsTypes() {
    target.add(
        Collection.of(
            "memories",
            List.of(
                Field.of("id", LogicalType.INT64, "int8", false),
                Field.of("meta", LogicalType.JSON, "jsonb", true)),
            List.of("id")));
    String drops =
        "{source: scratch, drop: true}, {source: first, drop: true}, {source: last, drop: true}";

    Plan plan =
        plan(
            "collections: [{source: memories, fields: [{source: metadata, target: meta}, "
                + drops
                + "]}]");
    assertThat(step(plan, "memories").fields().get(1).to()).isEqualTo(LogicalType.JSON);
    assertThat(plan.refusals()).isEmpty();

    assertThat(
            refused(
                "collections: [{source: memories, fields: [{source: metadata, target: meta, to:"
                    + " bytes}, "
                    + drops
                    + "]}]"))
        .contains("collections[0].fields[0].to", "is there and holds json");
  }

  @Test
  void everyWishThatCannotBeIsNamedWithItsLine() {
    assertThat(
            refused(
                """
                collections:
                  - source: memorys
                  - source: memories
                    order: [nothing]
                    key: [nope]
                    fields:
                      - {source: ids, target: x}
                      - {source: metadata, to: bytes}
                      - {source: first, as: "nonsense("}
                """))
        .contains("p.yaml line 3, column 13: collections[0].source")
        .contains("p.yaml line 5, column 13: collections[1].order[0]")
        .contains("p.yaml line 6, column 11: collections[1].key[0]")
        .contains("p.yaml line 8, column 18: collections[1].fields[0].source")
        .contains("p.yaml line 9, column 32: collections[1].fields[1].to")
        .contains("p.yaml line 10, column 29: collections[1].fields[2].as");
    assertThat(refused("collections: [{source: memories, target: links}]"))
        .contains("collections[0].target", "would both go into");
    assertThat(refused("collections: [{source: memories, colour: red}]")).contains("colour");
    assertThat(refused("collections: [{source: links}, {source: links}]")).contains("already");
  }

  @Test
  void optionsOfAProfileHoldWhereTheUserSaysNothing() {
    Fragment profile =
        fragment(
            """
            options:
              verify: {level: count}
              batch-size: 70
              on-loss: [NUL_IN_TEXT=replace, NAN=null]
              settings: {app.tenant: [a, b]}
              lock-timeout: 200ms
              sidecar: false
            """);
    Plan.Options given = new Plan.Options("full", "keep", 2, 60, 0, 0);

    Plan.Options options = profile.under(given, USUAL);

    assertThat(options.verify().toString()).isEqualTo("count");
    assertThat(options.onFailure()).isEqualTo("keep");
    assertThat(options.batchSize()).isEqualTo(60);
    assertThat(options.onLoss().policy("a", "b", "NAN")).isEqualTo(LossPolicy.NULL);
    assertThat(options.session().settings()).containsEntry("app.tenant", List.of("a", "b"));
    assertThat(options.session().lockTimeout()).hasMillis(200);
    assertThat(options.hasSidecar()).isFalse();
  }

  @Test
  void aProfileMayBeToml() {
    Fragment profile =
        PlanFile.readFragment(
            "p.toml",
            """
            waybill-profile = 1
            [[collections]]
            source = "memories"
            [[collections.fields]]
            source = "id"
            target = "number"
            """);

    assertThat(profile.collections()).singleElement();
    assertThat(
            catchThrowableOfType(
                SpecException.class, () -> PlanFile.readFragment("p.toml", "waybill-profile = 7")))
        .hasMessageContaining("p.toml line 1, column 1");
  }
}
