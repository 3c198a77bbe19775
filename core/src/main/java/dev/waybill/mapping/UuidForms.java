package dev.waybill.mapping;

import dev.waybill.model.RecordBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;

/** Uuids as text and bytes, and back. */
final class UuidForms {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private UuidForms() {}

  static void toText(RecordBatch in, int at, RecordBatch out) {
    out.putText(new UUID(in.uuidHighAt(at), in.uuidLowAt(at)).toString());
  }

  /** The usual spelling: five groups of digits in small letters. */
  static void fromText(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    read(in, at, out, true, false);
  }

  static Transformation toText(boolean hasGroups, boolean isUpper) {
    return (in, at, out) -> {
      String text = new UUID(in.uuidHighAt(at), in.uuidLowAt(at)).toString();
      text = hasGroups ? text : text.replace("-", "");
      text = isUpper ? text.toUpperCase(Locale.ROOT) : text;
      out.putText(text.getBytes(StandardCharsets.US_ASCII));
    };
  }

  static Transformation fromText(boolean hasGroups, boolean isUpper) {
    return (in, at, out) -> read(in, at, out, hasGroups, isUpper);
  }

  private static void read(
      RecordBatch in, int at, RecordBatch out, boolean hasGroups, boolean isUpper)
      throws ValueRefusal {
    byte[] bytes = in.bytes();
    int next = in.payloadAt(at);
    if (in.payloadLengthAt(at) != (hasGroups ? 36 : 32)) {
      throw unusual();
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < 32; i++) {
      if (hasGroups && (i == 8 || i == 12 || i == 16 || i == 20) && bytes[next++] != '-') {
        throw unusual();
      }
      byte c = bytes[next++];
      int letter = isUpper ? c - 'A' : c - 'a';
      int digit = c >= '0' && c <= '9' ? c - '0' : letter >= 0 && letter < 6 ? letter + 10 : -1;
      if (digit < 0) {
        throw !isUpper && c >= 'A' && c <= 'F'
            ? new ValueRefusal(
                ValueLoss.NOT_A_UUID, "is a uuid in capitals, which would not come back as written")
            : unusual();
      }
      if (i < 16) {
        high = high << 4 | digit;
      } else {
        low = low << 4 | digit;
      }
    }
    out.putUuid(high, low);
  }

  private static ValueRefusal unusual() {
    return new ValueRefusal(
        ValueLoss.NOT_A_UUID, "is text that is no uuid in the spelling expected");
  }

  static void fromBytes(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    if (in.payloadLengthAt(at) != 16) {
      throw new ValueRefusal(ValueLoss.NOT_A_UUID, "is not 16 bytes long");
    }
    int from = in.payloadAt(at);
    out.putUuid((long) LONG.get(in.bytes(), from), (long) LONG.get(in.bytes(), from + 8));
  }

  static void toBytes(RecordBatch in, int at, RecordBatch out) {
    // A uuid's payload is its sixteen bytes, behind the tag.
    out.putVariable(dev.waybill.model.Kind.BYTES, in.bytes(), at + 1, 16);
  }
}
