package dev.waybill.inspect;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.ValueProfile;
import dev.waybill.model.VectorEvidence;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * Profiles the values of collections: all records of a small one, a spread sample of a large one.
 */
public final class Profiler {
  /** Collections of more records are sampled. */
  static final long FULL_UP_TO = 100_000;

  private static final int SAMPLED_CHUNKS = 20;
  private static final int SAMPLED_IN_CHUNK = 2_000;
  private static final int BATCH_RECORDS = 1000;
  private static final int BATCH_BYTES = 4 << 20;

  private Profiler() {}

  /**
   * What was seen in a collection.
   *
   * @param fields one for each written field, in order
   * @param records how many records were looked at
   * @param isSample false if every record was looked at
   */
  public record CollectionProfile(List<ValueProfile> fields, long records, boolean isSample) {
    public CollectionProfile {
      fields = List.copyOf(fields);
    }
  }

  /** Profiles one collection. */
  public static CollectionProfile profile(Snapshot snapshot, Collection collection) {
    List<Field> fields = collection.writtenFields();
    List<ValueProfile> profiles = new ArrayList<>();
    fields.forEach(field -> profiles.add(new ValueProfile()));
    if (fields.isEmpty()) {
      return new CollectionProfile(List.of(), 0, false);
    }
    long there = collection.estimatedRecords();
    if (there < 0) {
      there = snapshot.count(collection);
    }
    boolean isSample = there > FULL_UP_TO;
    List<Chunk> chunks =
        snapshot.chunks(collection, isSample ? there / SAMPLED_CHUNKS : FULL_UP_TO);
    int step = isSample ? Math.max(1, chunks.size() / SAMPLED_CHUNKS) : 1;
    int[] key = nameable(collection);
    RecordBatch batch = new RecordBatch(fields.size());
    long records = 0;
    for (int i = 0; i < chunks.size(); i += step) {
      long inChunk = 0;
      try (RecordReader reader = snapshot.read(collection, chunks.get(i))) {
        while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
          for (int record = 0; record < batch.records(); record++) {
            for (int field = 0; field < profiles.size(); field++) {
              int at = record;
              profiles
                  .get(field)
                  .add(batch, batch.at(record, field), () -> KeyText.of(batch, at, key));
            }
          }
          inChunk += batch.records();
          batch.clear();
          if (isSample && inChunk >= SAMPLED_IN_CHUNK) {
            break;
          }
        }
      }
      records += inChunk;
    }
    if (isSample) {
      lookAtVectors(snapshot, collection, profiles);
    }
    return new CollectionProfile(profiles, records, isSample);
  }

  /** What the sample takes for vectors is believed only if every record says so. */
  private static void lookAtVectors(
      Snapshot snapshot, Collection collection, List<ValueProfile> profiles) {
    List<Field> likely = new ArrayList<>();
    List<VectorEvidence> evidence = new ArrayList<>();
    for (int i = 0; i < profiles.size(); i++) {
      if (!profiles.get(i).vectors().types(true).isEmpty()) {
        likely.add(collection.writtenFields().get(i));
        evidence.add(new VectorEvidence());
        profiles.get(i).setVectors(evidence.get(evidence.size() - 1));
      }
    }
    if (likely.isEmpty()) {
      return;
    }
    Collection narrow = collection.withFields(likely);
    RecordBatch batch = new RecordBatch(likely.size());
    for (Chunk chunk : snapshot.chunks(narrow, FULL_UP_TO)) {
      try (RecordReader reader = snapshot.read(narrow, chunk)) {
        while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
          for (int record = 0; record < batch.records(); record++) {
            for (int field = 0; field < likely.size(); field++) {
              evidence.get(field).add(batch, batch.at(record, field));
            }
          }
          batch.clear();
        }
      }
    }
  }

  private static int[] nameable(Collection collection) {
    return collection.hasKey() ? collection.keyPositions() : new int[] {0};
  }
}
