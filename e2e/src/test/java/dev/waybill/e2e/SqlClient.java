package dev.waybill.e2e;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A database through its vendor's driver; values are given as expressions of its own SQL. */
enum SqlClient implements OwnClient {
  SQLITE {
    @Override
    Connection open(String url) throws SQLException {
      return DriverManager.getConnection("jdbc:" + url);
    }

    @Override
    String isSame(String literal, String nativeType) {
      String given = "(" + literal + ")";
      return "typeof(value) = typeof"
          + given
          + " AND value IS "
          + given
          + " AND hex(value) = hex"
          + given;
    }
  },

  POSTGRES {
    @Override
    Connection open(String url) throws SQLException {
      String user = url.replaceFirst(".*//([^@/:]+)@.*", "$1");
      return DriverManager.getConnection(
          "jdbc:" + url.replaceFirst("//([^@/:]+)@", "//"), user, "");
    }

    @Override
    String isSame(String literal, String nativeType) {
      return "value::text IS NOT DISTINCT FROM CAST(" + literal + " AS " + nativeType + ")::text";
    }
  };

  abstract Connection open(String url) throws SQLException;

  /** A condition that {@code value} is exactly what the literal gives in a field of its type. */
  abstract String isSame(String literal, String nativeType);

  @Override
  public String literals() {
    return this == SQLITE ? "sqlite" : "postgresql";
  }

  @Override
  public boolean tellsTypes() {
    return true;
  }

  @Override
  public void create(String url, String table, String nativeType, Map<Long, String> literals) {
    try (Connection connection = open(url);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          String.format(
              Locale.ROOT,
              "CREATE TABLE \"%s\" (id %s NOT NULL PRIMARY KEY, value %s)",
              table,
              this == SQLITE ? "INTEGER" : "bigint",
              nativeType));
      for (Map.Entry<Long, String> each : literals.entrySet()) {
        statement.execute(
            "INSERT INTO \""
                + table
                + "\" VALUES ("
                + each.getKey()
                + ", "
                + each.getValue()
                + ")");
      }
      connection.commit();
    } catch (SQLException failure) {
      throw new AssertionError(table + ": " + failure.getMessage(), failure);
    }
  }

  @Override
  public List<Long> differing(
      String url, String table, String nativeType, Map<Long, String> literals) {
    List<Long> differing = new ArrayList<>();
    try (Connection connection = open(url);
        Statement statement = connection.createStatement()) {
      for (Map.Entry<Long, String> each : literals.entrySet()) {
        String query =
            "SELECT "
                + isSame(each.getValue(), nativeType)
                + " FROM \""
                + table
                + "\" WHERE id = "
                + each.getKey();
        try (ResultSet row = statement.executeQuery(query)) {
          if (!row.next() || !row.getBoolean(1)) {
            differing.add(each.getKey());
          }
        }
      }
    } catch (SQLException failure) {
      throw new AssertionError(table + ": " + failure.getMessage(), failure);
    }
    return differing;
  }
}
