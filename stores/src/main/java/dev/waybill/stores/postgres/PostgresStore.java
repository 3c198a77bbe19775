package dev.waybill.stores.postgres;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.ExchangingSession;
import dev.waybill.spi.ExchangingStore;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;

/** One database, seen through one schema. Holds a connection for questions about it. */
final class PostgresStore implements ExchangingStore {
  private static final int OLDEST = 140_000;

  private final Location location;
  private final boolean isTarget;
  private final Connection connection;
  private final String version;
  private final Capabilities capabilities;

  PostgresStore(Location location, boolean isTarget) {
    this.location = location;
    this.isTarget = isTarget;
    this.connection = location.connect();
    boolean isDone = false;
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT current_setting('server_version'),
                       current_setting('server_version_num')::int,
                       EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'vector'),
                       ARRAY(SELECT pg_catalog.format_type(t.oid, NULL)
                             FROM pg_catalog.pg_depend d
                             JOIN pg_catalog.pg_type t ON t.oid = d.objid AND t.typcategory <> 'A'
                             WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                               AND d.deptype = 'e'
                               AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass)
                """)) {
      row.next();
      version = "PostgreSQL " + row.getString(1);
      if (row.getInt(2) < OLDEST) {
        throw new StoreException(
            "SERVER_TOO_OLD",
            version + " at " + location + " is older than PostgreSQL 14.",
            "upgrade the server",
            false,
            null);
      }
      capabilities =
          PostgresAdapter.capabilities(
              new PostgresTypes(row.getBoolean(3), Set.of((String[]) row.getArray(4).getArray())));
      isDone = true;
    } catch (SQLException failure) {
      throw failed(failure, "say what it is");
    } finally {
      if (!isDone) {
        closeConnection();
      }
    }
  }

  private StoreException failed(SQLException failure, String doing) {
    return ServerErrors.store(failure, doing, location.toString());
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public String identity() {
    synchronized (connection) {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  """
                  SELECT pg_catalog.pg_postmaster_start_time()::text, d.oid::text
                  FROM pg_catalog.pg_database d WHERE d.datname = current_database()
                  """)) {
        row.next();
        return row.getString(1) + " " + row.getString(2) + " " + location.schema();
      } catch (SQLException failure) {
        throw failed(failure, "say which it is");
      }
    }
  }

  @Override
  public Catalog catalog() {
    synchronized (connection) {
      try {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
          statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
          return new CatalogReader(connection, location.schema()).read(version);
        } finally {
          connection.rollback();
          connection.setAutoCommit(true);
        }
      } catch (SQLException failure) {
        throw failed(failure, "describe schema \"" + location.schema() + "\"");
      }
    }
  }

  @Override
  public List<Finding> findings() {
    if (!isTarget) {
      return List.of();
    }
    synchronized (connection) {
      try {
        return Privileges.findings(connection, location);
      } catch (SQLException failure) {
        throw failed(failure, "say what is allowed");
      }
    }
  }

  @Override
  public List<Finding> findings(Collection collection) {
    synchronized (connection) {
      try {
        List<Finding> access = new AccessFindings(connection, location, isTarget).of(collection);
        return access.isEmpty()
            ? new CollectionFindings(connection, location).of(collection)
            : access;
      } catch (SQLException failure) {
        throw failed(failure, "say how \"" + collection.name() + "\" is");
      }
    }
  }

  @Override
  public Snapshot snapshot() {
    return new PostgresSnapshot(location);
  }

  @Override
  public long freeBytes() {
    return -1;
  }

  @Override
  public Hold hold(Set<String> collections) {
    return new PostgresHold(location, collections);
  }

  @Override
  public String exchangeFault(Collection there, Field field) {
    synchronized (connection) {
      try {
        return VectorExchange.fault(connection, location, there.name(), field.name());
      } catch (SQLException failure) {
        throw failed(failure, "say what depends on \"" + field.name() + "\"");
      }
    }
  }

  @Override
  public ExchangingSession begin(RunHeader run, Ledger ledger) {
    return PostgresSession.begin(location, run);
  }

  private void closeConnection() {
    try {
      connection.close();
    } catch (SQLException failure) {
      throw failed(failure, "let a connection go");
    }
  }

  @Override
  public void close() {
    closeConnection();
  }
}
