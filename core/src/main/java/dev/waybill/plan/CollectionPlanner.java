package dev.waybill.plan;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable;
import dev.waybill.model.ValueProfile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides where the fields of one collection go. */
final class CollectionPlanner {
  private final PlanInput input;
  private final Collection source;
  private final CollectionWish wish;
  private final Faults faults;
  private final LossList losses;
  private final TypeTable types;
  private final FieldPlaces places;
  private final boolean isSameStore;
  private final @Nullable Collection existing;
  private final Set<String> withNullInKey = new HashSet<>();

  CollectionPlanner(
      PlanInput input, Collection source, CollectionWish wish, List<Loss> losses, Faults faults) {
    this.input = input;
    this.source = source;
    this.wish = wish;
    this.faults = faults;
    this.losses = new LossList(source.name(), losses);
    this.types =
        input.target().restored().contains(source.name())
            ? input.source().capabilities().types()
            : input.target().capabilities().types();
    this.isSameStore = input.isOneDialect(source.name());
    this.existing = input.target().catalog().collection(targetName()).orElse(null);
    this.places = new FieldPlaces(types, source, existing, isSameStore, this.losses);
  }

  /** The fields, null allowed in those named. */
  private static List<Field> withNulls(List<Field> fields, List<String> names) {
    return fields.stream()
        .map(field -> names.contains(field.name()) ? field.withNullable(true) : field)
        .toList();
  }

  private String targetName() {
    return wish.target() == null ? source.name() : wish.target();
  }

  /** The step with its fields and key; constraints and indexes of a new collection come later. */
  Step withFields() {
    List<String> key = sourceKey();
    List<Line> lines = new ArrayList<>();
    for (FieldWish each : ordered(wishes())) {
      line(each, key).ifPresent(lines::add);
    }
    List<Line> computed = existing == null ? computed(lines) : List.of();
    List<FieldMapping> mappings = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    lines.forEach(line -> mappings.add(line.mapping));
    inOrder(lines, computed).forEach(line -> fields.add(line.field));
    FieldNames names = new FieldNames(mappings);
    List<String> carriedKey = key;
    if (names.of(key).isEmpty()) {
      losses.structure(
          "", "KEY_NOT_CARRIED", "the key " + key + ": a field of it does not go there alone");
      carriedKey = List.of();
    }
    Collection target;
    if (existing == null) {
      boolean hasNulls =
          withNullInKey.stream()
              .anyMatch(field -> policy(field, "NULL_IN_KEY") == LossPolicy.SIDECAR);
      List<String> targetKey = names.of(carriedKey).orElse(List.of());
      target =
          hasNulls
              ? absent(withNulls(fields, targetKey), List.of(), targetKey)
              : absent(fields, targetKey, List.of());
      carriedKey = hasNulls ? List.of() : carriedKey;
    } else {
      target =
          new ExistingTarget(
                  source,
                  keyed(existing, names.of(carriedKey).orElse(List.of())),
                  policy(),
                  input.keys(),
                  losses)
              .reducedTo(fields, names);
    }
    return new Step(
        source.name(),
        target,
        existing == null,
        inOrderOf(target, mappings),
        carriedKey,
        policy(),
        source.estimatedRecords(),
        source.estimatedBytes(),
        wish.filter() == null ? "" : wish.filter(),
        wish.triggers() == null ? input.wishes().triggers() : wish.triggers(),
        wish.batchSize() == null ? 0 : wish.batchSize());
  }

  /** A collection that is there, with the key that is wished for where its records have it. */
  private Collection keyed(Collection there, List<String> key) {
    Optional<KeyQuestion> question =
        KeyQuestion.ofTarget(there, key, policy(), input.target().capabilities());
    if (question.isEmpty()) {
      return there;
    }
    input
        .keys()
        .refuted(question.get())
        .filter(why -> !there.hasKey())
        .ifPresent(
            why ->
                losses.refuse(
                    "",
                    "KEY_NOT_UNIQUE",
                    question.get().sentence(why)
                        + ", so that records that are there cannot be told from new ones"));
    return input.keys().isProven(question.get()) ? there.withKey(key) : there;
  }

  private LossPolicy policy(String field, String code) {
    return input.wishes().options().onLoss().policy(source.name(), field, code);
  }

  private ConflictPolicy policy() {
    return wish.onConflict() == null ? input.wishes().onConflict() : wish.onConflict();
  }

  /** What a line becomes. */
  private static final class Line {
    final FieldMapping mapping;
    final Field field;

