package dev.waybill.mapping;

import dev.waybill.model.Decimals;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.Utf8;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Values as text and, for moments, back. */
final class TextForms {
  private TextForms() {}

  /** The text form of a type's values, null where there is none. */
  static @Nullable Transformation of(LogicalType from) {
    return switch (from.kind()) {
      case BOOLEAN -> Numbers::booleanToText;
      case INT64 -> Numbers::int64ToText;
      case FLOAT32 -> Numbers::float32ToText;
      case FLOAT64 -> Numbers::float64ToText;
      case DECIMAL, JSON -> (in, at, out) -> out.putValueAs(Kind.TEXT, in, at);
      case UUID -> UuidForms::toText;
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL ->
          guarded((in, at, out) -> out.putText(moment(in, at)));
      case LIST -> JsonText.isOfOneKind(from) ? JsonText::listToText : null;
      case POINT -> JsonText::pointToText;
      case NULL, ABSENT, TEXT, BYTES, VECTOR, DYNAMIC -> null;
    };
  }

  private static String moment(RecordBatch in, int at) {
    return switch (in.kindAt(at)) {
      case DATE -> Temporals.date(in.dateAt(at));
      case TIME -> Temporals.time(in.timeNanosAt(at), in.timeOffsetAt(at));
      case TIMESTAMP -> Temporals.timestamp(in.secondsAt(at), in.nanosAt(at));
      case INSTANT -> Temporals.instant(in.secondsAt(at), in.nanosAt(at));
      default ->
          Temporals.interval(
              in.intervalMonthsAt(at), in.intervalDaysAt(at), in.intervalNanosAt(at));
    };
  }

  /**
   * The one text that is usual for a value that was read from text by its content, so that equal
   * values have the same; null where values are read exactly.
   */
  static @Nullable Transformation spelling(LogicalType to) {
    return switch (to.kind()) {
      case JSON -> JsonSpelling::of;
      case DECIMAL -> TextForms::decimal;
      case LIST, VECTOR -> JsonSpelling::ofList;
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, POINT -> of(to);
      default -> null;
    };
  }

  /** Small letters by Unicode's own rules, those of no language. */
  static void lower(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    if (!Utf8.isValid(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at))) {
      throw new ValueRefusal(ValueLoss.INVALID_UTF8, "is text that is not UTF-8");
    }
    out.putText(in.textAt(at).toLowerCase(Locale.ROOT));
  }

  private static void decimal(RecordBatch in, int at, RecordBatch out) {
    String text = in.textAt(at);
    if (text.equals("NaN") || text.endsWith("Infinity")) {
      out.putText(text);
      return;
    }
    BigDecimal value = Decimals.of(text);
    out.putText(
        value == null
            ? Decimals.plain(text)
            : value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString());
  }

  /** Text as a moment. */
  static Transformation toMoment(Kind kind) {
    return switch (kind) {
      case DATE -> guarded((in, at, out) -> out.putDate(Temporals.parseDate(in.textAt(at))));
      case TIME -> guarded((in, at, out) -> Temporals.parseTime(in.textAt(at), out));
      case TIMESTAMP -> guarded(TimestampText::parseTimestamp);
      case INSTANT -> guarded(TimestampText::parseInstant);
      default -> guarded((in, at, out) -> Temporals.parseInterval(in.textAt(at), out));
    };
  }

  /** Reads or writes a moment's text form, failing as java.time does. */
  @FunctionalInterface
  interface MomentText {
    void apply(RecordBatch in, int at, RecordBatch out);
  }

  /** The same, refusing what is no moment. */
  static Transformation guarded(MomentText text) {
    return (in, at, out) -> {
      try {
        text.apply(in, at, out);
      } catch (DateTimeException | ArithmeticException notATime) {
        throw in.kindAt(at) == Kind.TEXT
            ? new ValueRefusal(ValueLoss.NOT_A_TIME, "is text that is no such date or time")
            : new ValueRefusal(ValueLoss.OUT_OF_RANGE, "is out of the range of dates and times");
      }
    };
  }
}
