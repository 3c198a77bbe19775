package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Makes databases with plain JDBC and looks at files, so that no test trusts the adapter twice. */
final class Sample {
  private Sample() {}

  static Connection open(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  static Path make(Path file, String... statements) throws SQLException {
    try (Connection connection = open(file)) {
      run(connection, statements);
    }
    return file;
  }

  static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  static Workspace workspace(Path directory, int connections) {
    return new Workspace(directory, connections);
  }

  static Store source(Path file, Path work) {
    return new SqliteAdapter().openSource(StoreUrl.parse("sqlite:" + file), new Workspace(work, 2));
  }

  static TargetStore target(Path file, Path work) {
    return new SqliteAdapter().openTarget(StoreUrl.parse("sqlite:" + file), new Workspace(work, 2));
  }

  /** Names, sizes, times and contents of a folder's files, -shm left aside. */
  static String fingerprint(Path folder) throws Exception {
    var found = new TreeMap<String, String>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        String name = String.valueOf(each.getFileName());
        found.put(
            name,
            name.endsWith("-shm")
                ? "there"
                : Files.getLastModifiedTime(each)
                    + " "
                    + HexFormat.of()
                        .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256")
                                .digest(Files.readAllBytes(each))));
      }
    }
    return found.toString();
  }

  static List<String> rows(Store store, String collection) {
    try (Snapshot snapshot = store.snapshot()) {
      return rows(snapshot, store.catalog().collection(collection).orElseThrow());
    }
  }

  /** All records, kind and value of each field. */
  static List<String> rows(Snapshot snapshot, Collection collection) {
    List<String> rows = new ArrayList<>();
    for (Chunk chunk : snapshot.chunks(collection, 1000)) {
      try (RecordReader reader = snapshot.read(collection, chunk)) {
        rows.addAll(rows(reader, collection));
      }
    }
    return rows;
  }

  static List<String> rows(RecordReader reader, Collection collection) {
    List<String> rows = new ArrayList<>();
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    while (reader.read(batch, 100, 1 << 20)) {
      for (int i = 0; i < batch.records(); i++) {
        rows.add(row(batch, i));
      }
      batch.clear();
    }
    return rows;
  }

  static String row(RecordBatch batch, int record) {
    StringBuilder row = new StringBuilder();
    for (int field = 0; field < batch.width(); field++) {
      int at = batch.at(record, field);
      row.append(field == 0 ? "" : "|")
          .append(batch.kindAt(at))
          .append(' ')
          .append(KeyText.value(batch, at));
    }
    return row.toString();
  }

  static void copy(Path from, Path to, String... suffixes) throws IOException {
    for (String suffix : suffixes) {
      Files.copy(Path.of(from + suffix), Path.of(to + suffix));
    }
  }
}
