package dev.waybill.verify;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.Collection;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * A source collection, its target collection and the mapping between them, as a step says.
 *
 * @param source the source's collection as its catalog has it
 * @param target the target's collection with the mapped fields only, in the mapping's order
 * @param key positions of the fields that identify a record, in the comparable form; empty where
 *     nothing does
 * @param targetKey positions of the target's key among its fields; empty where it has none
 */
@SuppressWarnings("ArrayRecordComponent")
public record Pairing(
    String name,
    Collection source,
    Collection target,
    Mapping mapping,
    int[] key,
    int[] targetKey) {

  /**
   * The pairing of a step.
   *
   * @throws IllegalArgumentException if the step names a field that the source does not have
   */
  public static Pairing of(Step step, Collection source) {
    List<String> sourceNames = source.writtenNames();
    List<Mapping.Way> ways = new ArrayList<>();
    List<String> mapped = new ArrayList<>();
    List<String> targetNames = new ArrayList<>();
    for (FieldMapping field : step.fields()) {
      int position = sourceNames.indexOf(field.source());
      if (position < 0) {
        throw new IllegalArgumentException(
            "collection " + source.name() + " has no field " + field.source());
      }
      ways.add(new Mapping.Way(field.source(), position, field.from(), field.to()));
      mapped.add(field.source());
      targetNames.add(field.target());
    }
    int[] targetKey = step.target().key().stream().mapToInt(targetNames::indexOf).toArray();
    int[] key = step.sourceKey().stream().mapToInt(mapped::indexOf).toArray();
    boolean isKeyMapped = java.util.Arrays.stream(key).allMatch(position -> position >= 0);
    return new Pairing(
        step.source(),
        source,
        step.target(),
        new Mapping(sourceNames.size(), ways),
        isKeyMapped && key.length > 0 ? key : targetKey,
        targetKey);
  }

  /** True if records can be told apart. */
  public boolean hasKey() {
    return key.length > 0;
  }
}
