package dev.waybill.stores.postgres;

import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.util.List;

/**
 * PostgreSQL 14 and later: {@code postgresql://user@host:port/database?schema=s}.
 *
 * <p>Password: in the URL, in {@code PGPASSWORD}, or in the file that {@code ?passfile=}, {@code
 * PGPASSFILE} or libpq's habit names.
 */
public final class PostgresAdapter implements StoreAdapter {
  @Override
  public String type() {
    return "postgresql";
  }

  @Override
  public List<String> schemes() {
    return List.of("postgresql", "postgres");
  }

  @Override
  public Capabilities capabilities() {
    return capabilities(new PostgresTypes(true));
  }

  /** What a database without pgvector can do. */
  public Capabilities plainCapabilities() {
    return capabilities(new PostgresTypes(false));
  }

  static Capabilities capabilities(PostgresTypes types) {
    boolean hasPgvector = types.hasPgvector();
    return new Capabilities(
        true,
        Capabilities.Transactions.BATCH,
        Capabilities.Reading.SNAPSHOT,
        Capabilities.LedgerPlace.TARGET,
        Capabilities.Visibility.BATCH,
        Capabilities.Keys.OPTIONAL,
        Capabilities.Relationships.FOREIGN_KEYS,
        Capabilities.Documents.FLAT,
        hasPgvector ? Capabilities.Vectors.TYPED : Capabilities.Vectors.ENCODED,
        hasPgvector ? PostgresTypes.LONGEST_VECTOR : 0,
        LargestRecord.BYTES,
        types);
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return open(url, workspace, false);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    return open(url, workspace, true);
  }

  private static PostgresStore open(StoreUrl url, Workspace workspace, boolean isTarget) {
    try {
      Class.forName("org.postgresql.Driver");
    } catch (ClassNotFoundException missing) {
      throw new StoreException(
          "DRIVER_MISSING",
          "PostgreSQL's driver is not on the class path.",
          "add org.postgresql:postgresql to the application's dependencies",
          false,
          missing);
    }
    return new PostgresStore(
        Location.of(url, System.getenv(), new SessionSettings(workspace.session())), isTarget);
  }
}
