package dev.waybill.bench;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import dev.waybill.verify.ChunkReaders;
import dev.waybill.verify.ChunkWorkers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Reads all records of stores, one store after the other, and does nothing with them. */
final class ReadAll {
  private static final int CONNECTIONS = 2;
  private static final int BATCH_RECORDS = 5_000;

  private ReadAll() {}

  /** The command for a process of its own. */
  static List<String> command(Path home, String... urls) {
    List<String> arguments = new ArrayList<>(List.of(home.toString()));
    arguments.addAll(List.of(urls));
    return Programs.java(ReadAll.class, arguments.toArray(String[]::new));
  }

  public static void main(String[] arguments) {
    Path home = Path.of(arguments[0]);
    for (int i = 1; i < arguments.length; i++) {
      StoreUrl url = StoreUrl.parse(arguments[i]).resolved(Map.copyOf(System.getenv()));
      try (Store store =
              Adapters.of(url)
                  .openSource(url, new Workspace(home.resolve("read" + i), CONNECTIONS));
          Snapshot snapshot = store.snapshot()) {
        for (Collection collection : store.catalog().collections()) {
          long half = snapshot.count(collection) / CONNECTIONS + 1;
          ChunkWorkers.run(
              snapshot.chunks(collection, half),
              CONNECTIONS,
              () -> false,
              () -> new Worker(snapshot, collection));
        }
      }
    }
  }

  private record Worker(Snapshot snapshot, Collection collection) implements ChunkWorkers.Worker {
    @Override
    public void work(dev.waybill.spi.Chunk chunk, BooleanSupplier isStopped) {
      RecordBatch batch = new RecordBatch(collection.writtenFields().size());
      try (RecordReader reader = snapshot.read(collection, chunk)) {
        while (reader.read(batch, BATCH_RECORDS, ChunkReaders.BATCH_BYTES)) {
          batch.clear();
        }
      }
    }

    @Override
    public void close() {}
  }
}