    Line(FieldMapping mapping, Field field) {
      this.mapping = mapping;
      this.field = field;
    }
  }

  // --- which lines there are

  /** One for each line of fields to be: those wished, and those of the source as they are. */
  private List<FieldWish> wishes() {
    if (wish.isWhole()) {
      return wish.fields().stream().filter(each -> !each.isComputed()).toList();
    }
    Map<String, List<FieldWish>> wished = new LinkedHashMap<>();
    List<FieldWish> constants = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (FieldWish each : wish.fields()) {
      if (each.sources().isEmpty()) {
        constants.add(each);
      } else {
        wished.computeIfAbsent(each.sources().get(0), name -> new ArrayList<>()).add(each);
        taken.addAll(each.sources());
      }
    }
    List<FieldWish> wishes = new ArrayList<>();
    for (Field field : source.writtenFields()) {
      List<FieldWish> ofField = wished.remove(field.name());
      if (ofField != null) {
        wishes.addAll(ofField);
      } else if (!taken.contains(field.name())) {
        wishes.add(FieldWish.of(field.name()));
      }
    }
    wished.values().forEach(wishes::addAll);
    wishes.addAll(constants);
    return wishes;
  }

  private List<FieldWish> ordered(List<FieldWish> wishes) {
    List<FieldWish> rest = new ArrayList<>(wishes);
    List<FieldWish> ordered = new ArrayList<>();
    for (int i = 0; i < wish.order().size(); i++) {
      String name = wish.order().get(i);
      Optional<FieldWish> first =
          rest.stream().filter(each -> name.equals(nameIn(each))).findFirst();
      if (first.isEmpty()) {
        faults.add(
            wish.path() + ".order[" + i + "]", "no field of the target is called \"" + name + "\"");
      } else {
        ordered.add(first.get());
        rest.remove(first.get());
      }
    }
    rest.stream().filter(each -> each.position() == 0).forEach(ordered::add);
    rest.stream()
        .filter(each -> each.position() > 0)
        .sorted(java.util.Comparator.comparingInt(FieldWish::position))
        .forEach(each -> ordered.add(Math.min(each.position() - 1, ordered.size()), each));
    return ordered;
  }

  private static String nameIn(FieldWish each) {
    return each.target() != null ? each.target() : String.join(" ", each.sources());
  }

  private List<String> sourceKey() {
    List<String> option = input.wishes().keys().get(source.name());
    List<String> wished = option == null ? wish.key() : option;
    if (wished == null) {
      return source.key();
    }
    for (int i = 0; i < wished.size(); i++) {
      String name = wished.get(i);
      if (source.field(name).isPresent()) {
        continue;
      }
      if (option == null) {
        faults.add(wish.path() + ".key[" + i + "]", unknown(name));
      } else {
        throw new SpecException(
            "UNKNOWN_FIELD",
            "Collection \"" + source.name() + "\" has no field \"" + name + "\" (--key).",
            "see what it has: waybill inspect URL");
      }
    }
    return wished.stream().filter(name -> source.field(name).isPresent()).toList();
  }

  private String unknown(String name) {
    return "the source's " + source.name() + " has no field \"" + name + "\"";
  }

  // --- what becomes of one line

  private Optional<Line> line(FieldWish line, List<String> key) {
    for (String name : line.sources()) {
      Optional<Field> field = source.field(name);
      if (field.isEmpty()) {
        faults.add(line.path() + ".source", unknown(name));
        return Optional.empty();
      }
      if (!field.get().isWritten() && !line.isDropped()) {
        faults.add(
            line.path() + ".source", "the source computes its field \"" + name + "\" itself");
        return Optional.empty();
      }
      if (field.get().generation() == Generation.HANDLE && !line.isDropped()) {
        losses.refuse(
            name,
            "HANDLE_NOT_CARRIED",
            "records that only a handle of the source's own tells apart cannot be carried yet; give"
                + " them a key in the source, or leave them out");
        return Optional.empty();
      }
    }
    if (line.isDropped()) {
      return Optional.empty();
    }
    return line.sources().size() == 1
        ? single(line, source.field(line.sources().get(0)).orElseThrow(), key)
        : composed(line);
  }

