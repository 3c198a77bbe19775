package dev.waybill.stores.embeddedpostgres;

import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.ServerAdapter;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.postgres.PostgresAdapter;
import java.util.List;

/**
 * A PostgreSQL server in a private folder: {@code embedded-postgresql:FOLDER}. An opened store
 * starts the server if it does not run, and stops it again when it is closed.
 */
public final class EmbeddedPostgresAdapter implements ServerAdapter {
  private final PostgresAdapter postgres = new PostgresAdapter();

  @Override
  public String type() {
    return "embedded-postgresql";
  }

  @Override
  public List<String> schemes() {
    return List.of("embedded-postgresql");
  }

  @Override
  public Capabilities capabilities() {
    return postgres.plainCapabilities();
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    Cluster cluster = Cluster.of(url);
    if (!cluster.isThere()) {
      throw new StoreException(
          "NO_SUCH_STORE",
          "The folder " + cluster.folder() + " holds no embedded PostgreSQL.",
          "look for it: ls -la " + cluster.folder(),
          false,
          null);
    }
    return new EmbeddedStore(cluster, postgres, workspace, false);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    return new EmbeddedStore(Cluster.of(url), postgres, workspace, true);
  }

  @Override
  public Address start(StoreUrl url) {
    Cluster cluster = Cluster.of(url);
    cluster.start();
    return cluster.address();
  }

  @Override
  public Address address(StoreUrl url) {
    return Cluster.of(url).address();
  }

  @Override
  public boolean stop(StoreUrl url) {
    return Cluster.of(url).stop();
  }
}
