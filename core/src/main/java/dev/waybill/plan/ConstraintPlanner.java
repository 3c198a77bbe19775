package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.TypeTable;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Capabilities.Relationships;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Decides which keys, unique sets, foreign keys and indexes a new collection gets. */
final class ConstraintPlanner {
  private static final String NOT_CARRIED = ": a field of it is not carried";
  private static final int LONGEST_VALUE = 120;

  private final PlanInput input;
  private final Step step;
  private final Map<String, Step> bySource;
  private final LossList losses;
  private long dangling;
  private final Collection source;
  private final FieldNames names;
  private final boolean isUnchanged;

  private ConstraintPlanner(
      PlanInput input, Step step, Map<String, Step> bySource, List<Loss> losses) {
    this.input = input;
    this.step = step;
    this.bySource = bySource;
    this.losses = new LossList(step.source(), losses);
    this.source = input.source().catalog().collection(step.source()).orElseThrow();
    this.names = new FieldNames(step.fields());
    this.isUnchanged =
        source.name().equals(step.target().name())
            && source
                .writtenNames()
                .equals(step.fields().stream().map(FieldMapping::source).toList())
            && source.writtenNames().equals(step.target().writtenNames());
  }

  /** The step with the constraints that its target can have; an existing target keeps its own. */
  static Step complete(PlanInput input, Step step, Map<String, Step> bySource, List<Loss> losses) {
    return step.creates() ? new ConstraintPlanner(input, step, bySource, losses).complete() : step;
  }

  private Step complete() {
    Collection made = step.target();
    Collection target =
        new Collection(
            made.name(),
            made.fields(),
            made.key(),
            uniqueSets(),
            foreignKeys(),
            indexes(),
            checks(),
            List.of(),
            source.endpoints(),
            made.estimatedRecords(),
            made.estimatedBytes(),
            detail());
    return step.withTarget(target);
  }

  private List<List<String>> uniqueSets() {
    List<List<String>> uniqueSets = new ArrayList<>(step.target().uniqueSets());
    String fault = input.target().capabilities().types().uniqueFault();
    for (List<String> set : source.uniqueSets()) {
      if (!fault.isEmpty()) {
        lost("UNIQUE_SET_NOT_CARRIED", "the unique set " + set + ": " + fault);
        continue;
      }
      names
          .of(set)
          .ifPresentOrElse(
              uniqueSets::add,
              () -> lost("UNIQUE_SET_NOT_CARRIED", "the unique set " + set + NOT_CARRIED));
    }
    return uniqueSets;
  }

  private List<ForeignKey> foreignKeys() {
    List<ForeignKey> foreignKeys = new ArrayList<>();
    for (ForeignKey foreignKey : source.foreignKeys()) {
      Optional<String> obstacle = obstacle(foreignKey);
      if (obstacle.isEmpty() && dangles(foreignKey) && !input.isOneDialect(source.name())) {
        lost(
            "FOREIGN_KEY_NOT_CARRIED",
            "the foreign key " + foreignKey.fields() + ", which the source's own records break");
      } else if (obstacle.isEmpty()) {
        foreignKeys.add(renamed(foreignKey));
      } else {
        losses.structure(
            "",
            "FOREIGN_KEY_NOT_CARRIED",
            "the foreign key "
                + foreignKey.fields()
                + " → "
                + foreignKey.targetCollection()
                + ": "
                + obstacle.get(),
            breaking(foreignKey).map(Finding.Dangling::records).orElse(-1L));
      }
    }
    return foreignKeys;
  }

  /** True if the source's records break a foreign key and may go on doing so. */
  private boolean dangles(ForeignKey foreignKey) {
    Optional<Finding.Dangling> found = breaking(foreignKey);
    if (found.isEmpty()) {
      return false;
    }
    String field = foreignKey.fields().get(0);
    String code = "FOREIGN_KEY_DANGLES";
    String text = "it points at no record of " + foreignKey.targetCollection();
    LossPolicy policy = input.wishes().options().onLoss().policy(source.name(), field, code);
    if (policy == LossPolicy.FAIL || policy == LossPolicy.SIDECAR) {
      losses.values(field, code, text, found.get().records(), found.get().examples());
    } else {
      losses.refuse(field, code, text + "; the only policies for that are fail and sidecar");
    }
    if (policy == LossPolicy.SIDECAR) {
      dangling += found.get().records();
    }
    return policy == LossPolicy.SIDECAR;
  }

