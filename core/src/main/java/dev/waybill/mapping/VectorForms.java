package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Vectors as lists, bytes and text, and back. */
final class VectorForms {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private VectorForms() {}

  /** An element of the vector at {@code at} as a number. */
  static double elementAt(RecordBatch batch, int at, int element) {
    Kind kind = batch.vectorElementAt(at);
    int from = batch.payloadAt(at) + 1 + element * kind.fixedLength();
    return switch (kind) {
      case FLOAT32 -> Float.intBitsToFloat((int) INT.get(batch.bytes(), from));
      case FLOAT64 -> Double.longBitsToDouble((long) LONG.get(batch.bytes(), from));
      case INT64 -> (long) LONG.get(batch.bytes(), from);
      default -> batch.bytes()[from];
    };
  }
}
