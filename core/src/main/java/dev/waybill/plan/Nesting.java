package dev.waybill.plan;

import java.util.List;

/**
 * How nested values of the source are seen (docs/manual/documents-and-tables.md).
 *
 * @param normalise {@code COLLECTION.FIELD}: the field's objects and arrays are collections of
 *     their own; {@code COLLECTION} alone: its fields are never absent
 * @param denormalise {@code COLLECTION.FIELD[=CHILD][(ORDER)]}: the inverse
 * @param asTold whether what the sidecar tells was normalised is put back unasked
 */
public record Nesting(List<String> normalise, List<String> denormalise, boolean asTold) {
  /** As the sidecar tells, and nothing else. */
  public static final Nesting NONE = new Nesting(List.of(), List.of(), true);

  public Nesting {
    normalise = List.copyOf(normalise);
    denormalise = List.copyOf(denormalise);
  }

  public Nesting(List<String> normalise, List<String> denormalise) {
    this(normalise, denormalise, true);
  }

  /** How the other side is seen where this one is the source: as the copy would leave it. */
  public Nesting ofTarget() {
    return new Nesting(List.of(), List.of(), normalise.isEmpty());
  }
}
