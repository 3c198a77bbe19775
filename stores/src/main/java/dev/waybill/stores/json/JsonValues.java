package dev.waybill.stores.json;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.stores.json.JsonScan.Token;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/**
 * Values as they stand in JSON: the one place for both directions. What {@link #encode} writes,
 * {@link #decode} gives back under the same form. Not thread-safe.
 */
final class JsonValues {
  private static final int LONGEST_EXPONENT = 1000;

  private final JsonText scratch = new JsonText();
  private final RecordBatch trial = new RecordBatch(1);

  /** Of a value that is to be written, to see what it is. */
  private final JsonScan seen = new JsonScan();

  // --- from JSON

  /**
   * Appends the value that stands between two positions, well-formed and without space around it. A
   * value that is not of the form is not bent but appended as what it is.
   */
  void decode(JsonForm form, byte[] json, int from, int to, RecordBatch into) {
    decode(form, JsonScan.token(json, from, to), json, from, to, into);
  }

  /** The same where it is known already what the value is. */
  void decode(JsonForm form, Token token, byte[] json, int from, int to, RecordBatch into) {
    if (token == Token.NULL) {
      into.putNull();
    } else if (!isDecoded(form, token, json, from, to, into)) {
      natural(token, json, from, to, into);
    }
  }

  private boolean isDecoded(
      JsonForm form, Token token, byte[] json, int from, int to, RecordBatch into) {
    return switch (form.kind()) {
      case BOOLEAN, TEXT -> false;
      case INT64 -> token == Token.INTEGER && putInteger(json, from, to, into);
      case FLOAT64 -> isNumber(token) && putDouble(token, json, from, to, into);
      case FLOAT32 -> isNumber(token) && putFloat(token, json, from, to, into);
      case DECIMAL -> {
        if (isNumber(token)) {
          into.putVariable(Kind.DECIMAL, json, from, to - from);
        }
        yield isNumber(token);
      }
      case JSON -> {
        int[] inner =
            form.nativeType().equals(JsonForm.TAGGED_JSON.nativeType())
                ? tagged(json, from, to)
                : null;
        if (inner != null && isTag(json, inner, "json")) {
          into.putVariable(Kind.JSON, json, inner[2], inner[3] - inner[2]);
        } else {
          into.putVariable(Kind.JSON, json, from, to - from);
        }
        yield true;
      }
      case DYNAMIC -> isTaggedValue(token, json, from, to, into);
      case VECTOR -> token == Token.ARRAY && putVector(form, json, from, to, into);
      case LIST -> token == Token.ARRAY && putList(form, json, from, to, into);
      case POINT -> token == Token.OBJECT && putPoint(json, from, to, into);
      case BYTES, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL ->
          token == Token.STRING && putText(form, json, from, to, into);
      case NULL, ABSENT -> false;
    };
  }

  /** Appends a value as what it is by itself. */
  void natural(Token token, byte[] json, int from, int to, RecordBatch into) {
    switch (token) {
      case NULL -> into.putNull();
      case TRUE -> into.putBoolean(true);
      case FALSE -> into.putBoolean(false);
      case STRING -> putString(json, from + 1, to - 1, into);
      case OBJECT, ARRAY -> into.putVariable(Kind.JSON, json, from, to - from);
      case INTEGER, NUMBER, NOT_FINITE -> {
        boolean isPut =
            token == Token.INTEGER && putInteger(json, from, to, into)
                || putDouble(token, json, from, to, into);
        if (!isPut) {
          into.putVariable(Kind.DECIMAL, json, from, to - from);
        }
      }
    }
  }

  static boolean isNumber(Token token) {
    return token == Token.INTEGER || token == Token.NUMBER || token == Token.NOT_FINITE;
  }

  private static boolean putInteger(byte[] json, int from, int to, RecordBatch into) {
    if (!JsonNumbers.isInt64(json, from, to)) {
      return false;
    }
    into.putInt64(JsonNumbers.int64(json, from, to));
    return true;
  }

