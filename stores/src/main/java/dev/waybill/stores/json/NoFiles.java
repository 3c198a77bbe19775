package dev.waybill.stores.json;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.nio.file.Files;
import java.util.List;

/** A target that is not there yet. */
record NoFiles(JsonPlace place) implements Store, Snapshot {
  @Override
  public Capabilities capabilities() {
    return JsonAdapter.CAPABILITIES;
  }

  @Override
  public String identity() {
    return Files.exists(place.path()) ? place.path().toString() : "";
  }

  @Override
  public Catalog catalog() {
    return new Catalog("JSON " + (place.isFolder() ? "folder" : "file"), List.of(), List.of());
  }

  @Override
  public List<Finding> findings() {
    return List.of();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return List.of();
  }

  @Override
  public Snapshot snapshot() {
    return this;
  }

  private StoreException nothing(Collection collection) {
    return new StoreException(
        "NO_SUCH_COLLECTION",
        "There is no \"" + collection.name() + "\": " + place.path() + " is not there.",
        "see whether the path is right",
        false,
        null);
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    throw nothing(collection);
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    throw nothing(collection);
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    throw nothing(collection);
  }

  @Override
  public long count(Collection collection) {
    throw nothing(collection);
  }

  @Override
  public boolean hasMoved() {
    return false;
  }

  @Override
  public void close() {}
}
