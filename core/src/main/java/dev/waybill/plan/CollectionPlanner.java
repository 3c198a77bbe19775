package dev.waybill.plan;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable;
import dev.waybill.model.TypeTable.Placement;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.TypeTable.Verdict;
import dev.waybill.model.ValueProfile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Decides where the fields of one collection go. */
final class CollectionPlanner {
  private final PlanInput input;
  private final Collection source;
  private final List<Loss> losses;
  private final TypeTable types;
  private final boolean isSameStore;
  private final @Nullable Collection existing;

  CollectionPlanner(PlanInput input, Collection source, List<Loss> losses) {
    this.input = input;
    this.source = source;
    this.losses = losses;
    this.types =
        input.target().restored().contains(source.name())
            ? input.source().capabilities().types()
            : input.target().capabilities().types();
    this.isSameStore = input.isOneDialect(source.name());
    this.existing = input.target().catalog().collection(source.name()).orElse(null);
  }

  /** The step with its fields and key; constraints and indexes are still those of the source. */
  Step withFields() {
    List<String> key = sourceKey();
    List<FieldMapping> mappings = new ArrayList<>();
    List<Field> targetFields = new ArrayList<>();
    List<Field> sourceFields = source.writtenFields();
    for (int i = 0; i < sourceFields.size(); i++) {
      Field field = sourceFields.get(i);
      if (field.generation() == Generation.HANDLE) {
        refuse(
            field.name(),
            "HANDLE_NOT_CARRIED",
            "records that only a handle of the source's own tells apart cannot be carried yet; give"
                + " them a key in the source, or leave them out");
        continue;
      }
      ValueProfile profile = profile(i);
      LogicalType type = effectiveType(field, profile);
      Optional<Field> placed =
          existing == null ? place(field, type, key) : placeInExisting(field, existing);
      if (placed.isPresent()) {
        Field target = placed.get();
        LogicalType stored = target.type();
        if (stored.kind() == Kind.DYNAMIC && type.kind() != Kind.DYNAMIC) {
          stored = types.place(type).stored();
        }
        if (!Mapping.exists(type, stored)) {
          refuse(
              field.name(),
              "NO_TRANSFORMATION",
              "values of type "
                  + type
                  + " cannot be carried as "
                  + target.nativeType()
                  + " of "
                  + target.name());
        } else {
          mappings.add(new FieldMapping(field.name(), type, target.name(), stored));
          targetFields.add(target);
          checkValues(field, type, stored, profile, key);
        }
      }
    }
    Collection target =
        existing == null ? absentTarget(targetFields, key) : existingTarget(targetFields);
    return new Step(
        source.name(),
        target,
        existing == null,
        inOrderOf(target, mappings),
        key,
        input.wishes().onConflict(),
        source.estimatedRecords(),
        source.estimatedBytes());
  }

  private List<String> sourceKey() {
    List<String> wished = input.wishes().keys().get(source.name());
    if (wished == null) {
      return source.key();
    }
    for (String name : wished) {
      if (source.field(name).isEmpty()) {
        throw new SpecException(
            "UNKNOWN_FIELD",
            "Collection \"" + source.name() + "\" has no field \"" + name + "\" (--key).",
            "see what it has: waybill inspect URL");
      }
    }
    return wished;
  }

  private @Nullable ValueProfile profile(int field) {
    List<ValueProfile> profiles = input.profiles().get(source.name());
    return profiles == null ? null : profiles.get(field);
  }

  /**
   * What the values are: as the store promises, or where it promises nothing, as they were seen.
   */
  private LogicalType effectiveType(Field field, @Nullable ValueProfile profile) {
    if (profile == null) {
      return field.type();
    }
    Set<Kind> seen = profile.kinds();
    if (isSameStore && isOfThatType(field)) {
      return field.type();
    }
    if (seen.isEmpty()) {
      return field.type().kind() == Kind.DYNAMIC ? declared(field) : field.type();
    }
    if (seen.size() == 1) {
      Kind kind = seen.iterator().next();
      return kind == field.type().kind()
          ? field.type()
          : LogicalType.parse(kind.name().toLowerCase(Locale.ROOT));
    }
    return LogicalType.DYNAMIC;
  }

  /** Where no value tells, what the declaration suggests. */
  private static LogicalType declared(Field field) {
    String type = field.nativeType().toUpperCase(Locale.ROOT);
    if (type.contains("BOOL") || type.contains("INT")) {
      return LogicalType.INT64;
    }
    return type.contains("NUM") || type.contains("DEC") ? LogicalType.FLOAT64 : LogicalType.TEXT;
  }

  /** True if the target's field, there or to be made, is declared as the source's. */
  private boolean isOfThatType(Field field) {
    return existing == null
        || existing
            .field(field.name())
            .filter(target -> target.type().equals(field.type()))
            .isPresent();
  }

