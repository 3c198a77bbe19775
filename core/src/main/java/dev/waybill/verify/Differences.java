package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.verify.Difference.FieldDifference;
import dev.waybill.verify.Difference.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Puts into words how records differ. */
final class Differences {
  private Differences() {}

  static Difference missing(Pairing pairing, RecordBatch records, int record) {
    return new Difference(pairing.name(), Kind.MISSING, key(pairing, records, record), List.of());
  }

  static Difference extra(Pairing pairing, RecordBatch records, int record) {
    return new Difference(pairing.name(), Kind.EXTRA, key(pairing, records, record), List.of());
  }

  static Difference changed(
      Pairing pairing,
      CanonicalForm canonical,
      RecordBatch source,
      int sourceRecord,
      RecordBatch target,
      int targetRecord) {
    List<FieldDifference> fields = new ArrayList<>();
    List<String> names = pairing.mapping().names();
    for (int field = 0; field < names.size(); field++) {
      int a = source.at(sourceRecord, field);
      int b = target.at(targetRecord, field);
      if (!canonical.areEqual(source, a, target, b)) {
        fields.add(
            new FieldDifference(
                names.get(field), KeyText.value(source, a), KeyText.value(target, b)));
      }
    }
    return new Difference(pairing.name(), Kind.CHANGED, key(pairing, source, sourceRecord), fields);
  }

  /** A record of one side with a value that cannot be brought to the other side's form. */
  static Difference incomparable(Pairing pairing, boolean isSource, String key, Refused refused) {
    return new Difference(
        pairing.name(),
        isSource ? Kind.MISSING : Kind.EXTRA,
        key,
        List.of(
            new FieldDifference(
                refused.field(),
                isSource ? refused.reason() : "",
                isSource ? "" : refused.reason())));
  }

  private static String key(Pairing pairing, RecordBatch records, int record) {
    int[] fields = pairing.hasKey() ? pairing.key() : IntStream.range(0, records.width()).toArray();
    return KeyText.of(records, record, fields);
  }
}
