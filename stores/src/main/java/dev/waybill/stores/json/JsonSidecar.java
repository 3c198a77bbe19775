package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The collections of a sidecar (docs/formats/sidecar.md), which stand in a file of their own beside
 * the user's and have the types that they are written with, whatever their values look like.
 */
final class JsonSidecar {
  private static final Map<String, List<String>> KEYS =
      Map.of(
          "waybill_sidecar_schema",
          List.of("collection"),
          "waybill_sidecar_values",
          List.of("collection", "record", "field"));

  private JsonSidecar() {}

  /** The collection of that name, empty if it is no part of a sidecar. */
  static Optional<Collection> shape(String name) {
    List<String> key = KEYS.get(name);
    if (key == null) {
      return Optional.empty();
    }
    boolean isOfValues = key.size() > 1;
    List<Field> fields = new ArrayList<>();
    for (String field :
        isOfValues
            ? List.of("collection", "record", "field", "written")
            : List.of("collection", "dialect", "definition")) {
      fields.add(Field.of(field, LogicalType.TEXT, JsonForm.STRING.nativeType(), false));
    }
    if (isOfValues) {
      fields.add(Field.of("original", LogicalType.BYTES, JsonForm.BASE64.nativeType(), false));
    }
    return Optional.of(Collection.of(name, fields, key));
  }
}
