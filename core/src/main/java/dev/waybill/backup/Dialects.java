package dev.waybill.backup;

import dev.waybill.model.Field.Generation;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.StoreAdapter;
import java.util.List;
import java.util.Set;

/** The dialects that the stores of this Waybill speak, for records that came from one of them. */
final class Dialects {
  private final List<StoreAdapter> stores;

  Dialects(List<StoreAdapter> stores) {
    this.stores = List.copyOf(stores);
  }

  /**
   * What a store of records in files can do.
   *
   * @param dialect of their native types; empty where they have several
   */
  Capabilities reading(String dialect) {
    TypeTable types =
        stores.stream()
            .map(each -> each.capabilities().types())
            .filter(each -> each.dialect().equals(dialect))
            .findFirst()
            .orElse(new Unknown(dialect));
    return new Capabilities(
        false,
        Capabilities.Transactions.NONE,
        Capabilities.Reading.MOVES_NOTICED,
        Capabilities.LedgerPlace.RUN_DIRECTORY,
        Capabilities.Visibility.BATCH,
        Capabilities.Keys.OPTIONAL,
        Capabilities.Relationships.FOREIGN_KEYS,
        Capabilities.Documents.NESTED,
        Capabilities.Vectors.ENCODED,
        0,
        0,
        types);
  }

  /** A dialect that no store here speaks. Only read from, so that no type has a place. */
  private record Unknown(String dialect) implements TypeTable {
    @Override
    public Placement place(LogicalType type) {
      return new Placement("", type, Verdict.REFUSED, "nothing is written here");
    }

    @Override
    public boolean isKnown(String nativeType) {
      return false;
    }

    @Override
    public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
      return Generation.NONE;
    }

    @Override
    public int longestName() {
      return 0;
    }

    @Override
    public Set<Trait> cannotHold() {
      return Set.of();
    }

    @Override
    public List<Native> natives() {
      return List.of();
    }
  }
}
