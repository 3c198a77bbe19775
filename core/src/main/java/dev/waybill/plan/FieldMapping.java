package dev.waybill.plan;

import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.LogicalType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Of what one field of the target is made.
 *
 * @param sources the source's fields: one; several for a join; none for a constant
 * @param from logical type of their values
 * @param as how the values are read where the two types do not say it: {@code epoch(ms)}, {@code
 *     f32}, {@code join(' ')}, as docs/formats/plan.md lists them; else empty
 * @param target the target's field
 * @param to logical type that the target stores; where it differs from {@code from} the mapping has
 *     a transformation between the two, and its inverse
 * @param constant the value of every record, in text form, where there is no source field; else
 *     null
 * @param isNullAbsent whether a null in the target stands for a field that the source's record does
 *     not have; a null of the source's is then what has to be kept beside it
 * @param model that its vectors are of, null where nobody says
 */
public record FieldMapping(
    List<String> sources,
    LogicalType from,
    String as,
    String target,
    LogicalType to,
    @Nullable String constant,
    boolean isNullAbsent,
    @Nullable EmbeddingModel model) {

  public FieldMapping {
    sources = List.copyOf(sources);
    if (sources.isEmpty() == (constant == null)) {
      throw new IllegalArgumentException(
          "field " + target + " needs either a source field or a constant");
    }
  }

  /** One of whose model nothing is said. */
  public FieldMapping(
      List<String> sources,
      LogicalType from,
      String as,
      String target,
      LogicalType to,
      @Nullable String constant,
      boolean isNullAbsent) {
    this(sources, from, as, target, to, constant, isNullAbsent, null);
  }

  /** One whose nulls are nulls. */
  public FieldMapping(
      List<String> sources,
      LogicalType from,
      String as,
      String target,
      LogicalType to,
      @Nullable String constant) {
    this(sources, from, as, target, to, constant, false);
  }

  /** One field of the source as the two types say. */
  public FieldMapping(String source, LogicalType from, String target, LogicalType to) {
    this(List.of(source), from, "", target, to, null);
  }

  /** The same into a field of another name. */
  public FieldMapping withTarget(String name) {
    return new FieldMapping(sources, from, as, name, to, constant, isNullAbsent, model);
  }

  /** The same where a null stands for an absent field. */
  FieldMapping withNullsAbsent() {
    return new FieldMapping(sources, from, as, target, to, constant, true, model);
  }

  /** The same, its vectors of a model. */
  FieldMapping withModel(@Nullable EmbeddingModel newModel) {
    return new FieldMapping(sources, from, as, target, to, constant, isNullAbsent, newModel);
  }

  /** The source's fields for people: {@code a}, {@code a + b}, empty for a constant. */
  public String source() {
    return String.join(" + ", sources);
  }
}
