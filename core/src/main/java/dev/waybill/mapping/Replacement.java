package dev.waybill.mapping;

import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Utf8;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The nearest value that goes in place of one that cannot, as {@link ValueLoss} says. */
final class Replacement {
  private static final byte[] SYMBOL_FOR_NUL = {(byte) 0xE2, (byte) 0x90, (byte) 0x80};
  private static final byte[] REPLACEMENT_CHARACTER = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

  private Replacement() {}

  /**
   * The value in whose place it stands, in the source's kind.
   *
   * @return a batch with this one value, null where there is none
   */
  static @Nullable RecordBatch of(ValueLoss loss, Way way, RecordBatch in, int at) {
    RecordBatch out = new RecordBatch(1);
    boolean isFound =
        switch (loss) {
          case NUL_IN_TEXT, INVALID_UTF8, MINUS_ZERO -> within(loss, in, at, out);
          case LONE_SURROGATE ->
              isEscaped(in, at) ? json(loss, in, at, out) : within(loss, in, at, out);
          case JSON_MINUS_ZERO -> json(loss, in, at, out);
          case MIXED_TYPES -> text(way, in, at, out);
          case TOO_FINE -> coarser(way, in, at, out);
          case NOT_EXACT -> nearestFloat(way, in, at, out);
          case NOT_A_UUID -> smallLetters(way, in, at, out);
          case NAN,
              INFINITY,
              OUT_OF_RANGE,
              TOO_LONG,
              WRONG_DIMENSION,
              NOT_JSON,
              JSON_NAME_TWICE,
              NOT_A_TIME,
              NOT_A_NUMBER,
              NOT_A_VECTOR,
              NOT_FINITE_IN_VECTOR,
              NOT_A_LIST,
              NOT_A_POINT,
              NOT_A_BOOLEAN,
              NOT_BYTES,
              ABSENT,
              NULL_AMONG_ABSENT,
              UNSUPPORTED,
              COMPARED_BY_CONTENT ->
              false;
        };
    return isFound ? out : null;
  }

