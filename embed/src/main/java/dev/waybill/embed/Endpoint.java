package dev.waybill.embed;

import dev.waybill.model.SpecException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an endpoint is: {@code openai+https://HOST/v1?model=NAME[&key=${VARIABLE}][&dimensions=N]}.
 *
 * @param embeddings the address to post to
 * @param dimensions that are asked for, 0 for the model's own
 * @param key empty where none is set
 */
record Endpoint(URI embeddings, String model, int dimensions, String key) {
  static final String PREFIX = "openai+";
  private static final String USUAL_KEY = "OPENAI_API_KEY";
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");
  private static final Set<String> KNOWN = Set.of("model", "key", "dimensions");

  /**
   * Reads it.
   *
   * @throws SpecException if it makes no sense; no key is in the message
   */
  static Endpoint parse(String text, Map<String, String> environment) {
    String url = text.substring(PREFIX.length());
    int question = url.indexOf('?');
    Map<String, String> parameters = parameters(question < 0 ? "" : url.substring(question + 1));
    String base = question < 0 ? url : url.substring(0, question);
    String model = parameters.getOrDefault("model", "");
    if (model.isEmpty() || !KNOWN.containsAll(parameters.keySet())) {
      throw refused("it needs model=NAME, and may have key=${VARIABLE} and dimensions=N");
    }
    String dimensions = parameters.getOrDefault("dimensions", "0");
    if (!dimensions.matches("\\d{1,5}")) {
      throw refused("dimensions is no number");
    }
    return new Endpoint(
        uri(base + (base.endsWith("/") ? "" : "/") + "embeddings"),
        model,
        Integer.parseInt(dimensions),
        key(parameters.get("key"), environment));
  }

  private static URI uri(String address) {
    try {
      URI uri = new URI(address);
      boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (!isHttp || uri.getHost() == null || uri.getUserInfo() != null) {
        throw refused("its address is http:// or https:// with a host, and no user in it");
      }
      return uri;
    } catch (URISyntaxException unreadable) {
      throw refused("its address cannot be read");
    }
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String each : query.isEmpty() ? new String[0] : query.split("&")) {
      int equals = each.indexOf('=');
      String name = equals < 0 ? each : each.substring(0, equals);
      String value = equals < 0 ? "" : each.substring(equals + 1);
      // A variable's braces are no part of a URL.
      parameters.put(
          name, name.equals("key") ? value : URLDecoder.decode(value, StandardCharsets.UTF_8));
    }
    return parameters;
  }

  private static String key(@Nullable String wished, Map<String, String> environment) {
    if (wished == null) {
      return environment.getOrDefault(USUAL_KEY, "");
    }
    Matcher variable = VARIABLE.matcher(wished);
    if (!variable.matches()) {
      throw new SpecException(
          "SECRET_IN_MODEL",
          "The key of an endpoint stands in --model itself, where others can see it.",
          "put it into a variable and write key=${VARIABLE}");
    }
    String key = environment.get(variable.group(1));
    if (key == null || key.isEmpty()) {
      throw new SpecException(
          "VARIABLE_NOT_SET",
          "The variable " + variable.group(1) + " of --model is not set.",
          "export " + variable.group(1) + "=… and run the command again");
    }
    return key;
  }

  private static SpecException refused(String why) {
    return new SpecException(
        "BAD_MODEL",
        "The endpoint in --model cannot be used: " + why + ".",
        "write openai+https://HOST/v1?model=NAME");
  }

  /** Without the key. */
  @Override
  public String toString() {
    return embeddings.toString();
  }
}
