package dev.waybill.model;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What only a store of the same kind understands about a collection, in that store's own words. A
 * plan between two stores of one kind carries it; another kind of store gets it in the sidecar.
 *
 * @param definition the statement that makes the collection, where the store keeps one (SQLite);
 *     else empty
 * @param objects what must be there before the collection can be: types, domains, sequences; in the
 *     order in which they are made
 * @param properties further facts by name, sorted: {@code comment}, {@code comment.FIELD}, {@code
 *     partition}, …
 */
public record NativeDetail(
    String definition, List<NativeObject> objects, Map<String, String> properties) {
  /** The property that {@link #dangling} reads. */
  public static final String DANGLING = "dangling";

  /** The property that {@link #isKeyFound} reads. */
  public static final String KEY_FOUND = "key-found";

  /** A property: what stands beside a collection in the file that it is a part of. */
  public static final String FRAME = "frame";

  /** A property of a collection of elements: the field of its parent that they were in. */
  public static final String NORMALISED_FROM = "normalised-from";

  /** A property of a collection of which one field makes documents. */
  public static final String FLATTENED = "flattened";

  /** What says how a collection is seen or known, and nothing that a store could keep. */
  private static final Set<String> NO_STRUCTURE =
      Set.of(DANGLING, KEY_FOUND, NORMALISED_FROM, FLATTENED);

  public static final NativeDetail NONE = new NativeDetail("", List.of(), Map.of());

  /**
   * An object of the store that collections need.
   *
   * @param kind the store's word for it, in lower case: {@code type}, {@code domain}
   * @param name its name, qualified where it is not in the store's default namespace
   * @param definition the statement that makes it
   */
  public record NativeObject(String kind, String name, String definition) {}

  public NativeDetail {
    objects = List.copyOf(objects);
    properties = java.util.Collections.unmodifiableMap(new TreeMap<>(properties));
  }

  /**
   * How many records may point at no record, because they do so where they come from. It is said of
   * the records: two collections that differ in nothing else are alike.
   */
  public long dangling() {
    return Long.parseLong(properties.getOrDefault(DANGLING, "0"));
  }

  /** True if the key was found by looking at records, and is nobody's word. */
  public boolean isKeyFound() {
    return properties.containsKey(KEY_FOUND);
  }

  /** True if a store that does not have this property lacks something that was there. */
  public static boolean isStructure(String property) {
    return !NO_STRUCTURE.contains(property);
  }

  /** The same with or without the word that its key was found and is nobody's. */
  public NativeDetail withKeyFound(boolean isFound) {
    Map<String, String> others = new TreeMap<>(properties);
    others.remove(KEY_FOUND);
    if (isFound) {
      others.put(KEY_FOUND, "yes");
    }
    return new NativeDetail(definition, objects, others);
  }

  /** The same without what stands beside the collection. */
  public NativeDetail withoutFrame() {
    Map<String, String> others = new TreeMap<>(properties);
    others.remove(FRAME);
    return new NativeDetail(definition, objects, others);
  }

  /** The same where so many records may point at no record. */
  public NativeDetail withDangling(long records) {
    Map<String, String> more = new TreeMap<>(properties);
    more.put(DANGLING, Long.toString(records));
    return new NativeDetail(definition, objects, more);
  }
}
