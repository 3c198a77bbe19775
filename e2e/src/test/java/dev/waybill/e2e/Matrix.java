package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.backup.QuarantineFile;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable;
import dev.waybill.model.TypeTable.Placement;
import dev.waybill.model.TypeTable.Verdict;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.testkit.Corpus;
import dev.waybill.testkit.HardValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sends the hard values of all types from a store to another and back. Each arrives equal, or is
 * named by the plan or the run and is one that the other store's type table says it cannot hold.
 */
final class Matrix {
  private static final String VALUE = "value";

  /** What a mapping from text to JSON refuses, and the code by which it says so. */
  private static final Map<JsonFlaw, String> ODD_JSON =
      Map.of(
          JsonFlaw.MINUS_ZERO, "JSON_MINUS_ZERO",
          JsonFlaw.NUL, "NUL_IN_TEXT",
          JsonFlaw.LONE_SURROGATE, "LONE_SURROGATE",
          JsonFlaw.NOT_JSON, "NOT_JSON");

  private final World world;

  /** Seeded stores by kind: they are only read, so each is made once. */
  private final Map<String, Origin> origins = new HashMap<>();

  /** What became of values, for the last line of the log. */
  record Tally(long pairs, long values, long arrived, long quarantined, long refusedInPlan) {
    static final Tally NOTHING = new Tally(0, 0, 0, 0, 0);

    Tally plus(Tally other) {
      return new Tally(
          pairs + other.pairs,
          values + other.values,
          arrived + other.arrived,
          quarantined + other.quarantined,
          refusedInPlan + other.refusedInPlan);
    }

    @Override
    public String toString() {
      return String.format(
          "%,d values over %,d pairs of stores, there and back: %,d arrived equal, %,d were"
              + " quarantined by name, %,d stood in fields that the plan refuses by name, 0 else",
          values, pairs, arrived, quarantined, refusedInPlan);
    }
  }

  /**
   * A store with hard values.
   *
   * @param values which value stands under which number, by collection
   * @param shapes its collections
   * @param records all that they hold
   */
  private record Origin(
      String url,
      Map<String, Map<Long, HardValue>> values,
      List<Collection> shapes,
      Map<String, RecordBatch> records) {
    LogicalType type(String collection) {
      return shapes.stream()
          .filter(each -> each.name().equals(collection))
          .findFirst()
          .orElseThrow()
          .field(VALUE)
          .orElseThrow()
          .type();
    }

    RecordBatch read(String collection) {
      return Objects.requireNonNull(records.get(collection));
    }
  }

  Matrix(World world) {
    this.world = world;
  }

  // --- seeding

  private static String name(LogicalType type) {
    return "of_" + type.toString().replaceAll("[^a-z0-9]+", "_").replaceAll("_$", "");
  }

  private Origin origin(MatrixStore kind) {
    return origins.computeIfAbsent(kind.name(), name -> seed(kind));
  }

  /** Whatever the store can hold of each type: by its own client, else by its writer. */
  private Origin seed(MatrixStore kind) {
    String url = kind.fresh().get();
    Map<String, Map<Long, HardValue>> seeded = new LinkedHashMap<>();
    TypeTable types = types(url);
    List<LogicalType> encoded = new ArrayList<>();
    for (LogicalType type : Corpus.types()) {
      Placement placement = types.place(type);
      if (placement.verdict() != Verdict.REFUSED) {
        if (placement.stored().kind() != type.kind()) {
          encoded.add(type);
        } else {
          seeded.put(name(type), seed(kind, url, types, type));
        }
      }
    }
    Set<String> refused = seedEncoded(url, encoded);
    for (LogicalType type : encoded) {
      if (!refused.contains(name(type))) {
        seeded.put(name(type), Map.of());
      }
    }
    Map<String, RecordBatch> records = new HashMap<>();
    try (World.Look look = world.look(url)) {
      seeded.keySet().forEach(collection -> records.put(collection, look.read(collection)));
      if (!kind.tellsTypes()) {
        seeded.forEach(
            (collection, values) ->
                keepWhatIsRead(Objects.requireNonNull(records.get(collection)), values));
      }
      return new Origin(url, seeded, look.collections(), records);
    }
  }

  /** What no type tells of is read as what it looks like: bytes in base64 are a text. */
  private static void keepWhatIsRead(RecordBatch read, Map<Long, HardValue> values) {
    Map<Long, Integer> positions = positions(read);
    CanonicalForm canonical = new CanonicalForm();
    values
        .entrySet()
        .removeIf(
            each ->
                !canonical.areEqual(
                    each.getValue().value(),
                    0,
                    read,
                    read.at(positions.getOrDefault(each.getKey(), 0), 1)));
  }

