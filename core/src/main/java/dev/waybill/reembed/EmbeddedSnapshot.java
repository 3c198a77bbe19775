package dev.waybill.reembed;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Reembedding;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;

/** A read point whose vectors are made when they are read, or taken from those that are kept. */
public final class EmbeddedSnapshot implements Snapshot {
  /** The code of a failure because a text's vector is not kept. */
  public static final String NOT_KEPT = "VECTOR_NOT_KEPT";

  /** What a value takes in a batch beside its elements, generously. */
  private static final int FRAME_BYTES = 64;

  private final Snapshot snapshot;
  private final UnaryOperator<Collection> below;
  private final Reembedding reembedding;
  private final Embeddings embeddings;
  private final boolean isKnownOnly;
  private final boolean isJson;

  EmbeddedSnapshot(
      Snapshot snapshot,
      UnaryOperator<Collection> below,
      Reembedding reembedding,
      Embeddings embeddings,
      boolean isKnownOnly,
      boolean isJson) {
    this.snapshot = snapshot;
    this.below = below;
    this.reembedding = reembedding;
    this.embeddings = embeddings;
    this.isKnownOnly = isKnownOnly;
    this.isJson = isJson;
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    return snapshot.chunks(below.apply(collection), records);
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    return reader(collection, snapshot.read(below.apply(collection), chunk));
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    return reader(collection, snapshot.lookup(below.apply(collection), keys));
  }

  private RecordReader reader(Collection collection, RecordReader reader) {
    List<String> names = collection.writtenNames();
    int vector = names.indexOf(reembedding.vector());
    return vector < 0
        ? reader
        : new Reader(
            reader,
            names.size(),
            vector,
            collection.key().stream().mapToInt(names::indexOf).filter(at -> at >= 0).toArray());
  }

  @Override
  public long count(Collection collection) {
    return snapshot.count(below.apply(collection));
  }

  @Override
  public boolean hasMoved() {
    return snapshot.hasMoved();
  }

  @Override
  public void close() {
    snapshot.close();
  }

  private final class Reader implements RecordReader {
    private final RecordReader reader;
    private final int vector;
    private final int[] key;
    private final RecordBatch records;

    Reader(RecordReader reader, int width, int vector, int[] key) {
      this.reader = reader;
      this.vector = vector;
      this.key = key;
      this.records = new RecordBatch(width);
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      records.clear();
      int fitting = maxBytes / (Float.BYTES * reembedding.signature().dimension() + FRAME_BYTES);
      int most = Math.max(1, Math.min(maxRecords - into.records(), fitting));
      if (!reader.read(records, most, maxBytes)) {
        return false;
      }
      List<String> texts = new ArrayList<>();
      for (int record = 0; record < records.records(); record++) {
        String text = text(record);
        if (!text.isBlank()) {
          texts.add(text);
        }
      }
      float[][] vectors = vectors(texts);
      int next = 0;
      for (int record = 0; record < records.records(); record++) {
        boolean hasText = !text(record).isBlank();
        for (int field = 0; field < records.width(); field++) {
          if (field != vector) {
            into.putValue(records, records.at(record, field));
          } else if (hasText) {
            put(vectors[next++], into);
          } else {
            into.putNull();
          }
        }
      }
      return true;
    }

    private void put(float[] elements, RecordBatch into) {
      if (!isJson) {
        into.putVector(elements);
        return;
      }
      StringJoiner array = new StringJoiner(",", "[", "]");
      for (float element : elements) {
        array.add(Float.toString(element));
      }
      into.putJson(array.toString().getBytes(StandardCharsets.UTF_8));
    }

    private float[][] vectors(List<String> texts) {
      if (!isKnownOnly) {
        return embeddings.of(texts);
      }
      float[][] known = embeddings.known(texts);
      if (Arrays.asList(known).contains(null)) {
        throw new StoreException(
            NOT_KEPT,
            "A text of " + reembedding.collection() + " has not been embedded.",
            "",
            false,
            null);
      }
      return known;
    }

    private String text(int record) {
      int at = records.at(record, vector);
      if (records.isMissingAt(at)) {
        return "";
      }
      if (records.kindAt(at) != Kind.TEXT) {
        throw new DataException(
            "NO_TEXT",
            reembedding.collection()
                + " key "
                + KeyText.of(records, record, key)
                + " has no text in "
                + reembedding.text()
                + " but "
                + records.kindAt(at).name().toLowerCase(Locale.ROOT)
                + ".",
            "make it text, or take the record out",
            -1,
            null);
      }
      return records.textAt(at);
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
