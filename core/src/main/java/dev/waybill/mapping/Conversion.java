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

  /** Compared by what it becomes. */
  static Conversion content(
      Transformation forward, Transformation comparable, @Nullable Transformation spelling) {
    return new Conversion(forward, comparable, Transformation.COPY, Fidelity.CONTENT, spelling);
  }

  /** Compared by what it is once it has come back, which is not how it was spelled. */
  static Conversion content(Transformation forward, Transformation inverse) {
    return new Conversion(forward, forward.then(inverse), inverse, Fidelity.CONTENT, null);
  }

  /**
   * The conversion of a way with one source field.
   *
   * @param as as docs/formats/mapping.md lists it, empty where the types say it
   * @throws IllegalArgumentException if there is none, saying what there is
   */
  static Conversion of(LogicalType from, String as, LogicalType to) {
    Conversion found =
        as.isEmpty() ? byTypes(from, to) : NamedWays.conversion(Call.parse(as), from, to);
    if (found != null) {
      return found;
    }
    throw new IllegalArgumentException(
        as.isEmpty()
            ? "no transformation between " + from + " and " + to
            : "\""
                + as
                + "\" does not lead from "
                + from
                + " to "
                + to
                + ": it is for "
                + NamedWays.typesOf(as));
  }

  static @Nullable Conversion byTypes(LogicalType from, LogicalType to) {
    Optional<Transformation> found = Transformation.between(from, to);
    if (found.isEmpty()) {
      return null;
    }
    Transformation there = found.get();
    if (Transformation.fidelity(from, to) == Fidelity.CONTENT) {
      return content(
          there,
          Transformation.content(to, there),
          from.kind() == Kind.TEXT ? TextForms.spelling(to) : null);
    }
    return Transformation.inverse(from, to).map(back -> exact(there, back)).orElse(null);
  }

  /** The same the other way round, both being exact. */
  static Conversion exact(
      LogicalType from, Transformation forward, LogicalType to, Transformation inverse) {
    return exact(
        Transformation.bounded(forward, from, to), Transformation.bounded(inverse, to, from));
  }
}
