package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.model.StoreException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Speaks to a server. Thread-safe. */
final class ServerClient {
  /** Bytes of an answer about one record, and about many; larger ones are asked for in halves. */
  private static final int LARGEST = 64 << 20;

  private static final int USUAL = 16 << 20;

  /** The codes of what a server will not do, and of a collection that it does not have. */
  static final String REFUSED = "REFUSED_BY_SERVER";

  static final String MISSING = "COLLECTION_MISSING";

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(120);
  private static final int SHOWN = 300;

  private final ServerPlace place;
  private final HttpClient client;
  private final ObjectMapper json =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(LARGEST).build())
              .build());

  ServerClient(ServerPlace place) {
    this.place = place;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            // A redirection would carry the token to somebody else.
            .followRedirects(HttpClient.Redirect.NEVER);
    if (!place.authorities().isEmpty()) {
      builder.sslContext(Trust.only(Path.of(place.authorities())));
    }
    this.client = builder.build();
  }

  JsonNode get(URI uri) {
    return send("GET", uri, null, LARGEST).orElseThrow(() -> tooLarge(uri));
  }

  /**
   * Asks with a body.
   *
   * @param isOne whether it is about one record, which may be large
   * @return empty if the answer is larger than is taken at once
   */
  Optional<JsonNode> post(URI uri, JsonNode body, boolean isOne) {
    return send("POST", uri, body, isOne ? LARGEST : USUAL);
  }

  /**
   * Has something done.
   *
   * @throws StoreException {@link #REFUSED} if the server will not, {@link #MISSING} if what it is
   *     about is not there
   */
  JsonNode tell(String method, URI uri, @Nullable JsonNode body) {
    return send(method, uri, body, LARGEST).orElseThrow(() -> tooLarge(uri));
  }

  private Optional<JsonNode> send(String method, URI uri, @Nullable JsonNode body, int largest) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(ANSWER);
    place.headers().forEach(request::header);
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", "application/json")
          .method(
              method, HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
    }
    try {
      HttpResponse<InputStream> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream in = answer.body()) {
        byte[] bytes = bytes(in, largest);
        if (answer.statusCode() != 200 && answer.statusCode() != 201) {
          throw refused(answer.statusCode(), bytes == null ? new byte[0] : bytes);
        }
        return bytes == null ? Optional.empty() : Optional.of(json.readTree(bytes));
      }
    } catch (JsonProcessingException wrong) {
      throw new StoreException(
          "NO_CHROMA_SERVER",
          "What answers at " + place + " is no Chroma: its answer is no JSON.",
          "see what it is: curl " + place.serverUri("/heartbeat"),
          false,
          null);
    } catch (IOException failure) {
      throw unreachable(failure);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new StoreException(
          "STORE_UNREACHABLE", "Asking " + place + " was interrupted.", "", true, stopped);
    }
  }

  private static byte @Nullable [] bytes(InputStream in, int largest) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      if (out.size() + read > largest) {
        return null;
      }
      out.write(buffer, 0, read);
    }
    return out.toByteArray();
  }

  private StoreException tooLarge(URI uri) {
    return new StoreException(
        "NO_CHROMA_SERVER",
        "What answers at "
            + place
            + " sends more than "
            + (LARGEST >> 20)
            + " MiB for "
            + uri.getPath()
            + ".",
        "see what it is: curl " + place.serverUri("/heartbeat"),
        false,
        null);
  }

  private StoreException refused(int status, byte[] answer) {
    String said = said(answer);
    if (status == 401 || status == 403) {
      return new StoreException(
          "ACCESS_DENIED",
          "The Chroma server at " + place + " does not let us in (" + status + said + ").",
          "give its token in the URL: ?token=${CHROMA_TOKEN} (&auth=x-chroma-token for that"
              + " header), or user:${PASSWORD}@ before the host",
          false,
          null);
    }
    if (status == 404 && said.contains("Collection [")) {
      return new StoreException(
          MISSING,
          "The Chroma server at "
              + place
              + " does not have a collection any more (404"
              + said
              + ").",
          "see what there is: waybill inspect " + place,
          false,
          null);
    }
    if (status == 400 || status == 409 || status == 413 || status == 422) {
      return new StoreException(
          REFUSED,
          "The Chroma server at " + place + " refuses what it is told (" + status + said + ").",
          "see the server's log",
          false,
          null);
    }
    if (status == 404) {
      return new StoreException(
          "STORE_MISSING",
          "The Chroma server at "
              + place
              + " has no database \""
              + place.database()
              + "\" of the tenant \""
              + place.tenant()
              + "\", or it is no Chroma of version 1 ("
              + status
              + said
              + ").",
          "name another: chroma+http://host:port/tenant/database; or make it: curl -X POST "
              + place.serverUri("/tenants/" + place.tenant() + "/databases")
              + " -H 'Content-Type: application/json' -d '{\"name\":\""
              + place.database()
              + "\"}'",
          false,
          null);
    }
    return new StoreException(
        "STORE_FAILED",
        "The Chroma server at " + place + " answers " + status + said + ".",
        "see the server's log",
        status == 429 || status >= 500,
        null);
  }

  private static String said(byte[] answer) {
    String text = ChromaErrors.shown(new String(answer, StandardCharsets.UTF_8));
    return text.isBlank()
        ? ""
        : ": " + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text);
  }

  private StoreException unreachable(IOException failure) {
    if (failure instanceof SSLHandshakeException) {
      return new StoreException(
          "TLS_FAILED",
          "The Chroma server at "
              + place
              + " could not be trusted: "
              + ChromaErrors.shown(String.valueOf(failure.getMessage()))
              + ".",
          "name the file with the certificate of who vouches for it: &sslrootcert=ca.pem; the host"
              + " must be one that its certificate is for",
          false,
          failure);
    }
    String why =
        failure instanceof ConnectException
            ? "nobody listens there"
            : failure instanceof HttpTimeoutException
                ? "it does not answer in time"
                : String.valueOf(failure.getMessage());
    return new StoreException(
        "STORE_UNREACHABLE",
        "The Chroma server at " + place + " cannot be reached: " + why + ".",
        "see whether it runs: curl " + place.serverUri("/heartbeat"),
        true,
        failure);
  }
}
