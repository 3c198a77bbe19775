package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The PostgreSQL server under test, with databases that are dropped at the end. */
final class TestServer implements AutoCloseable {
  private static final String VARIABLE = "WAYBILL_TEST_POSTGRES_URL";

  private final String url;
  private final List<String> databases = new ArrayList<>();

  /** Without a server the test is skipped, or fails where servers are required. */
  TestServer() {
    String given = System.getenv(VARIABLE);
    if (given == null || given.isEmpty()) {
      assertThat(System.getenv("REQUIRE_SERVERS"))
          .as(VARIABLE + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
      assumeTrue(false, VARIABLE + " is not set");
    }
    url = given;
  }

  /** The URL of a new and empty database. */
  String database() {
    String name = "waybill_e2e_" + UUID.randomUUID().toString().replace("-", "");
    run("CREATE DATABASE " + name + " ENCODING 'UTF8' TEMPLATE template0");
    databases.add(name);
    String database = url.replaceFirst("/[^/]*$", "/" + name);
    run(database, "CREATE EXTENSION IF NOT EXISTS vector");
    return database;
  }

  private void run(String statement) {
    run(url, statement);
  }

  /** Runs a statement as somebody else would. */
  void run(String database, String statement) {
    String user = database.replaceFirst(".*//([^@/:]+)@.*", "$1");
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:" + database.replaceFirst("//([^@/:]+)@", "//"), user, "");
        Statement running = connection.createStatement()) {
      running.execute(statement);
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  @Override
  public void close() {
    databases.forEach(name -> run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"));
  }
}