  private Optional<Field> place(Field field, LogicalType type, List<String> key) {
    boolean isNullable = field.isNullable() && !key.contains(field.name());
    if (field.name().getBytes(StandardCharsets.UTF_8).length > types.longestName()) {
      refuse(
          field.name(),
          "NAME_TOO_LONG",
          "the name is longer than the target's " + types.longestName() + " bytes");
      return Optional.empty();
    }
    if (isSameStore && types.isKnown(field.nativeType())) {
      return Optional.of(
          new Field(
              field.name(),
              field.type(),
              field.nativeType(),
              isNullable,
              field.defaultValue(),
              field.generation()));
    }
    Placement placement = types.place(isNumbers(field, type) ? LogicalType.DECIMAL : type);
    if (placement.stored().kind() == Kind.TEXT && isNumbers(field, type)) {
      placement = types.place(type);
    }
    if (placement.verdict() == Verdict.REFUSED) {
      refuse(
          field.name(),
          type.kind() == Kind.DYNAMIC ? "MIXED_TYPES" : "NO_PLACE",
          type.kind() == Kind.DYNAMIC
              ? "values of several types, which the target cannot hold in one field: " + mix(field)
              : "the target cannot hold values of type " + type + ": " + placement.note());
      return Optional.empty();
    }
    if (!placement.stored().equals(type)) {
      losses.add(
          new Loss(
              source.name(),
              field.name(),
              "OTHER_FORM",
              type
                  + " is held as "
                  + placement.nativeType()
                  + (placement.note().isEmpty() ? "" : "; " + placement.note()),
              Loss.Severity.FORM,
              -1,
              List.of()));
    }
    return Optional.of(
        new Field(
            field.name(),
            placement.stored(),
            placement.nativeType(),
            isNullable,
            defaultValue(field, placement.stored()),
            generation(field)));
  }

  /** True for integers and floats in a field whose store stores whole floats as integers. */
  private boolean isNumbers(Field field, LogicalType type) {
    ValueProfile profile = profile(source.writtenFields().indexOf(field));
    return type.kind() == Kind.DYNAMIC
        && field.type().kind() == Kind.DYNAMIC
        && !field.nativeType().isEmpty()
        && profile != null
        && profile.kinds().equals(EnumSet.of(Kind.INT64, Kind.FLOAT64));
  }

