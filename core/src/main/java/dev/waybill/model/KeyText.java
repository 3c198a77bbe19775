package dev.waybill.model;

import java.time.DateTimeException;
import java.util.HexFormat;

/** Values as people read them: in messages, differences and quarantine files. */
public final class KeyText {
  private static final int LONGEST = 120;

  private KeyText() {}

  /** The chosen fields of a record, e.g. {@code 7} or {@code a7f1, 3}. */
  public static String of(RecordBatch batch, int record, int[] fields) {
    StringBuilder text = new StringBuilder();
    for (int field : fields) {
      text.append(text.isEmpty() ? "" : ", ").append(value(batch, batch.at(record, field)));
    }
    return text.toString();
  }

  /** One value; long ones are cut and say so, control characters are escaped. */
  public static String value(RecordBatch batch, int at) {
    return switch (batch.kindAt(at)) {
      case NULL -> "null";
      case ABSENT -> "absent";
      case BOOLEAN -> Boolean.toString(batch.booleanAt(at));
      case INT64 -> Long.toString(batch.int64At(at));
      case FLOAT32 -> Float.toString(batch.float32At(at));
      case FLOAT64 -> Double.toString(batch.float64At(at));
      case DECIMAL, TEXT, JSON -> cut(escape(batch.textAt(at)));
      case BYTES ->
          cut(
              "x'"
                  + HexFormat.of()
                      .formatHex(
                          batch.bytes(),
                          batch.payloadAt(at),
                          batch.payloadAt(at) + Math.min(LONGEST, batch.payloadLengthAt(at)))
                  + "'");
      case UUID -> new java.util.UUID(batch.uuidHighAt(at), batch.uuidLowAt(at)).toString();
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> temporal(batch, at);
      case VECTOR ->
          batch.vectorElementAt(at) == Kind.FLOAT32
              ? cut(java.util.Arrays.toString(batch.float32VectorAt(at)))
              : "vector of " + batch.vectorDimensionAt(at);
      case LIST -> {
        StringBuilder text = new StringBuilder("[");
        int element = batch.firstElement(at);
        for (int i = 0; i < batch.listSizeAt(at) && text.length() <= LONGEST; i++) {
          text.append(i == 0 ? "" : ", ").append(value(batch, element));
          element = batch.next(element);
        }
        yield cut(text + "]");
      }
      case POINT -> java.util.Arrays.toString(batch.pointAt(at));
      case DYNAMIC -> throw new IllegalStateException("no value is dynamic");
    };
  }

  /** A message must come out even of values that are no dates or times. */
  private static String temporal(RecordBatch batch, int at) {
    try {
      return switch (batch.kindAt(at)) {
        case DATE -> Temporals.date(batch.dateAt(at));
        case TIME -> Temporals.time(batch.timeNanosAt(at), batch.timeOffsetAt(at));
        case TIMESTAMP -> Temporals.timestamp(batch.secondsAt(at), batch.nanosAt(at));
        case INSTANT -> Temporals.instant(batch.secondsAt(at), batch.nanosAt(at));
        default ->
            Temporals.interval(
                batch.intervalMonthsAt(at), batch.intervalDaysAt(at), batch.intervalNanosAt(at));
      };
    } catch (DateTimeException outOfRange) {
      return batch.kindAt(at) + " out of range, " + batch.int64At(at);
    }
  }

  private static String escape(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length() && out.length() <= LONGEST + 10; i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == 0x7F || c >= 0x80 && c < 0xA0) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static String cut(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
  }
}
