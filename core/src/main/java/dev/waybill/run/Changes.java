package dev.waybill.run;

import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import java.util.List;

/**
 * Changes as a producer gives them.
 *
 * @param batch what to do
 * @param source the records it was made of
 * @param origins for each change the record of {@code source} it was made of
 * @param keys for each change the digest of its key in comparable form
 * @param wholes for each change the digest of its source record in comparable form
 * @param refused records of {@code source} that cannot be mapped
 * @param mended values that a policy has mended, by change
 */
@SuppressWarnings("ArrayRecordComponent")
record Changes(
    ChangeBatch batch,
    RecordBatch source,
    int[] origins,
    RecordDigest[] keys,
    RecordDigest[] wholes,
    List<Refused> refused,
    List<Mended> mended) {}
