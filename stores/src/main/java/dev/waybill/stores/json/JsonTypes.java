package dev.waybill.stores.json;

import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How JSON holds logical types. A native type is the kind of value that stands in the file and, in
 * parentheses, what it is read as: {@link JsonForm}.
 */
final class JsonTypes implements TypeTable {
  static final JsonTypes TABLE = new JsonTypes();

  /** Elements; far more fit into the largest record only where they are short. */
  static final int LONGEST_VECTOR = 1_000_000;

  private static final int LONGEST_NAME = 1_000_000;

  private JsonTypes() {}

  @Override
  public String dialect() {
    return "json";
  }

  @Override
  public List<Native> natives() {
    return List.of(
        new Native("boolean", LogicalType.BOOLEAN, ""),
        new Native("integer", LogicalType.INT64, "numbers without fraction or exponent"),
        new Native(
            "number",
            LogicalType.FLOAT64,
            "numbers that a double gives back; NaN and Infinity as Python writes them"),
        new Native("number(decimal)", LogicalType.DECIMAL, "all other numbers, digits kept"),
        new Native("number(float32)", LogicalType.FLOAT32, ""),
        new Native("string", LogicalType.TEXT, "half surrogate pairs and NUL as escapes"),
        new Native("string(uuid)", LogicalType.UUID, "in lower case, with dashes"),
        new Native("string(date)", LogicalType.DATE, "2026-01-31"),
        new Native("string(time)", LogicalType.TIME, ""),
        new Native(
            "string(timestamp)",
            LogicalType.TIMESTAMP,
            "and with digits and separator, `string(timestamp,3,T)`, where all are written alike"),
        new Native(
            "string(instant)",
            LogicalType.INSTANT,
            "and with digits, zone and separator, `string(instant,3,Z,T)`, where all are written"
                + " alike"),
        new Native("string(interval)", LogicalType.INTERVAL, ""),
        new Native("string(base64)", LogicalType.BYTES, ""),
        new Native("json", LogicalType.JSON, "any value as it stands; null is no value"),
        new Native("json(tagged)", LogicalType.JSON, "JSON's own null as {\"$json\":null}"),
        new Native(
            "any(tagged)",
            LogicalType.DYNAMIC,
            "what JSON has no type for as {\"$KIND\":…}, e.g. {\"$bytes\":\"…\"}"),
        new Native("array(vector)", LogicalType.vector(LogicalType.FLOAT32, 0), "numbers"),
        new Native("array(list)", LogicalType.list(LogicalType.TEXT), "of the elements' own types"),
        new Native("object(point)", LogicalType.POINT, "{\"srid\":…,\"coordinates\":[…]}"));
  }

  @Override
  public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
    return Generation.NONE;
  }

  /** As a new field has it. */
  @Override
  public String way(LogicalType from, LogicalType there) {
    return from.kind() == Kind.BYTES && there.kind() == Kind.TEXT ? "base64" : "";
  }

  /** A number is a number in JSON, whatever those that are there have been taken for. */
  @Override
  public Field widened(Field there, LogicalType to) {
    boolean isInteger = there.nativeType().equals(JsonForm.INTEGER.nativeType());
    boolean isNumber = there.nativeType().equals(JsonForm.NUMBER.nativeType());
    if (to.kind() == Kind.DECIMAL && (isInteger || isNumber)) {
      return as(JsonForm.DECIMAL, there);
    }
    return to.kind() == Kind.FLOAT64 && isInteger ? as(JsonForm.NUMBER, there) : there;
  }

  private static Field as(JsonForm form, Field there) {
    return Field.of(there.name(), form.type(), form.nativeType(), there.isNullable());
  }

  @Override
  public Set<Trait> cannotHold() {
    return Set.of(Trait.INVALID_UTF8);
  }

  @Override
  public Placement place(LogicalType type) {
    return switch (type.kind()) {
      case BOOLEAN,
          INT64,
          DECIMAL,
          FLOAT32,
          FLOAT64,
          TEXT,
          BYTES,
          UUID,
          DATE,
          TIME,
          TIMESTAMP,
          INSTANT,
          INTERVAL,
          JSON,
          DYNAMIC,
          POINT ->
          new Placement(JsonForm.usual(type).nativeType(), type, Verdict.EXACT, "");
      case VECTOR ->
          type.size() > LONGEST_VECTOR
              ? new Placement("", type, Verdict.REFUSED, "vectors of more than 1,000,000 elements")
              : new Placement(JsonForm.VECTOR, type, Verdict.EXACT, "");
      case LIST ->
          isMixed(type)
              ? new Placement("", type, Verdict.REFUSED, "lists of values of several types")
              : new Placement(JsonForm.LIST, type, Verdict.EXACT, "");
      case NULL, ABSENT -> new Placement("", type, Verdict.REFUSED, "no type of values");
    };
  }

  private static boolean isMixed(@Nullable LogicalType type) {
    return type != null && (type.kind() == Kind.DYNAMIC || isMixed(type.element()));
  }

  @Override
  public boolean isKnown(String nativeType) {
    return JsonForm.parse(nativeType).isPresent();
  }

  @Override
  public String indexFault(Index index, List<Field> fields) {
    return "the target has no indexes";
  }

  @Override
  public int longestName() {
    return LONGEST_NAME;
  }
}
