package dev.waybill.plan;

import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.Triggers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;

/** Arbitrary plans whose texts are what YAML and TOML stumble over. */
class Plans extends DomainContextBase {
  static final List<String> TEXTS =
      List.of(
          "id",
          "",
          " ",
          " leading",
          "trailing ",
          "a b",
          "a: b",
          "a:b",
          "a :b",
          "- a",
          "-",
          "--",
          "---",
          "...",
          "# no comment",
          "a #b",
          "'",
          "''",
          "\"",
          "\"a\"",
          "it's",
          "a'b\"c",
          "\\",
          "\\n",
          "null",
          "Null",
          "NULL",
          "~",
          "true",
          "False",
          "yes",
          "Yes",
          "NO",
          "on",
          "Off",
          "y",
          "n",
          "0",
          "1",
          "-1",
          "+1",
          "007",
          "0x1F",
          "0o17",
          "0b11",
          "1_000",
          "1.0",
          ".5",
          "5.",
          "1e5",
          "1E400",
          ".inf",
          "-.Inf",
          ".nan",
          "NaN",
          "12:30:45",
          "2024-01-01",
          "2024-01-01T00:00:00Z",
          "=",
          "<<",
          "!",
          "!!int 7",
          "!tag",
          "&anchor",
          "*alias",
          "|",
          ">",
          "%YAML",
          "@a",
          "`a`",
          "{",
          "}",
          "{a: 1}",
          "[",
          "[1]",
          ",",
          "a,b",
          "?",
          "? a",
          ":",
          "::",
          "\t",
          "a\tb",
          "\n",
          "a\nb",
          "a\n",
          "\na",
          "a\r\nb",
          "\r",
          "\u0001",
          "\u001F",
          "\u007F",
          "\u0085",
          "\u00A0",
          "\u2028",
          "\u2029",
          "\uFEFF",
          "a\uFEFFb",
          "\uFFFD",
          "é",
          "e\u0301",
          "שלום",
          "😀",
          "👩‍👩‍👧‍👦",
          "𝔘",
          "\uD83D\uDE00x",
          "$",
          "${VAR}",
          "a.b",
          "a\"\"b",
          "\u0000",
          "'''",
          "\"\"\"",
          "x".repeat(300),
          "long text with many words ".repeat(20));

  private static Arbitrary<String> text() {
    return Arbitraries.oneOf(
        Arbitraries.of(TEXTS),
        Arbitraries.strings().withChars(" :#'\"\\-?,[]{}&*!|>%@`~=\n\t0x1e.").ofMaxLength(6),
        Arbitraries.strings().all().ofMaxLength(8).filter(Plans::isUnicode));
  }

  /** Names come from UTF-8, so no half of a surrogate pair stands alone. */
  private static boolean isUnicode(String text) {
    return text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }

  private static Arbitrary<List<String>> texts() {
    return text().list().ofMaxSize(3);
  }

  private static Arbitrary<LogicalType> type() {
    return Arbitraries.of(
        LogicalType.BOOLEAN,
        LogicalType.INT16,
        LogicalType.INT64,
        LogicalType.decimal(10, 2),
        LogicalType.decimal(5, -3),
        LogicalType.DECIMAL,
        LogicalType.FLOAT32,
        LogicalType.TEXT,
        LogicalType.text(12),
        LogicalType.TIMESTAMP.withFraction(3),
        LogicalType.INSTANT,
        LogicalType.JSON,
        LogicalType.vector(LogicalType.FLOAT32, 1536),
        LogicalType.list(LogicalType.list(LogicalType.decimal(4, 1))),
        LogicalType.DYNAMIC);
  }

  private static Arbitrary<Default> defaults() {
    return Combinators.combine(text().injectNull(0.3), text()).as(Default::new);
  }

  private static Arbitrary<Field> field() {
    return Combinators.combine(
            text(),
            type(),
            text(),
            Arbitraries.of(true, false),
            defaults().injectNull(0.5),
            Arbitraries.of(Generation.class))
        .as(Field::new);
  }

