package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.LossRules.Rule;
import dev.waybill.model.TypeTable;
import dev.waybill.model.ValueProfile;
import dev.waybill.model.VectorEvidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the fields of bytes, or of text, whose every value is a vector, for a target that has
 * vectors.
 */
final class VectorChoice {
  static final String CODE = "VECTORS_RECOGNISED";
  static final String EITHER = "VECTORS_OF_EITHER_WIDTH";

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
   * The input with rules that keep the spelling of texts which are taken for vectors, before those
   * that the user has given: without it they would not be the same texts on their way back.
   */
  static PlanInput withSpellingKept(PlanInput input) {
    List<Rule> rules = new ArrayList<>();
    for (Collection collection : input.source().catalog().collections()) {
      List<ValueProfile> profiles = input.profiles().get(collection.name());
      if (profiles == null
          || !input.wishes().options().hasSidecar()
          || input.isOneDialect(collection.name())
          || input.target().catalog().collection(collection.name()).isPresent()) {
        continue;
      }
      VectorChoice choice =
          new VectorChoice(
              collection,
              profiles,
              input.target().capabilities().types(),
              new LossList(collection.name(), new ArrayList<>()));
      for (Field field : collection.writtenFields()) {
        Rule rule = new Rule(collection.name(), field.name(), Spelling.CODE, LossPolicy.SIDECAR);
        if (choice.evidence(field).isOfTexts()
            && rule.isSpellable()
            && choice.types(field).size() == 1
            && choice.isStored(choice.types(field).get(0))) {
          rules.add(rule);
        }
      }
    }
    rules.addAll(input.wishes().options().onLoss().rules());
    return input.withOnLoss(new LossRules(rules));
  }

  private boolean isStored(LogicalType vectors) {
    return types.place(vectors).stored().kind() == Kind.VECTOR;
  }

  private VectorEvidence evidence(Field field) {
    List<ValueProfile> seen = profiles;
    return seen == null
        ? new VectorEvidence()
        : seen.get(source.writtenFields().indexOf(field)).vectors();
  }

  /** What all values may be, as far as what stands beside them does not say otherwise. */
  private List<LogicalType> types(Field field) {
    if (isIdentity(field.name())) {
      return List.of();
    }
    String dimension = beside(DIMENSION, Kind.INT64);
    boolean isHinted = !dimension.isEmpty() || NAMED.matcher(field.name()).matches();
    return evidence(field).types(isHinted).stream()
        .filter(type -> dimension.isEmpty() || says(dimension, type.size()))
        .toList();
  }

  /**
   * What the values of a field of bytes or texts are read as; empty where they stay what they are.
   * What is found is noted.
   *
   * @param isSpellingKept whether texts come back as they are spelled
   */
  Optional<LogicalType> of(Field field, boolean isSpellingKept) {
    List<LogicalType> found = types(field);
    VectorEvidence evidence = evidence(field);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (found.size() > 1) {
      losses.form(
          field.name(),
          EITHER,
          all(evidence)
              + " may be vectors of "
              + found.stream()
                  .map(type -> type.size() + " " + type.element())
                  .collect(Collectors.joining(" or of "))
              + ", little-endian: they stay bytes; "
              + found.stream()
                  .map(type -> wish(field, as(type)))
                  .collect(Collectors.joining(" or "))
              + " says which");
      return Optional.empty();
    }
    LogicalType type = found.get(0);
    TypeTable.Placement place = types.place(type);
    String what =
        all(evidence)
            + " are vectors of "
            + type.size()
            + (evidence.isOfTexts()
                ? " numbers, as JSON arrays in text"
                : " " + type.element() + ", little-endian")
            + besides(beside(DIMENSION, Kind.INT64))
            + ": ";
    boolean isVector = isStored(type);
    if (isVector && (isSpellingKept || !evidence.isOfTexts())) {
      losses.form(
          field.name(),
          CODE,
          what
              + "written as "
              + place.nativeType()
              + "; as "
              + (evidence.isOfTexts() ? "text with " : "bytes with ")
              + wish(field, evidence.isOfTexts() ? "text" : "bytes"));
      return Optional.of(type);
    }
    if (evidence.isOfTexts()) {
      if (isVector) {
        losses.form(
            field.name(),
            CODE,
            what
                + "they stay text, since nothing would keep how they are spelled; as "
                + place.nativeType()
                + " with "
                + wish(field, "json:" + type));
      }
    } else if (place.stored().kind() != Kind.BYTES) {
      losses.form(
          field.name(),
          CODE,
          what
              + "they stay bytes, since the target has no type for them"
              + (place.note().isEmpty() ? "" : " (" + place.note() + ")")
              + "; as "
              + place.nativeType()
              + " with "
              + wish(field, as(type)));
    }
    return Optional.empty();
  }

  private static String all(VectorEvidence evidence) {
    return (evidence.nulls() == 0 ? "all " : "of ")
        + number(evidence.values() + evidence.nulls())
        + " values"
        + (evidence.nulls() == 0 ? "" : " all " + number(evidence.values()) + " that are not null");
  }

  private String wish(Field field, String type) {
    return "--type " + source.name() + "." + field.name() + "=" + type;
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
