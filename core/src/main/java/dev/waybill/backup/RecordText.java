package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.Utf8;
import java.io.IOException;
import java.time.DateTimeException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Values as JSON that people can read and edit (docs/formats/backup.md); {@link EditedValue} reads
 * it back.
 *
 * <p>A value of its field's own type stands as it is; another one, and one that JSON cannot tell
 * from others, says what it is: {@code {"decimal": "1.10"}}. A field that is absent is left out.
 */
final class RecordText {
  /** Characters or bytes of a value from which on only its beginning is shown. */
  static final int LONGEST = 64 << 10;

  /** The member that stands for a value that is too long to be shown. */
  static final String CUT = "cut";

  /** The member that stands for a value that cannot be shown. */
  static final String RAW = "raw";

  private static final int SHOWN = 120;

  private RecordText() {}

  /** Writes a record as one object. */
  static void write(RecordBatch batch, int record, List<Field> fields, JsonGenerator json)
      throws IOException {
    json.writeStartObject();
    for (int field = 0; field < fields.size(); field++) {
      int at = batch.at(record, field);
      if (batch.kindAt(at) != Kind.ABSENT) {
        json.writeFieldName(fields.get(field).name());
        value(batch, at, fields.get(field).type(), json);
      }
    }
    json.writeEndObject();
  }

  private static void value(RecordBatch batch, int at, LogicalType type, JsonGenerator json)
      throws IOException {
    Kind kind = batch.kindAt(at);
    if (kind == Kind.NULL) {
      json.writeNull();
    } else if (kind.fixedLength() < 0 && batch.payloadLengthAt(at) > LONGEST) {
      cut(batch, at, json);
    } else if (!isShowable(batch, at)) {
      raw(batch, at, json);
    } else if (isPlain(batch, at, type)) {
      plain(batch, at, type, json);
    } else {
      json.writeStartObject();
      json.writeFieldName(tag(kind));
      tagged(batch, at, json);
      json.writeEndObject();
    }
  }