  private Optional<Line> single(FieldWish line, Field field, List<String> key) {
    @Nullable ValueProfile profile = profile(field);
    TypeChoice choice = new TypeChoice(field, profile);
    String as = line.as() == null ? "" : line.as();
    LogicalType from = line.from();
    if (from == null) {
      from = choice.effective(line.isPlain() && places.isKept(field));
    }
    LogicalType wished = line.to();
    if (wished == null && !as.isEmpty()) {
      wished = Ways.natural(as, from);
    }
    boolean isText = from.kind() == Kind.TEXT;
    if (existing == null
        && line.isPlain()
        && !isSameStore
        && (isText || from.kind() == Kind.BYTES)) {
      boolean isKept = Spelling.isKept(source.name(), field.name(), input.wishes().options());
      wished = new VectorChoice(source, profiles(), types, losses).of(field, isKept).orElse(null);
      as = wished == null ? "" : isText ? "json" : VectorChoice.as(wished);
    }
    Optional<Field> placed =
        existing != null
            ? places.inExisting(field.name(), line, wished, wished != null ? wished : from, faults)
            : wished != null || line.nativeType() != null
                ? places.asWished(field, line, wished, key, faults)
                : places.asIs(field, nameIn(line), from, choice, key, line.isPlain());
    if (placed.isEmpty()) {
      return Optional.empty();
    }
    Field target = placed.get();
    LogicalType to = to(line, target, wished != null ? wished : from);
    if (as.equals("json") && wished != null && to.kind() == Kind.BYTES) {
      // The target holds vectors as their floats.
      as = "json(" + VectorChoice.as(wished) + ")";
    }
    if (existing != null && as.isEmpty() && line.to() == null && !types.way(from, to).isEmpty()) {
      as = types.way(from, to);
      losses.form(
          field.name(),
          "OTHER_FORM",
          from + " is written as " + as + " into the target's field " + target.name() + ", " + to);
    }
    if (as.isEmpty() && !isSameStore && from.kind() == Kind.VECTOR && from.kind() == to.kind()) {
      as = answered(field, target, from, to);
    }
    FieldMapping mapping =
        new FieldMapping(line.sources(), from, as, target.name(), to, null, line.isNullAbsent());
    Optional<String> obstacle = Ways.obstacle(mapping);
    if (obstacle.isPresent()) {
      if (as.isEmpty() && line.to() == null) {
        losses.refuse(
            field.name(), "NO_TRANSFORMATION", obstacle.get() + ", which " + target.name() + " is");
      } else {
        faults.add(line.path() + (as.isEmpty() ? ".to" : ".as"), obstacle.get());
      }
      return Optional.empty();
    }
    noteLosses(field, mapping, choice, profile, key);
    return Optional.of(new Line(mapping, target));
  }

  /** The way in which the store gives back vectors by the metric that they will have there. */
  private String answered(Field field, Field target, LogicalType from, LogicalType to) {
    List<Index> indexes = existing != null ? existing.indexes() : source.indexes();
    String name = existing != null ? target.name() : field.name();
    return indexes.stream()
        .filter(index -> index.columns().stream().anyMatch(each -> each.field().equals(name)))
        .filter(index -> existing != null || types.indexFault(index, List.of(target)) == null)
        .findFirst()
        .map(index -> types.answeredAs(index.options().getOrDefault(Index.METRIC, "")))
        .filter(way -> !way.isEmpty() && Mapping.exists(from, way, to))
        .orElse("");
  }

  private void noteLosses(
      Field field,
      FieldMapping mapping,
      TypeChoice choice,
      @Nullable ValueProfile profile,
      List<String> key) {
    LogicalType from = mapping.from();
    LogicalType to = mapping.to();
    boolean isMixed =
        from.kind() == Kind.DYNAMIC
            && to.kind() != Kind.DYNAMIC
            && !(to.kind() == Kind.DECIMAL && choice.isNumbers());
    if (isMixed) {
      choice.noteMixed(to.kind(), losses);
    } else if (Spelling.isChanged(mapping)) {
      losses.form(
          field.name(),
          Spelling.CODE,
          Spelling.sentence(
              source.name(), mapping, key.contains(field.name()), input.wishes().options()));
    } else if (from.kind() != Kind.DYNAMIC && Mapping.isOneWay(from, mapping.as(), to)) {
      losses.structure(
          field.name(),
          "NOT_PROVEN_BACK",
          "\"" + mapping.as() + "\" has no way back: what was there before does not come back");
    }
    if (profile == null) {
      return;
    }
    ValueLosses values = new ValueLosses(field.name(), profile, losses);
    if (key.contains(field.name()) && profile.nulls() > 0 && !isSameStore) {
      withNullInKey.add(field.name());
      values.noteNullInKey();
    }
    if (mapping.as().isEmpty()) {
      values.noteTraits(to, types.cannotHold());
      values.noteRange(from, to);
    }
  }

