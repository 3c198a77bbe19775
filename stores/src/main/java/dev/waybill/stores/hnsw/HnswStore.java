package dev.waybill.stores.hnsw;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An index file that is open: one collection of ids and vectors. */
final class HnswStore implements Store {
  static final String ID = "id";
  static final String EMBEDDING = "embedding";

  private final IndexFile file;
  private final Collection collection;

  HnswStore(HnswPlace place) {
    this.file = IndexFile.open(place.file());
    boolean isOpen = false;
    try {
      this.collection = collection(place, file);
      isOpen = true;
    } finally {
      if (!isOpen) {
        file.close();
      }
    }
  }

  private static Collection collection(HnswPlace place, IndexFile file) {
    int dimension = file.layout().dimension();
    if (place.dimension() != 0 && place.dimension() != dimension) {
      throw HnswErrors.damaged(
          file.file(),
          "its vectors have " + dimension + " dimensions, and the URL says " + place.dimension());
    }
    LogicalType vector = LogicalType.vector(LogicalType.FLOAT32, dimension);
    Collection plain =
        Collection.of(
            place.name(),
            List.of(
                Field.of(ID, LogicalType.INT64, HnswTypes.LABEL, false),
                Field.of(EMBEDDING, vector, HnswTypes.FLOATS, false)),
            List.of(ID));
    if (place.space().isEmpty()) {
      return plain;
    }
    Map<String, String> options = new LinkedHashMap<>();
    options.put(Index.METRIC, place.space());
    options.put("m", Long.toString(file.links()));
    options.put("ef_construction", Long.toString(file.construction()));
    return plain.withConstraints(
        List.of(),
        List.of(),
        List.of(
            new Index(
                "hnsw", List.of(new Index.Column(EMBEDDING, false)), false, "hnsw", "", options)));
  }

  @Override
  public Capabilities capabilities() {
    return HnswAdapter.CAPABILITIES;
  }

  @Override
  public String identity() {
    return file.file().toString();
  }

  @Override
  public Catalog catalog() {
    return new Catalog("hnswlib", List.of(collection), List.of());
  }

  @Override
  public List<Finding> findings() {
    return List.of();
  }

  @Override
  public List<Finding> findings(Collection asked) {
    return List.of();
  }

  @Override
  public Snapshot snapshot() {
    return new HnswSnapshot(file);
  }

  @Override
  public void close() {
    file.close();
  }
}
