package dev.waybill.mapping;

import dev.waybill.model.RecordBatch;
import java.util.Arrays;
import java.util.Base64;

/** Bytes as hexadecimal digits or base64, and back where the spelling is the usual one. */
final class BytesText {
  private BytesText() {}

  static Transformation toHex(boolean isUpper) {
    int letter = (isUpper ? 'A' : 'a') - 10;
    return (in, at, out) -> {
      int from = in.payloadAt(at);
      int length = in.payloadLengthAt(at);
      byte[] bytes = in.bytes();
      byte[] digits = new byte[2 * length];
      for (int i = 0; i < length; i++) {
        int high = bytes[from + i] >> 4 & 0xF;
        int low = bytes[from + i] & 0xF;
        digits[2 * i] = (byte) (high < 10 ? '0' + high : letter + high);
        digits[2 * i + 1] = (byte) (low < 10 ? '0' + low : letter + low);
      }
      out.putText(digits);
    };
  }

  static Transformation fromHex(boolean isUpper) {
    return (in, at, out) -> {
      int from = in.payloadAt(at);
      int length = in.payloadLengthAt(at);
      byte[] digits = in.bytes();
      byte[] bytes = new byte[length / 2];
      int wrong = length % 2;
      for (int i = 0; i < bytes.length; i++) {
        int high = digit(digits[from + 2 * i], isUpper);
        int low = digit(digits[from + 2 * i + 1], isUpper);
        wrong |= high | low;
        bytes[i] = (byte) (high << 4 | low);
      }
      if ((wrong & ~0xF) != 0 || length % 2 != 0) {
        throw new ValueRefusal(
            ValueLoss.NOT_BYTES,
            "is text other than pairs of hexadecimal digits in "
                + (isUpper ? "capitals" : "small letters"));
      }
      out.putBytes(bytes);
    };
  }

  private static int digit(byte c, boolean isUpper) {
    int letter = c - (isUpper ? 'A' : 'a');
    return c >= '0' && c <= '9' ? c - '0' : letter >= 0 && letter < 6 ? letter + 10 : -1;
  }

  static void toBase64(RecordBatch in, int at, RecordBatch out) {
    out.putText(Base64.getEncoder().encode(in.payloadBytesAt(at)));
  }

  /** Only what {@link #toBase64} writes: no line breaks, padding complete, spare bits zero. */
  static void fromBase64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    byte[] text = in.payloadBytesAt(at);
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (Arrays.equals(Base64.getEncoder().encode(bytes), text)) {
        out.putBytes(bytes);
        return;
      }
    } catch (IllegalArgumentException notBase64) {
      throw new ValueRefusal(ValueLoss.NOT_BYTES, "is text that is no base64");
    }
    throw new ValueRefusal(ValueLoss.NOT_EXACT, "is base64 in a spelling that would not come back");
  }
}
