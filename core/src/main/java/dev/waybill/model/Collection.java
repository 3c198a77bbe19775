package dev.waybill.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A table, node label, edge type, Chroma collection or JSON array: records of one shape. Immutable.
 *
 * @param name unique in its catalog; within the store's default namespace without qualification
 * @param key the fields that identify a record; empty where nothing does
 * @param uniqueSets further sets of fields without equal records (beside {@code key})
 * @param endpoints what the two ends of a relationship are, null for records
 * @param triggers names of the triggers that fire on writes
 * @param checks the store's own check expressions
 * @param estimatedRecords how many records the store believes to hold; −1 where it does not say
 * @param estimatedBytes how many bytes they take; −1 where it does not say
 * @param detail what only a store of the same kind understands
 */
public record Collection(
    String name,
    List<Field> fields,
    List<String> key,
    List<List<String>> uniqueSets,
    List<ForeignKey> foreignKeys,
    List<Index> indexes,
    List<String> checks,
    List<String> triggers,
    @Nullable Endpoints endpoints,
    long estimatedRecords,
    long estimatedBytes,
    NativeDetail detail) {

  /** A collection about which there is nothing to say in the store's own words. */
  public Collection(
      String name,
      List<Field> fields,
      List<String> key,
      List<List<String>> uniqueSets,
      List<ForeignKey> foreignKeys,
      List<Index> indexes,
      List<String> checks,
      List<String> triggers,
      @Nullable Endpoints endpoints,
      long estimatedRecords,
      long estimatedBytes) {
    this(
        name,
        fields,
        key,
        uniqueSets,
        foreignKeys,
        indexes,
        checks,
        triggers,
        endpoints,
        estimatedRecords,
        estimatedBytes,
        NativeDetail.NONE);
  }

  /**
   * The ends of a relationship: the fields that hold the key (or handle) of the record it comes
   * from and of the one it goes to, and the collections those records are in.
   */
  public record Endpoints(
      String fromCollection, List<String> fromFields, String toCollection, List<String> toFields) {
    public Endpoints {
      fromFields = List.copyOf(fromFields);
      toFields = List.copyOf(toFields);
    }
  }

  public Collection {
    fields = List.copyOf(fields);
    key = List.copyOf(key);
    uniqueSets = List.copyOf(uniqueSets);
    foreignKeys = List.copyOf(foreignKeys);
    indexes = List.copyOf(indexes);
    checks = List.copyOf(checks);
    triggers = List.copyOf(triggers);
  }

  /** A collection of plain fields with a key and nothing else. */
  public static Collection of(String name, List<Field> fields, List<String> key) {
    return new Collection(
        name, fields, key, List.of(), List.of(), List.of(), List.of(), List.of(), null, -1, -1);
  }

  /** True if records are identified by fields. */
  public boolean hasKey() {
    return !key.isEmpty();
  }

  public boolean isRelationship() {
    return endpoints != null;
  }

  public Optional<Field> field(String fieldName) {
    return fields.stream().filter(field -> field.name().equals(fieldName)).findFirst();
  }

  /** The fields that a copy carries, in order: the shape of this collection's record batches. */
  public List<Field> writtenFields() {
    return fields.stream().filter(Field::isWritten).toList();
  }

  /** Positions of the key's fields among {@link #writtenFields()}, in the key's order. */
  public int[] keyPositions() {
    List<String> names = writtenFields().stream().map(Field::name).toList();
    return key.stream().mapToInt(names::indexOf).toArray();
  }

  public Collection withFields(List<Field> newFields) {
    return new Collection(
        name,
        newFields,
        key,
        uniqueSets,
        foreignKeys,
        indexes,
        checks,
        triggers,
        endpoints,
        estimatedRecords,
        estimatedBytes,
        detail);
  }

  public Collection withKey(List<String> newKey) {
    return new Collection(
        name,
        fields,
        newKey,
        uniqueSets,
        foreignKeys,
        indexes,
        checks,
        triggers,
        endpoints,
        estimatedRecords,
        estimatedBytes,
        detail);
  }

  public Collection withConstraints(
      List<List<String>> newUniqueSets, List<ForeignKey> newForeignKeys, List<Index> newIndexes) {
    return new Collection(
        name,
        fields,
        key,
        newUniqueSets,
        newForeignKeys,
        newIndexes,
        checks,
        triggers,
        endpoints,
        estimatedRecords,
        estimatedBytes,
        detail);
  }

  public Collection withEstimates(long records, long bytes) {
    return new Collection(
        name,
        fields,
        key,
        uniqueSets,
        foreignKeys,
        indexes,
        checks,
        triggers,
        endpoints,
        records,
        bytes,
        detail);
  }

  public Collection withTriggers(List<String> newTriggers) {
    return new Collection(
        name,
        fields,
        key,
        uniqueSets,
        foreignKeys,
        indexes,
        checks,
        newTriggers,
        endpoints,
        estimatedRecords,
        estimatedBytes,
        detail);
  }

  public Collection withDetail(NativeDetail newDetail) {
    return new Collection(
        name,
        fields,
        key,
        uniqueSets,
        foreignKeys,
        indexes,
        checks,
        triggers,
        endpoints,
        estimatedRecords,
        estimatedBytes,
        newDetail);
  }

  /** The names of all written fields, in order. */
  public List<String> writtenNames() {
    List<String> names = new ArrayList<>();
    for (Field field : writtenFields()) {
      names.add(field.name());
    }
    return names;
  }
}
