package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.model.StoreException;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections with and without TLS. */
@Timeout(120)
class PostgresTlsIT {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private TestDatabase database;
  @TempDir private Path folder;

  @BeforeEach
  void makeDatabase() {
    database = new TestDatabase();
  }

  @AfterEach
  void dropDatabase() {
    if (database != null) {
      database.close();
    }
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
        + "\n-----END "
        + what
        + "-----\n";
  }

  /** A certificate for 127.0.0.1 and its key, beside each other. */
  private Path certificate(String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-dname",
                "CN=" + name,
                "-ext",
                "SAN=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    try (OutputStream nothing = keytool.getOutputStream()) {
      nothing.flush();
    }
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    Path certificate = folder.resolve(name + ".crt");
    Files.writeString(
        certificate,
        pem("CERTIFICATE", keys.getCertificate("server").getEncoded()),
        StandardCharsets.US_ASCII);
    Path key = folder.resolve(name + ".key");
    Files.writeString(key, pem("PRIVATE KEY", keys.getKey("server", PASSWORD).getEncoded()));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    return certificate;
  }

  private Location location(String parameters) {
    return Location.of(StoreUrl.parse(database.url() + parameters), Map.of());
  }

  private void assertRefused(String parameters, String code, String hint) {
    assertThatThrownBy(() -> TestDatabase.openSource(database.url() + parameters))
        .isInstanceOfSatisfying(
            StoreException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(code);
              assertThat(refused.hint()).contains(hint);
            });
  }

  @Test
  void tlsIsUsedAsAskedAndItsAbsenceIsSaid() throws Exception {
    Path data = Path.of(database.ask("SHOW data_directory").get(0));
    // Nobody else's server is configured by a test.
    assumeTrue(
        data.toString().contains(".test-servers") && Files.isWritable(data),
        "the server under test is not one of ./dev's on this machine");
    assertRefused("?sslmode=require", "NO_TLS", "ssl");

    Path trusted = certificate("trusted");
    Path other = certificate("other");
    database.run(
        "ALTER SYSTEM SET ssl_cert_file = " + Dialect.literal(trusted.toString()),
        "ALTER SYSTEM SET ssl_key_file = "
            + Dialect.literal(trusted.toString().replace(".crt", ".key")),
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf()");
    try {
      await("on");
      for (String parameters :
          new String[] {"?sslmode=require", "?sslmode=verify-full&sslrootcert=" + trusted}) {
        try (Connection connection = location(parameters).connect();
            Statement statement = connection.createStatement();
            ResultSet row =
                statement.executeQuery(
                    "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
          assertThat(row.next()).isTrue();
          assertThat(row.getBoolean(1)).as(parameters).isTrue();
        }
      }
      try (Store store = TestDatabase.openSource(database.url() + "?sslmode=require")) {
        assertThat(store.catalog().collections()).isEmpty();
      }
      assertRefused("?sslmode=verify-full&sslrootcert=" + other, "TLS_NOT_TRUSTED", "sslrootcert");
    } finally {
      database.run(
          "ALTER SYSTEM RESET ssl",
          "ALTER SYSTEM RESET ssl_cert_file",
          "ALTER SYSTEM RESET ssl_key_file",
          "SELECT pg_reload_conf()");
      await("off");
    }
  }

  private void await(String state) throws InterruptedException {
    for (int i = 0; i < 200 && !database.ask("SHOW ssl").get(0).equals(state); i++) {
      Thread.sleep(20);
    }
    assertThat(database.ask("SHOW ssl")).containsExactly(state);
  }
}