  private static Arbitrary<ForeignKey> foreignKey() {
    return Combinators.combine(
            text(),
            texts(),
            text(),
            texts(),
            Arbitraries.of(ForeignKey.Action.class),
            Arbitraries.of(ForeignKey.Action.class),
            Arbitraries.of(true, false))
        .as(ForeignKey::new);
  }

  private static Arbitrary<Index> index() {
    Arbitrary<Index.Column> column =
        Combinators.combine(text(), Arbitraries.of(true, false)).as(Index.Column::new);
    return Combinators.combine(
            text(),
            column.list().ofMaxSize(3),
            Arbitraries.of(true, false),
            text(),
            text(),
            Arbitraries.maps(Arbitraries.of(Index.METRIC, "m", "lists"), text()).ofMaxSize(2))
        .as(Index::new);
  }

  private static Arbitrary<Collection.Endpoints> endpoints() {
    return Combinators.combine(text(), texts(), text(), texts()).as(Collection.Endpoints::new);
  }

  private static Arbitrary<ConflictPolicy> policy() {
    return Arbitraries.oneOf(
        Arbitraries.of(ConflictPolicy.FAIL, ConflictPolicy.SKIP, ConflictPolicy.OVERWRITE),
        text()
            .filter(field -> !field.isEmpty())
            .map(field -> ConflictPolicy.parse("newer:" + field)));
  }

  private record Structure(
      List<List<String>> unique,
      List<ForeignKey> foreignKeys,
      List<Index> indexes,
      List<String> checks,
      List<String> triggers) {}

  private static Arbitrary<Structure> structure() {
    return Combinators.combine(
            texts().list().ofMaxSize(2),
            foreignKey().list().ofMaxSize(2),
            index().list().ofMaxSize(2),
            texts(),
            texts())
        .as(Structure::new);
  }

  private static Arbitrary<NativeDetail> detail() {
    Arbitrary<NativeDetail.NativeObject> object =
        Combinators.combine(text(), text(), text()).as(NativeDetail.NativeObject::new);
    return Combinators.combine(
            text(), object.list().ofMaxSize(2), Arbitraries.maps(text(), text()).ofMaxSize(2))
        .as(NativeDetail::new);
  }

  /** What is said of a step beside its fields. */
  private record Manner(String filter, Triggers triggers, int batchSize, NativeDetail detail) {}

  private static Arbitrary<Manner> manner() {
    return Combinators.combine(
            text(),
            Arbitraries.of(Triggers.class),
            Arbitraries.of(0, 1, 500),
            Arbitraries.oneOf(Arbitraries.just(NativeDetail.NONE), detail()))
        .as(Manner::new);
  }

  private static FieldMapping mapping(Field field, String as) {
    String name = field.name();
    return switch (Math.floorMod(name.hashCode(), 3)) {
      case 0 ->
          new FieldMapping(name + "?", LogicalType.TEXT, name, field.type())
              .withModel(new EmbeddingModel(as, 8, "0f"));
      case 1 ->
          new FieldMapping(
              List.of(name + "1", name), LogicalType.TEXT, as, name, field.type(), null);
      default -> new FieldMapping(List.of(), LogicalType.TEXT, as, name, field.type(), name);
    };
  }

