package dev.waybill.stores.chroma;

import dev.waybill.model.SpecException;
import dev.waybill.spi.StoreUrl;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which server, and which database on it: {@code chroma+http://[user:password@]host[:port]
 * [/tenant/database][?token=…&auth=…&sslrootcert=…]}. Holds secrets: never to be shown; {@link
 * #shown} is.
 *
 * @param base up to where the API begins
 * @param headers by which the server knows who asks
 * @param authorities the file of the certificates that alone are trusted, empty for Java's own
 * @param shown for people
 */
record ServerPlace(
    URI base,
    String tenant,
    String database,
    Map<String, String> headers,
    String authorities,
    String shown) {
  private static final Set<String> OPTIONS = Set.of("token", "auth", "sslrootcert");
  private static final String USUAL_PORT = "8000";
  private static final Pattern URL =
      Pattern.compile(
          "//(?:(?<user>[^:@/?]*):(?<password>.*)@)?(?<host>\\[[^\\]]*]|[^:/?@]+)(?::(?<port>\\d{1,5}))?"
              + "(?:/(?:(?<tenant>[^/?]+)/(?<database>[^/?]+)/?)?)?(?:\\?(?<options>.*))?",
          Pattern.DOTALL);

  static ServerPlace of(StoreUrl url) {
    String rest =
        url.rest((before, value, after) -> URLEncoder.encode(value, StandardCharsets.UTF_8));
    Matcher matcher = URL.matcher(rest);
    if (!matcher.matches()) {
      throw wrong(url, "is no address of a Chroma server");
    }
    boolean isSecure = url.scheme().endsWith("+https");
    String port = matcher.group("port");
    URI base;
    try {
      base =
          new URI(
              (isSecure ? "https://" : "http://")
                  + matcher.group("host")
                  + (port != null ? ":" + port : isSecure ? "" : ":" + USUAL_PORT)
                  + "/api/v2");
    } catch (URISyntaxException invalid) {
      throw wrong(url, "names a host that cannot be one");
    }
    if (base.getHost() == null) {
      throw wrong(url, "names a host that cannot be one");
    }
    String tenant = matcher.group("tenant");
    String database = matcher.group("database");
    Map<String, String> options = options(url, matcher);
    String authorities = options.getOrDefault("sslrootcert", "");
    if (!isSecure && !authorities.isEmpty()) {
      throw wrong(url, "has sslrootcert= without https, which would not be looked at,");
    }
    return new ServerPlace(
        base,
        tenant == null ? ChromaPlace.DEFAULT_TENANT : decoded(tenant),
        database == null ? ChromaPlace.DEFAULT_DATABASE : decoded(database),
        headers(url, matcher, options),
        authorities,
        url.toString());
  }

  private static SpecException wrong(StoreUrl url, String why) {
    return new SpecException(
        "BAD_URL",
        "\"" + url + "\" " + why + ".",
        "write it as chroma+http://host:8000/tenant/database, with ?token=${TOKEN} where it asks"
            + " for one");
  }

  private static Map<String, String> options(StoreUrl url, Matcher matcher) {
    Map<String, String> options = new LinkedHashMap<>();
    String text = matcher.group("options");
    for (String option : text == null ? new String[0] : text.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      if (equals < 0 || !OPTIONS.contains(name)) {
        throw wrong(url, "has an option that is not known");
      }
      options.put(name, decoded(option.substring(equals + 1)));
    }
    return options;
  }

  private static Map<String, String> headers(
      StoreUrl url, Matcher matcher, Map<String, String> options) {
    Map<String, String> headers = new LinkedHashMap<>();
    String user = matcher.group("user");
    String token = options.get("token");
    if (user != null && token != null) {
      throw wrong(url, "has a password and a token");
    }
    if (user != null) {
      String both = decoded(user) + ":" + decoded(matcher.group("password"));
      headers.put("Authorization", "Basic " + base64(both));
    }
    String auth = options.getOrDefault("auth", "bearer");
    if (token != null) {
      requirePlain(url, token);
      switch (auth) {
        case "bearer" -> headers.put("Authorization", "Bearer " + token);
        case "x-chroma-token" -> headers.put("X-Chroma-Token", token);
        default -> throw wrong(url, "says auth=, which is bearer or x-chroma-token,");
      }
    }
    return headers;
  }

  private static void requirePlain(StoreUrl url, String token) {
    if (!token.chars().allMatch(each -> each > ' ' && each < 127)) {
      throw wrong(url, "has a token with characters that no token has");
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String text) {
    // A plus is a plus here, and a lone percent sign itself.
    String clean = text.replace("+", "%2B").replaceAll("%(?![0-9A-Fa-f]{2})", "%25");
    return URLDecoder.decode(clean, StandardCharsets.UTF_8);
  }

  /** The path of something in the database. */
  URI uri(String path) {
    return URI.create(
        base + "/tenants/" + encoded(tenant) + "/databases/" + encoded(database) + path);
  }

  /** The path of something about the server. */
  URI serverUri(String path) {
    return URI.create(base + path);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public String toString() {
    return shown;
  }
}
