package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The named ways with one source field, by name. */
final class NamedWays {
  static final List<NamedWay> ALL =
      List.of(
          new NamedWay(
              "epoch(s), epoch(ms), epoch(us), epoch(ns)",
              "int64, float64 or decimal and instant or timestamp",
              "seconds, milli-, micro- or nanoseconds since 1970-01-01T00:00:00Z; a moment finer or"
                  + " further away than the other type holds is refused"),
          new NamedWay(
              "f32, f64, f32be, f64be",
              "bytes and vector or list of float32 or float64",
              "the elements as floats of 32 or 64 bits, little-endian, or big-endian with be; one"
                  + " that would be rounded is refused"),
          new NamedWay(
              "json",
              "text or json and vector or list; text and json",
              "a JSON array; by its content, a number that would be rounded is refused"),
          new NamedWay(
              "json(f32), json(f64)",
              "text or json and bytes",
              "a JSON array of numbers, which become little-endian floats; by its content, a number"
                  + " that would be rounded is refused"),
          new NamedWay("hex, hex(upper)", "text and bytes", "two hexadecimal digits for each byte"),
          new NamedWay("base64", "text and bytes", "RFC 4648 with padding"),
          new NamedWay(
              "uuid, uuid(plain), uuid(upper)",
              "text and uuid",
              "five groups of small letters, without hyphens, or in capitals"),
          new NamedWay(
              "boolean, boolean('YES', 'NO')",
              "text or int64 and boolean",
              "the two texts that mean true and false, else true and false; of integers 1 and 0"),
          new NamedWay(
              "lower",
              "text and text, one way only",
              "in small letters, by Unicode and no language; not proven back"),
          new NamedWay(
              "half",
              "vectors of float32, one way only",
              "each element the nearest of half precision, for pgvector's halfvec; one that would be"
                  + " infinite is refused; not proven back"),
          new NamedWay(
              "cosine",
              "vectors of float32, one way only",
              "as Chroma's server answers them under the cosine space, where the last bit may"
                  + " differ; not proven back"),
          new NamedWay(
              "join('SEPARATOR')",
              "several texts and text, one way only",
              "the fields with the separator between; one that holds the separator is refused, and"
                  + " so is null beside values"),
          new NamedWay(
              "split('SEPARATOR', K, N)",
              "text and text, one way only",
              "part K of N, counted from 1; all N parts must go somewhere, another number of parts"
                  + " is refused"));

  static final String NO_TYPES = "nothing";

  private NamedWays() {}

  /** What types the name is for. */
  static String typesOf(String as) {
    String name = Call.parse(as).name();
    return ALL.stream()
        .filter(way -> names(way).contains(name))
        .map(NamedWay::types)
        .findFirst()
        .orElse(NO_TYPES);
  }

  private static List<String> names(NamedWay way) {
    return java.util.Arrays.stream(way.spelling().split(", (?![^(]*\\))", -1))
        .map(each -> each.replaceAll("\\(.*", ""))
        .toList();
  }

  /**
   * The conversion of a name between two types.
   *
   * @return null if the name is not for these types
   * @throws IllegalArgumentException if there is no such name, or it wants other arguments
   */
  static @Nullable Conversion conversion(Call call, LogicalType from, LogicalType to) {
    return switch (call.name()) {
      case "epoch" -> Epoch.conversion(unit(call), from, to);
      case "f32" -> floats(call, Kind.FLOAT32, false, from, to);
      case "f64" -> floats(call, Kind.FLOAT64, false, from, to);
      case "f32be" -> floats(call, Kind.FLOAT32, true, from, to);
      case "f64be" -> floats(call, Kind.FLOAT64, true, from, to);
      case "json" -> call.arguments().isEmpty() ? json(from, to) : jsonAsFloats(call, from, to);
      case "hex" ->
          either(
              from,
              to,
              Kind.TEXT,
              Kind.BYTES,
              BytesText.fromHex(option(call, "upper")),
              BytesText.toHex(option(call, "upper")));
      case "base64" -> {
        requirePlain(call);
        yield either(from, to, Kind.TEXT, Kind.BYTES, BytesText::fromBase64, BytesText::toBase64);
      }
      case "uuid" -> uuid(call, from, to);
      case "boolean" -> booleans(call, from, to);
      case "half" -> {
        requirePlain(call);
        yield vectors(from, to, VectorForms::half);
      }
      case "cosine" -> {
        requirePlain(call);
        yield vectors(from, to, CosineVectors::nearest);
      }
      case "lower" -> {
        requirePlain(call);
        yield lower(from, to);
      }
      default ->
          throw new IllegalArgumentException(
              "\""
                  + call.text()
                  + "\" is no way to read values: there are "
                  + ALL.stream().map(NamedWay::spelling).collect(Collectors.joining(", ")));
    };
  }

