package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.model.TypeTable.Placement;
import dev.waybill.model.TypeTable.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the place of one field in the target: one that is there, or one to be made. */
final class FieldPlaces {
  /** What follows the name of a native type: dimensions and length. */
  private static final Pattern MODIFIERS = Pattern.compile("(?: ?\\([0-9, -]+\\))?(?:\\[\\d*])*$");

  private final TypeTable types;
  private final Collection source;
  private final @Nullable Collection existing;
  private final boolean isSameStore;
  private final LossList losses;

  FieldPlaces(
      TypeTable types,
      Collection source,
      @Nullable Collection existing,
      boolean isSameStore,
      LossList losses) {
    this.types = types;
    this.source = source;
    this.existing = existing;
    this.isSameStore = isSameStore;
    this.losses = losses;
  }

  /** True if the target's field, there or to be made, is declared as the source's. */
  boolean isKept(Field field) {
    return isSameStore
        && (existing == null
            || existing
                .field(field.name())
                .filter(target -> target.type().equals(field.type()))
                .isPresent());
  }

  // --- a new field

  /** A field for values of a type that nobody chose. */
  Optional<Field> asIs(
      Field field,
      String name,
      LogicalType type,
      TypeChoice choice,
      List<String> key,
      boolean isPlain) {
    if (isImpossible(name, field.name())) {
      return Optional.empty();
    }
    // A store of the same kind lets null stand in a key where the source's does.
    boolean isOwnKey = isSameStore && source.key().contains(field.name());
    boolean isNullable = field.isNullable() && (isOwnKey || !key.contains(field.name()));
    if (isSameStore && isKnown(field.nativeType())) {
      return Optional.of(
          new Field(
              name,
              field.type(),
              field.nativeType(),
              isNullable,
              field.defaultValue(),
              isPlain ? field.generation() : generation(field, field.type(), key)));
    }
    Placement placement = type.kind() == Kind.DYNAMIC ? choice.forMixed(types) : types.place(type);
    if (placement.verdict() == Verdict.REFUSED) {
      losses.refuse(
          field.name(),
          "NO_PLACE",
          "the target cannot hold values of type " + type + ": " + placement.note());
      return Optional.empty();
    }
    if (!placement.stored().equals(type) && type.kind() != Kind.DYNAMIC) {
      noteForm(field.name(), type, placement);
    }
    return Optional.of(
        new Field(
            name,
            placement.stored(),
            placement.nativeType(),
            isNullable,
            defaultValue(field, placement.stored()),
            generation(field, placement.stored(), key)));
  }

  private void noteForm(String field, LogicalType type, Placement placement) {
    losses.form(
        field,
        "OTHER_FORM",
        type
            + " is held as "
            + placement.nativeType()
            + (placement.note().isEmpty() ? "" : "; " + placement.note()));
  }

  /** Known to every store of the kind, or made beforehand by what the collection needs. */
  private boolean isKnown(String nativeType) {
    String name = MODIFIERS.matcher(nativeType).replaceFirst("");
    return types.isKnown(nativeType)
        || source.detail().objects().stream().anyMatch(object -> object.name().equals(name));
  }

  /** A field of the type that somebody chose. */
  Optional<Field> asWished(
      Field field, FieldWish line, @Nullable LogicalType wished, List<String> key, Faults faults) {
    Optional<Field> made = made(line, wished, faults);
    return made.map(
        place ->
            new Field(
                place.name(),
                place.type(),
                place.nativeType(),
                line.isNullable() != null
                    ? place.isNullable()
                    : field.isNullable() && !key.contains(field.name()),
                line.defaultValue() != null
                    ? line.defaultValue()
                    : defaultValue(field, place.type()),
                line.generation() != null
                    ? line.generation()
                    : generation(field, place.type(), key)));
  }

  /** A new field of a wished type or native type. */
  Optional<Field> made(FieldWish line, @Nullable LogicalType wished, Faults faults) {
    String name = line.target() != null ? line.target() : String.join(" ", line.sources());
    if (isImpossible(name, line.sources().isEmpty() ? "" : line.sources().get(0))) {
      return Optional.empty();
    }
    LogicalType stored = line.stored();
    String nativeType = line.nativeType();
    if (nativeType != null && stored == null) {
      stored = wished != null ? wished : logical(nativeType);
      if (stored == null) {
        faults.add(
            line.path() + ".native",
            "it is not known what \"" + nativeType + "\" holds: say \"to\" as well");
        return Optional.empty();
      }
    }
    if (nativeType == null || stored == null) {
      Placement placement = types.place(wished == null ? LogicalType.TEXT : wished);
      if (placement.verdict() == Verdict.REFUSED) {
        faults.add(
            line.path() + ".to",
            "the target cannot hold values of type " + wished + ": " + placement.note());
        return Optional.empty();
      }
      nativeType = nativeType == null ? placement.nativeType() : nativeType;
      stored = stored == null ? placement.stored() : stored;
    }
    return Optional.of(
        new Field(
            name,
            stored,
            nativeType,
            line.isNullable() == null || line.isNullable(),
            line.defaultValue(),
            line.generation() == null ? Generation.NONE : line.generation()));
  }