  private Map<Long, HardValue> seed(
      MatrixStore kind, String url, TypeTable types, LogicalType type) {
    Map<Long, HardValue> values = new LinkedHashMap<>();
    Corpus.of(type).forEach(value -> values.put(values.size() + 1L, value));
    OwnClient client = kind.client();
    if (client != null) {
      Map<Long, String> literals = new LinkedHashMap<>();
      values.forEach(
          (id, value) ->
              value.literal(kind.literals()).ifPresent(literal -> literals.put(id, literal)));
      values.keySet().retainAll(literals.keySet());
      literals.put(0L, "null");
      client.create(url, name(type), types.place(type).nativeType(), literals);
      return values;
    }
    Collection collection = collection(types, type);
    world.write(
        url,
        session -> {
          session.create(collection);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            write(writer, collection, 0, null);
            values
                .entrySet()
                .removeIf(each -> !write(writer, collection, each.getKey(), each.getValue()));
          }
          session.finish(List.of(collection), List.of());
        });
    return values;
  }

  private static boolean write(
      TargetWriter writer, Collection collection, long id, @Nullable HardValue value) {
    RecordBatch record = new RecordBatch(2);
    record.putInt64(id);
    if (value == null) {
      record.putNull();
    } else {
      record.putValue(value.value(), 0);
    }
    try {
      writer.apply(
          collection,
          World.puts(record),
          ConflictPolicy.FAIL,
          new Mark(collection.name(), 0, (int) id, 0, false));
      return true;
    } catch (DataException cannotGo) {
      return false;
    }
  }

  private static Collection collection(TypeTable types, LogicalType type) {
    Placement id = types.place(LogicalType.INT64);
    Placement value = types.place(type);
    return Collection.of(
        name(type),
        List.of(
            Field.of("id", id.stored(), id.nativeType(), false),
            Field.of(VALUE, value.stored(), value.nativeType(), true)),
        List.of("id"));
  }

  /** Types for which the store has only another form come as the library writes that form. */
  private Set<String> seedEncoded(String url, List<LogicalType> types) {
    String origin = World.url(Transactions.BATCH);
    TypeTable memory = types(origin);
    for (LogicalType type : types) {
      Collection collection = collection(memory, type);
      world.write(
          origin,
          session -> {
            session.create(collection);
            try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
              long id = 0;
              write(writer, collection, id++, null);
              for (HardValue value : Corpus.of(type)) {
                write(writer, collection, id++, value);
              }
            }
            session.finish(List.of(collection), List.of());
          });
    }
    Set<String> refused =
        types.isEmpty() ? Set.of() : new Move(origin, url, false).run().refused.keySet();
    MemoryStores.remove(origin);
    return refused;
  }

  private TypeTable types(String url) {
    try (TargetStore store = world.target(url)) {
      return store.capabilities().types();
    }
  }

  // --- moving

  private static MigrationSpec spec(
      String from, String to, List<String> exclude, String policy, boolean hasSidecar) {
    MigrationSpec base = MigrationSpec.of(from, to);
    return new MigrationSpec(
        from,
        to,
        List.of(),
        exclude,
        base.keys(),
        base.onConflict(),
        base.verify(),
        base.onFailure(),
        2,
        40,
        1_000_000,
        0,
        LossRules.parse(List.of(policy)),
        hasSidecar,
        SessionOptions.USUAL,
        base.triggers(),
        base.backup(),
        null);
  }

  /** One migration and what it named. */
  private final class Move {
    private final String from;
    private final String to;
    private final boolean hasSidecar;

    /** Collections that the plan refused, each with what it said. */
    final Map<String, String> refused = new HashMap<>();

    /** Keys that stayed behind, each with what was said, by collection. */
    final Map<String, Map<Long, String>> quarantined = new HashMap<>();

    /** The same with the code of what was said. */
    final Map<String, Map<Long, String>> codes = new HashMap<>();

    Move(String from, String to, boolean hasSidecar) {
      this.from = from;
      this.to = to;
      this.hasSidecar = hasSidecar;
    }

    Move run() {
      Plan plan = plan();
      while (!plan.refusals().isEmpty()) {
        for (Loss loss : plan.refusals()) {
          assertThat(loss.field()).as(loss.sentence()).isEqualTo(VALUE);
          refused.put(loss.collection(), loss.sentence());
        }
        plan = plan();
      }
      RunResult result = world.apply(plan, () -> false);
      assertThat(result.error()).as(from + " to " + to).isNull();
      assertThat(result.status()).isIn(Status.OK, Status.PARTIAL);
      for (CollectionResult each : result.collections()) {
        assertThat(each.written() + each.quarantined()).as(each.name()).isEqualTo(each.read());
        assertThat(each.verified()).as(each.name()).isEqualTo(each.written());
      }
      for (RunEvent event : world.events()) {
        if (event.type() == RunEvent.Type.RECORD_REFUSED) {
          // A server that refuses a record does not always say which field it was.
          assertThat(event.text()).containsAnyOf(VALUE, event.collection());
          quarantined
              .computeIfAbsent(event.collection(), name -> new HashMap<>())
              .put(Long.valueOf(event.text().replaceFirst(":(?s).*", "")), event.text());
        }
      }
      readCodes(world.home().resolve("runs").resolve(result.run()).resolve(QuarantineFile.FILE));
      return this;
    }

    private void readCodes(Path file) {
      if (!Files.exists(file)) {
        return;
      }
      try (Stream<String> lines = Files.lines(file)) {
        ObjectMapper json = new ObjectMapper();
        for (String line : (Iterable<String>) lines::iterator) {
          JsonNode refused = json.readTree(line);
          codes
              .computeIfAbsent(refused.path("collection").asText(), name -> new HashMap<>())
              .put(Long.valueOf(refused.path("key").asText()), refused.path("code").asText());
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }

    private Plan plan() {
      String policy = hasSidecar ? "sidecar" : "quarantine";
      return world
          .waybill()
          .plan(spec(from, to, List.copyOf(refused.keySet()), policy, hasSidecar));
    }
  }

  // --- judging

  /** From a store of one kind to one of another and back to one like the first. */
  Tally thereAndBack(MatrixStore a, MatrixStore b) {
    return thereAndBack(a, b, false);
  }

  /**
   * The same with what the other store cannot hold beside the data: then it comes back too, but for
   * what only the other store itself finds, which stays behind by name.
   */
  Tally thereAndBackWithSidecar(MatrixStore a, MatrixStore b) {
    return thereAndBack(a, b, true);
  }

  private Tally thereAndBack(MatrixStore a, MatrixStore b, boolean hasSidecar) {
    Origin origin = origin(a);
    String there = b.fresh().get();
    String back = a.fresh().get();
    if (!hasSidecar) {
      copyShapes(origin, back);
    }
    Move first = new Move(origin.url(), there, hasSidecar).run();
    Move second = new Move(there, back, hasSidecar).run();

    List<String> faults = new ArrayList<>();
    Tally tally = new Tally(1, 0, 0, 0, 0);
    try (World.Look middle = world.look(there);
        World.Look after = world.look(back)) {
      for (String collection : origin.values().keySet()) {
        Judgement judgement =
            new Judgement(origin, collection, b, middle.types(), first, second, faults);
        tally = tally.plus(judgement.judge(middle, after));
      }
    }
    b.remove().accept(there);
    a.remove().accept(back);
    assertThat(faults).as(a + " to " + b + " and back").isEmpty();
    assertThat(tally.arrived()).isGreaterThan(100);
    return tally;
  }

  /**
   * From a store over others, each with a sidecar, to one like the first: every value is there
   * again or was named on the way.
   */
  Tally around(List<MatrixStore> stores) {
    Origin origin = origin(stores.get(0));
    List<Move> moves = new ArrayList<>();
    String from = origin.url();
    for (int i = 1; i <= stores.size(); i++) {
      String to = stores.get(i % stores.size()).fresh().get();
      moves.add(new Move(from, to, true).run());
      from = to;
    }
    String last = from;
    List<String> faults = new ArrayList<>();
    long values = 0;
    long arrived = 0;
    long quarantined = 0;
    long refused = 0;
    CanonicalForm canonical = new CanonicalForm();
    try (World.Look end = world.look(last)) {
      for (String collection : origin.values().keySet()) {
        RecordBatch before = origin.read(collection);
        values += before.records();
        List<Move> refusing =
            moves.stream().filter(move -> move.refused.containsKey(collection)).toList();
        if (!refusing.isEmpty()) {
          refused += before.records();
          LogicalType type =
              world.collection(refusing.get(0).from, collection).field(VALUE).orElseThrow().type();
          if (types(refusing.get(0).to).place(type).verdict() != Verdict.REFUSED) {
            faults.add("refused without need: " + refusing.get(0).refused.get(collection));
          }
          continue;
        }
        RecordBatch after = end.read(collection);
        Map<Long, Integer> inAfter = positions(after);
        for (int record = 0; record < before.records(); record++) {
          long id = before.int64At(before.at(record, 0));
          Integer there = inAfter.get(id);
          boolean isNamed =
              moves.stream()
                  .anyMatch(
                      move -> move.quarantined.getOrDefault(collection, Map.of()).containsKey(id));
          if (there != null
              && canonical.areEqual(before, before.at(record, 1), after, after.at(there, 1))) {
            arrived++;
          } else if (there == null && isNamed) {
            quarantined++;
          } else {
            faults.add(
                collection
                    + " "
                    + id
                    + ", "
                    + text(before, before.at(record, 1))
                    + (there == null
                        ? " is lost without a word"
                        : " came back as " + text(after, after.at(there, 1))));
          }
        }
      }
    }
    for (int i = 0; i < moves.size(); i++) {
      stores.get((i + 1) % stores.size()).remove().accept(moves.get(i).to);
    }
    assertThat(faults).as(stores + " and back").isEmpty();
    assertThat(arrived).isGreaterThan(100);
    return new Tally(1, values, arrived, quarantined, refused);
  }

  /** The last store has the first one's tables: what it gets must fit them again. */
  private void copyShapes(Origin origin, String back) {
    List<Collection> shapes = origin.shapes();
    world.write(
        back,
        session -> {
          shapes.forEach(session::create);
          session.finish(shapes, List.of());
        });
  }

  /** Says of each value of a collection what became of it. */
  private final class Judgement {
    private final Origin origin;
    private final String collection;
    private final MatrixStore kind;
    private final TypeTable other;
    private final Move first;
    private final Move second;
    private final List<String> faults;
    private final LogicalType type;
    private final Placement placement;

    Judgement(
        Origin origin,
        String collection,
        MatrixStore kind,
        TypeTable other,
        Move first,
        Move second,
        List<String> faults) {
      this.origin = origin;
      this.collection = collection;
      this.kind = kind;
      this.other = other;
      this.first = first;
      this.second = second;
      this.faults = faults;
      this.type = origin.type(collection);
      this.placement = other.place(type);
    }

    Tally judge(World.Look there, World.Look back) {
      RecordBatch before = origin.read(collection);
      if (first.refused.containsKey(collection)) {
        if (placement.verdict() != Verdict.REFUSED) {
          faults.add("refused without need: " + first.refused.get(collection));
        }
        return new Tally(0, before.records(), 0, 0, before.records());
      }
      if (second.refused.containsKey(collection)) {
        faults.add("has no way back: " + second.refused.get(collection));
        return Tally.NOTHING;
      }
      RecordBatch middle = there.read(collection);
      RecordBatch after = back.read(collection);
      Map<Long, Integer> inMiddle = positions(middle);
      Map<Long, Integer> inAfter = positions(after);
      CanonicalForm canonical = new CanonicalForm();
      long arrived = 0;
      long quarantined = 0;
      for (int record = 0; record < before.records(); record++) {
        long id = before.int64At(before.at(record, 0));
        int at = before.at(record, 1);
        Integer last = inAfter.remove(id);
        if (last != null) {
          arrived++;
          if (!canonical.areEqual(before, at, after, after.at(last, 1))) {
            fault(id, before, at, "came back as " + text(after, after.at(last, 1)));
          }
          // A stand-in may be there in its place.
          if (!first.hasSidecar) {
            checkThere(canonical, before, at, id, middle, inMiddle.get(id));
          }
          continue;
        }
        quarantined++;
        String reason = first.quarantined.getOrDefault(collection, Map.of()).get(id);
        String onTheWayBack = second.quarantined.getOrDefault(collection, Map.of()).get(id);
        HardValue value = origin.values().get(collection).get(id);
        String code = second.codes.getOrDefault(collection, Map.of()).getOrDefault(id, "");
        if (onTheWayBack != null
            && !isOddJson(value)
            && !(value == null && isOddJson(before, at, code))) {
          fault(id, before, at, "cannot go back to where it came from: " + onTheWayBack);
        } else if (reason == null && onTheWayBack == null) {
          fault(id, before, at, "is lost without a word");
        } else if (first.hasSidecar && isMendable(origin.values().get(collection).get(id))) {
          fault(id, before, at, "is refused in spite of the sidecar: " + reason);
        } else if (reason != null && isHeld(origin.values().get(collection).get(id))) {
          fault(id, before, at, "is refused without need: " + reason);
        }
      }
      if (!inAfter.isEmpty()) {
        faults.add(collection + " has records that never were: " + inAfter.keySet());
      }
      return new Tally(0, before.records(), arrived, quarantined, 0);
    }

    /** The type table says how the value stands there. */
    private void checkThere(
        CanonicalForm canonical,
        RecordBatch before,
        int at,
        long id,
        RecordBatch middle,
        @Nullable Integer record) {
      if (record == null) {
        fault(id, before, at, "came back from where it never was");
        return;
      }
      int there = middle.at(record, 1);
      boolean isOfItsKind = placement.stored().kind() == type.kind();
      if (isOfItsKind
          ? !canonical.areEqual(before, at, middle, there)
          : !before.isMissingAt(at) && middle.kindAt(there) != placement.stored().kind()) {
        fault(id, before, at, "stands there as " + text(middle, there));
      }
    }

    /** True if a mapping sees by itself that the other store cannot hold the value. */
    private boolean isMendable(@Nullable HardValue value) {
      return value != null && !Collections.disjoint(value.traits(), other.cannotHold());
    }

    /** True if by the type table, and by the corpus, the other store can hold the value. */
    private boolean isHeld(@Nullable HardValue value) {
      if (value == null) {
        // It has been made text or bytes, which go anywhere, because the first store has no such
        // type; or a number, of which only the type is known.
        return placement.verdict() == Verdict.EXACT || type.kind() == Kind.TEXT;
      }
      if (!Collections.disjoint(value.traits(), other.cannotHold())) {
        return false;
      }
      boolean isOfItsKind = placement.stored().kind() == type.kind();
      if (isOfItsKind && !kind.literals().isEmpty()) {
        return value.literal(kind.literals()).isPresent();
      }
      return placement.verdict() == Verdict.EXACT;
    }

    /**
     * True for JSON that stood as text in the other store and that not every store keeps as it is:
     * a mapping from text to JSON refuses that wherever it goes.
     */
    private boolean isOddJson(@Nullable HardValue value) {
      return value != null
          && type.kind() == Kind.JSON
          && placement.stored().kind() == Kind.TEXT
          && value.literal("postgresql").isEmpty();
    }

    /**
     * The same for JSON that looks like a point, a vector or a list only to us: of such a value the
     * corpus does not know what it is as JSON. It has the very flaw that the refusal's code says.
     */
    private boolean isOddJson(RecordBatch before, int at, String code) {
      return (type.kind() == Kind.JSON || type.kind() == Kind.DYNAMIC)
          && placement.stored().kind() == Kind.TEXT
          && (before.kindAt(at) == Kind.JSON || before.kindAt(at) == Kind.TEXT)
          && code.equals(
              ODD_JSON.get(
                  JsonFlaw.of(before.bytes(), before.payloadAt(at), before.payloadLengthAt(at))));
    }

    private void fault(long id, RecordBatch batch, int at, String what) {
      HardValue value = origin.values().get(collection).get(id);
      faults.add(
          collection
              + " "
              + id
              + (value == null ? "" : " (" + value.name() + ")")
              + ", "
              + text(batch, at)
              + ", "
              + what);
    }
  }

  private static String text(RecordBatch batch, int at) {
    return batch.kindAt(at) + " " + KeyText.value(batch, at);
  }

  private static Map<Long, Integer> positions(RecordBatch batch) {
    Map<Long, Integer> positions = new HashMap<>();
    for (int record = 0; record < batch.records(); record++) {
      positions.put(batch.int64At(batch.at(record, 0)), record);
    }
    return positions;
  }

  /** The kinds among those given of which the library has no store, and the other way round. */
  Set<String> unlike(List<MatrixStore> kinds) {
    Set<String> given = new TreeSet<>();
    kinds.forEach(kind -> given.add(kind.adapter()));
    Set<String> registered = new TreeSet<>();
    // What a run has kept is read in the way of the store it is of, and never written to.
    world.waybill().stores().stream()
        .filter(adapter -> adapter.capabilities().canWrite())
        .forEach(adapter -> registered.add(adapter.type()));
    Set<String> unlike = new TreeSet<>(given);
    unlike.addAll(registered);
    given.retainAll(registered);
    unlike.removeAll(given);
    return unlike;
  }
}