  private @Nullable List<ValueProfile> profiles() {
    return input.profiles().get(source.name());
  }

  private @Nullable ValueProfile profile(Field field) {
    List<ValueProfile> profiles = profiles();
    return profiles == null ? null : profiles.get(source.writtenFields().indexOf(field));
  }

  /** What is stored: the field's type, or in a field of any type the one that is put there. */
  private LogicalType to(FieldWish line, Field target, LogicalType put) {
    return target.type().kind() == Kind.DYNAMIC && put.kind() != Kind.DYNAMIC
        ? line.to() != null && line.stored() != null ? line.to() : types.place(put).stored()
        : target.type();
  }

  /** A constant, or several fields in one. */
  private Optional<Line> composed(FieldWish line) {
    boolean isConstant = line.constant() != null;
    LogicalType wished = line.to() == null ? LogicalType.TEXT : line.to();
    Optional<Field> placed =
        existing == null
            ? places.made(line, wished, faults)
            : places.inExisting("", line, line.to(), wished, faults);
    if (placed.isEmpty()) {
      return Optional.empty();
    }
    Field target = placed.get();
    FieldMapping mapping =
        new FieldMapping(
            line.sources(),
            line.from() != null ? line.from() : LogicalType.TEXT,
            line.as() == null ? "" : line.as(),
            target.name(),
            to(line, target, wished),
            isConstant ? line.constant() : null);
    Optional<String> obstacle = Ways.obstacle(mapping);
    if (obstacle.isPresent()) {
      faults.add(line.path() + ".as", obstacle.get());
      return Optional.empty();
    }
    return Optional.of(new Line(mapping, target));
  }

  // --- the target's collection

  /** Fields that a store of the same kind computes as the source does. */
  private List<Line> computed(List<Line> lines) {
    List<Line> computed = new ArrayList<>();
    boolean isUnchanged = isUnchanged(lines);
    for (Field field : source.fields()) {
      if (field.isWritten()) {
        continue;
      }
      boolean isCarried = wish.isWhole() ? isNamed(field) : isUnchanged;
      boolean isKnown =
          isSameStore && (field.defaultValue() != null || !source.detail().definition().isEmpty());
      if (isCarried && isKnown) {
        computed.add(new Line(NO_MAPPING, field));
      } else {
        losses.structure(
            field.name(),
            "COMPUTED_FIELD_NOT_CARRIED",
            "the source computes it from other fields, which are carried");
      }
    }
    return computed;
  }

  private static final FieldMapping NO_MAPPING =
      new FieldMapping("", LogicalType.DYNAMIC, "", LogicalType.DYNAMIC);

  private boolean isNamed(Field field) {
    return wish.fields().stream()
        .anyMatch(each -> each.isComputed() && field.name().equals(each.target()));
  }

  /** True if the target's fields are those of the source under the same names. */
  private boolean isUnchanged(List<Line> lines) {
    List<String> sources = source.writtenNames();
    return lines.size() == sources.size()
        && lines.stream()
            .allMatch(
                line ->
                    line.mapping.sources().size() == 1
                        && line.mapping.sources().get(0).equals(line.mapping.target()));
  }

  /** Computed fields stand where they stand in the source. */
  private List<Line> inOrder(List<Line> lines, List<Line> computed) {
    List<Line> all = new ArrayList<>(lines);
    for (Line line : computed) {
      all.add(Math.min(source.fields().indexOf(line.field), all.size()), line);
    }
    return all;
  }

  private Collection absent(List<Field> fields, List<String> key, List<String> unique) {
    String name = targetName();
    String fault = types.collectionNameFault(name);
    if (fault != null) {
      losses.refuse("", "NAME_NOT_POSSIBLE", fault);
    }
    Set<String> names = new HashSet<>();
    for (Field field : fields) {
      if (!names.add(field.name())) {
        losses.refuse("", "TWO_FIELDS_IN_ONE", "two fields of the source go into " + field.name());
      }
    }
    return new Collection(
        name,
        fields,
        key,
        unique.isEmpty() ? List.of() : List.of(unique),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        null,
        source.estimatedRecords(),
        source.estimatedBytes());
  }

  private static List<FieldMapping> inOrderOf(Collection target, List<FieldMapping> mappings) {
    List<FieldMapping> ordered = new ArrayList<>();
    for (Field field : target.writtenFields()) {
      mappings.stream()
          .filter(mapping -> mapping.target().equals(field.name()))
          .findFirst()
          .ifPresent(ordered::add);
    }
    return ordered;
  }
}
