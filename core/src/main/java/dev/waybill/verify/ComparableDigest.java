package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.InternalException;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import org.jspecify.annotations.Nullable;

/** By what a verification knows a source record again that did not go. */
public final class ComparableDigest {
  private ComparableDigest() {}

  /** The digest of a whole source record in comparable form, or what stands for it. */
  public static RecordDigest of(
      Pairing pairing, CanonicalForm canonical, RecordBatch source, int record) {
    RecordBatch one = source.slice(record, record + 1);
    Found found = new Found();
    ComparableSide.sourceForm(pairing).forEach(canonical, one, found);
    RecordDigest digest = found.digest;
    if (digest == null) {
      throw new InternalException("A record has no digest.", null);
    }
    return digest;
  }

  private static final class Found implements ComparableSide.EntryConsumer {
    private @Nullable RecordDigest digest;

    @Override
    public void comparable(RecordDigest key, RecordDigest whole, RecordBatch records, int record) {
      digest = whole;
    }

    @Override
    public void incomparable(RecordDigest unequalled, String key, Refused refused) {
      digest = unequalled;
    }
  }
}