  private String mix(Field field) {
    ValueProfile profile = profile(source.writtenFields().indexOf(field));
    return profile == null
        ? ""
        : profile.kinds().stream()
            .map(kind -> profile.count(kind) + " × " + kind.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
  }

  private static Generation generation(Field field) {
    return field.generation() == Generation.COMPUTED ? Generation.NONE : field.generation();
  }

  private @Nullable Default defaultValue(Field field, LogicalType stored) {
    Default given = field.defaultValue();
    if (given == null || given.literal() != null && !given.literal().equals("NULL")) {
      return given == null ? null : fits(given, stored) ? given : noDefault(field, given);
    }
    boolean isTemporal =
        stored.kind() == Kind.TIMESTAMP
            || stored.kind() == Kind.INSTANT
            || stored.kind() == Kind.DATE
            || stored.kind() == Kind.TIME;
    boolean isNow = given.expression().equalsIgnoreCase(Default.NOW);
    if (isNow && isTemporal) {
      return new Default(null, Default.NOW);
    }
    return given.expression().equalsIgnoreCase("NULL") ? null : noDefault(field, given);
  }

  private static boolean fits(Default given, LogicalType stored) {
    String literal = given.literal();
    if (literal == null) {
      return false;
    }
    return switch (stored.kind()) {
      case INT64 -> literal.matches("[+-]?\\d{1,18}");
      case FLOAT64, FLOAT32, DECIMAL ->
          literal.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
      case BOOLEAN -> literal.matches("(?i)0|1|true|false|t|f");
      default -> stored.kind() != Kind.BYTES && literal.indexOf(0) < 0;
    };
  }

  private @Nullable Default noDefault(Field field, Default given) {
    losses.add(
        new Loss(
            source.name(),
            field.name(),
            "DEFAULT_NOT_CARRIED",
            "the default " + given.expression() + " means nothing to the target",
            Loss.Severity.STRUCTURE,
            -1,
            List.of()));
    return null;
  }

  private Optional<Field> placeInExisting(Field field, Collection target) {
    Optional<Field> found = match(field, target);
    if (found.isEmpty()) {
      refuse(
          field.name(),
          "FIELD_HAS_NO_PLACE",
          "the target's " + target.name() + " has no field of this name");
    } else if (!found.get().isWritten()) {
      refuse(
          field.name(),
          "FIELD_IS_COMPUTED",
          "the target computes its field " + found.get().name() + " itself");
      return Optional.empty();
    }
    return found;
  }

  private static Optional<Field> match(Field field, Collection target) {
    Optional<Field> exact = target.field(field.name());
    return exact.isPresent()
        ? exact
        : target.fields().stream()
            .filter(each -> plain(each.name()).equals(plain(field.name())))
            .reduce((a, b) -> a.name().compareTo(b.name()) < 0 ? a : b);
  }

  /** repoName and repo_name are one name to people. */
  private static String plain(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }

  private void checkValues(
      Field field,
      LogicalType type,
      LogicalType stored,
      @Nullable ValueProfile profile,
      List<String> key) {
    if (Mapping.isByContent(type, stored)) {
      losses.add(
          new Loss(
              source.name(),
              field.name(),
              "COMPARED_BY_CONTENT",
              "text is held as " + stored + "; its spelling does not come back, its content does",
              Loss.Severity.FORM,
              -1,
              List.of()));
    }
    if (profile == null) {
      return;
    }
    if (key.contains(field.name()) && profile.nulls() > 0 && !isSameStore) {
      count(field, "NULL_IN_KEY", "null stands in the key", profile.nulls(), List.of());
    }
    Set<Trait> cannot = types.cannotHold();
    boolean isText = stored.kind() == Kind.TEXT || stored.kind() == Kind.JSON;
    if (isText && cannot.contains(Trait.NUL_IN_TEXT) && profile.nulInText() > 0) {
      count(
          field,
          "NUL_IN_TEXT",
          "text has NUL characters, which the target cannot hold",
          profile.nulInText(),
          profile.nulExamples());
    }
    if (isText && cannot.contains(Trait.INVALID_UTF8) && profile.invalidUtf8() > 0) {
      count(
          field,
          "INVALID_UTF8",
          "text is not UTF-8, which the target cannot hold",
          profile.invalidUtf8(),
          profile.invalidExamples());
    }
    if (stored.kind() == Kind.INT64
        && type.kind() == Kind.INT64
        && stored.size() < 64
        && profile.count(Kind.INT64) > 0) {
      long limit = 1L << stored.size() - 1;
      if (profile.minInt64() < -limit || profile.maxInt64() >= limit) {
        count(
            field,
            "OUT_OF_RANGE",
            "integers from "
                + profile.minInt64()
                + " to "
                + profile.maxInt64()
                + " do not fit "
                + stored,
            -1,
            List.of());
      }
    }
  }

  private Collection absentTarget(List<Field> fields, List<String> key) {
    if (source.name().getBytes(StandardCharsets.UTF_8).length > types.longestName()) {
      refuse(
          "",
          "NAME_TOO_LONG",
          "the name is longer than the target's " + types.longestName() + " bytes");
    }
    return new Collection(
        source.name(),
        fields,
        key,
        source.uniqueSets(),
        source.foreignKeys(),
        source.indexes(),
        isSameStore ? source.checks() : List.of(),
        List.of(),
        source.endpoints(),
        source.estimatedRecords(),
        source.estimatedBytes());
  }

  /** The target's collection reduced to the fields that are filled, in the target's order. */
  private Collection existingTarget(List<Field> filled) {
    Collection target = java.util.Objects.requireNonNull(existing);
    Set<String> names = filled.stream().map(Field::name).collect(Collectors.toSet());
    if (names.size() < filled.size()) {
      refuse("", "TWO_FIELDS_IN_ONE", "two fields of the source go into one of the target");
    }
    for (Field field : target.writtenFields()) {
      boolean isFilledByStore =
          field.isNullable()
              || field.defaultValue() != null
              || field.generation() != Generation.NONE;
      if (!names.contains(field.name()) && !isFilledByStore) {
        refuse(
            "",
            "FIELD_NOT_FILLED",
            "the target's field " + field.name() + " needs a value and the source has none");
      }
    }
    if (!names.containsAll(target.key())) {
      refuse(
          "",
          "KEY_NOT_FILLED",
          "the target's key " + target.key() + " is not among the fields of the source");
    }
    ConflictPolicy policy = input.wishes().onConflict();
    boolean replaces =
        policy.rule() == ConflictPolicy.Rule.OVERWRITE
            || policy.rule() == ConflictPolicy.Rule.NEWER;
    if (replaces && target.hasKey() && !isUniqueInSource(target)) {
      refuse(
          "",
          "KEY_NOT_UNIQUE",
          "the source does not promise that "
              + String.join(", ", target.key())
              + " is unique, so that with --on-conflict "
              + policy
              + " one of its records could replace another");
    }
    if (policy.rule() == ConflictPolicy.Rule.NEWER && !names.contains(policy.newerField())) {
      refuse(
          "",
          "NEWER_FIELD_MISSING",
          "there is no field "
              + policy.newerField()
              + " in both by which the newer record is told");
    }
    return target.withFields(
        target.fields().stream().filter(field -> names.contains(field.name())).toList());
  }

  /** True if no two records of the source can have the same key in the target. */
  private boolean isUniqueInSource(Collection target) {
    Set<String> keyed =
        source.writtenFields().stream()
            .filter(
                field ->
                    match(field, target)
                        .filter(found -> target.key().contains(found.name()))
                        .isPresent())
            .map(Field::name)
            .collect(Collectors.toSet());
    return !source.key().isEmpty() && keyed.containsAll(source.key())
        || source.uniqueSets().stream().anyMatch(keyed::containsAll);
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

  private void refuse(String field, String code, String text) {
    losses.add(new Loss(source.name(), field, code, text, Loss.Severity.REFUSED, -1, List.of()));
  }

  private void count(Field field, String code, String text, long records, List<String> examples) {
    losses.add(
        new Loss(source.name(), field.name(), code, text, Loss.Severity.VALUE, records, examples));
  }
}
