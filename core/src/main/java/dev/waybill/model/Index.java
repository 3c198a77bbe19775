package dev.waybill.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * An index over fields.
 *
 * @param isUnique whether it also forbids equal values; nulls are distinct
 * @param method the store's own kind of index ({@code btree}, {@code hnsw}), empty for its usual
 *     one
 * @param definition the store's own statement where the fields alone do not say it all (partial,
 *     expression, collation), else empty; such an index means nothing to another kind of store
 * @param options of an index over vectors: {@link #METRIC}, by which it finds what is near, and
 *     what it is built with, in words that all stores share ({@code m}, {@code ef_construction},
 *     {@code lists}); what is missing is as the store usually has it
 */
public record Index(
    String name,
    List<Column> columns,
    boolean isUnique,
    String method,
    String definition,
    Map<String, String> options) {

  /** {@code l2}, {@code ip}, {@code cosine}, {@code l1}, {@code hamming} or {@code jaccard}. */
  public static final String METRIC = "metric";

  /** One indexed field and its direction. */
  public record Column(String field, boolean isDescending) {}

  public Index {
    columns = List.copyOf(columns);
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /** An index without options. */
  public Index(
      String name, List<Column> columns, boolean isUnique, String method, String definition) {
    this(name, columns, isUnique, method, definition, Map.of());
  }

  /** The same index over fields of other names. */
  public Index withColumns(List<Column> renamed) {
    return new Index(name, renamed, isUnique, method, definition, options);
  }

  /** True if the fields, their directions and the options say all there is to say. */
  public boolean isPortable() {
    return definition.isEmpty();
  }

  /** What a portable index is, but for its name: {@code hnsw (embedding) metric=l2 m=16}. */
  public String description() {
    return columns.stream()
            .map(column -> column.field() + (column.isDescending() ? " desc" : ""))
            .collect(Collectors.joining(", ", method.isEmpty() ? "(" : method + " (", ")"))
        + options.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(option -> " " + option.getKey() + "=" + option.getValue())
            .collect(Collectors.joining());
  }
}
