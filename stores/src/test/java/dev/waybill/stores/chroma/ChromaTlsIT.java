package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Store;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server behind TLS, as it stands behind a reverse proxy. */
class ChromaTlsIT {
  private static final String PASSWORD = "changeit";

  @TempDir Path temp;
  private OwnServer server;
  private HttpsServer proxy;

  @BeforeEach
  void start() throws Exception {
    server = OwnServer.startOrGiven(temp.resolve("data"));
    server.post(
        server.collection("things", "l2", 1000) + "/add",
        Map.of("ids", List.of("a", "b"), "embeddings", List.of(List.of(1, 2), List.of(3, 4))));
    certificate("ours", "127.0.0.1");
    certificate("theirs", "127.0.0.1");
    certificate("elsewhere", "10.0.0.1");
  }

  @AfterEach
  void stop() throws Exception {
    if (proxy != null) {
      proxy.stop(0);
    }
    if (server != null) {
      server.close();
    }
  }

  private Path stored(String name) {
    return temp.resolve(name + ".p12");
  }

  private Path authority(String name) {
    return temp.resolve(name + ".pem");
  }

  private void certificate(String name, String address) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-alias", "a", "-validity", "2"));
    command.addAll(List.of("-dname", "CN=test", "-ext", "SAN=ip:" + address));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    command.addAll(List.of("-keystore", stored(name).toString()));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    byte[] encoded = keys(name).getCertificate("a").getEncoded();
    Files.writeString(
        authority(name),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(encoded)
            + "\n-----END CERTIFICATE-----\n");
  }

  private KeyStore keys(String name) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(stored(name))) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  /** Where the server can be reached by TLS alone. */
  private String secured(String name) throws Exception {
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys(name), PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    proxy = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.setHttpsConfigurator(new HttpsConfigurator(context));
    proxy.createContext(
        "/",
        exchange -> {
          try (exchange) {
            server.forward(exchange, exchange.getRequestBody().readAllBytes());
          }
        });
    proxy.start();
    return server
        .url()
        .replace(
            "chroma+" + server.base(), "chroma+https://127.0.0.1:" + proxy.getAddress().getPort());
  }

  private Store open(String url) {
    return Answers.open(url, temp.resolve("work"));
  }

  @Test
  void aServerBehindTlsIsReadAsAnyOther() throws Exception {
    try (Store store = open(secured("ours") + "?sslrootcert=" + authority("ours"))) {
      assertThat(Answers.read(store, "things", 9)).hasSize(2);
    }
  }

  @Test
  void whoNobodyVouchesForIsNotSpokenTo() throws Exception {
    String url = secured("ours");
    for (String each : List.of(url, url + "?sslrootcert=" + authority("theirs"))) {
      assertThatThrownBy(() -> open(each))
          .isInstanceOfSatisfying(
              StoreException.class, failure -> assertThat(failure.code()).isEqualTo("TLS_FAILED"))
          .hasMessageContaining("could not be trusted");
    }
  }

  @Test
  void aCertificateForAnotherHostIsNoneForThis() throws Exception {
    String url = secured("elsewhere") + "?sslrootcert=" + authority("elsewhere");

    assertThatThrownBy(() -> open(url))
        .isInstanceOfSatisfying(
            StoreException.class, failure -> assertThat(failure.code()).isEqualTo("TLS_FAILED"));
  }

  @Test
  void aFileWithoutCertificatesIsNamed() throws Exception {
    String url = secured("ours");
    Path empty = Files.createFile(temp.resolve("empty.pem"));
    Path text = Files.writeString(temp.resolve("text.pem"), "no certificate");

    for (Path file : List.of(temp.resolve("missing.pem"), empty, text)) {
      assertThatThrownBy(() -> open(url + "?sslrootcert=" + file))
          .isInstanceOf(SpecException.class)
          .hasMessageContaining(file.toString());
    }
    assertThatThrownBy(() -> open(server.url() + "?sslrootcert=" + authority("ours")))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("without https");
  }
}
