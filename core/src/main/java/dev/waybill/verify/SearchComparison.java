package dev.waybill.verify;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/**
 * Searches both sides for the same vectors: exactly, by comparing each with every record's, and
 * through the sides' indexes. Memory holds the queries and what is nearest to each, whatever the
 * number of records.
 */
public final class SearchComparison {
  private static final int BATCH_RECORDS = 1_000;

  /** Elements of all queries together: 32 MiB of doubles, and their vectors beside them. */
  private static final int MOST_ELEMENTS = 4 << 20;

  private final Snapshot source;
  private final Snapshot target;
  private final int threads;
  private final SearchSample sample;
  private final LongConsumer progress;

  /**
   * @param progress is told how many records were read, from several threads
   */
  public SearchComparison(
      Snapshot source, Snapshot target, int threads, SearchSample sample, LongConsumer progress) {
    this.source = source;
    this.target = target;
    this.threads = threads;
    this.sample = sample;
    this.progress = progress;
  }

  /**
   * Compares all fields of vectors.
   *
   * @param there the target's collection as the target has it, with its indexes
   * @param isWhole whether both sides should have the same records, none beside them: else what
   *     they find may rightly differ
   */
  public List<SearchEquality> compare(Pairing pairing, Collection there, boolean isWhole) {
    List<SearchEquality> found = new ArrayList<>();
    for (SearchedField field : SearchedField.of(pairing, there)) {
      Queries queries = queries(pairing, field);
      SearchedSide ofSource = new SearchedSide(pairing, source, true, field);
      SearchedSide ofTarget = new SearchedSide(pairing, target, false, field);
      Nearest[] exactOfSource = exact(ofSource, queries);
      Nearest[] exactOfTarget = exact(ofTarget, queries);
      double recall = 0;
      int differing = 0;
      int nearest = 0;
      for (int i = 0; i < queries.size(); i++) {
        double both =
            Math.min(
                exactOfSource[i].recall(exactOfTarget[i]),
                exactOfTarget[i].recall(exactOfSource[i]));
        recall += both;
        differing += both < 1 ? 1 : 0;
        nearest = Math.max(nearest, exactOfSource[i].size());
      }
      found.add(
          new SearchEquality(
              pairing.name(),
              field.source().name(),
              field.metric().word(),
              sample.seed(),
              queries.size(),
              nearest,
              differing == 0 ? 1 : recall / queries.size(),
              differing,
              differing > 0 && isWhole,
              throughIndex(new SearchedSide(pairing, source, true, field), queries, exactOfSource),
              throughIndex(
                  new SearchedSide(pairing, target, false, field), queries, exactOfTarget)));
    }
    return found;
  }

  // --- what is searched for

  /** The vectors that are searched for: of the source, in the form of both sides. */
  private static final class Queries {
    private final SearchedField field;
    private final List<Query> chosen;

    Queries(SearchedField field, List<Query> chosen) {
      this.field = field;
      this.chosen = chosen;
    }

    int size() {
      return chosen.size();
    }

    Query get(int query) {
      return chosen.get(query);
    }

    double distance(int query, Point other) {
      return field.metric().distance(chosen.get(query).point, other);
    }
  }

  private static final class Query implements Comparable<Query> {
    final long rank;
    final RecordDigest key;
    final RecordBatch vector;
    final Point point;

    Query(long rank, RecordDigest key, RecordBatch vector, Point point) {
      this.rank = rank;
      this.key = key;
      this.vector = vector;
      this.point = point;
    }

    @Override
    public int compareTo(Query other) {
      int byRank = Long.compareUnsigned(rank, other.rank);
      int byHigh = byRank != 0 ? byRank : Long.compareUnsigned(key.high(), other.key.high());
      return byHigh != 0 ? byHigh : Long.compareUnsigned(key.low(), other.key.low());
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Query query && compareTo(query) == 0;
    }

    @Override
    public int hashCode() {
      return Objects.hash(rank, key);
    }
  }

  private Queries queries(Pairing pairing, SearchedField field) {
    TreeSet<Query> chosen = new TreeSet<>();
    SearchedSide side = new SearchedSide(pairing, source, true, field);
    read(
        side,
        (canonical, records) -> {
          for (int record = 0; record < records.records(); record++) {
            int at = side.vector(records, record);
            if (at >= 0) {
              RecordDigest key = side.key(canonical, records, record);
              choose(chosen, key, records, at, field.metric());
            }
          }
        });
    return new Queries(field, List.copyOf(chosen));
  }

