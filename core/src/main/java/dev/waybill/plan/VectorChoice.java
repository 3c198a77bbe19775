package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.model.ValueProfile;
import dev.waybill.model.VectorEvidence;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the fields of bytes whose every value is a vector, for a target that has vectors. */
final class VectorChoice {
  static final String CODE = "VECTORS_RECOGNISED";

  private static final Pattern NAMED =
      Pattern.compile("(?i).*(embedding|vector|centroid)s?|(?i)(.*_)?(emb|vec)");
  private static final Pattern DIMENSION = Pattern.compile("(?i)(.*_)?dim(ension)?s?");
  private static final Pattern MODEL = Pattern.compile("(?i)(.*_)?model(_name|_id)?");

  private final Collection source;
  private final @Nullable List<ValueProfile> profiles;
  private final TypeTable types;
  private final LossList losses;

  VectorChoice(
      Collection source, @Nullable List<ValueProfile> profiles, TypeTable types, LossList losses) {
    this.source = source;
    this.profiles = profiles;
    this.types = types;
    this.losses = losses;
  }

  /**
   * What the values of a field of bytes are read as, and as what; empty where they stay bytes. What
   * is found is noted.
   */
  Optional<LogicalType> of(Field field) {
    List<ValueProfile> seen = profiles;
    if (seen == null || isIdentity(field.name())) {
      return Optional.empty();
    }
    VectorEvidence evidence = seen.get(source.writtenFields().indexOf(field)).vectors();
    String dimension = beside(DIMENSION, Kind.INT64);
    Optional<LogicalType> found =
        evidence.type(!dimension.isEmpty() || NAMED.matcher(field.name()).matches());
    if (found.isEmpty() || !dimension.isEmpty() && !says(dimension, found.get().size())) {
      return Optional.empty();
    }
    LogicalType type = found.get();
    TypeTable.Placement place = types.place(type);
    String what =
        (evidence.nulls() == 0 ? "all " : "of ")
            + number(evidence.values() + evidence.nulls())
            + " values"
            + (evidence.nulls() == 0
                ? ""
                : " all " + number(evidence.values()) + " that are not null")
            + " are vectors of "
            + type.size()
            + " "
            + type.element()
            + ", little-endian"
            + besides(dimension)
            + ": ";
    if (place.stored().kind() == Kind.VECTOR) {
      losses.form(
          field.name(),
          CODE,
          what
              + "written as "
              + place.nativeType()
              + "; as bytes with --type "
              + source.name()
              + "."
              + field.name()
              + "=bytes");
      return found;
    }
    if (place.stored().kind() != Kind.BYTES) {
      losses.form(
          field.name(),
          CODE,
          what
              + "they stay bytes, since the target has no type for them"
              + (place.note().isEmpty() ? "" : " (" + place.note() + ")")
              + "; as "
              + place.nativeType()
              + " with --type "
              + source.name()
              + "."
              + field.name()
              + "="
              + as(type));
    }
    return Optional.empty();
  }

  /** Nobody tells records apart by vectors. */
  private boolean isIdentity(String field) {
    return source.key().contains(field)
        || source.uniqueSets().stream().anyMatch(set -> set.contains(field))
        || source.foreignKeys().stream().anyMatch(key -> key.fields().contains(field));
  }

  private static String number(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** How bytes are read as vectors of a type. */
  static String as(LogicalType vectors) {
    return vectors.element() != null && vectors.element().kind() == Kind.FLOAT64 ? "f64" : "f32";
  }

  private String besides(String dimension) {
    String model = beside(MODEL, Kind.TEXT);
    return (dimension.isEmpty() ? "" : ", as " + dimension + " beside them says")
        + (model.isEmpty() ? "" : ", of the model in " + model);
  }

  /** The first field of a kind that is called so, empty if there is none. */
  private String beside(Pattern name, Kind kind) {
    return source.writtenFields().stream()
        .filter(each -> name.matcher(each.name()).matches() && each.type().kind() == kind)
        .map(Field::name)
        .findFirst()
        .orElse("");
  }

  private boolean says(String field, int dimension) {
    List<ValueProfile> seen = profiles;
    Field of = source.field(field).orElseThrow();
    ValueProfile profile =
        seen == null ? new ValueProfile() : seen.get(source.writtenFields().indexOf(of));
    return profile.minInt64() == dimension && profile.maxInt64() == dimension;
  }
}