  /** The source's records that break a foreign key. */
  private Optional<Finding.Dangling> breaking(ForeignKey foreignKey) {
    return input.source().findings().stream()
        .map(Finding::dangling)
        .filter(Objects::nonNull)
        .filter(
            each ->
                each.collection().equals(source.name())
                    && each.parent().equals(foreignKey.targetCollection()))
        .findFirst();
  }

  private List<Index> indexes() {
    List<Index> indexes = new ArrayList<>();
    for (Index index : source.indexes()) {
      Optional<List<Index.Column>> columns = renamed(index.columns());
      TypeTable types = input.target().capabilities().types();
      List<Field> made = made(columns.orElse(List.of()));
      String fault = types.indexFault(index, made);
      if (fault == null && index.isPortable() && columns.isPresent()) {
        fault = tooFull(index, made, types.mostNotZero(index, made));
      }
      if (!index.isPortable() && !input.isOneDialect(step.source())) {
        lost(
            "INDEX_NOT_CARRIED",
            "the index "
                + index.name()
                + " is partial, over an expression or of a kind that only the source knows");
      } else if (!index.isPortable() && !isUnchanged) {
        lost(
            "INDEX_NOT_CARRIED",
            "the index " + index.name() + ": its definition names fields under other names");
      } else if (index.isPortable() && columns.isEmpty()) {
        lost("INDEX_NOT_CARRIED", "the index " + index.name() + NOT_CARRIED);
      } else if (fault != null) {
        lost("INDEX_NOT_CARRIED", "the index " + index.name() + ": " + fault);
      } else {
        indexes.add(index.isPortable() ? index.withColumns(columns.orElseThrow()) : index);
        noteZeros(index);
      }
    }
    return indexes;
  }

  /**
   * Why the records would keep an index from being made; null if it is known that they do not: by
   * all of them, or because the source has the same index over the same type.
   */
  private @Nullable String tooFull(Index index, List<Field> made, int most) {
    for (int i = 0; i < made.size(); i++) {
      String name = index.columns().get(i).field();
      Field field = made.get(i);
      int dimension = field.type().kind() == Kind.VECTOR ? field.type().size() : 0;
      boolean isSame =
          input.isOneDialect(source.name())
              && source.field(name).map(Field::nativeType).orElse("").equals(field.nativeType());
      if (isSame || dimension > 0 && dimension <= most || most == Integer.MAX_VALUE) {
        continue;
      }
      List<ValueProfile> profiles = input.profiles().get(source.name());
      int position = source.writtenNames().indexOf(name);
      String limit =
          "it takes vectors of up to " + number(most) + " elements that are not zero, and " + name;
      if (profiles == null
          || position < 0
          || input.sampled().contains(source.name())
          || source.writtenFields().get(position).type().kind() != Kind.VECTOR) {
        return limit
            + " may have more, since not all records were looked at: make it after the run";
      }
      int found = profiles.get(position).mostNotZero();
      if (found > most) {
        return limit + " has one of " + number(found);
      }
    }
    return null;
  }

