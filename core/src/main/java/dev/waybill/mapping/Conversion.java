package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a field's values go through: there, to what they are compared by, and back.
 *
 * @param forward source value to target value
 * @param comparable source value to comparable value
 * @param inverse target value to comparable value
 * @param spelling target value to the one text that is usual for it; null unless the source is text
 *     that is compared by its content
 */
record Conversion(
    Transformation forward,
    Transformation comparable,
    Transformation inverse,
    Fidelity fidelity,
    @Nullable Transformation spelling) {

  /** Both ways without loss. */
  static Conversion exact(Transformation forward, Transformation inverse) {
    return new Conversion(forward, Transformation.COPY, inverse, Fidelity.EXACT, null);
  }

  /**
   * The conversion of a way with one source field.
   *
   * @param as as docs/formats/plan.md lists it, empty where the types say it
   * @throws IllegalArgumentException if there is none, saying what there is
   */
  static Conversion of(LogicalType from, String as, LogicalType to) {
    return (as.isEmpty() ? byTypes(from, to) : Optional.<Conversion>empty())
        .orElseThrow(
            () -> new IllegalArgumentException("no transformation between " + from + " and " + to));
  }

  private static Optional<Conversion> byTypes(LogicalType from, LogicalType to) {
    Optional<Transformation> there = Transformation.between(from, to);
    if (there.isEmpty()) {
      return Optional.empty();
    }
    if (Transformation.fidelity(from, to) == Fidelity.CONTENT) {
      return Transformation.content(from, to)
          .map(
              content ->
                  new Conversion(
                      there.get(), content, Transformation.COPY, Fidelity.CONTENT, null));
    }
    Optional<Transformation> back =
        from.kind() == Kind.DYNAMIC && to.kind() != Kind.DECIMAL
            ? Optional.of(Transformation.COPY)
            : Transformation.inverse(from, to);
    return back.map(inverse -> exact(there.get(), inverse));
  }
}
