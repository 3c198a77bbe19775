package dev.waybill.testkit;

import dev.waybill.model.LogicalType;
import java.util.List;

/** Hard values by logical type: the one table that combinations come from. */
public final class Corpus {
  private Corpus() {}

  /** The types that hard values are worth trying for. */
  public static List<LogicalType> types() {
    return List.of(
        LogicalType.BOOLEAN,
        LogicalType.INT16,
        LogicalType.INT32,
        LogicalType.INT64,
        LogicalType.DECIMAL,
        LogicalType.decimal(10, 2),
        LogicalType.FLOAT32,
        LogicalType.FLOAT64,
        LogicalType.TEXT,
        LogicalType.text(12),
        LogicalType.BYTES,
        LogicalType.UUID,
        LogicalType.DATE,
        LogicalType.TIME,
        LogicalType.TIME.withFraction(6),
        LogicalType.TIMESTAMP,
        LogicalType.TIMESTAMP.withFraction(6),
        LogicalType.INSTANT,
        LogicalType.INSTANT.withFraction(3),
        LogicalType.INTERVAL,
        LogicalType.INTERVAL.withFraction(6),
        LogicalType.JSON,
        LogicalType.POINT,
        LogicalType.vector(LogicalType.FLOAT32, 1),
        LogicalType.vector(LogicalType.FLOAT32, 3),
        LogicalType.vector(LogicalType.FLOAT32, 1536),
        LogicalType.vector(LogicalType.FLOAT64, 3),
        LogicalType.vector(LogicalType.INT64, 3),
        LogicalType.vector(LogicalType.BOOLEAN, 3),
        LogicalType.list(LogicalType.BOOLEAN),
        LogicalType.list(LogicalType.INT64),
        LogicalType.list(LogicalType.FLOAT64),
        LogicalType.list(LogicalType.DECIMAL),
        LogicalType.list(LogicalType.TEXT),
        LogicalType.list(LogicalType.BYTES),
        LogicalType.list(LogicalType.UUID),
        LogicalType.list(LogicalType.INSTANT),
        LogicalType.list(LogicalType.list(LogicalType.INT64)),
        LogicalType.list(LogicalType.DYNAMIC),
        LogicalType.DYNAMIC);
  }

  /**
   * The hard values of a type; none is null or absent. At least 25, but for types that have fewer
   * values (boolean) or fewer that differ (lists of booleans).
   */
  public static List<HardValue> of(LogicalType type) {
    HardValues values = new HardValues(type);
    switch (type.kind()) {
      case BOOLEAN -> HardNumbers.booleans(values);
      case INT64 -> HardNumbers.integers(values);
      case DECIMAL -> HardNumbers.decimals(values);
      case FLOAT32 -> HardNumbers.floats(values);
      case FLOAT64 -> HardNumbers.doubles(values);
      case TEXT -> HardTexts.texts(values);
      case BYTES -> HardTexts.bytes(values);
      case UUID -> HardTexts.uuids(values);
      case DATE -> HardTimes.dates(values);
      case TIME -> HardTimes.times(values);
      case TIMESTAMP -> HardTimes.timestamps(values);
      case INSTANT -> HardTimes.instants(values);
      case INTERVAL -> HardTimes.intervals(values);
      case JSON -> HardShapes.json(values);
      case VECTOR -> HardShapes.vectors(values);
      case LIST -> HardShapes.lists(values);
      case POINT -> HardShapes.points(values);
      case DYNAMIC -> {
        HardNumbers.integers(values);
        HardNumbers.doubles(values);
        HardTexts.texts(values);
        HardTexts.bytes(values);
      }
      case NULL, ABSENT -> throw new IllegalArgumentException("there are no values of " + type);
    }
    return values.all();
  }
}
