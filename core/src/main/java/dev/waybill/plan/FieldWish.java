package dev.waybill.plan;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.LogicalType;
import dev.waybill.model.SpecException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is said about one field, by a profile or by a plan file with gaps; null where nothing is.
 *
 * @param path of the line in its file, empty where the planner itself wishes
 * @param sources as in {@link FieldMapping}
 * @param isDropped true if the field is not carried
 * @param stored logical type of the target's field, where it is not {@code to}
 * @param position among the target's fields, from 1; 0 where nothing is said
 * @param isNullAbsent as in {@link FieldMapping}
 * @param model that the source's vectors are of
 */
record FieldWish(
    String path,
    List<String> sources,
    @Nullable String constant,
    boolean isDropped,
    @Nullable LogicalType from,
    @Nullable String as,
    @Nullable String target,
    @Nullable LogicalType to,
    @Nullable LogicalType stored,
    @Nullable String nativeType,
    @Nullable Boolean isNullable,
    @Nullable Default defaultValue,
    @Nullable Generation generation,
    int position,
    boolean isNullAbsent,
    @Nullable EmbeddingModel model) {

  /** Nothing but that a field of the source is carried. */
  static FieldWish of(String source) {
    return new FieldWish(
        "",
        List.of(source),
        null,
        false,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        0,
        false,
        null);
  }

  /**
   * That a field of the source is to be of a type, read in a way, or both: {@code bytes}, {@code
   * f32}, {@code json:vector(float32,3)}.
   *
   * @param path where that is said
   * @throws SpecException if it is neither
   */
  static FieldWish typed(String path, String source, String said) {
    int colon = said.indexOf(':');
    LogicalType to = type(said.substring(colon + 1));
    String as = to == null ? said : colon < 0 ? null : said.substring(0, colon);
    if (as != null && !Mapping.isWay(as)) {
      throw new SpecException(
          "USAGE",
          path + "=" + said + " is neither a type nor a way to read values.",
          "docs/types.md and docs/formats/mapping.md list them: bytes, vector(float32,384), f32,"
              + " json:vector(float32,384)");
    }
    return new FieldWish(
        path,
        List.of(source),
        null,
        false,
        null,
        as,
        null,
        to,
        null,
        null,
        null,
        null,
        null,
        0,
        false,
        null);
  }

  private static @Nullable LogicalType type(String text) {
    try {
      return LogicalType.parse(text);
    } catch (IllegalArgumentException noType) {
      return null;
    }
  }

  /** What a line of a plan says. */
  static FieldWish of(FieldMapping mapping, boolean keepsType) {
    return new FieldWish(
        "",
        mapping.sources(),
        mapping.constant(),
        false,
        mapping.from(),
        mapping.as().isEmpty() ? null : mapping.as(),
        mapping.target(),
        keepsType ? mapping.to() : null,
        null,
        null,
        null,
        null,
        null,
        0,
        mapping.isNullAbsent(),
        mapping.model());
  }

  /** The same, said elsewhere. */
  FieldWish at(String newPath) {
    return new FieldWish(
        newPath,
        sources,
        constant,
        isDropped,
        from,
        as,
        target,
        to,
        stored,
        nativeType,
        isNullable,
        defaultValue,
        generation,
        position,
        isNullAbsent,
        model);
  }

  /** The same with the model that the source's vectors are of. */
  FieldWish withModel(EmbeddingModel newModel) {
    return new FieldWish(
        path,
        sources,
        constant,
        isDropped,
        from,
        as,
        target,
        to,
        stored,
        nativeType,
        isNullable,
        defaultValue,
        generation,
        position,
        isNullAbsent,
        newModel);
  }

  /** True for a field that the target computes itself. */
  boolean isComputed() {
    return generation == Generation.COMPUTED && sources.isEmpty() && constant == null;
  }

  /** True if the target's field would be made as it is for a field of the source alone. */
  boolean isPlain() {
    return sources.size() == 1
        && from == null
        && as == null
        && (target == null || target.equals(sources.get(0)))
        && to == null
        && nativeType == null;
  }
}
