package dev.waybill.verify;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.KeyAnswers;
import dev.waybill.plan.KeyQuestion;
import dev.waybill.spi.Snapshot;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Proves by all records that fields tell them apart, whatever the store promises. */
public final class KeyProof {
  private static final int CHUNK_RECORDS = 50_000;
  private static final int BATCH_RECORDS = 5_000;

  private KeyProof() {}

  /**
   * Asks the records wherever a plan depends on fields that no store promises to be unique.
   *
   * @param from the source's catalog
   * @param to the target's
   * @param workspace where digests of keys are kept meanwhile
   */
  public static KeyAnswers answers(
      Set<KeyQuestion> questions,
      Catalog from,
      Snapshot source,
      Catalog to,
      Snapshot target,
      int threads,
      Path workspace) {
    Map<KeyQuestion, String> answers = new LinkedHashMap<>();
    for (KeyQuestion question : questions) {
      boolean isOfSource = question.of() == KeyQuestion.Of.SOURCE;
      Collection collection =
          (isOfSource ? from : to).collection(question.collection()).orElseThrow();
      answers.put(
          question,
          refuted(isOfSource ? source : target, collection, question.fields(), threads, workspace));
    }
    return new KeyAnswers(answers, false);
  }

  /**
   * Reads the fields of all records.
   *
   * @param workspace where digests of keys are kept meanwhile
   * @return why the fields are no key, as what the collection does; empty if they are one
   */
  static String refuted(
      Snapshot snapshot, Collection collection, List<String> fields, int threads, Path workspace) {
    String names = String.join(", ", fields);
    if (fields.isEmpty()) {
      return "has no field that goes into the key alone";
    }
    Collection keyOnly =
        collection.withFields(
            fields.stream().map(name -> collection.field(name).orElseThrow()).toList());
    AtomicReference<@Nullable String> missing = new AtomicReference<>();
    try (MergedKeys keys = new MergedKeys(workspace, snapshot.count(collection))) {
      ChunkReaders.forEach(
          snapshot,
          keyOnly,
          threads,
          CHUNK_RECORDS,
          BATCH_RECORDS,
          () -> missing.get() != null,
          () -> new Keys(fields, keys, missing));
      String without = missing.get();
      if (without != null) {
        return "has a record without " + without;
      }
      long records = keys.find().records();
      return records == 0
          ? ""
          : String.format(
              "has records with equal %s (%,d beyond the first of each)", names, records);
    }
  }

  /** The keys that one thread reads. */
  private static final class Keys implements ChunkReaders.BatchConsumer {
    private final List<String> fields;
    private final MergedKeys keys;
    private final AtomicReference<@Nullable String> missing;
    private final CanonicalForm canonical = new CanonicalForm();
    private final int[] all;

    Keys(List<String> fields, MergedKeys keys, AtomicReference<@Nullable String> missing) {
      this.fields = fields;
      this.keys = keys;
      this.missing = missing;
      this.all = IntStream.range(0, fields.size()).toArray();
    }

    @Override
    public void accept(RecordBatch batch) {
      for (int record = 0; record < batch.records(); record++) {
        for (int field : all) {
          if (batch.isMissingAt(batch.at(record, field))) {
            missing.compareAndSet(null, fields.get(field));
            return;
          }
        }
        keys.add(canonical.digest(batch, record));
      }
    }

    @Override
    public void close() {}
  }
}
