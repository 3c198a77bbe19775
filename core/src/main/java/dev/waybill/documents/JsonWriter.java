package dev.waybill.documents;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.Utf8;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.HexFormat;
import java.util.UUID;

/**
 * Writes values as JSON: what JSON has no type for as text, bytes as hexadecimal digits. A value
 * for which there is no JSON at all is refused. Not thread-safe.
 */
final class JsonWriter {
  /** A value cannot be written as JSON. */
  static final class Unwritable extends Exception {
    private static final long serialVersionUID = 1L;

    Unwritable(String reason) {
      super(reason);
    }
  }

  final ByteArrayOutputStream out = new ByteArrayOutputStream();

  void raw(String ascii) {
    out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  void string(String text) {
    out.write('"');
    out.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(text));
    out.write('"');
  }

  /** Writes what is JSON already, without the space between its parts. */
  void json(byte[] text, int from, int to) {
    boolean isString = false;
    for (int at = from; at < to; at++) {
      byte c = text[at];
      boolean isSpace = c == ' ' || c == '\n' || c == '\r' || c == '\t';
      if (isString || !isSpace) {
        out.write(c);
      }
      if (c == '"') {
        isString = !isString;
      } else if (c == '\\' && isString) {
        out.write(text[++at]);
      }
    }
  }

  /** Writes the value at an offset; null as null. */
  void value(RecordBatch batch, int at) throws Unwritable {
    switch (batch.kindAt(at)) {
      case NULL, ABSENT -> raw("null");
      case BOOLEAN -> raw(Boolean.toString(batch.booleanAt(at)));
      case INT64 -> raw(Long.toString(batch.int64At(at)));
      case FLOAT32 -> number(Float.toString(batch.float32At(at)));
      case FLOAT64 -> number(Double.toString(batch.float64At(at)));
      case DECIMAL -> number(batch.textAt(at));
      case TEXT -> {
        if (!Utf8.isValid(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at))) {
          throw new Unwritable("is text that is not UTF-8");
        }
        string(batch.textAt(at));
      }
      case JSON -> {
        int from = batch.payloadAt(at);
        int length = batch.payloadLengthAt(at);
        if (JsonFlaw.of(batch.bytes(), from, length) == JsonFlaw.NOT_JSON) {
          throw new Unwritable("is no JSON");
        }
        json(batch.bytes(), from, from + length);
      }
      case UUID -> string(new UUID(batch.uuidHighAt(at), batch.uuidLowAt(at)).toString());
      case BYTES -> string(HexFormat.of().formatHex(batch.payloadBytesAt(at)));
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> temporal(batch, at);
      case VECTOR -> vector(batch, at);
      case LIST -> list(batch, at);
      case POINT, DYNAMIC ->
          throw new Unwritable(
              "is a "
                  + batch.kindAt(at).name().toLowerCase(java.util.Locale.ROOT)
                  + ", for which there is no JSON");
    }
  }

  private void number(String text) throws Unwritable {
    if (text.equals("NaN") || text.endsWith("Infinity")) {
      throw new Unwritable("is " + text + ", for which there is no JSON");
    }
    int from = text.startsWith("-") ? 1 : 0;
    boolean isJson =
        JsonFlaw.of(text.getBytes(StandardCharsets.US_ASCII), 0, text.length())
            != JsonFlaw.NOT_JSON;
    raw(isJson && from < text.length() ? text : new BigDecimal(text).toPlainString());
  }

  private void temporal(RecordBatch batch, int at) throws Unwritable {
    try {
      string(
          switch (batch.kindAt(at)) {
            case DATE -> Temporals.date(batch.dateAt(at));
            case TIME -> Temporals.time(batch.timeNanosAt(at), batch.timeOffsetAt(at));
            case TIMESTAMP -> Temporals.timestamp(batch.secondsAt(at), batch.nanosAt(at));
            case INSTANT -> Temporals.instant(batch.secondsAt(at), batch.nanosAt(at));
            default ->
                Temporals.interval(
                    batch.intervalMonthsAt(at),
                    batch.intervalDaysAt(at),
                    batch.intervalNanosAt(at));
          });
    } catch (DateTimeException outOfRange) {
      throw new Unwritable("is a " + batch.kindAt(at) + " out of range");
    }
  }

  private void vector(RecordBatch batch, int at) throws Unwritable {
    if (batch.vectorElementAt(at) != Kind.FLOAT32) {
      throw new Unwritable("is a vector of other elements than float32");
    }
    out.write('[');
    String before = "";
    for (float element : batch.float32VectorAt(at)) {
      raw(before);
      number(Float.toString(element));
      before = ",";
    }
    out.write(']');
  }

  private void list(RecordBatch batch, int at) throws Unwritable {
    out.write('[');
    int element = batch.firstElement(at);
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      raw(i == 0 ? "" : ",");
      value(batch, element);
      element = batch.next(element);
    }
    out.write(']');
  }
}
