package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A database of a test's own on the server under test, dropped when the test is done. */
final class TestDatabase implements AutoCloseable {
  private static final String VARIABLE = "WAYBILL_TEST_POSTGRES_URL";

  private final String server;
  private final String name = "waybill_test_" + UUID.randomUUID().toString().replace("-", "");

  TestDatabase() {
    String url = System.getenv(VARIABLE);
    if (url == null || url.isEmpty()) {
      assertThat(System.getenv("REQUIRE_SERVERS"))
          .as(VARIABLE + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
      assumeTrue(false, VARIABLE + " is not set");
    }
    server = url;
    try (Connection connection = admin();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name + " ENCODING 'UTF8' TEMPLATE template0");
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  private Connection admin() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:" + server.replaceFirst("//([^@/:]+)@", "//"), user(), "");
  }

  private String user() {
    return server.replaceFirst(".*//([^@/:]+)@.*", "$1");
  }

  /** The server's address up to the database's name. */
  String address() {
    return server.replaceFirst("/[^/]*$", "");
  }

  String name() {
    return name;
  }

  String url() {
    return address() + "/" + name;
  }

  /** Runs statements as a user of the database would. */
  void run(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  /** True if the server has an extension to be made; pgvector is not there for every version. */
  boolean offers(String extension) {
    return !ask("SELECT name FROM pg_available_extensions WHERE name = '" + extension + "'")
        .isEmpty();
  }

  /** The server's version, 17 for 17.4. */
  int version() {
    return Integer.parseInt(ask("SELECT current_setting('server_version_num')").get(0)) / 10_000;
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:" + url().replaceFirst("//([^@/:]+)@", "//"), user(), "");
  }

  /** The first column of a query's rows, as text. */
  List<String> ask(String query) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  static Workspace workspace() {
    return new Workspace(Path.of("target", "workspace"), 4);
  }

  Store source() {
    return openSource(url());
  }

  static Store openSource(String url) {
    return new PostgresAdapter().openSource(StoreUrl.parse(url), workspace());
  }

  TargetStore target() {
    return openTarget(url());
  }

  static TargetStore openTarget(String url) {
    return new PostgresAdapter().openTarget(StoreUrl.parse(url), workspace());
  }

  static RunHeader header(String id) {
    return new RunHeader(id, Instant.parse("2026-01-02T03:04:05Z"), "00", "waybill test");
  }

  Catalog catalog() {
    try (Store store = source()) {
      return store.catalog();
    }
  }

  Collection collection(String collection) {
    return catalog().collection(collection).orElseThrow();
  }

  /** What a table with these columns is described as; there is none afterwards. */
  Collection collectionLike(String name, String columns) {
    run("CREATE TABLE " + name + " (" + columns + ")");
    Collection described = collection(name);
    run("DROP TABLE " + name);
    return described;
  }

  /** Every record of a collection. */
  RecordBatch read(Collection collection) {
    try (Store store = source();
        Snapshot snapshot = store.snapshot()) {
      return read(snapshot, collection, 1_000_000);
    }
  }

  static RecordBatch read(Snapshot snapshot, Collection collection, long chunk) {
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    for (Chunk each : snapshot.chunks(collection, chunk)) {
      readChunk(snapshot, collection, each, batch);
    }
    return batch;
  }

  static void readChunk(Snapshot snapshot, Collection collection, Chunk chunk, RecordBatch into) {
    try (RecordReader reader = snapshot.read(collection, chunk)) {
      boolean hasMore = true;
      while (hasMore) {
        hasMore = reader.read(into, into.records() + 100, Integer.MAX_VALUE);
      }
    }
  }

  @Override
  public void close() {
    try (Connection connection = admin();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }
}
