package dev.waybill.verify;

import dev.waybill.mapping.Filter;
import dev.waybill.mapping.Mapping;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A source collection, its target collection and the mapping between them, as a step says.
 *
 * @param source the source's collection as its catalog has it
 * @param target the target's collection with the mapped fields only, in the mapping's order
 * @param key positions of the fields that identify a record, in the comparable form; empty where
 *     nothing does
 * @param targetKey positions of the target's key among its fields; empty where it has none
 * @param filter which of the source's records are meant, null for all
 * @param sidecar where the values are that have stand-ins, null if there are none
 * @param sidecarFields the fields that may have such values
 * @param identifying how many of the target's fields, the first ones, name a record without key in
 *     the sidecar
 */
@SuppressWarnings("ArrayRecordComponent")
public record Pairing(
    String name,
    Collection source,
    Collection target,
    Mapping mapping,
    int[] key,
    int[] targetKey,
    @Nullable Filter filter,
    Originals.@Nullable Place sidecar,
    List<SidecarField> sidecarFields,
    int identifying) {

  /**
   * A field whose values may be in the sidecar.
   *
   * @param name the source's field
   * @param comparable its position in the comparable form
   * @param target its position in a target record
   */
  public record SidecarField(String name, int comparable, int target) {}

  /** A pairing of all records. */
  public Pairing(
      String name,
      Collection source,
      Collection target,
      Mapping mapping,
      int[] key,
      int[] targetKey) {
    this(
        name,
        source,
        target,
        mapping,
        key,
        targetKey,
        null,
        null,
        List.of(),
        target.writtenFields().size());
  }

  /**
   * The target's records with themselves, for taking back what a step wrote: neither the source nor
   * the step's mapping is needed for that.
   */
  public static Pairing ofTarget(Step step) {
    List<Mapping.Way> ways = new ArrayList<>();
    for (Field field : step.target().writtenFields()) {
      ways.add(new Mapping.Way(field.name(), ways.size(), field.type(), field.type()));
    }
    return new Pairing(
        step.source(),
        step.target(),
        step.target(),
        new Mapping(ways.size(), ways),
        new int[0],
        new int[0]);
  }

  /**
   * The pairing of a step.
   *
   * @param onLoss what becomes of values that cannot go
   * @param cannotHold what the target cannot hold, wherever it stands
   * @throws IllegalArgumentException if the step names a field that the source does not have, or a
   *     way or a filter that makes no sense
   */
  public static Pairing of(Step step, Collection source, LossRules onLoss, Set<Trait> cannotHold) {
    List<String> sourceNames = source.writtenNames();
    List<Mapping.Way> ways = new ArrayList<>();
    List<String> targetNames = new ArrayList<>();
    for (FieldMapping field : step.fields()) {
      ways.add(way(field, step, source, sourceNames, onLoss));
      targetNames.add(field.target());
    }
    Mapping mapping =
        new Mapping(
            sourceNames.size(),
            ways,
            (field, code) -> onLoss.policy(step.source(), field, code),
            cannotHold);
    int[] targetKey = step.target().key().stream().mapToInt(targetNames::indexOf).toArray();
    return new Pairing(
        step.source(),
        source,
        step.target(),
        mapping,
        key(step, sourceNames, mapping, targetKey),
        targetKey,
        step.filter().isEmpty() ? null : Filter.parse(step.filter(), source.writtenFields()),
        null,
        List.of(),
        step.fields().size());
  }

  private static Mapping.Way way(
      FieldMapping field,
      Step step,
      Collection source,
      List<String> sourceNames,
      LossRules onLoss) {
    List<Integer> positions = new ArrayList<>();
    for (String name : field.sources()) {
      int position = sourceNames.indexOf(name);
      if (position < 0) {
        throw new IllegalArgumentException("collection " + source.name() + " has no field " + name);
      }
      positions.add(position);
    }
    boolean isKey =
        step.target().key().contains(field.target())
            || field.sources().stream().anyMatch(step.sourceKey()::contains);
    // Where a rule makes something else of absent fields, a null is a null.
    boolean isNullAbsent =
        field.isNullAbsent()
            && !isKey
            && onLoss.policy(step.source(), field.source(), Trait.ABSENT.name())
                == LossPolicy.SIDECAR;
    return new Mapping.Way(
        field.sources().isEmpty() ? List.of(field.target()) : field.sources(),
        positions,
        field.from(),
        field.as(),
        field.to(),
        field.constant(),
        step.target().field(field.target()).map(Field::isNullable).orElse(true),
        isKey,
        isNullAbsent);
  }

  /** The source's key where all of it is mapped, else what the target's is made of. */
  private static int[] key(Step step, List<String> sourceNames, Mapping mapping, int[] targetKey) {
    int[] positions = new int[mapping.comparableWidth()];
    Arrays.setAll(positions, mapping::sourcePosition);
    List<Integer> mapped = Arrays.stream(positions).boxed().toList();
    int[] key =
        step.sourceKey().stream()
            .mapToInt(name -> mapped.indexOf(sourceNames.indexOf(name)))
            .toArray();
    boolean isMapped = key.length > 0 && Arrays.stream(key).allMatch(position -> position >= 0);
    return isMapped ? key : mapping.comparableFields(targetKey);
  }

  /**
   * The same with the sidecar's values put in where they belong.
   *
   * @param values where they are, null for none
   * @param hasEntries whether an earlier run may have left some, of whatever field
   */
  public Pairing withSidecar(
      Originals.@Nullable Place values, Step step, LossRules onLoss, boolean hasEntries) {
    List<SidecarField> fields = new ArrayList<>();
    for (int i = 0; i < step.fields().size() && values != null; i++) {
      FieldMapping field = step.fields().get(i);
      if (field.sources().size() == 1
          && (hasEntries
              || onLoss.mayBe(step.source(), field.sources().get(0), LossPolicy.SIDECAR))) {
        fields.add(
            new SidecarField(
                field.sources().get(0), mapping.comparableFields(new int[] {i})[0], i));
      }
    }
    return new Pairing(
        name,
        source,
        target,
        mapping,
        key,
        targetKey,
        filter,
        values,
        List.copyOf(fields),
        identifying);
  }

  /** The same for a target whose fields beyond the first ones came after the sidecar. */
  public Pairing identifiedBy(int fields) {
    return new Pairing(
        name, source, target, mapping, key, targetKey, filter, sidecar, sidecarFields, fields);
  }

  /** True if records can be told apart. */
  public boolean hasKey() {
    return key.length > 0;
  }

  /** True if not all of the source's records are meant. */
  public boolean isFiltered() {
    return filter != null;
  }

  /** Those of the source's records that are meant; the batch itself if all are. */
  public RecordBatch select(RecordBatch batch) {
    return filter == null ? batch : filter.select(batch);
  }
}
