package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.spi.ServerAdapter;
import dev.waybill.spi.StoreUrl;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Hard values of every type between all registered stores. */
class MatrixIT {
  @TempDir private Path folder;
  private TestServer server;
  private Matrix matrix;
  private List<MatrixStore> stores;
  private MatrixStore chroma;
  private ServerAdapter embedded;
  private StoreUrl cluster;

  @BeforeEach
  void begin() {
    server = new TestServer();
    World world = new World(folder.resolve("home"));
    matrix = new Matrix(world);
    cluster = StoreUrl.parse("embedded-postgresql:" + folder.resolve("embedded"));
    embedded =
        (ServerAdapter)
            world.waybill().stores().stream()
                .filter(adapter -> adapter.type().equals("embedded-postgresql"))
                .findFirst()
                .orElseThrow();
    stores = new ArrayList<>(MatrixTest.stores(folder));
    stores.add(
        new MatrixStore(
            "postgresql",
            "postgresql",
            server::database,
            url -> {},
            SqlClient.POSTGRES,
            "postgresql"));
    stores.add(
        new MatrixStore(
            "embedded-postgresql",
            "embedded-postgresql",
            () -> cluster + "?schema=s" + UUID.randomUUID().toString().replace("-", ""),
            url -> {},
            null,
            "postgresql"));
    chroma = new MatrixStore("chroma", "chroma", new TestChroma()::database, url -> {}, null, "");
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void everyRegisteredStoreIsInTheMatrix() {
    stores.add(chroma);

    assertThat(matrix.unlike(stores)).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> everyValueComesBackOrIsNamed() {
    embedded.start(cluster);
    return MatrixTest.pairs(stores, "", matrix::thereAndBack).onClose(() -> embedded.stop(cluster));
  }

  @TestFactory
  Stream<DynamicTest> overTwoOtherStoresToo() {
    return MatrixTest.rounds(
        Stream.of("sqlite", "postgresql", "memory-document")
            .map(
                adapter ->
                    stores.stream()
                        .filter(store -> store.adapter().equals(adapter))
                        .findFirst()
                        .orElseThrow())
            .toList(),
        matrix);
  }

  @TestFactory
  Stream<DynamicTest> withASidecarWhatAMappingCanMendComesBackToo() {
    embedded.start(cluster);
    List<MatrixStore> real =
        stores.stream().filter(store -> !store.adapter().startsWith("memory")).toList();
    return MatrixTest.pairs(real, " with a sidecar", matrix::thereAndBackWithSidecar)
        .onClose(() -> embedded.stop(cluster));
  }
}