  static String tag(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static void cut(RecordBatch batch, int at, JsonGenerator json) throws IOException {
    json.writeStartObject();
    Kind kind = batch.kindAt(at);
    String text = kind == Kind.TEXT || kind == Kind.JSON ? beginning(batch, at) : "";
    json.writeStringField(CUT, text.isEmpty() ? tag(kind) : text + "…");
    json.writeNumberField("bytes", batch.payloadLengthAt(at));
    json.writeEndObject();
  }

  private static String beginning(RecordBatch batch, int at) {
    int from = batch.payloadAt(at);
    String text =
        new String(batch.bytes(), from, 4 * SHOWN, java.nio.charset.StandardCharsets.UTF_8);
    return text.substring(0, Math.min(SHOWN, text.length()));
  }

  private static void raw(RecordBatch batch, int at, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeFieldName(RAW);
    json.writeBinary(batch.bytes(), at, batch.lengthAt(at));
    json.writeEndObject();
  }

  /** False for text that is not UTF-8 and times that are none. */
  private static boolean isShowable(RecordBatch batch, int at) {
    return switch (batch.kindAt(at)) {
      case TEXT, JSON, DECIMAL ->
          Utf8.isValid(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> temporal(batch, at) != null;
      case LIST -> {
        int element = batch.firstElement(at);
        boolean isShowable = true;
        for (int i = 0; i < batch.listSizeAt(at) && isShowable; i++) {
          isShowable = batch.kindAt(element) != Kind.ABSENT && isShowable(batch, element);
          element = batch.next(element);
        }
        yield isShowable;
      }
      case VECTOR -> isNumeric(batch.vectorElementAt(at));
      case NULL, ABSENT, BOOLEAN, INT64, FLOAT32, FLOAT64, BYTES, UUID, POINT -> true;
      case DYNAMIC -> false;
    };
  }

  private static boolean isNumeric(Kind element) {
    return element == Kind.FLOAT32
        || element == Kind.FLOAT64
        || element == Kind.INT64
        || element == Kind.BOOLEAN;
  }

  /** True if JSON and the field's type tell what the value is. */
  private static boolean isPlain(RecordBatch batch, int at, LogicalType type) {
    Kind kind = batch.kindAt(at);
    if (type.kind() == Kind.DYNAMIC) {
      return kind == Kind.BOOLEAN
          || kind == Kind.INT64
          || kind == Kind.TEXT
          || kind == Kind.FLOAT64 && isNumber(batch.float64At(at));
    }
    LogicalType element = type.element();
    return kind == type.kind()
        && kind != Kind.POINT
        && (kind != Kind.VECTOR || element != null && element.kind() == batch.vectorElementAt(at));
  }

  private static void plain(RecordBatch batch, int at, LogicalType type, JsonGenerator json)
      throws IOException {
    Kind kind = batch.kindAt(at);
    if (kind == Kind.VECTOR) {
      elements(batch, at, json);
    } else if (kind == Kind.LIST) {
      list(batch, at, type.element() == null ? LogicalType.DYNAMIC : type.element(), json);
    } else {
      scalar(batch, at, json);
    }
  }

  private static void tagged(RecordBatch batch, int at, JsonGenerator json) throws IOException {
    switch (batch.kindAt(at)) {
      case VECTOR -> {
        json.writeStartObject();
        json.writeStringField("element", tag(batch.vectorElementAt(at)));
        json.writeFieldName("values");
        elements(batch, at, json);
        json.writeEndObject();
      }
      case LIST -> list(batch, at, LogicalType.DYNAMIC, json);
      case POINT -> {
        json.writeStartObject();
        json.writeNumberField("srid", batch.pointSridAt(at));
        json.writeArrayFieldStart("at");
        for (double coordinate : batch.pointAt(at)) {
          number(coordinate, json);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      default -> scalar(batch, at, json);
    }
  }

  private static void list(RecordBatch batch, int at, LogicalType type, JsonGenerator json)
      throws IOException {
    json.writeStartArray();
    int element = batch.firstElement(at);
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      value(batch, element, type, json);
      element = batch.next(element);
    }
    json.writeEndArray();
  }

  private static void elements(RecordBatch batch, int at, JsonGenerator json) throws IOException {
    json.writeStartArray();
    Kind element = batch.vectorElementAt(at);
    int from = at + 6;
    java.nio.ByteBuffer bytes = java.nio.ByteBuffer.wrap(batch.bytes());
    for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
      switch (element) {
        case FLOAT32 -> number(bytes.getFloat(from + 4 * i), json);
        case FLOAT64 -> number(bytes.getDouble(from + 8 * i), json);
        case INT64 -> json.writeNumber(bytes.getLong(from + 8 * i));
        default -> json.writeBoolean(bytes.get(from + i) != 0);
      }
    }
    json.writeEndArray();
  }

  /** Not every reader of JSON tells −0 from 0. */
  private static boolean isNumber(double number) {
    return Double.isFinite(number)
        && Double.doubleToRawLongBits(number) != Double.doubleToRawLongBits(-0.0);
  }

  private static void number(float number, JsonGenerator json) throws IOException {
    if (isNumber(number)) {
      json.writeNumber(number);
    } else {
      json.writeString(Float.toString(number));
    }
  }

  private static void number(double number, JsonGenerator json) throws IOException {
    if (isNumber(number)) {
      json.writeNumber(number);
    } else {
      json.writeString(Double.toString(number));
    }
  }

  private static void scalar(RecordBatch batch, int at, JsonGenerator json) throws IOException {
    switch (batch.kindAt(at)) {
      case BOOLEAN -> json.writeBoolean(batch.booleanAt(at));
      case INT64 -> json.writeNumber(batch.int64At(at));
      case FLOAT32 -> number(batch.float32At(at), json);
      case FLOAT64 -> number(batch.float64At(at), json);
      case TEXT, JSON, DECIMAL ->
          json.writeUTF8String(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
      case BYTES ->
          json.writeString(
              HexFormat.of()
                  .formatHex(
                      batch.bytes(),
                      batch.payloadAt(at),
                      batch.payloadAt(at) + batch.payloadLengthAt(at)));
      case UUID -> json.writeString(new UUID(batch.uuidHighAt(at), batch.uuidLowAt(at)).toString());
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> json.writeString(temporal(batch, at));
      case NULL, ABSENT, VECTOR, LIST, POINT, DYNAMIC ->
          throw new IllegalStateException(batch.kindAt(at).toString());
    }
  }

  /** The text of a date or time, null if it is out of every calendar's range. */
  private static @Nullable String temporal(RecordBatch batch, int at) {
    try {
      return switch (batch.kindAt(at)) {
        case DATE -> Temporals.date(batch.dateAt(at));
        case TIME -> Temporals.time(batch.timeNanosAt(at), batch.timeOffsetAt(at));
        case TIMESTAMP -> Temporals.timestamp(batch.secondsAt(at), batch.nanosAt(at));
        case INSTANT -> instant(batch, at);
        default ->
            Temporals.interval(
                batch.intervalMonthsAt(at), batch.intervalDaysAt(at), batch.intervalNanosAt(at));
      };
    } catch (DateTimeException outOfRange) {
      return null;
    }
  }

  /** With the offset that the source wrote; Z if it wrote none. */
  private static String instant(RecordBatch batch, int at) {
    int offset = batch.instantOffsetAt(at);
    long seconds = batch.secondsAt(at);
    if (offset == RecordBatch.NO_OFFSET || Temporals.isInfinite(seconds)) {
      return Temporals.instant(seconds, batch.nanosAt(at));
    }
    String zone = offset == 0 ? "+00:00" : java.time.ZoneOffset.ofTotalSeconds(offset).getId();
    return Temporals.timestamp(seconds + offset, batch.nanosAt(at)) + zone;
  }

  /** The record's exact bytes, as {@link RecordBatch#recordBytes} gives them. */
  static String exact(RecordBatch batch, int record) {
    return Base64.getEncoder().encodeToString(batch.recordBytes(record));
  }
}
