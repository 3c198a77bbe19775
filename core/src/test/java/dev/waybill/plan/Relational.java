package dev.waybill.plan;

import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.spi.Capabilities;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A store of one type a field, with short names and without NUL, as relational ones are. */
final class Relational {
  private Relational() {}

  private static TypeTable types(Set<Trait> cannotHold) {
    return new TypeTable() {
      @Override
      public String dialect() {
        return "test";
      }

      @Override
      public Placement place(LogicalType type) {
        return switch (type.kind()) {
          case DYNAMIC, POINT -> new Placement("", type, Verdict.REFUSED, "no place");
          case JSON -> new Placement("text", LogicalType.TEXT, Verdict.ENCODED, "as text");
          default -> new Placement(type.toString(), type, Verdict.EXACT, "");
        };
      }

      @Override
      public boolean isKnown(String nativeType) {
        return !nativeType.isEmpty() && !nativeType.startsWith("mood");
      }

      @Override
      public int longestName() {
        return 10;
      }

      @Override
      public @Nullable String nameFault(String name) {
        return name.isEmpty() ? "no empty names here" : TypeTable.super.nameFault(name);
      }

      @Override
      public @Nullable String indexFault(Index index, List<Field> fields) {
        return index.method().isEmpty() || index.options().containsKey(Index.METRIC)
            ? null
            : "no " + index.method() + " over " + fields.size() + " fields here";
      }

      @Override
      public List<Native> natives() {
        return List.of();
      }

      @Override
      public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
        return wanted;
      }

      @Override
      public Set<Trait> cannotHold() {
        return cannotHold;
      }
    };
  }

  static final Capabilities CAPABILITIES =
      capabilities(Set.of(Trait.NUL_IN_TEXT, Trait.INVALID_UTF8));

  static Capabilities capabilities(Set<Trait> cannotHold) {
    return new Capabilities(
        true,
        Capabilities.Transactions.BATCH,
        Capabilities.Reading.SNAPSHOT,
        Capabilities.LedgerPlace.TARGET,
        Capabilities.Visibility.BATCH,
        Capabilities.Keys.OPTIONAL,
        Capabilities.Relationships.FOREIGN_KEYS,
        Capabilities.Documents.FLAT,
        Capabilities.Vectors.TYPED,
        100,
        0,
        types(cannotHold));
  }
}
