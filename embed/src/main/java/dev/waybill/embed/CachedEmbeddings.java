package dev.waybill.embed;

import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Embeddings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model that is asked for a text once: what it made is kept before anybody sees it. */
final class CachedEmbeddings implements Embeddings {
  /** Texts of one request at most, whatever was asked for at once. */
  private static final int LARGEST_REQUEST = 1024;

  private final TextModel model;
  private final VectorCache cache;

  CachedEmbeddings(TextModel model, VectorCache cache) {
    this.model = model;
    this.cache = cache;
  }

  @Override
  public EmbeddingModel model() {
    return model.signature();
  }

  @Override
  public synchronized float[][] of(List<String> texts) {
    List<byte[]> digests = digests(texts);
    float[][] vectors = cache.known(model(), digests);
    Map<ByteBuffer, Integer> first = new LinkedHashMap<>();
    for (int i = 0; i < vectors.length; i++) {
      if (vectors[i] == null) {
        first.putIfAbsent(ByteBuffer.wrap(digests.get(i)), i);
      }
    }
    List<Integer> missing = List.copyOf(first.values());
    for (int from = 0; from < missing.size(); from += LARGEST_REQUEST) {
      List<Integer> part = missing.subList(from, Math.min(missing.size(), from + LARGEST_REQUEST));
      List<float[]> made = made(part.stream().map(texts::get).toList());
      cache.keep(model(), part.stream().map(digests::get).toList(), made);
      for (int i = 0; i < made.size(); i++) {
        vectors[part.get(i)] = made.get(i);
      }
    }
    float[][] all = new float[vectors.length][];
    for (int i = 0; i < all.length; i++) {
      float[] own = vectors[i];
      Integer other = first.get(ByteBuffer.wrap(digests.get(i)));
      float[] vector = own == null && other != null ? vectors[other] : own;
      if (vector == null) {
        throw new IllegalStateException("each text is known or made");
      }
      all[i] = vector;
    }
    return all;
  }

  private static List<byte[]> digests(List<String> texts) {
    return texts.stream().map(Digests::of).toList();
  }

  private List<float[]> made(List<String> texts) {
    List<float[]> made = new ArrayList<>(model.embed(texts));
    if (made.size() != texts.size()) {
      throw unfit("it gave " + made.size() + " vectors for " + texts.size() + " texts");
    }
    for (float[] vector : made) {
      if (vector.length != model().dimension()) {
        throw unfit(
            "it gave a vector of " + vector.length + " dimensions, not " + model().dimension());
      }
      for (float element : vector) {
        if (!Float.isFinite(element)) {
          throw unfit("it gave a vector with what is no finite number");
        }
      }
    }
    return made;
  }

  private StoreException unfit(String why) {
    return new StoreException(
        "BAD_VECTOR",
        "The model " + model() + " does not do what it should: " + why + ".",
        "check which model is served there",
        false,
        null);
  }

  @Override
  public synchronized float[] @Nullable [] known(List<String> texts) {
    return cache.known(model(), digests(texts));
  }

  @Override
  public synchronized Duration measured(List<String> texts) {
    long start = System.nanoTime();
    made(texts);
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Override
  public Missing missing() {
    return new DistinctTexts(
        digests -> {
          synchronized (this) {
            return cache.known(model(), digests);
          }
        });
  }

  @Override
  public String longTexts() {
    return model.longTexts();
  }

  @Override
  public synchronized void close() {
    try (cache) {
      model.close();
    }
  }
}
