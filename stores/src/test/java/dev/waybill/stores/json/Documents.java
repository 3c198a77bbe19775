package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** JSON files to be read, and what is read of them. */
final class Documents {
  private final Path folder;

  Documents(Path folder) {
    this.folder = folder;
  }

  Path file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  Path file(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve("data").resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  Path work() {
    return folder.resolve("work");
  }

  Store open(Path file, String options) {
    return new JsonAdapter()
        .openSource(StoreUrl.parse("json:" + file + options), new Workspace(work(), 2));
  }

  Store open(Path file) {
    return open(file, "");
  }

  /** Fields and types: {@code id:int64 name:text?}. */
  static String fields(Store store, String collection) {
    return store.catalog().collection(collection).orElseThrow().fields().stream()
        .map(each -> each.name() + ":" + each.type() + (each.isNullable() ? "?" : ""))
        .collect(Collectors.joining(" "));
  }

  static List<String> rows(Store store, String collection) {
    return rows(store, store.catalog().collection(collection).orElseThrow(), 1_000);
  }

  /** All records, a line each: {@code INT64 1 | TEXT a}. */
  static List<String> rows(Store store, Collection collection, long perChunk) {
    List<String> rows = new ArrayList<>();
    try (Snapshot snapshot = store.snapshot()) {
      for (Chunk chunk : snapshot.chunks(collection, perChunk)) {
        try (RecordReader reader = snapshot.read(collection, chunk)) {
          RecordBatch batch = new RecordBatch(collection.writtenFields().size());
          while (reader.read(batch, 7, 1 << 20)) {
            for (int record = 0; record < batch.records(); record++) {
              rows.add(row(batch, record));
            }
            batch.clear();
          }
        }
      }
    }
    return rows;
  }

  static String row(RecordBatch batch, int record) {
    return IntStream.range(0, batch.width())
        .mapToObj(field -> value(batch, batch.at(record, field)))
        .collect(Collectors.joining(" | "));
  }

  private static String value(RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    return kind == Kind.NULL || kind == Kind.ABSENT
        ? kind.toString()
        : kind + " " + KeyText.value(batch, at);
  }

  static String findings(Store store) {
    return store.findings().stream()
        .map(each -> each.code() + ": " + each.text())
        .collect(Collectors.joining("\n"));
  }
}
