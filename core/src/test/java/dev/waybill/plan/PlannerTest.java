package dev.waybill.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Finding;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.ForeignKey.Action;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.ValueProfile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private final List<Collection> source = new ArrayList<>();
  private final List<Collection> target = new ArrayList<>();
  private final List<LeftOut> leftOut = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, List<ValueProfile>> profiles = new LinkedHashMap<>();
  private List<String> only = List.of();
  private List<String> exclude = List.of();
  private Map<String, List<String>> keys = Map.of();
  private Plan.Options options = new Plan.Options("full", "rollback", 2, 10, 0, 0);
  private @Nullable Fragment profile;
  private Set<Trait> cannotHold = Set.of(Trait.NUL_IN_TEXT, Trait.INVALID_UTF8);
  private String sourceType = "theirs";

  private Plan plan() {
    return Planner.plan(
        new PlanInput(
            new PlanInput.Side(
                "theirs:a",
                sourceType,
                new Catalog("theirs", source, leftOut),
                Relational.CAPABILITIES,
                findings),
            new PlanInput.Side(
                "ours:b",
                "ours",
                new Catalog("ours", target, List.of()),
                Relational.capabilities(cannotHold),
                List.of()),
            profiles,
            Set.of(),
            Map.of(),
            new PlanInput.Wishes(
                only, exclude, keys, ConflictPolicy.FAIL, Triggers.FIRE, options, profile)));
  }

  private static Field field(String name, LogicalType type) {
    return Field.of(name, type, "", true);
  }

  private static final Field ID = Field.of("id", LogicalType.INT64, "", false);

  private static Collection collection(String name, Field... more) {
    List<Field> fields = new ArrayList<>(List.of(ID));
    fields.addAll(List.of(more));
    return Collection.of(name, fields, List.of("id"));
  }

  @SafeVarargs
  private static ValueProfile profile(Consumer<RecordBatch>... values) {
    RecordBatch batch = new RecordBatch(1);
    ValueProfile profile = new ValueProfile();
    for (int i = 0; i < values.length; i++) {
      values[i].accept(batch);
      int number = i;
      profile.add(batch, batch.at(i, 0), () -> "key " + number);
    }
    return profile;
  }

  private static ForeignKey refers(String field, String to, String toField) {
    return new ForeignKey(
        "", List.of(field), to, List.of(toField), Action.CASCADE, Action.NO_ACTION, false);
  }

  private static List<String> codes(List<Loss> losses) {
    return losses.stream().map(Loss::code).toList();
  }

  private static void assertRefused(Plan plan, String collection, String field, String code) {
    assertThat(plan.refusals())
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.collection()).isEqualTo(collection);
              assertThat(loss.field()).isEqualTo(field);
              assertThat(loss.code()).isEqualTo(code);
            });
  }

  // --- values

  @Test
  void textWithNulIsRefusedWhereItHasNoPlace() {
    source.add(collection("a", field("t", LogicalType.TEXT)));
    profiles.put(
        "a",
        List.of(profile(b -> b.putInt64(1)), profile(b -> b.putText("x"), b -> b.putText("a\0b"))));

    Plan plan = plan();

    assertRefused(plan, "a", "t", "NUL_IN_TEXT");
    assertThat(plan.refusals().get(0).records()).isEqualTo(1);
    assertThat(plan.refusals().get(0).examples()).containsExactly("key 1");
  }

  @Test
  void textThatIsNoUtf8IsRefusedWhereItHasNoPlace() {
    source.add(collection("a", field("t", LogicalType.TEXT)));
    profiles.put("a", List.of(profile(), profile(b -> b.putText(new byte[] {(byte) 0xC3, 0x28}))));

    assertRefused(plan(), "a", "t", "INVALID_UTF8");
  }

  @Test
  void aFieldOfMixedTypesIsRefusedAndItsMixTold() {
    source.add(collection("a", field("d", LogicalType.DYNAMIC)));
    profiles.put(
        "a",
        List.of(
            profile(),
            profile(
                b -> b.putText("x"), b -> b.putInt64(1), b -> b.putInt64(2), b -> b.putNull())));

    Plan plan = plan();

    assertRefused(plan, "a", "d", "MIXED_TYPES");
    assertThat(plan.refusals().get(0).text()).contains("2 × int64", "1 × text");
  }

  @Test
  void aFieldOfNoPromisedTypeGetsTheOneThatItsValuesHave() {
    source.add(collection("a", field("d", LogicalType.DYNAMIC), field("e", LogicalType.DYNAMIC)));
    profiles.put(
        "a", List.of(profile(), profile(b -> b.putFloat64(1), b -> b.putNull()), profile()));

    Step step = plan().steps().get(0);

    assertThat(step.fields().get(1).to()).isEqualTo(LogicalType.FLOAT64);
    assertThat(step.fields().get(2).to()).isEqualTo(LogicalType.TEXT);
  }

  @Test
  void nullInTheKeyIsRefused() {
    source.add(collection("a"));
    profiles.put("a", List.of(profile(b -> b.putNull(), b -> b.putInt64(1))));

    assertRefused(plan(), "a", "id", "NULL_IN_KEY");
  }

  @Test
  void nullInTheKeyGoesWithASidecarIntoACollectionWithoutKey() {
    source.add(collection("a"));
    profiles.put("a", List.of(profile(b -> b.putNull(), b -> b.putInt64(1), b -> b.putNull())));
    options = withRules("NULL_IN_KEY=sidecar");

    Plan plan = plan();

    assertThat(plan.refusals()).isEmpty();
    assertThat(plan.steps().get(0).target().key()).isEmpty();
    assertThat(plan.steps().get(0).target().uniqueSets()).containsExactly(List.of("id"));
    assertThat(plan.steps().get(0).sourceKey()).isEmpty();
    assertThat(plan.losses())
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.severity()).isEqualTo(Loss.Severity.VALUE);
              assertThat(loss.records()).isEqualTo(2);
              assertThat(loss.examples()).containsExactly("key 0", "key 2");
            });
  }

  private static Plan.Options withRules(String... rules) {
    return new Plan.Options(
        Plan.Verify.parse("full"),
        "rollback",
        2,
        10,
        0,
        0,
        LossRules.parse(List.of(rules)),
        true,
        SessionOptions.USUAL);
  }

  @Test
  void aFieldOfMixedTypesTakesItsDeclaredTypeAndTheOthersAreNamedByKey() {
    source.add(
        collection(
            "a",
            Field.of("n", LogicalType.INT64, "INTEGER", true),
            field("d", LogicalType.DYNAMIC)));
    profiles.put(
        "a",
        List.of(
            profile(),
            profile(b -> b.putInt64(1), b -> b.putText("x"), b -> b.putText("y")),
            profile(b -> b.putFloat64(1), b -> b.putFloat64(2), b -> b.putText("z"))));
    options = withRules("a.n:MIXED_TYPES=null", "a.d:MIXED_TYPES=quarantine");

    Plan plan = plan();

    assertThat(plan.refusals()).isEmpty();
    assertThat(plan.steps().get(0).fields().get(1).from()).isEqualTo(LogicalType.DYNAMIC);
    assertThat(plan.steps().get(0).fields().get(1).to()).isEqualTo(LogicalType.INT64);
    assertThat(plan.steps().get(0).fields().get(2).to()).isEqualTo(LogicalType.FLOAT64);
    assertThat(plan.losses())
        .extracting(loss -> loss.field() + " " + loss.records() + " " + loss.examples())
        .containsExactly("n 2 [key 1, key 2]", "d 1 [key 2]");
    assertThat(plan.policy(plan.losses().get(0))).isEqualTo(LossPolicy.NULL);
  }

  @Test
  void aRefusalSaysWhichRulesWouldLetTheValuesThrough() {
    source.add(collection("a", field("t", LogicalType.TEXT)));
    profiles.put("a", List.of(profile(), profile(b -> b.putText("a\0b"))));

    SpecException refusal = Refusal.of(plan()).orElseThrow();

    assertThat(refusal.hint())
        .contains("--exclude a", "--on-loss NUL_IN_TEXT=replace|sidecar|quarantine|null");
    options = withRules("NUL_IN_TEXT=replace");
    assertThat(Refusal.of(plan())).isEmpty();
  }

  @Test
  void numbersThatTheTargetCannotHoldAreNamed() {
    source.add(collection("a", field("f", LogicalType.FLOAT64)));
    profiles.put(
        "a",
        List.of(
            profile(),
            profile(
                b -> b.putFloat64(-0.0),
                b -> b.putFloat64(0),
                b -> b.putFloat64(Double.NaN),
                b -> b.putFloat64(Double.NEGATIVE_INFINITY))));
    cannotHold = Set.of(Trait.NAN, Trait.MINUS_ZERO);

    assertThat(plan().losses())
        .extracting(loss -> loss.code() + " " + loss.records() + " " + loss.examples())
        .containsExactlyInAnyOrder("NAN 1 [key 2]", "MINUS_ZERO 1 [key 0]");
  }

  @Test
  void whatOnlyAStoreOfTheKindUnderstandsIsCarriedToOneAndElseNamed() {
    NativeDetail detail =
        new NativeDetail(
            "CREATE TABLE a …",
            List.of(new NativeDetail.NativeObject("type", "mood", "CREATE TYPE mood …")),
            Map.of("comment.m", "how it feels", "strict", ""));
    Field computed =
        new Field(
            "sum",
            LogicalType.INT64,
            "int8",
            true,
            new Default(null, "id + 1"),
            Generation.COMPUTED);
    source.add(
        collection("a", computed, Field.of("m", LogicalType.TEXT, "mood[]", true))
            .withDetail(detail));

    assertThat(plan().losses())
        .extracting(loss -> loss.code() + " " + loss.field())
        .containsExactlyInAnyOrder(
            "COMMENT_NOT_CARRIED m", "STRICT_NOT_CARRIED ", "COMPUTED_FIELD_NOT_CARRIED sum");

    sourceType = "ours";
    Plan plan = plan();
    assertThat(plan.losses()).isEmpty();
    Collection made = plan.steps().get(0).target();
    assertThat(made.detail()).isEqualTo(detail);
    assertThat(made.fields()).extracting(Field::name).containsExactly("id", "sum", "m");
    assertThat(made.field("sum")).contains(computed);
    assertThat(made.field("m").orElseThrow().nativeType()).isEqualTo("mood[]");
    assertThat(PlanFile.read(PlanFile.write(plan), false)).isEqualTo(plan);

    profile =
        PlanFile.readFragment(
            "p",
            "{waybill-profile: 1, collections: [{source: a, fields: [{source: m, target: x}]}]}");
    assertThat(plan().steps().get(0).target().detail().definition()).isEmpty();
    assertThat(codes(plan().losses())).containsExactly("COMPUTED_FIELD_NOT_CARRIED");
  }

  @Test
  void integersThatDoNotFitTheTargetsFieldAreRefused() {
    source.add(collection("a", field("n", LogicalType.INT64)));
    target.add(collection("a", field("n", LogicalType.INT16)));
    profiles.put("a", List.of(profile(), profile(b -> b.putInt64(32_768))));

    assertRefused(plan(), "a", "n", "OUT_OF_RANGE");
  }

  @Test
  void integersAtTheBoundsOfTheTargetsFieldFit() {
    source.add(collection("a", field("n", LogicalType.INT64)));
    target.add(collection("a", field("n", LogicalType.INT16)));
    profiles.put(
        "a", List.of(profile(), profile(b -> b.putInt64(32_767), b -> b.putInt64(-32_768))));

    assertThat(plan().refusals()).isEmpty();
  }

  @Test
  void valuesWithoutPlaceAreRefused() {
    source.add(collection("a", field("p", LogicalType.POINT)));

    assertRefused(plan(), "a", "p", "NO_PLACE");
  }

  @Test
  void anotherFormIsNamed() {
    source.add(collection("a", field("j", LogicalType.JSON)));

    Plan plan = plan();

    assertThat(plan.refusals()).isEmpty();
    assertThat(plan.losses())
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.code()).isEqualTo("OTHER_FORM");
              assertThat(loss.severity()).isEqualTo(Loss.Severity.FORM);
              assertThat(loss.field()).isEqualTo("j");
            });
  }

  @Test
  void handlesAreRefused() {
    source.add(
        Collection.of(
            "nodes",
            List.of(new Field("h", LogicalType.INT64, "", false, null, Generation.HANDLE)),
            List.of()));

    assertRefused(plan(), "nodes", "h", "HANDLE_NOT_CARRIED");
  }

  // --- names

  @Test
  void namesThatAreNotThereAreRefusedWithThoseThatAreAlike() {
    source.add(collection("messages"));
    source.add(collection("agents"));

    only = List.of("message");
    assertThatThrownBy(this::plan)
        .isInstanceOfSatisfying(
            SpecException.class,
            unknown -> {
              assertThat(unknown.code()).isEqualTo("UNKNOWN_COLLECTION");
              assertThat(unknown).hasMessageContaining("--only").hasMessageContaining("message");
              assertThat(unknown.hint()).contains("messages").doesNotContain("agents");
            });
    only = List.of();
    exclude = List.of("nothing");
    assertThatThrownBy(this::plan)
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("--exclude");
    exclude = List.of();
    keys = Map.of("agents", List.of("name"));
    assertThatThrownBy(this::plan)
        .isInstanceOfSatisfying(
            SpecException.class, unknown -> assertThat(unknown.code()).isEqualTo("UNKNOWN_FIELD"));
  }

  @Test
  void onlyWhatIsAskedForIsPlanned() {
    source.add(collection("a"));
    source.add(collection("b"));
    source.add(collection("c"));
    only = List.of("a", "b");
    exclude = List.of("b");

    Plan plan = plan();

    assertThat(Sidecar.without(plan).steps()).extracting(Step::source).containsExactly("a");
    assertThat(plan.leftOut()).extracting(LeftOut::name).containsExactlyInAnyOrder("b", "c");
  }

  @Test
  void nothingToMoveIsRefused() {
    source.add(collection("a"));
    exclude = List.of("a");

    assertThatThrownBy(this::plan)
        .isInstanceOfSatisfying(
            SpecException.class, empty -> assertThat(empty.code()).isEqualTo("NOTHING_TO_MOVE"));
  }

  @Test
  void dataThatCannotBeReadMustBeLeftOutByName() {
    source.add(collection("a"));
    leftOut.add(new LeftOut("vectors", "a virtual table", true));
    leftOut.add(new LeftOut("index", "made from others", false));

    assertRefused(plan(), "vectors", "", "CANNOT_BE_READ");
    assertThat(plan().refusals().get(0).text()).contains("--exclude vectors");

    exclude = List.of("vectors");
    assertThat(plan().refusals()).isEmpty();
    assertThat(plan().leftOut()).extracting(LeftOut::name).containsExactly("vectors", "index");
  }

  @Test
  void namesThatAreTooLongForTheTargetAreRefused() {
    source.add(collection("a", field("längerals9", LogicalType.TEXT)));
    assertRefused(plan(), "a", "längerals9", "NAME_NOT_POSSIBLE");

    source.clear();
    source.add(collection("longer than ten"));
    assertRefused(plan(), "longer than ten", "", "NAME_NOT_POSSIBLE");
  }

  @Test
  void namesThatTheTargetDoesNotHaveAreRefusedBeforeAnythingIsWritten() {
    source.add(collection("a", field("", LogicalType.TEXT)));
    assertRefused(plan(), "a", "", "NAME_NOT_POSSIBLE");
    assertThat(plan().refusals().get(0).text()).contains("no empty names here");
  }

  @Test
  void whatStandsInTheWayIsARefusalAndTheRestARisk() {
    source.add(collection("a"));
    findings.add(new Finding("DAMAGED", "It is damaged.", "mend it", true));
    findings.add(new Finding("DANGLES", "One dangles.", "", false));

    Plan plan = plan();

    assertRefused(plan, "", "", "DAMAGED");
    assertThat(plan.risks()).contains("One dangles.");
  }

  // --- the target that is there

  @Test
  void fieldsAreFoundUnderTheNamesThatPeopleTakeForTheSame() {
    source.add(collection("a", field("repoName", LogicalType.TEXT)));
    target.add(collection("a", field("repo_name", LogicalType.TEXT)));

    Step step = plan().steps().get(0);

    assertThat(step.creates()).isFalse();
    assertThat(step.fields().get(1).target()).isEqualTo("repo_name");
  }

  @Test
  void aFieldThatTheTargetLacksIsRefused() {
    source.add(collection("a", field("x", LogicalType.TEXT)));
    target.add(collection("a"));

    assertRefused(plan(), "a", "x", "FIELD_HAS_NO_PLACE");
  }

  @Test
  void aFieldThatTheTargetComputesIsRefused() {
    source.add(collection("a", field("x", LogicalType.TEXT)));
    target.add(
        collection("a", new Field("x", LogicalType.TEXT, "text", true, null, Generation.COMPUTED)));

    assertRefused(plan(), "a", "x", "FIELD_IS_COMPUTED");
  }

  @Test
  void aFieldThatTheTargetNeedsIsRefusedUnlessItFillsItItself() {
    source.add(collection("a"));
    target.add(collection("a", Field.of("must", LogicalType.TEXT, "text", false)));
    assertRefused(plan(), "a", "", "FIELD_NOT_FILLED");

    target.clear();
    target.add(
        collection(
            "a",
            new Field(
                "must", LogicalType.TEXT, "text", false, new Default("x", "'x'"), Generation.NONE),
            new Field("n", LogicalType.INT64, "int64", false, null, Generation.IDENTITY),
            field("may", LogicalType.TEXT)));
    assertThat(plan().refusals()).isEmpty();
    assertThat(plan().steps().get(0).target().fields())
        .extracting(Field::name)
        .containsExactly("id");
  }

  @Test
  void typesWithoutAWayBetweenThemAreRefused() {
    source.add(collection("a", field("x", LogicalType.BYTES)));
    target.add(collection("a", field("x", LogicalType.BOOLEAN)));

    assertRefused(plan(), "a", "x", "NO_TRANSFORMATION");
  }

  @Test
  void whatComesBackByContentOnlyIsNamed() {
    source.add(collection("a", field("x", LogicalType.TEXT)));
    target.add(collection("a", field("x", LogicalType.JSON)));

    Plan plan = plan();

    assertThat(codes(plan.losses())).containsExactly("COMPARED_BY_CONTENT");
    assertThat(plan.refusals()).isEmpty();
  }

  @Test
  void aSpellingIsSaidToComeBackWhereItDoes() {
    source.add(
        Collection.of(
            "a",
            List.of(
                Field.of("k", LogicalType.TEXT, "", false),
                Field.of("x", LogicalType.TEXT, "", false)),
            List.of("k")));
    target.add(
        Collection.of(
            "a",
            List.of(
                Field.of("k", LogicalType.JSON, "", false),
                Field.of("x", LogicalType.JSON, "", false)),
            List.of("k")));

    assertThat(plan().losses())
        .extracting(Loss::sentence)
        .containsExactly(
            "a.k: text is held as json; its content comes back, its spelling does not",
            "a.x: text is held as json; its content comes back, its spelling only with --on-loss"
                + " COMPARED_BY_CONTENT=sidecar");

    options = with(List.of("COMPARED_BY_CONTENT=sidecar"), true);
    assertThat(plan().losses())
        .extracting(Loss::sentence)
        .containsExactly(
            "a.k: text is held as json; its content comes back, its spelling does not",
            "a.x: text is held as json; its content comes back, and from beside the data its"
                + " spelling too");

    options = with(List.of(), false);
    assertThat(plan().losses())
        .extracting(Loss::text)
        .containsOnly("text is held as json; its content comes back, its spelling does not");
  }

  private static Plan.Options with(List<String> rules, boolean hasSidecar) {
    return new Plan.Options(
        Plan.Verify.parse("full"),
        "rollback",
        2,
        10,
        0,
        0,
        LossRules.parse(rules),
        hasSidecar,
        SessionOptions.USUAL);
  }

  @Test
  void triggersThatWillFireAreARisk() {
    source.add(collection("a"));
    Collection there = collection("a");
    target.add(
        new Collection(
            "a",
            there.fields(),
            there.key(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of("audit"),
            null,
            -1,
            -1));

    assertThat(plan().risks()).anySatisfy(risk -> assertThat(risk).contains("audit", "fire"));
  }

  // --- structure

  @Test
  void parentsComeBeforeTheirChildrenAndCyclesKeepTheirOrder() {
    source.add(with(collection("child", field("p", LogicalType.INT64)), refers("p", "mid", "id")));
    source.add(with(collection("x", field("y", LogicalType.INT64)), refers("y", "y", "id")));
    source.add(with(collection("y", field("x", LogicalType.INT64)), refers("x", "x", "id")));
    source.add(with(collection("mid", field("p", LogicalType.INT64)), refers("p", "top", "id")));
    source.add(with(collection("top", field("s", LogicalType.INT64)), refers("s", "top", "id")));

    assertThat(Sidecar.without(plan()).steps())
        .extracting(Step::source)
        .containsSubsequence("top", "mid", "child")
        .containsSubsequence("x", "y")
        .hasSize(5);
  }

  private static Collection with(Collection collection, ForeignKey... foreignKeys) {
    return collection.withConstraints(List.of(), List.of(foreignKeys), List.of());
  }

  @Test
  void foreignKeysThatCannotHoldAreNamedWithTheReason() {
    source.add(collection("text", field("code", LogicalType.TEXT)));
    source.add(
        with(
            collection("a", field("p", LogicalType.TEXT), field("q", LogicalType.INT64)),
            refers("p", "text", "id"),
            refers("p", "text", "code"),
            refers("q", "gone", "id"),
            refers("q", "text", "id")));

    Plan plan = plan();

    assertThat(plan.losses())
        .extracting(Loss::text)
        .anySatisfy(text -> assertThat(text).contains("the fields' types differ"))
        .anySatisfy(text -> assertThat(text).contains("is not unique"))
        .anySatisfy(text -> assertThat(text).contains("is not carried"))
        .hasSize(3);
    assertThat(codes(plan.losses())).containsOnly("FOREIGN_KEY_NOT_CARRIED");
    assertThat(step(plan, "a").target().foreignKeys()).containsExactly(refers("q", "text", "id"));
  }

  private static Step step(Plan plan, String source) {
    return plan.steps().stream()
        .filter(each -> each.source().equals(source))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void portableIndexesAreCarriedAndOthersNamed() {
    Index portable = new Index("by_t", List.of(new Index.Column("t", true)), true, "", "");
    Index partial =
        new Index(
            "some_t",
            List.of(new Index.Column("t", false)),
            false,
            "",
            "CREATE INDEX some_t ON a(t) WHERE t > 1");
    source.add(
        collection("a", field("t", LogicalType.TEXT))
            .withConstraints(List.of(List.of("t")), List.of(), List.of(portable, partial)));

    Plan plan = plan();

    assertThat(plan.steps().get(0).target().indexes()).containsExactly(portable);
    assertThat(plan.steps().get(0).target().uniqueSets()).containsExactly(List.of("t"));
    assertThat(plan.losses())
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.code()).isEqualTo("INDEX_NOT_CARRIED");
              assertThat(loss.text()).contains("some_t");
              assertThat(loss.severity()).isEqualTo(Loss.Severity.STRUCTURE);
            });

    sourceType = "ours";
    assertThat(plan().steps().get(0).target().indexes()).containsExactly(portable, partial);
    assertThat(plan().losses()).isEmpty();
  }

  @Test
  void anIndexOverVectorsKeepsItsMetricAndOneThatTheTargetCannotHaveIsNamed() {
    List<Index.Column> over = List.of(new Index.Column("t", false));
    Index near =
        new Index("near", over, false, "hnsw", "", Map.of(Index.METRIC, "cosine", "m", "16"));
    Index other = new Index("other", over, false, "annoy", "");
    source.add(
        collection("a", field("t", LogicalType.vector(LogicalType.FLOAT32, 3)))
            .withConstraints(List.of(), List.of(), List.of(near, other)));

    Plan plan = plan();

    assertThat(plan.steps().get(0).target().indexes()).containsExactly(near);
    assertThat(plan.losses())
        .singleElement()
        .satisfies(
            loss ->
                assertThat(loss.text()).isEqualTo("the index other: no annoy over 1 fields here"));
  }

  @Test
  void defaultsAreCarriedIfTheyMeanTheSameAndElseNamed() {
    source.add(
        collection(
            "a",
            withDefault("n", LogicalType.INT64, new Default("7", "7")),
            withDefault("m", LogicalType.INT64, new Default("x", "'x'")),
            withDefault("t", LogicalType.TIMESTAMP, new Default(null, "CURRENT_TIMESTAMP")),
            withDefault("u", LogicalType.TEXT, new Default(null, "hex(randomblob(16))")),
            withDefault("z", LogicalType.TEXT, new Default(null, "NULL"))));

    Plan plan = plan();
    Collection made = plan.steps().get(0).target();

    assertThat(made.field("n").orElseThrow().defaultValue()).isEqualTo(new Default("7", "7"));
    assertThat(made.field("t").orElseThrow().defaultValue())
        .isEqualTo(new Default(null, Default.NOW));
    assertThat(made.field("m").orElseThrow().defaultValue()).isNull();
    assertThat(made.field("u").orElseThrow().defaultValue()).isNull();
    assertThat(made.field("z").orElseThrow().defaultValue()).isNull();
    assertThat(plan.losses())
        .extracting(loss -> loss.code() + " " + loss.field())
        .containsExactlyInAnyOrder("DEFAULT_NOT_CARRIED m", "DEFAULT_NOT_CARRIED u");
  }

  private static Field withDefault(String name, LogicalType type, Default given) {
    return new Field(name, type, "", true, given, Generation.NONE);
  }

  @Test
  void computedFieldsAreLeftOutAndNamed() {
    source.add(
        collection("a", new Field("sum", LogicalType.INT64, "", true, null, Generation.COMPUTED)));

    Plan plan = plan();

    assertThat(plan.steps().get(0).fields()).extracting(FieldMapping::source).containsExactly("id");
    assertThat(codes(plan.losses())).containsExactly("COMPUTED_FIELD_NOT_CARRIED");
  }

  @Test
  void aPlanIsTheSameForTheSameInput() {
    source.add(collection("a", field("t", LogicalType.TEXT)));
    source.add(with(collection("b", field("p", LogicalType.INT64)), refers("p", "a", "id")));

    assertThat(plan()).isEqualTo(plan());
    assertThat(PlanFile.read(PlanFile.write(plan()), false)).isEqualTo(plan());
  }

  @Test
  void fingerprintsTellEveryChangeOfStructureAndNoChangeOfSize() {
    source.add(collection("a", field("t", LogicalType.TEXT)));
    String first = plan().fromFingerprint();

    source.set(0, source.get(0).withEstimates(99, 99));
    assertThat(plan().fromFingerprint()).isEqualTo(first);
    source.set(0, collection("a", field("t", LogicalType.text(7))));
    assertThat(plan().fromFingerprint()).isNotEqualTo(first);
    source.set(0, collection("a", Field.of("t", LogicalType.TEXT, "", false)));
    assertThat(plan().fromFingerprint()).isNotEqualTo(first);
  }

  @Test
  void nullMayStandInAKeyBetweenStoresOfOneKindOnly() {
    Field k = Field.of("k", LogicalType.TEXT, "text", true);
    Field v = Field.of("v", LogicalType.TEXT, "text", true);
    source.add(Collection.of("a", List.of(k, v), List.of("k")));
    sourceType = "ours";
    assertThat(nullable()).containsExactly(true, true);

    keys = Map.of("a", List.of("v"));
    assertThat(nullable()).containsExactly(true, false);

    keys = Map.of();
    sourceType = "theirs";
    assertThat(nullable()).containsExactly(false, true);
  }

  private List<Boolean> nullable() {
    return plan().steps().get(0).target().fields().stream().map(Field::isNullable).toList();
  }

  @Test
  void aForeignKeyBetweenUnlikeTypesIsCarriedWhereTheSourceHasItSo() {
    Field id = Field.of("id", LogicalType.INT64, "int64", false);
    source.add(Collection.of("p", List.of(id), List.of("id")));
    source.add(
        Collection.of(
                "c", List.of(id, Field.of("p", LogicalType.TEXT, "text", true)), List.of("id"))
            .withConstraints(List.of(), List.of(refers("p", "p", "id")), List.of()));
    sourceType = "theirs";
    assertThat(codes(plan().losses())).contains("FOREIGN_KEY_NOT_CARRIED");

    sourceType = "ours";
    assertThat(codes(plan().losses())).doesNotContain("FOREIGN_KEY_NOT_CARRIED");
  }
}
