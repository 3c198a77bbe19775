package dev.waybill.run;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Step;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.DoubleAccumulator;

/**
 * By how much the elements of vectors that do not come back as they were differ at most from what
 * they were. Thread-safe.
 */
final class Rounding {
  private final List<Rounded> fields = new ArrayList<>();

  private record Rounded(String field, int source, int target, DoubleAccumulator largest) {}

  Rounding(Step step, Pairing pairing) {
    for (int target = 0; target < step.fields().size(); target++) {
      FieldMapping field = step.fields().get(target);
      int source =
          field.sources().size() == 1
              ? pairing.source().writtenNames().indexOf(field.source())
              : -1;
      if (source >= 0
          && field.to().kind() == Kind.VECTOR
          && Mapping.isOneWay(field.from(), field.as(), field.to())) {
        fields.add(
            new Rounded(field.source(), source, target, new DoubleAccumulator(Math::max, 0)));
      }
    }
  }

  void add(Changes changes) {
    if (fields.isEmpty() || changes.batch().kind() != ChangeBatch.ChangeKind.PUT) {
      return;
    }
    RecordBatch written = changes.batch().records();
    for (int i = 0; i < written.records() && i < changes.origins().length; i++) {
      for (Rounded each : fields) {
        int was = changes.source().at(changes.origins()[i], each.source);
        int is = written.at(i, each.target);
        if (changes.source().kindAt(was) == Kind.VECTOR && written.kindAt(is) == Kind.VECTOR) {
          each.largest.accumulate(difference(changes.source(), was, written, is));
        }
      }
    }
  }

  private static double difference(RecordBatch a, int atA, RecordBatch b, int atB) {
    double largest = 0;
    int elements = Math.min(a.vectorDimensionAt(atA), b.vectorDimensionAt(atB));
    for (int i = 0; i < elements; i++) {
      largest = Math.max(largest, Math.abs(a.vectorNumberAt(atA, i) - b.vectorNumberAt(atB, i)));
    }
    return largest;
  }

  /** Adds what another has seen of the same fields. */
  void add(Rounding more) {
    for (int i = 0; i < fields.size() && i < more.fields.size(); i++) {
      fields.get(i).largest.accumulate(more.fields.get(i).largest.get());
    }
  }

  /** The largest difference of each such field, by the source's name of it. */
  Map<String, Double> largest() {
    Map<String, Double> largest = new LinkedHashMap<>();
    fields.forEach(each -> largest.put(each.field, each.largest.get()));
    return largest;
  }
}
