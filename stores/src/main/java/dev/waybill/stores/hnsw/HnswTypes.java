package dev.waybill.stores.hnsw;

import dev.waybill.model.Field.Generation;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import java.util.List;
import java.util.Set;

/** What an index file holds: labels and vectors of floats. */
final class HnswTypes implements TypeTable {
  static final HnswTypes TABLE = new HnswTypes();
  static final String LABEL = "label";
  static final String FLOATS = "float";

  private static final int LONGEST_NAME = 255;

  private HnswTypes() {}

  @Override
  public String dialect() {
    return "hnsw";
  }

  @Override
  public List<Native> natives() {
    return List.of(
        new Native(LABEL, LogicalType.INT64, "up to 9223372036854775807"),
        new Native(FLOATS, LogicalType.vector(LogicalType.FLOAT32, 0), ""));
  }

  @Override
  public Placement place(LogicalType type) {
    LogicalType element = type.element();
    if (type.kind() == Kind.INT64) {
      return new Placement(LABEL, type, Verdict.PARTIAL, "none below zero");
    }
    return type.kind() == Kind.VECTOR && element != null && element.kind() == Kind.FLOAT32
        ? new Placement(FLOATS, type, Verdict.EXACT, "")
        : new Placement("", type, Verdict.REFUSED, "an index of hnswlib has no such type");
  }

  @Override
  public boolean isKnown(String nativeType) {
    return nativeType.equals(LABEL) || nativeType.equals(FLOATS);
  }

  @Override
  public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
    return Generation.NONE;
  }

  @Override
  public int longestName() {
    return LONGEST_NAME;
  }

  @Override
  public Set<Trait> cannotHold() {
    return Set.of(Trait.ABSENT);
  }
}
