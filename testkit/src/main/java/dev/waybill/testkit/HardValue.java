package dev.waybill.testkit;

import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A value that stores stumble over.
 *
 * @param name says what is hard about it; unique within its type
 * @param value a batch of width 1 with one record; not to be changed
 * @param literals by type of store ({@code sqlite}, {@code postgresql}, {@code json}) an expression
 *     of its own SQL, or a JSON text, that gives the value; only where a field of the kind of type
 *     that the store's type table gives to new collections holds exactly this value
 */
public record HardValue(String name, RecordBatch value, Map<String, String> literals) {
  public HardValue {
    literals = Map.copyOf(literals);
  }

  /** How a store's own client spells the value; empty where the store has no such value. */
  public Optional<String> literal(String storeType) {
    return Optional.ofNullable(literals.get(storeType));
  }

  /** What of the value not every store can hold. */
  public Set<TypeTable.Trait> traits() {
    return Fit.traits(value, 0);
  }

  @Override
  public String toString() {
    return name;
  }
}
