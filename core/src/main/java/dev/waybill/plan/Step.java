package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import java.util.List;

/**
 * What happens with one collection.
 *
 * @param source the source's name of it
 * @param target the target's collection: what will be made, or what is there, reduced to the fields
 *     that the mapping fills
 * @param creates true if the run makes the target's collection
 * @param fields one for each of the target's written fields, in that order
 * @param sourceKey the source's fields that identify a record, empty where nothing does
 * @param records expected, −1 where unknown
 * @param bytes expected, −1 where unknown
 */
public record Step(
    String source,
    Collection target,
    boolean creates,
    List<FieldMapping> fields,
    List<String> sourceKey,
    ConflictPolicy onConflict,
    long records,
    long bytes) {
  public Step {
    fields = List.copyOf(fields);
    sourceKey = List.copyOf(sourceKey);
  }
}