  /** A text or number, or those within a list or vector. */
  private static boolean within(ValueLoss loss, RecordBatch in, int at, RecordBatch out) {
    switch (in.kindAt(at)) {
      case TEXT, JSON -> {
        int from = in.payloadAt(at);
        int length = in.payloadLengthAt(at);
        boolean isEscaped =
            loss == ValueLoss.NUL_IN_TEXT && !Utf8.containsNul(in.bytes(), from, length);
        byte[] mended =
            isEscaped
                ? JsonFlaws.mended(loss, in.bytes(), from, length)
                : loss == ValueLoss.NUL_IN_TEXT
                    ? withoutNul(in.bytes(), from, length)
                    : loss == ValueLoss.LONE_SURROGATE
                        ? withoutHalves(in.bytes(), from, length)
                        : valid(in.bytes(), from, length);
        out.putVariable(in.kindAt(at), mended, 0, mended.length);
      }
      case FLOAT32 -> out.putFloat32(in.float32At(at) == 0 ? 0f : in.float32At(at));
      case FLOAT64 -> out.putFloat64(in.float64At(at) == 0 ? 0d : in.float64At(at));
      case VECTOR -> VectorForms.putWithoutMinusZero(in, at, out);
      case LIST -> {
        RecordBatch elements = new RecordBatch(1);
        int element = in.firstElement(at);
        for (int i = 0; i < in.listSizeAt(at); i++) {
          if (!within(loss, in, element, elements)) {
            elements.putValue(in, element);
          }
          element = in.next(element);
        }
        out.putList(elements);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** True of JSON whose characters are right: what is wrong with it is said by an escape. */
  private static boolean isEscaped(RecordBatch in, int at) {
    return (in.kindAt(at) == Kind.TEXT || in.kindAt(at) == Kind.JSON)
        && Utf8.isValid(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
  }

  private static boolean json(ValueLoss loss, RecordBatch in, int at, RecordBatch out) {
    byte[] mended = JsonFlaws.mended(loss, in.bytes(), in.payloadAt(at), in.payloadLengthAt(at));
    out.putVariable(in.kindAt(at), mended, 0, mended.length);
    return true;
  }

  static byte[] withoutNul(byte[] bytes, int from, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 16);
    for (int i = from; i < from + length; i++) {
      if (bytes[i] == 0) {
        out.writeBytes(SYMBOL_FOR_NUL);
      } else {
        out.write(bytes[i]);
      }
    }
    return out.toByteArray();
  }

  /** U+FFFD for each half of a surrogate pair. */
  private static byte[] withoutHalves(byte[] bytes, int from, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(length);
    int end = from + length;
    int i = from;
    while (i < end) {
      if ((bytes[i] & 0xFF) == 0xED && end - i >= 3 && (bytes[i + 1] & 0xE0) == 0xA0) {
        out.writeBytes(REPLACEMENT_CHARACTER);
        i += 3;
      } else {
        out.write(bytes[i++]);
      }
    }
    return out.toByteArray();
  }

  /**
   * UTF-8 with U+FFFD for each maximal subpart of an ill-formed sequence (Unicode 15, 3.9, "U+FFFD
   * Substitution of Maximal Subparts"): the longest beginning of a character that could have gone
   * on, or one byte.
   */
  static byte[] valid(byte[] bytes, int from, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 16);
    int end = from + length;
    int i = from;
    while (i < end) {
      int whole = bytes[i] >= 0 ? 1 : lengthOf(bytes[i] & 0xFF);
      int part = 1;
      while (part < whole && i + part < end && goesOn(bytes, i, part)) {
        part++;
      }
      if (whole > 0 && part == whole) {
        out.write(bytes, i, whole);
      } else {
        out.writeBytes(REPLACEMENT_CHARACTER);
      }
      i += part;
    }
    return out.toByteArray();
  }

  /** Bytes of a character that begins so, 0 if none does. */
  private static int lengthOf(int first) {
    return first >= 0xC2 && first <= 0xDF
        ? 2
        : first >= 0xE0 && first <= 0xEF ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
  }

  private static boolean goesOn(byte[] bytes, int start, int part) {
    int first = bytes[start] & 0xFF;
    int next = bytes[start + part] & 0xFF;
    int low = 0x80;
    int high = 0xBF;
    if (part == 1) {
      low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : low;
      high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : high;
    }
    return next >= low && next <= high;
  }

  /** The text form of a value of another type, in a field for text. */
  private static boolean text(Way way, RecordBatch in, int at, RecordBatch out) {
    boolean isForText =
        way.to().kind() == Kind.TEXT
            && way.as().isEmpty()
            && (way.from().kind() == Kind.DYNAMIC || way.from().kind() == Kind.TEXT);
    if (!isForText) {
      return false;
    }
    if (in.kindAt(at) == Kind.BYTES) {
      out.putText(HexFormat.of().formatHex(in.payloadBytesAt(at)));
      return true;
    }
    try {
      if (in.kindAt(at) == Kind.LIST || in.kindAt(at) == Kind.VECTOR) {
        JsonSpelling.ofList(in, at, out);
        return true;
      }
      Transformation form =
          TextForms.of(LogicalType.parse(in.kindAt(at).name().toLowerCase(Locale.ROOT)));
      if (form != null) {
        form.apply(in, at, out);
      }
      return form != null;
    } catch (ValueRefusal outOfRange) {
      return false;
    }
  }

  /** A moment with no more digits of the second than the target keeps. */
  private static boolean coarser(Way way, RecordBatch in, int at, RecordBatch out) {
    long unit = 1;
    for (int digit = Math.max(0, way.to().scale()); digit < 9; digit++) {
      unit *= 10;
    }
    switch (in.kindAt(at)) {
      case TIMESTAMP -> out.putTimestamp(in.secondsAt(at), cut(in.nanosAt(at), unit));
      case INSTANT ->
          out.putInstant(in.secondsAt(at), cut(in.nanosAt(at), unit), in.instantOffsetAt(at));
      case TIME -> out.putTime(in.timeNanosAt(at) / unit * unit, in.timeOffsetAt(at));
      case INTERVAL ->
          out.putInterval(
              in.intervalMonthsAt(at), in.intervalDaysAt(at), in.intervalNanosAt(at) / unit * unit);
      case TEXT -> {
        int digits = way.to().scale();
        String text = in.textAt(at);
        out.putText(
            digits == 0
                ? text.replaceFirst("\\.\\d+", "")
                : text.replaceFirst("(\\.\\d{" + digits + "})\\d+", "$1"));
      }
      default -> {
        return Epoch.putCoarser(way, in, at, out);
      }
    }
    return true;
  }

  private static int cut(int nanos, long unit) {
    return (int) (nanos / unit * unit);
  }

  private static boolean nearestFloat(Way way, RecordBatch in, int at, RecordBatch out) {
    if (!way.as().isEmpty()) {
      return false;
    }
    if (in.kindAt(at) == Kind.FLOAT64 && way.to().kind() == Kind.FLOAT32) {
      float nearest = (float) in.float64At(at);
      out.putFloat64(nearest);
      return Float.isFinite(nearest);
    }
    if (in.kindAt(at) == Kind.INT64 && way.to().kind() == Kind.FLOAT64) {
      double nearest = (double) in.int64At(at);
      out.putInt64((long) nearest);
      return nearest < 0x1p63;
    }
    return false;
  }

  private static boolean smallLetters(Way way, RecordBatch in, int at, RecordBatch out) {
    boolean isForSmallLetters = way.as().isEmpty() || way.as().equals("uuid");
    if (in.kindAt(at) != Kind.TEXT || !isForSmallLetters || in.payloadLengthAt(at) != 36) {
      return false;
    }
    out.putText(in.textAt(at).toLowerCase(Locale.ROOT));
    return true;
  }

  /** The value that means nothing, for a field that cannot be null. */
  static void putZero(LogicalType type, RecordBatch out) {
    switch (type.kind()) {
      case BOOLEAN -> out.putBoolean(false);
      case INT64 -> out.putInt64(0);
      case DECIMAL -> out.putDecimal("0");
      case FLOAT32 -> out.putFloat32(0);
      case FLOAT64 -> out.putFloat64(0);
      case BYTES -> out.putBytes(new byte[0]);
      case UUID -> out.putUuid(0, 0);
      case DATE -> out.putDate(0);
      case TIME -> out.putTime(0, RecordBatch.NO_OFFSET);
      case TIMESTAMP -> out.putTimestamp(0, 0);
      case INSTANT -> out.putInstant(0, 0, RecordBatch.NO_OFFSET);
      case INTERVAL -> out.putInterval(0, 0, 0);
      case JSON -> out.putJson(new byte[] {'n', 'u', 'l', 'l'});
      case VECTOR -> VectorForms.putZero(type, out);
      case LIST -> out.putList(new RecordBatch(1));
      case POINT -> out.putPoint(0, 0, 0);
      case TEXT, NULL, ABSENT, DYNAMIC -> out.putText("");
    }
  }
}
