package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes a value of one kind out of one of another. Null and absent stay what they are and never
 * reach a transformation. Stateless and thread-safe.
 */
@FunctionalInterface
interface Transformation {
  /**
   * Appends the other form of the value at {@code at} to {@code out}.
   *
   * @throws ValueRefusal if the value has no other form from which it comes back the same
   */
  void apply(RecordBatch in, int at, RecordBatch out) throws ValueRefusal;

  /** This, and of what it gives the other. */
  default Transformation then(Transformation other) {
    return (in, at, out) -> {
      RecordBatch between = new RecordBatch(1);
      apply(in, at, between);
      other.apply(between, between.at(0, 0), out);
    };
  }

  /** The transformation as it is: the value is copied. */
  Transformation COPY = (in, at, out) -> out.putValue(in, at);

  /**
   * The transformation between two types.
   *
   * @return empty if there is none
   */
  static Optional<Transformation> between(LogicalType from, LogicalType to) {
    Transformation found =
        from.kind() == Kind.DYNAMIC || to.kind() == Kind.DYNAMIC
            ? dynamic(to)
            : from.kind() == to.kind() ? same(from, to) : betweenKinds(from, to);
    return Optional.ofNullable(found).map(inner -> bounded(inner, from, to));
  }

  /** The same, with what comes out kept within the bounds of its type. */
  static Transformation bounded(Transformation inner, LogicalType from, LogicalType to) {
    if (from.equals(to) || !Bounds.has(to)) {
      return inner;
    }
    return (in, at, out) -> {
      inner.apply(in, at, out);
      Bounds.require(to, out, out.lastValue());
    };
  }

  private static @Nullable Transformation dynamic(LogicalType to) {
    if (to.kind() == Kind.DYNAMIC) {
      return COPY;
    }
    if (to.kind() == Kind.DECIMAL) {
      return Numbers::numberToDecimal;
    }
    return (in, at, out) -> {
      if (in.kindAt(at) != to.kind()) {
        throw Form.otherKind(in.kindAt(at));
      }
      out.putValue(in, at);
    };
  }

  private static @Nullable Transformation same(LogicalType from, LogicalType to) {
    boolean sameElements =
        from.element() == null
            || to.element() == null
            || from.element().kind() == to.element().kind();
    return sameElements ? COPY : null;
  }

  private static @Nullable Transformation betweenKinds(LogicalType from, LogicalType to) {
    if (from.kind() == Kind.TEXT) {
      return fromText(to);
    }
    if (to.kind() == Kind.TEXT) {
      return TextForms.of(from);
    }
    return switch (from.kind()) {
      case BOOLEAN -> to.kind() == Kind.INT64 ? Numbers::booleanToInt64 : null;
      case INT64 ->
          switch (to.kind()) {
            case BOOLEAN -> Numbers::int64ToBoolean;
            case FLOAT64 -> Numbers::int64ToFloat64;
            case DECIMAL -> Numbers::int64ToDecimal;
            default -> null;
          };
      case DECIMAL -> to.kind() == Kind.INT64 ? Numbers::decimalToInt64 : null;
      case FLOAT32 ->
          to.kind() == Kind.FLOAT64 ? (in, at, out) -> out.putFloat64(in.float32At(at)) : null;
      case FLOAT64 ->
          switch (to.kind()) {
            case INT64 -> Numbers::float64ToInt64;
            case FLOAT32 -> Numbers::float64ToFloat32;
            default -> null;
          };
      case BYTES ->
          switch (to.kind()) {
            case UUID -> UuidForms::fromBytes;
            case VECTOR -> VectorForms.fromBytes(to, VectorForms.elementOf(to), false);
            default -> null;
          };
      case UUID -> to.kind() == Kind.BYTES ? UuidForms::toBytes : null;
      case VECTOR ->
          switch (to.kind()) {
            case BYTES -> VectorForms.toBytes(from, VectorForms.elementOf(from), false);
            case LIST -> VectorForms.convert(from, to);
            default -> null;
          };
      case LIST ->
          switch (to.kind()) {
            case VECTOR -> VectorForms.convert(from, to);
            case JSON -> asJson(TextForms.of(from));
            default -> null;
          };
      case POINT -> to.kind() == Kind.JSON ? asJson(TextForms.of(from)) : null;
      case JSON ->
          switch (to.kind()) {
            case LIST -> JsonText.isOfOneKind(to) ? JsonText.textToList(to) : null;
            case POINT -> JsonText::textToPoint;
            default -> null;
          };
      default -> null;
    };
  }

  /** Text that is JSON, called so. */
  private static @Nullable Transformation asJson(@Nullable Transformation text) {
    return text == null
        ? null
        : (in, at, out) -> {
          RecordBatch form = new RecordBatch(1);
          text.apply(in, at, form);
          out.putValueAs(Kind.JSON, form, 0);
        };
  }

  private static @Nullable Transformation fromText(LogicalType to) {
    return switch (to.kind()) {
      case BOOLEAN -> Numbers.textToBoolean("true", "false");
      case INT64 -> Numbers::textToInt64;
      case FLOAT32 -> Numbers::textToFloat32;
      case FLOAT64 -> Numbers::textToFloat64;
      case DECIMAL -> Numbers::textToDecimal;
      case UUID -> UuidForms::fromText;
      case JSON -> JsonText::textToJson;
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> TextForms.toMoment(to.kind());
      case LIST -> JsonText.isOfOneKind(to) ? JsonText.textToList(to) : null;
      case POINT -> JsonText::textToPoint;
      case NULL, ABSENT, TEXT, BYTES, VECTOR, DYNAMIC -> null;
    };
  }

  /** The way back of {@link #between}: takes what that one made, so it need not be as strict. */
  static Optional<Transformation> inverse(LogicalType from, LogicalType to) {
    if (from.kind() == Kind.DYNAMIC) {
      return Optional.of(to.kind() == Kind.DECIMAL ? Numbers::decimalToNumber : COPY);
    }
    return from.kind() == Kind.JSON && to.kind() == Kind.TEXT
        ? Optional.of((in, at, out) -> out.putValueAs(Kind.JSON, in, at))
        : between(to, from);
  }

  /** Whether there and back gives the very value, or the same content. */
  static Fidelity fidelity(LogicalType from, LogicalType to) {
    boolean byContent =
        switch (to.kind()) {
          case LIST, POINT -> from.kind() == Kind.TEXT || from.kind() == Kind.JSON;
          case JSON, DECIMAL, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> from.kind() == Kind.TEXT;
          default -> false;
        };
    return byContent ? Fidelity.CONTENT : Fidelity.EXACT;
  }

  /**
   * Text as the content that {@link #between} takes it for, to be compared with what is stored.
   * Numbers and JSON are only called what they are, since the canonical form reads them by itself:
   * a fault on the way there shows. Timestamps are spelled again. Where there is no second reader
   * it is the way there.
   */
  static Transformation content(LogicalType to, Transformation there) {
    return switch (to.kind()) {
      case JSON, DECIMAL -> (in, at, out) -> out.putValueAs(to.kind(), in, at);
      case TIMESTAMP -> TextForms.guarded(TimestampText::provenTimestamp);
      case INSTANT -> TextForms.guarded(TimestampText::provenInstant);
      default -> there;
    };
  }
}
