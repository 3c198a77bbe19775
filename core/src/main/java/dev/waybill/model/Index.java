package dev.waybill.model;

import java.util.List;

/**
 * An index over fields.
 *
 * @param isUnique whether it also forbids equal values; nulls are distinct
 * @param method the store's own kind of index ({@code btree}, {@code hnsw}), empty for its usual
 *     one
 * @param definition the store's own statement where the fields alone do not say it all (partial,
 *     expression, collation), else empty; such an index means nothing to another kind of store
 */
public record Index(
    String name, List<Column> columns, boolean isUnique, String method, String definition) {

  /** One indexed field and its direction. */
  public record Column(String field, boolean isDescending) {}

  public Index {
    columns = List.copyOf(columns);
  }

  /** True if the fields and their directions say all there is to say. */
  public boolean isPortable() {
    return definition.isEmpty();
  }
}
