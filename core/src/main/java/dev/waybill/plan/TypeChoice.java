package dev.waybill.plan;

import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.model.TypeTable.Placement;
import dev.waybill.model.TypeTable.Verdict;
import dev.waybill.model.ValueProfile;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the values of one field of the source are, as declared and as they were seen. */
final class TypeChoice {
  private static final int SHOWN = 20;

  private final Field field;
  private final @Nullable ValueProfile profile;

  TypeChoice(Field field, @Nullable ValueProfile profile) {
    this.field = field;
    this.profile = profile;
  }

  /**
   * What the values are: as the store promises, or where it promises nothing, as they were seen.
   *
   * @param keepsDeclared true if the target's field is declared alike in a store of the same kind
   */
  LogicalType effective(boolean keepsDeclared) {
    if (profile == null || keepsDeclared) {
      return field.type();
    }
    Set<Kind> seen = profile.kinds();
    if (seen.isEmpty()) {
      return field.type().kind() == Kind.DYNAMIC ? declared() : field.type();
    }
    if (seen.size() == 1) {
      Kind kind = seen.iterator().next();
      return kind == field.type().kind() ? field.type() : of(kind);
    }
    return LogicalType.DYNAMIC;
  }

  private static LogicalType of(Kind kind) {
    return LogicalType.parse(kind == Kind.INT64 ? "int64" : kind.name().toLowerCase(Locale.ROOT));
  }

  /** Where no value tells, what the declaration suggests. */
  private LogicalType declared() {
    String type = field.nativeType().toUpperCase(Locale.ROOT);
    if (type.contains("BOOL") || type.contains("INT")) {
      return LogicalType.INT64;
    }
    return type.contains("NUM") || type.contains("DEC") ? LogicalType.FLOAT64 : LogicalType.TEXT;
  }

  /** True for integers and floats in a field whose store stores whole floats as integers. */
  boolean isNumbers() {
    return field.type().kind() == Kind.DYNAMIC
        && !field.nativeType().isEmpty()
        && profile != null
        && profile.kinds().equals(EnumSet.of(Kind.INT64, Kind.FLOAT64));
  }

  /** The place of values of several types in a store whose fields have one type each. */
  Placement forMixed(TypeTable types) {
    Placement placement = types.place(isNumbers() ? LogicalType.DECIMAL : LogicalType.DYNAMIC);
    if (placement.stored().kind() == Kind.TEXT && isNumbers()) {
      placement = types.place(LogicalType.DYNAMIC);
    }
    return placement.verdict() == Verdict.REFUSED ? types.place(chief()) : placement;
  }

  /**
   * The type that a field of values of several types is taken for: declared, else the commonest.
   */
  private LogicalType chief() {
    if (field.type().kind() != Kind.DYNAMIC || profile == null) {
      return field.type().kind() == Kind.DYNAMIC ? declared() : field.type();
    }
    Kind chief = Kind.TEXT;
    for (Kind kind : profile.kinds()) {
      if (profile.count(kind) > profile.count(chief)) {
        chief = kind;
      }
    }
    return of(chief);
  }

  /** Notes the values that are not of the kind that the target's field holds. */
  void noteMixed(Kind held, LossList losses) {
    if (profile == null) {
      return;
    }
    long others = 0;
    List<String> examples = new ArrayList<>();
    for (Kind kind : profile.kinds()) {
      if (kind != held) {
        others += profile.count(kind);
        examples.addAll(profile.examples(kind));
      }
    }
    if (others > 0) {
      losses.values(
          field.name(),
          "MIXED_TYPES",
          "values of several types ("
              + mix()
              + ") where the target's field holds "
              + held.name().toLowerCase(Locale.ROOT),
          others,
          examples.subList(0, Math.min(SHOWN, examples.size())));
    }
  }

  private String mix() {
    return profile == null
        ? ""
        : profile.kinds().stream()
            .map(kind -> profile.count(kind) + " × " + kind.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
  }
}