  private static Arbitrary<Step> step() {
    Arbitrary<Long> count = Arbitraries.of(-1L, 0L, 7L, Long.MAX_VALUE);
    return Combinators.combine(
            text(),
            text(),
            field().list().ofMinSize(1).ofMaxSize(3),
            texts(),
            structure(),
            endpoints().injectNull(0.7),
            Combinators.combine(policy(), manner()).as(java.util.Map::entry),
            count)
        .as(
            (source, target, fields, key, structure, endpoints, how, records) -> {
              Manner manner = how.getValue();
              List<Field> distinct = new ArrayList<>();
              List<FieldMapping> mappings = new ArrayList<>();
              Set<String> names = new TreeSet<>();
              for (Field field : fields) {
                if (names.add(field.name())) {
                  distinct.add(field);
                  if (field.isWritten()) {
                    mappings.add(mapping(field, manner.filter()));
                  }
                }
              }
              return new Step(
                  source,
                  new Collection(
                      target,
                      distinct,
                      key,
                      structure.unique(),
                      structure.foreignKeys(),
                      structure.indexes(),
                      structure.checks(),
                      structure.triggers(),
                      endpoints,
                      records,
                      -1,
                      manner.detail()),
                  endpoints == null,
                  mappings,
                  key,
                  how.getKey(),
                  records,
                  -1,
                  manner.filter(),
                  manner.triggers(),
                  manner.batchSize());
            });
  }

  private static Arbitrary<Loss> loss() {
    return Combinators.combine(
            text(),
            text(),
            text(),
            text(),
            Arbitraries.of(Loss.Severity.class),
            Arbitraries.of(-1L, 0L, 12L),
            texts())
        .as(Loss::new);
  }

  private static Arbitrary<Plan.Options> options() {
    Arbitrary<LossRules> rules =
        Arbitraries.of("sidecar", "NUL_IN_TEXT=replace", "a.b.c:*=null", "a:MIXED_TYPES=quarantine")
            .list()
            .ofMaxSize(3)
            .map(LossRules::parse);
    Arbitrary<SessionOptions> session =
        Combinators.combine(
                Arbitraries.maps(Arbitraries.of("a", "null", "app.tenant_id", "_x"), texts())
                    .ofMaxSize(2),
                Arbitraries.of(0L, 1L, 200L, 5_000L, 60_000L, 7_200_000L, 86_400_000L),
                Arbitraries.of(true, false))
            .as(
                (settings, millis, isAnalyzed) ->
                    new SessionOptions(
                        settings, Duration.ofMillis(millis), Duration.ofMillis(1), isAnalyzed));
    return Combinators.combine(
            Arbitraries.of(
                Plan.Verify.parse("full"),
                Plan.Verify.parse("none"),
                new Plan.Verify(Plan.Verify.Level.SAMPLE, 0.25, 12)),
            Arbitraries.of(0L, 7L),
            rules,
            Arbitraries.of(true, false),
            session,
            Combinators.combine(texts(), texts()).as(Nesting::new))
        .as(
            (verify, rate, onLoss, hasSidecar, how, nesting) ->
                new Plan.Options(
                    verify,
                    "keep",
                    2,
                    5000,
                    0,
                    rate,
                    onLoss,
                    hasSidecar,
                    how,
                    new Plan.Backup(!hasSidecar, Duration.ofHours(rate + 1)),
                    nesting,
                    nesting.normalise().isEmpty()
                        ? null
                        : new Reembedding(
                            nesting.normalise().get(0),
                            "text",
                            "vector",
                            "openai+https://host/v1?model=m&key=${KEY}",
                            new EmbeddingModel(
                                "m", 3 + rate.intValue(), hasSidecar ? "" : "0a-cls"),
                            "/cache.db",
                            hasSidecar,
                            !hasSidecar,
                            rate > 0)));
  }

  @Provide
  Arbitrary<Plan> plan() {
    Arbitrary<LeftOut> leftOut =
        Combinators.combine(text(), text(), Arbitraries.of(true, false)).as(LeftOut::new);
    return Combinators.combine(
            text(),
            text(),
            text(),
            step().list().ofMaxSize(2),
            leftOut.list().ofMaxSize(2),
            loss().list().ofMaxSize(2),
            texts(),
            options())
        .as(
            (from, to, store, steps, left, losses, risks, options) ->
                new Plan(
                    "memory:" + from,
                    "memory:" + to,
                    store,
                    store,
                    "f".repeat(64),
                    "0".repeat(64),
                    options,
                    steps,
                    left,
                    losses,
                    risks,
                    store));
  }
}