  private void choose(
      TreeSet<Query> chosen, RecordDigest key, RecordBatch records, int at, Metric metric) {
    long rank = sample.rank(key);
    synchronized (chosen) {
      boolean isFull = chosen.size() >= most(records.vectorDimensionAt(at));
      if (isFull && Long.compareUnsigned(rank, chosen.last().rank) > 0) {
        return;
      }
      Point point = Point.of(records, at);
      if (Double.isNaN(metric.distance(point, point))) {
        return;
      }
      RecordBatch vector = new RecordBatch(1, records.lengthAt(at));
      vector.putValue(records, at);
      chosen.add(new Query(rank, key, vector, point));
      while (chosen.size() > most(point.dimension())) {
        chosen.pollLast();
      }
    }
  }

  private int most(int dimension) {
    return Math.max(1, Math.min(sample.queries(), MOST_ELEMENTS / Math.max(1, dimension)));
  }

  // --- what is near

  private interface Records {
    void accept(CanonicalForm canonical, RecordBatch records);
  }

  private void read(SearchedSide side, Records work) {
    ChunkReaders.forEach(
        side.snapshot(),
        side.collection(),
        threads,
        Verifier.CHUNK_RECORDS,
        BATCH_RECORDS,
        () -> false,
        () -> {
          CanonicalForm canonical = new CanonicalForm();
          return new ChunkReaders.BatchConsumer() {
            @Override
            public void accept(RecordBatch batch) {
              work.accept(canonical, side.records(batch));
              progress.accept(batch.records());
            }

            @Override
            public void close() {}
          };
        });
  }

  private static Nearest[] nearest(int queries) {
    Nearest[] nearest = new Nearest[queries];
    for (int i = 0; i < queries; i++) {
      nearest[i] = new Nearest();
    }
    return nearest;
  }

  /** What is nearest to each query by comparing every vector of a side. */
  private Nearest[] exact(SearchedSide side, Queries queries) {
    Nearest[] all = nearest(queries.size());
    read(
        side,
        (canonical, records) -> {
          Nearest[] here = nearest(queries.size());
          add(side, canonical, records, queries, here);
          synchronized (all) {
            for (int i = 0; i < all.length; i++) {
              all[i].addAll(here[i]);
            }
          }
        });
    return all;
  }

  private static void add(
      SearchedSide side,
      CanonicalForm canonical,
      RecordBatch records,
      Queries queries,
      Nearest[] nearest) {
    for (int record = 0; record < records.records(); record++) {
      int at = side.vector(records, record);
      if (at >= 0) {
        Point point = Point.of(records, at);
        int here = record;
        for (int i = 0; i < nearest.length; i++) {
          nearest[i].add(queries.distance(i, point), () -> side.key(canonical, records, here));
        }
      }
    }
  }

  private static SearchEquality.Side throughIndex(
      SearchedSide side, Queries queries, Nearest[] exact) {
    if (side.indexes().isEmpty()) {
      return SearchEquality.Side.none("no index");
    }
    if (queries.size() == 0) {
      return SearchEquality.Side.none("no vector to search for");
    }
    if (side.isPart()) {
      return SearchEquality.Side.none("its index finds more than the records that are meant");
    }
    RecordBatch first = queries.get(0).vector;
    boolean isOfOneKind =
        side.own().type().kind() == Kind.VECTOR
            && Objects.requireNonNull(side.own().type().element()).kind()
                == first.vectorElementAt(first.at(0, 0));
    boolean isByOther = true;
    for (Index index : side.indexes()) {
      if (Metric.of(index).equals(Optional.of(side.field().metric()))) {
        isByOther = false;
        Optional<NearestSearch> opened =
            isOfOneKind ? side.snapshot().search(side.collection(), index) : Optional.empty();
        if (opened.isPresent()) {
          try (NearestSearch search = opened.get()) {
            double recall = recall(side, search, queries, exact);
            return new SearchEquality.Side(index.name(), search.setting(), recall, "");
          }
        }
      }
    }
    Index index = side.indexes().get(0);
    return SearchEquality.Side.none(
        index.name()
            + (isByOther
                ? " is by " + index.options().get(Index.METRIC)
                : " cannot be asked by itself"));
  }

  private static double recall(
      SearchedSide side, NearestSearch search, Queries queries, Nearest[] exact) {
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch found = new RecordBatch(side.collection().writtenFields().size());
    double recall = 0;
    int full = 0;
    for (int i = 0; i < exact.length; i++) {
      found.clear();
      search.find(queries.get(i).vector, queries.get(i).vector.at(0, 0), Nearest.MOST, found);
      RecordBatch records = side.records(found);
      Nearest here = new Nearest();
      for (int record = 0; record < records.records(); record++) {
        int at = side.vector(records, record);
        if (at >= 0) {
          int which = record;
          here.add(
              queries.distance(i, Point.of(records, at)),
              () -> side.key(canonical, records, which));
        }
      }
      double part = exact[i].recall(here);
      recall += part;
      full += part == 1 ? 1 : 0;
    }
    return full == exact.length ? 1 : recall / exact.length;
  }
}