  private @Nullable LogicalType logical(String nativeType) {
    return types.natives().stream()
        .filter(each -> each.nativeType().equalsIgnoreCase(nativeType))
        .findFirst()
        .map(TypeTable.Native::logical)
        .orElse(null);
  }

  private boolean isImpossible(String name, String field) {
    String fault = types.nameFault(name);
    if (fault != null) {
      losses.refuse(field, "NAME_NOT_POSSIBLE", fault);
    }
    return fault != null;
  }

  /** How a new field is numbered; what the target does otherwise is named. */
  private Generation generation(Field field, LogicalType stored, List<String> key) {
    Generation wanted =
        field.generation() == Generation.COMPUTED ? Generation.NONE : field.generation();
    Generation made = types.numbering(wanted, stored, key.equals(List.of(field.name())));
    if (made != wanted) {
      losses.structure(
          field.name(),
          "NUMBERING_NOT_CARRIED",
          made == Generation.NONE
              ? "the source numbers it by itself, the target does not"
              : "the source always numbers it by itself, the target only where nothing is given");
    }
    return made;
  }

  private @Nullable Default defaultValue(Field field, LogicalType stored) {
    Default given = field.defaultValue();
    if (given == null || given.literal() != null && !given.literal().equals("NULL")) {
      return given == null
          ? null
          : fits(given, field.type(), stored) ? given : noDefault(field, given);
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

  private static boolean fits(Default given, LogicalType type, LogicalType stored) {
    String literal = given.literal();
    if (literal == null) {
      return false;
    }
    return switch (stored.kind()) {
      case INT64 -> literal.matches("[+-]?\\d{1,18}");
      case FLOAT64, FLOAT32, DECIMAL ->
          literal.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
      case BOOLEAN -> literal.matches("(?i)0|1|true|false|t|f");
      case TEXT -> literal.indexOf(0) < 0;
      case UUID, JSON ->
          (type.kind() == stored.kind() || type.kind() == Kind.TEXT) && literal.indexOf(0) < 0;
      default -> type.kind() == stored.kind() && stored.kind() != Kind.BYTES;
    };
  }

  private @Nullable Default noDefault(Field field, Default given) {
    losses.structure(
        field.name(),
        "DEFAULT_NOT_CARRIED",
        "the default " + given.expression() + " means nothing to the target");
    return null;
  }

  // --- a field that is there

  /**
   * The target's field for a line; its own type decides.
   *
   * @param name the source's field, empty where there is none or several
   * @param put the type of what is to go there
   */
  Optional<Field> inExisting(
      String name, FieldWish line, @Nullable LogicalType wished, LogicalType put, Faults faults) {
    Collection target = java.util.Objects.requireNonNull(existing);
    Optional<Field> found =
        line.target() != null ? target.field(line.target()) : match(name, target);
    if (found.isEmpty()) {
      if (line.target() != null) {
        faults.add(
            line.path() + ".target",
            "the target's " + target.name() + " has no field \"" + line.target() + "\"");
      } else {
        losses.refuse(
            name,
            "FIELD_HAS_NO_PLACE",
            "the target's " + target.name() + " has no field of this name");
      }
      return Optional.empty();
    }
    Field field = found.get();
    if (!field.isWritten()) {
      losses.refuse(
          name, "FIELD_IS_COMPUTED", "the target computes its field " + field.name() + " itself");
      return Optional.empty();
    }
    if (line.to() != null
        && wished != null
        && field.type().kind() != Kind.DYNAMIC
        && !types.place(wished).stored().equals(field.type())
        && !wished.equals(field.type())) {
      faults.add(
          line.path() + ".to",
          "the target's field \"" + field.name() + "\" is there and holds " + field.type());
      return Optional.empty();
    }
    Field taking = types.widened(field, put);
    if (!taking.equals(field)) {
      losses.form(
          name,
          "OTHER_FORM",
          "the target's field "
              + field.name()
              + " takes "
              + put
              + " beside its "
              + field.type()
              + ", as "
              + taking.nativeType()
              + "; what is there stays as it is");
    }
    return Optional.of(taking);
  }

  /** The field that people would take for the same. */
  static Optional<Field> match(String name, Collection target) {
    Optional<Field> exact = target.field(name);
    return exact.isPresent()
        ? exact
        : target.fields().stream()
            .filter(each -> plain(each.name()).equals(plain(name)))
            .reduce((a, b) -> a.name().compareTo(b.name()) < 0 ? a : b);
  }

  /** repoName and repo_name are one name to people. */
  private static String plain(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }
}