  private static String number(int count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A vector of zeros has no direction, so that an index by direction leaves it out. */
  private void noteZeros(Index index) {
    List<ValueProfile> profiles = input.profiles().get(source.name());
    if (profiles == null || !"cosine".equals(index.options().get(Index.METRIC))) {
      return;
    }
    for (Index.Column column : index.columns()) {
      int position = source.writtenNames().indexOf(column.field());
      long zeros = position < 0 ? 0 : profiles.get(position).zeroVectors();
      if (zeros > 0) {
        losses.structure(
            column.field(),
            "ZERO_VECTORS_NOT_INDEXED",
            "the index "
                + index.name()
                + " is by cosine, which vectors of zeros do not have: it does not find them",
            zeros);
      }
    }
  }

  private List<Field> made(List<Index.Column> columns) {
    return columns.stream()
        .flatMap(column -> step.target().field(column.field()).stream())
        .toList();
  }

  private Optional<List<Index.Column>> renamed(List<Index.Column> columns) {
    return names
        .of(columns.stream().map(Index.Column::field).toList())
        .map(
            fields -> {
              List<Index.Column> renamed = new ArrayList<>();
              for (int i = 0; i < fields.size(); i++) {
                renamed.add(new Index.Column(fields.get(i), columns.get(i).isDescending()));
              }
              return renamed;
            });
  }

  private List<String> checks() {
    if (input.isOneDialect(step.source()) && isUnchanged) {
      return source.checks();
    }
    source.checks().forEach(check -> lost("CHECK_NOT_CARRIED", "the check constraint " + check));
    return List.of();
  }

  /** Between stores of one kind the store's own words are carried as far as they still hold. */
  private NativeDetail detail() {
    NativeDetail detail = source.detail();
    if (input.isOneDialect(step.source())) {
      NativeDetail carried =
          isUnchanged ? detail : new NativeDetail("", detail.objects(), detail.properties());
      return dangling > 0 ? carried.withDangling(dangling) : carried;
    }
    detail
        .properties()
        .forEach(
            (name, value) -> {
              if (!NativeDetail.isStructure(name)) {
                return;
              }
              int point = name.indexOf('.');
              String kind = point < 0 ? name : name.substring(0, point);
              losses.structure(
                  point < 0 ? "" : name.substring(point + 1),
                  kind.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_") + "_NOT_CARRIED",
                  "its " + kind + (value.isEmpty() ? "" : " \"" + cut(value) + "\""));
            });
    return NativeDetail.NONE;
  }

  private static String cut(String value) {
    return value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "…";
  }

  private Optional<String> obstacle(ForeignKey foreignKey) {
    if (input.target().capabilities().relationships() != Relationships.FOREIGN_KEYS) {
      return Optional.of("the target has no foreign keys");
    }
    if (names.of(foreignKey.fields()).isEmpty()) {
      return Optional.of("a field of it is not carried");
    }
    Step parentStep = bySource.get(foreignKey.targetCollection());
    Optional<Collection> parent =
        parentStep != null
            ? Optional.of(parentStep.target())
            : input.target().catalog().collection(foreignKey.targetCollection());
    if (parent.isEmpty()) {
      return Optional.of("that collection is not carried");
    }
    ForeignKey renamed = renamed(foreignKey);
    Collection to = parent.get();
    Set<String> referred = new HashSet<>(renamed.targetFields());
    boolean isUnique =
        new HashSet<>(to.key()).equals(referred)
            || uniqueSets(parentStep, to).anyMatch(set -> new HashSet<>(set).equals(referred));
    if (!isUnique) {
      return Optional.of("what it refers to is not unique");
    }
    for (int i = 0; i < renamed.fields().size(); i++) {
      Optional<Field> own = step.target().field(renamed.fields().get(i));
      Optional<Field> other = to.field(renamed.targetFields().get(i));
      if (own.isEmpty()
          || other.isEmpty()
          || own.get().type().kind() != other.get().type().kind()
              && !isDeclaredSo(foreignKey, parentStep, i, other.get())) {
        return Optional.of("the fields' types differ");
      }
    }
    return Optional.empty();
  }

  /** True if the source, a store of the same kind, has a foreign key between these very types. */
  private boolean isDeclaredSo(
      ForeignKey foreignKey, @Nullable Step parentStep, int position, Field to) {
    String parent = foreignKey.targetCollection();
    String field = foreignKey.targetFields().get(position);
    return input.isOneDialect(step.source())
        && isUnchanged
        && parentStep != null
        && parentStep.creates()
        && input
            .source()
            .catalog()
            .collection(parent)
            .flatMap(original -> original.field(field))
            .filter(original -> original.nativeType().equals(to.nativeType()))
            .isPresent();
  }

  /** The unique sets of a new parent are still those of its source. */
  private Stream<List<String>> uniqueSets(@Nullable Step parentStep, Collection parent) {
    if (parentStep == null || !parentStep.creates()) {
      return parent.uniqueSets().stream();
    }
    FieldNames parentNames = new FieldNames(parentStep.fields());
    Stream<List<String>> carried =
        input.source().catalog().collection(parentStep.source()).stream()
            .flatMap(each -> each.uniqueSets().stream())
            .flatMap(set -> parentNames.of(set).stream());
    return Stream.concat(parent.uniqueSets().stream(), carried);
  }

  /** The foreign key under the target's names. */
  private ForeignKey renamed(ForeignKey foreignKey) {
    Step parent = bySource.get(foreignKey.targetCollection());
    return new ForeignKey(
        foreignKey.name(),
        names.of(foreignKey.fields()).orElse(foreignKey.fields()),
        parent == null ? foreignKey.targetCollection() : parent.target().name(),
        parent == null
            ? foreignKey.targetFields()
            : new FieldNames(parent.fields())
                .of(foreignKey.targetFields())
                .orElse(foreignKey.targetFields()),
        foreignKey.onDelete(),
        foreignKey.onUpdate(),
        foreignKey.isDeferrable());
  }

  private void lost(String code, String text) {
    losses.structure("", code, text);
  }
}