  private static void requirePlain(Call call) {
    if (!call.arguments().isEmpty()) {
      throw call.wrong(call.name() + " alone");
    }
  }

  /** True if the one option is given, false if nothing is. */
  private static boolean option(Call call, String option) {
    if (call.arguments().isEmpty()) {
      return false;
    }
    if (!call.arguments().equals(List.of(option))) {
      throw call.wrong(call.name() + " or " + call.name() + "(" + option + ")");
    }
    return true;
  }

  static long unit(Call call) {
    if (call.arguments().size() == 1) {
      switch (call.arguments().get(0)) {
        case "s":
          return 1;
        case "ms":
          return 1_000;
        case "us":
          return 1_000_000;
        case "ns":
          return 1_000_000_000;
        default:
      }
    }
    throw call.wrong("epoch(s), epoch(ms), epoch(us) or epoch(ns)");
  }

  /** One of two exact transformations, as the types stand. */
  private static @Nullable Conversion either(
      LogicalType from,
      LogicalType to,
      Kind one,
      Kind other,
      Transformation there,
      Transformation back) {
    if (from.kind() == one && to.kind() == other) {
      return Conversion.exact(from, there, to, back);
    }
    return from.kind() == other && to.kind() == one
        ? Conversion.exact(from, back, to, there)
        : null;
  }

  private static @Nullable Conversion floats(
      Call call, Kind encoded, boolean isBig, LogicalType from, LogicalType to) {
    requirePlain(call);
    LogicalType typed = from.kind() == Kind.BYTES ? to : from;
    Transformation there = VectorForms.fromBytes(typed, encoded, isBig);
    Transformation back = VectorForms.toBytes(typed, encoded, isBig);
    return there == null || back == null
        ? null
        : either(from, to, Kind.BYTES, typed.kind(), there, back);
  }

  private static @Nullable Conversion json(LogicalType from, LogicalType to) {
    boolean isArray = to.kind() == Kind.VECTOR || to.kind() == Kind.LIST;
    if (isArray && (from.kind() == Kind.TEXT || from.kind() == Kind.JSON)) {
      Transformation there =
          to.kind() == Kind.VECTOR ? VectorForms.fromJson(to) : JsonText.textToList(to);
      if (there == null) {
        return null;
      }
      Transformation bounded = Transformation.bounded(there, from, to);
      return from.kind() == Kind.TEXT
          ? Conversion.content(bounded, bounded, TextForms.spelling(to))
          : Conversion.content(bounded, NamedWays::arrayAsJson);
    }
    boolean wasArray = from.kind() == Kind.VECTOR || from.kind() == Kind.LIST;
    if (wasArray && to.kind() == Kind.TEXT) {
      Transformation back =
          from.kind() == Kind.VECTOR ? VectorForms.fromJson(from) : JsonText.textToList(from);
      return back == null ? null : Conversion.exact(from, JsonSpelling::ofList, to, back);
    }
    boolean isJson = from.kind() == Kind.TEXT && to.kind() == Kind.JSON;
    boolean wasJson = from.kind() == Kind.JSON && to.kind() == Kind.TEXT;
    return isJson || wasJson ? Conversion.byTypes(from, to) : null;
  }

