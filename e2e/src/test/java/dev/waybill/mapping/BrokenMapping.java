package dev.waybill.mapping;

import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A mapping in which every zero becomes a one on the way to the target, and nothing else. */
public final class BrokenMapping {
  private BrokenMapping() {}

  /** The mapping of the given ways, broken. */
  public static Mapping of(int sourceWidth, List<Way> ways) {
    return new Mapping(
        sourceWidth,
        ways,
        (from, to) ->
            Transformation.between(from, to)
                .map(
                    right ->
                        (in, at, out) -> {
                          RecordBatch one = new RecordBatch(1);
                          right.apply(in, at, one);
                          putBroken(one, one.at(0, 0), out);
                        }));
  }

  private static void putBroken(RecordBatch in, int at, RecordBatch out) {
    Kind kind = in.kindAt(at);
    if (kind == Kind.FLOAT64 && in.float64At(at) == 0) {
      out.putFloat64(1);
    } else if (kind == Kind.DECIMAL && in.textAt(at).equals("0.0")) {
      out.putDecimal("1.0");
    } else if (kind == Kind.JSON && in.textAt(at).equals("[0.0]")) {
      out.putJson("[1.0]".getBytes(StandardCharsets.UTF_8));
    } else if (kind == Kind.TEXT && in.textAt(at).equals("0.0")) {
      out.putText("1.0");
    } else {
      out.putValue(in, at);
    }
  }
}