  private static boolean putDouble(Token token, byte[] json, int from, int to, RecordBatch into) {
    if (token == Token.NOT_FINITE) {
      into.putFloat64(notFinite(json, from));
      return true;
    }
    double value = JsonNumbers.exactDouble(json, from, to);
    if (Double.isNaN(value)) {
      return false;
    }
    into.putFloat64(value);
    return true;
  }

  private static boolean putFloat(Token token, byte[] json, int from, int to, RecordBatch into) {
    if (token == Token.NOT_FINITE) {
      into.putFloat32((float) notFinite(json, from));
      return true;
    }
    String text = ascii(json, from, to);
    float value = Float.parseFloat(text);
    boolean isSame = Float.isFinite(value) && JsonNumbers.areEqual(text, Float.toString(value));
    if (isSame) {
      into.putFloat32(value);
    }
    return isSame;
  }

  private static double notFinite(byte[] json, int from) {
    return switch (json[from]) {
      case 'N' -> Double.NaN;
      case '-' -> Double.NEGATIVE_INFINITY;
      default -> Double.POSITIVE_INFINITY;
    };
  }

  private static String ascii(byte[] json, int from, int to) {
    return new String(json, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** Appends a string's content, escapes resolved. */
  private void putString(byte[] json, int from, int to, RecordBatch into) {
    if (JsonBytes.escape(json, from, to) == to) {
      into.putVariable(Kind.TEXT, json, from, to - from);
      return;
    }
    scratch.clear();
    JsonStrings.unescape(json, from, to, scratch);
    into.putVariable(Kind.TEXT, scratch.bytes(), 0, scratch.size());
  }

  private boolean putText(JsonForm form, byte[] json, int from, int to, RecordBatch into) {
    scratch.clear();
    JsonStrings.unescape(json, from + 1, to - 1, scratch);
    byte[] text = scratch.bytes();
    int size = scratch.size();
    int before = into.records();
    try {
      switch (form.kind()) {
        case UUID -> {
          return JsonTimes.putUuid(text, size, into);
        }
        case BYTES -> {
          byte[] bytes = Base64.getDecoder().decode(Arrays.copyOf(text, size));
          if (!Arrays.equals(Base64.getEncoder().encode(bytes), Arrays.copyOf(text, size))) {
            return false;
          }
          into.putBytes(bytes);
        }
        case DATE, TIMESTAMP, INSTANT -> {
          return JsonTimes.put(form, text, size, into);
        }
        case TIME -> Temporals.parseTime(ascii(text, 0, size), into);
        case INTERVAL -> Temporals.parseInterval(ascii(text, 0, size), into);
        default -> {
          return false;
        }
      }
      return true;
    } catch (DateTimeException | IllegalArgumentException notOne) {
      into.keep(Math.max(before, 0));
      return false;
    }
  }

  private boolean putVector(JsonForm form, byte[] json, int from, int to, RecordBatch into) {
    JsonScan elements = new JsonScan();
    LogicalType element = form.type().element();
    Kind kind = element == null ? Kind.FLOAT32 : element.kind();
    int width = kind.fixedLength();
    try {
      elements.scan(json, from, to);
    } catch (Malformed never) {
      return false;
    }
    JsonForm each = form.element();
    byte[] payload = new byte[1 + width * elements.count()];
    payload[0] = kind.tag();
    for (int i = 0; i < elements.count(); i++) {
      trial.clear();
      decode(each, json, elements.from(i), elements.to(i), trial);
      int at = trial.at(0, 0);
      if (trial.kindAt(at) != kind) {
        return false;
      }
      System.arraycopy(trial.bytes(), at + 1, payload, 1 + i * width, width);
    }
    into.putVariable(Kind.VECTOR, payload, 0, payload.length);
    return true;
  }

  private boolean putList(JsonForm form, byte[] json, int from, int to, RecordBatch into) {
    JsonScan elements = new JsonScan();
    try {
      elements.scan(json, from, to);
    } catch (Malformed never) {
      return false;
    }
    JsonForm each = form.element();
    RecordBatch list = new RecordBatch(1);
    for (int i = 0; i < elements.count(); i++) {
      decode(each, json, elements.from(i), elements.to(i), list);
    }
    into.putList(list);
    return true;
  }

  private boolean putPoint(byte[] json, int from, int to, RecordBatch into) {
    JsonScan members = new JsonScan();
    JsonScan numbers = new JsonScan();
    try {
      members.scan(json, from, to);
      if (members.count() != 2
          || !ascii(json, members.nameFrom(0), members.nameTo(0)).equals("srid")
          || !ascii(json, members.nameFrom(1), members.nameTo(1)).equals("coordinates")
          || members.token(0) != Token.INTEGER
          || members.token(1) != Token.ARRAY) {
        return false;
      }
      numbers.scan(json, members.from(1), members.to(1));
    } catch (Malformed never) {
      return false;
    }
    double[] coordinates = new double[numbers.count()];
    for (int i = 0; i < coordinates.length; i++) {
      if (!isNumber(numbers.token(i))) {
        return false;
      }
      coordinates[i] =
          numbers.token(i) == Token.NOT_FINITE
              ? notFinite(json, numbers.from(i))
              : JsonNumbers.toDouble(json, numbers.from(i), numbers.to(i));
    }
    if (!JsonNumbers.isInt64(json, members.from(0), members.to(0))) {
      return false;
    }
    long srid = JsonNumbers.int64(json, members.from(0), members.to(0));
    if (srid != (int) srid) {
      return false;
    }
    into.putPoint((int) srid, coordinates);
    return true;
  }

  /**
   * The name and the value of an object's only member if its name begins with a dollar sign: four
   * positions, else null.
   */
  private static int @org.jspecify.annotations.Nullable [] tagged(byte[] json, int from, int to) {
    if (!beginsWithTag(json, from, to)) {
      return null;
    }
    JsonScan members = new JsonScan();
    try {
      members.scan(json, from, to);
    } catch (Malformed never) {
      return null;
    }
    boolean isTagged =
        members.count() == 1
            && members.nameTo(0) > members.nameFrom(0)
            && json[members.nameFrom(0)] == '$';
    return isTagged
        ? new int[] {members.nameFrom(0) + 1, members.nameTo(0), members.from(0), members.to(0)}
        : null;
  }

  /** False of nearly all, so that they need not be taken apart to be told from tags. */
  private static boolean beginsWithTag(byte[] json, int from, int to) {
    int name = from + 1;
    while (name < to && JsonScan.isSpace(json[name])) {
      name++;
    }
    return json[from] == '{' && name + 1 < to && json[name] == '"' && json[name + 1] == '$';
  }

  private static boolean isTag(byte[] json, int[] tagged, String name) {
    return ascii(json, tagged[0], tagged[1]).equals(name);
  }

  private boolean isTaggedValue(Token token, byte[] json, int from, int to, RecordBatch into) {
    int[] inner = token == Token.OBJECT ? tagged(json, from, to) : null;
    if (inner == null) {
      return false;
    }
    LogicalType type;
    try {
      type = LogicalType.parse(ascii(json, inner[0], inner[1]));
    } catch (IllegalArgumentException unknown) {
      return false;
    }
    if (type.kind() == Kind.JSON) {
      into.putVariable(Kind.JSON, json, inner[2], inner[3] - inner[2]);
      return true;
    }
    Token of = JsonScan.token(json, inner[2], inner[3]);
    return type.kind() != Kind.DYNAMIC
        && of != Token.NULL
        && isDecoded(JsonForm.usual(type), of, json, inner[2], inner[3], into);
  }

  // --- to JSON

  /**
   * Writes a value in the form of its field.
   *
   * @throws Unwritable if JSON has no place for it; what was written of it is taken back
   */
  void encode(JsonForm form, RecordBatch batch, int at, JsonText out) throws Unwritable {
    int before = out.size();
    try {
      if (form.kind() == Kind.DYNAMIC) {
        encodeTagged(batch, at, out);
      } else if (batch.isMissingAt(at)) {
        missing(batch, at, out);
      } else if (batch.kindAt(at) == form.kind()) {
        encodeAs(form, batch, at, out);
      } else {
        throw new Unwritable(
            "OTHER_KIND",
            "is a value of type " + word(batch.kindAt(at)) + ", not " + word(form.kind()));
      }
    } catch (Unwritable unwritable) {
      out.cut(before);
      throw unwritable;
    }
  }

  private static void missing(RecordBatch batch, int at, JsonText out) {
    if (batch.kindAt(at) == Kind.ABSENT) {
      throw new IllegalArgumentException("an absent field is no member at all");
    }
    out.put("null");
  }

  private static String word(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private void encodeAs(JsonForm form, RecordBatch batch, int at, JsonText out) throws Unwritable {
    switch (form.kind()) {
      case BOOLEAN -> out.put(batch.booleanAt(at) ? "true" : "false");
      case INT64 -> out.put(Long.toString(batch.int64At(at)));
      case FLOAT64 -> out.put(number(batch.float64At(at)));
      case FLOAT32 -> out.put(number(batch.float32At(at)));
      case DECIMAL -> decimal(batch.textAt(at), out);
      case TEXT ->
          JsonStrings.quote(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at), out);
      case BYTES ->
          out.put('"').put(Base64.getEncoder().encodeToString(batch.payloadBytesAt(at))).put('"');
      case UUID ->
          out.put('"')
              .put(new java.util.UUID(batch.uuidHighAt(at), batch.uuidLowAt(at)).toString())
              .put('"');
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> {
        out.put('"');
        JsonTimes.write(form, batch, at, out);
        out.put('"');
      }
      case JSON -> json(form, batch, at, out);
      case VECTOR -> vector(form, batch, at, out);
      case LIST -> list(form, batch, at, out);
      case POINT -> point(batch, at, out);
      case NULL, ABSENT, DYNAMIC -> throw new IllegalStateException("no value is " + form.kind());
    }
  }

  private static String number(double value) {
    return JsonNumbers.text(value);
  }

  private static String number(float value) {
    return Float.toString(value);
  }

  private void decimal(String text, JsonText out) throws Unwritable {
    if (text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity")) {
      out.put(text);
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    try {
      Token token = seen.scan(bytes, 0, bytes.length);
      if (isNumber(token)) {
        out.put(text);
        return;
      }
    } catch (Malformed otherSpelling) {
      // Such as +5 or .5; written by its value.
    }
    if (text.length() > LONGEST_EXPONENT) {
      throw new Unwritable("NOT_A_NUMBER", "is no number that JSON can spell");
    }
    try {
      out.put(new java.math.BigDecimal(text).toString());
    } catch (NumberFormatException notANumber) {
      throw new Unwritable("NOT_A_NUMBER", "is no number that JSON can spell");
    }
  }

  private void json(JsonForm form, RecordBatch batch, int at, JsonText out) throws Unwritable {
    byte[] text = batch.bytes();
    int from = batch.payloadAt(at);
    int to = from + batch.payloadLengthAt(at);
    while (from < to && JsonScan.isSpace(text[from])) {
      from++;
    }
    while (to > from && JsonScan.isSpace(text[to - 1])) {
      to--;
    }
    Token token;
    try {
      if (!dev.waybill.model.Utf8.isValid(text, from, to - from)) {
        throw new Malformed(from, "");
      }
      token = seen.scan(text, from, to);
    } catch (Malformed notJson) {
      throw new Unwritable("NOT_JSON", "is no JSON");
    }
    boolean isTagged = form.nativeType().equals(JsonForm.TAGGED_JSON.nativeType());
    if (token == Token.NULL && !isTagged) {
      throw new Unwritable("JSON_NULL", "is a null of JSON, which would be read as no value");
    }
    int[] inner = isTagged && token == Token.OBJECT ? tagged(text, from, to) : null;
    boolean mustBeTagged =
        isTagged && token == Token.NULL || inner != null && isTag(text, inner, "json");
    out.put(mustBeTagged ? "{\"$json\":" : "").put(text, from, to - from);
    out.put(mustBeTagged ? "}" : "");
  }

  private void vector(JsonForm form, RecordBatch batch, int at, JsonText out) throws Unwritable {
    Kind kind = batch.vectorElementAt(at);
    LogicalType element = form.type().element();
    if (element == null || element.kind() != kind) {
      throw new Unwritable("OTHER_KIND", "is a vector of " + word(kind));
    }
    JsonForm each = JsonForm.usual(element);
    int width = kind.fixedLength();
    byte[] encoded = new byte[1 + width];
    encoded[0] = kind.tag();
    out.put('[');
    for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
      System.arraycopy(batch.bytes(), at + 6 + i * width, encoded, 1, width);
      trial.clear();
      trial.putRecord(encoded);
      if (i > 0) {
        out.put(',');
      }
      encodeAs(each, trial, trial.at(0, 0), out);
    }
    out.put(']');
  }

  private void list(JsonForm form, RecordBatch batch, int at, JsonText out) throws Unwritable {
    JsonForm each = form.element();
    int element = batch.firstElement(at);
    out.put('[');
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      if (i > 0) {
        out.put(',');
      }
      if (batch.kindAt(element) == Kind.ABSENT) {
        throw new Unwritable("OTHER_KIND", "is a list with an absent element");
      }
      encode(each, batch, element, out);
      element = batch.next(element);
    }
    out.put(']');
  }

  private static void point(RecordBatch batch, int at, JsonText out) {
    out.put("{\"srid\":").put(Integer.toString(batch.pointSridAt(at))).put(",\"coordinates\":[");
    double[] coordinates = batch.pointAt(at);
    for (int i = 0; i < coordinates.length; i++) {
      out.put(i == 0 ? "" : ",").put(number(coordinates[i]));
    }
    out.put("]}");
  }

  /** A value that says its type itself where JSON does not. */
  private void encodeTagged(RecordBatch batch, int at, JsonText out) throws Unwritable {
    Kind kind = batch.kindAt(at);
    switch (kind) {
      case NULL, ABSENT -> missing(batch, at, out);
      case BOOLEAN -> encodeAs(JsonForm.BOOLEAN, batch, at, out);
      case INT64 -> encodeAs(JsonForm.INTEGER, batch, at, out);
      case FLOAT64 -> encodeAs(JsonForm.NUMBER, batch, at, out);
      case TEXT -> encodeAs(JsonForm.STRING, batch, at, out);
      case JSON -> {
        JsonText inner = new JsonText();
        try {
          encodeAs(JsonForm.JSON, batch, at, inner);
        } catch (Unwritable isNull) {
          if (!isNull.code().equals("JSON_NULL")) {
            throw isNull;
          }
          inner.put("null");
        }
        out.put("{\"$json\":").put(inner.bytes(), 0, inner.size()).put('}');
      }
      case DECIMAL, FLOAT32, BYTES, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, POINT -> {
        LogicalType type = LogicalType.parse(word(kind));
        out.put("{\"$").put(type.toString()).put("\":");
        encodeAs(JsonForm.usual(type), batch, at, out);
        out.put('}');
      }
      case VECTOR -> {
        LogicalType type = LogicalType.vector(element(batch.vectorElementAt(at)), 0);
        out.put("{\"$").put(type.toString()).put("\":");
        encodeAs(JsonForm.usual(type), batch, at, out);
        out.put('}');
      }
      case LIST -> {
        LogicalType type = LogicalType.list(LogicalType.DYNAMIC);
        out.put("{\"$").put(type.toString()).put("\":");
        encodeAs(JsonForm.usual(type), batch, at, out);
        out.put('}');
      }
      case DYNAMIC -> throw new IllegalStateException("no value is dynamic");
    }
  }

  private static LogicalType element(Kind kind) {
    return switch (kind) {
      case BOOLEAN -> LogicalType.BOOLEAN;
      case INT64 -> LogicalType.INT64;
      case FLOAT32 -> LogicalType.FLOAT32;
      default -> LogicalType.FLOAT64;
    };
  }
}
