package dev.waybill.verify;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A field of vectors of two sides, in a form that both have: as the target stores them, or else, if
 * vectors are something else there, as the source has them.
 *
 * @param source the source's field
 * @param target the target's field
 * @param isStored whether the form is the target's
 * @param position where the vector is in a record of that form
 * @param metric by what is searched
 * @param sourceIndexes the source's indexes over the field
 * @param targetIndexes the target's
 */
record SearchedField(
    Field source,
    Field target,
    boolean isStored,
    int position,
    Metric metric,
    List<Index> sourceIndexes,
    List<Index> targetIndexes) {

  /**
   * The fields of a pairing that are vectors on at least one side.
   *
   * @param there the target's collection as the target has it, with its indexes
   */
  static List<SearchedField> of(Pairing pairing, Collection there) {
    List<SearchedField> found = new ArrayList<>();
    List<Field> stored = pairing.target().writtenFields();
    for (int i = 0; i < stored.size(); i++) {
      int[] comparables = pairing.mapping().comparableFields(new int[] {i});
      int from = comparables.length == 1 ? pairing.mapping().sourcePosition(comparables[0]) : -1;
      if (from < 0) {
        continue;
      }
      Field source = pairing.source().writtenFields().get(from);
      Field target = stored.get(i);
      boolean isStored = isVector(target.type());
      if (isStored || isVector(source.type())) {
        List<Index> ofSource = Metric.indexes(pairing.source(), source.name());
        List<Index> ofTarget = Metric.indexes(there, target.name());
        found.add(
            new SearchedField(
                source,
                target,
                isStored,
                isStored ? i : comparables[0],
                Stream.concat(ofSource.stream(), ofTarget.stream())
                    .findFirst()
                    .flatMap(Metric::of)
                    .orElse(Metric.L2),
                ofSource,
                ofTarget));
      }
    }
    return found;
  }

  private static boolean isVector(LogicalType type) {
    return type.kind() == Kind.VECTOR;
  }
}
