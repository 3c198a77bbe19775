package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Text as several parts with a separator between them, and the parts as one text. Both ways refuse
 * what would not come back: a part that holds the separator, another number of parts, null beside
 * values.
 */
final class TextParts {
  private final byte[] separator;
  private final int parts;

  TextParts(String separator, int parts) {
    this.separator = separator.getBytes(StandardCharsets.UTF_8);
    this.parts = parts;
  }

  /**
   * The parts of a spelling: {@code join(' ')} of so many fields.
   *
   * @throws IllegalArgumentException if it is none
   */
  static TextParts ofJoin(Call call, int fields) {
    if (!call.name().equals("join")
        || call.arguments().size() != 1
        || call.arguments().get(0).isEmpty()) {
      throw call.wrong("join('SEPARATOR') where several fields become one");
    }
    if (fields < 2) {
      throw call.wrong("join with two fields or more");
    }
    return new TextParts(call.arguments().get(0), fields);
  }

  /** The parts of {@code split(' ', k, n)}. */
  static TextParts ofSplit(Call call) {
    if (call.arguments().size() == 3 && !call.arguments().get(0).isEmpty()) {
      try {
        int which = Integer.parseInt(call.arguments().get(1));
        int of = Integer.parseInt(call.arguments().get(2));
        if (which >= 1 && which <= of && of >= 2 && of <= 1000) {
          return new TextParts(call.arguments().get(0), of);
        }
      } catch (NumberFormatException notANumber) {
        // refused below, like numbers that make no sense
      }
    }
    throw call.wrong("split('SEPARATOR', K, N): part K of N, counted from 1");
  }

  /** Which part {@code split(' ', k, n)} is, from 0. */
  static int part(Call split) {
    return Integer.parseInt(split.arguments().get(1)) - 1;
  }

  int count() {
    return parts;
  }

  boolean isLike(TextParts other) {
    return parts == other.parts && Arrays.equals(separator, other.separator);
  }

  /**
   * One text of several fields.
   *
   * @param positions of the fields; complete when the cell is first used
   */
  Cell join(List<Integer> positions, LogicalType to) {
    return (in, record, out) -> {
      int first = in.at(record, positions.get(0));
      int length = separator.length * (parts - 1);
      for (int position : positions) {
        int at = in.at(record, position);
        if (in.kindAt(at) != in.kindAt(first) && (in.isMissingAt(at) || in.isMissingAt(first))) {
          throw new ValueRefusal(
              ValueLoss.NOT_EXACT, "is null in one of its parts and has a value in another");
        }
        if (!in.isMissingAt(at)) {
          requireText(in, at);
          length += in.payloadLengthAt(at);
        }
      }
      if (in.isMissingAt(first)) {
        out.putValue(in, first);
        return;
      }
      byte[] joined = new byte[length];
      int end = 0;
      int[] ends = new int[parts];
      for (int part = 0; part < parts; part++) {
        int at = in.at(record, positions.get(part));
        System.arraycopy(in.bytes(), in.payloadAt(at), joined, end, in.payloadLengthAt(at));
        end += in.payloadLengthAt(at);
        ends[part] = end;
        if (part < parts - 1) {
          System.arraycopy(separator, 0, joined, end, separator.length);
          end += separator.length;
        }
      }
      requireSplitsAt(joined, ends);
      out.putText(joined);
      if (to.size() > 0) {
        Bounds.require(to, out, out.lastValue());
      }
    };
  }

  private void requireSplitsAt(byte[] joined, int[] ends) throws ValueRefusal {
    int from = 0;
    for (int part = 0; part < parts; part++) {
      int end = next(joined, from, joined.length);
      if (end != ends[part]) {
        throw new ValueRefusal(ValueLoss.NOT_EXACT, "holds the separator in one of its parts");
      }
      from = end + separator.length;
    }
  }

  /** One part of the text at a position. */
  Cell part(int position, int part, LogicalType to) {
    return (in, record, out) -> {
      int at = in.at(record, position);
      if (in.isMissingAt(at)) {
        out.putValue(in, at);
        return;
      }
      requireText(in, at);
      byte[] bytes = in.bytes();
      int end = in.payloadAt(at) + in.payloadLengthAt(at);
      int from = in.payloadAt(at);
      int wantedFrom = from;
      int wantedEnd = end;
      int found = 0;
      for (int stop = 0; stop < end; found++) {
        stop = next(bytes, from, end);
        if (found == part) {
          wantedFrom = from;
          wantedEnd = stop;
        }
        from = stop + separator.length;
      }
      if (found != parts) {
        throw new ValueRefusal(
            ValueLoss.NOT_EXACT,
            "has " + found + (found == 1 ? " part" : " parts") + ", not " + parts);
      }
      out.putVariable(Kind.TEXT, bytes, wantedFrom, wantedEnd - wantedFrom);
      if (to.size() > 0) {
        Bounds.require(to, out, out.lastValue());
      }
    };
  }

  /** Where the next separator begins, {@code end} where there is none. */
  private int next(byte[] bytes, int from, int end) {
    for (int i = from; i <= end - separator.length; i++) {
      if (Arrays.equals(bytes, i, i + separator.length, separator, 0, separator.length)) {
        return i;
      }
    }
    return end;
  }

  private static void requireText(RecordBatch in, int at) throws ValueRefusal {
    if (in.kindAt(at) != Kind.TEXT) {
      throw Form.otherKind(in.kindAt(at));
    }
  }
}