  private static @Nullable Conversion jsonAsFloats(Call call, LogicalType from, LogicalType to) {
    LogicalType element =
        switch (String.join(",", call.arguments())) {
          case "f32" -> LogicalType.FLOAT32;
          case "f64" -> LogicalType.FLOAT64;
          default -> throw call.wrong("json, json(f32) or json(f64)");
        };
    LogicalType vectors = LogicalType.vector(element, 0);
    Transformation array = VectorForms.fromJson(vectors);
    Transformation floats = VectorForms.toBytes(vectors, element.kind(), false);
    Transformation elements = VectorForms.fromBytes(vectors, element.kind(), false);
    if (array == null || floats == null || elements == null || to.kind() != Kind.BYTES) {
      return null;
    }
    Transformation forward = Transformation.bounded(array.then(floats), from, to);
    return switch (from.kind()) {
      case TEXT -> Conversion.content(forward, forward, elements.then(JsonSpelling::ofList));
      case JSON -> Conversion.content(forward, elements.then(NamedWays::arrayAsJson));
      default -> null;
    };
  }

  private static void arrayAsJson(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    RecordBatch text = new RecordBatch(1);
    JsonSpelling.ofList(in, at, text);
    out.putValueAs(Kind.JSON, text, text.at(0, 0));
  }

  private static @Nullable Conversion uuid(Call call, LogicalType from, LogicalType to) {
    boolean isPlain = call.arguments().equals(List.of("plain"));
    boolean isUpper = call.arguments().equals(List.of("upper"));
    if (!isPlain && !isUpper && !call.arguments().isEmpty()) {
      throw call.wrong("uuid, uuid(plain) or uuid(upper)");
    }
    return either(
        from,
        to,
        Kind.TEXT,
        Kind.UUID,
        UuidForms.fromText(!isPlain, isUpper),
        UuidForms.toText(!isPlain, isUpper));
  }

  private static @Nullable Conversion booleans(Call call, LogicalType from, LogicalType to) {
    List<String> words = call.arguments().isEmpty() ? List.of("true", "false") : call.arguments();
    if (words.size() != 2 || words.get(0).equals(words.get(1))) {
      throw call.wrong("boolean, or boolean('YES', 'NO') with two different texts");
    }
    boolean isInteger = from.kind() == Kind.INT64 || to.kind() == Kind.INT64;
    if (isInteger) {
      return call.arguments().isEmpty()
          ? either(
              from, to, Kind.INT64, Kind.BOOLEAN, Numbers::int64ToBoolean, Numbers::booleanToInt64)
          : null;
    }
    return either(
        from,
        to,
        Kind.TEXT,
        Kind.BOOLEAN,
        Numbers.textToBoolean(words.get(0), words.get(1)),
        Numbers.booleanToText(words.get(0), words.get(1)));
  }

  private static @Nullable Conversion vectors(
      LogicalType from, LogicalType to, Transformation rounding) {
    if (from.kind() != Kind.VECTOR
        || to.kind() != Kind.VECTOR
        || VectorForms.elementOf(from) != Kind.FLOAT32
        || VectorForms.elementOf(to) != Kind.FLOAT32) {
      return null;
    }
    Transformation rounded = Transformation.bounded(rounding, from, to);
    return new Conversion(rounded, rounded, Transformation.COPY, Fidelity.ONE_WAY, null);
  }

  private static @Nullable Conversion lower(LogicalType from, LogicalType to) {
    if (from.kind() != Kind.TEXT || to.kind() != Kind.TEXT) {
      return null;
    }
    Transformation lower = Transformation.bounded(TextForms::lower, LogicalType.TEXT, to);
    return new Conversion(lower, lower, Transformation.COPY, Fidelity.ONE_WAY, null);
  }
}
