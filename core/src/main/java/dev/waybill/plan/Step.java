package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Triggers;
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
 * @param filter which of the source's records are taken, as docs/formats/plan.md says; empty for
 *     all
 * @param triggers what becomes of the target's triggers
 * @param batchSize records of one write at most, 0 for the plan's
 */
public record Step(
    String source,
    Collection target,
    boolean creates,
    List<FieldMapping> fields,
    List<String> sourceKey,
    ConflictPolicy onConflict,
    long records,
    long bytes,
    String filter,
    Triggers triggers,
    int batchSize) {

  /** A step for all records, triggers firing, with the plan's batch size. */
  public Step(
      String source,
      Collection target,
      boolean creates,
      List<FieldMapping> fields,
      List<String> sourceKey,
      ConflictPolicy onConflict,
      long records,
      long bytes) {
    this(
        source,
        target,
        creates,
        fields,
        sourceKey,
        onConflict,
        records,
        bytes,
        "",
        Triggers.FIRE,
        0);
  }

  /** The step that would make a collection as it is, from itself. */
  public static Step asItIs(Collection collection) {
    return new Step(
        collection.name(),
        collection,
        true,
        collection.writtenFields().stream()
            .map(field -> new FieldMapping(field.name(), field.type(), field.name(), field.type()))
            .toList(),
        collection.key(),
        ConflictPolicy.FAIL,
        -1,
        -1);
  }

  public Step {
    fields = List.copyOf(fields);
    sourceKey = List.copyOf(sourceKey);
  }

  /** The step that makes the collection, whether the plan found it there or not. */
  public Step creating() {
    return new Step(
        source,
        target,
        true,
        fields,
        sourceKey,
        onConflict,
        records,
        bytes,
        filter,
        triggers,
        batchSize);
  }

  /** The step with other fields. */
  public Step withFields(List<FieldMapping> newFields) {
    return new Step(
        source,
        target,
        creates,
        newFields,
        sourceKey,
        onConflict,
        records,
        bytes,
        filter,
        triggers,
        batchSize);
  }

  /** The step with another collection in the target. */
  public Step withTarget(Collection newTarget) {
    return new Step(
        source,
        newTarget,
        creates,
        fields,
        sourceKey,
        onConflict,
        records,
        bytes,
        filter,
        triggers,
        batchSize);
  }
}
