package dev.waybill.backup;

import dev.waybill.spi.StoreUrl;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code quarantine:RUN?taken=COLLECTION}.
 *
 * @param taken collections of which all is in the target already
 */
record QuarantineUrl(String run, Set<String> taken) {
  private static final String TAKEN = "taken=";

  static boolean isOne(String url) {
    return url.startsWith(QuarantineAdapter.SCHEME + ":");
  }

  static QuarantineUrl parse(StoreUrl url) {
    String rest = url.rest();
    int question = rest.indexOf('?');
    Set<String> taken = new TreeSet<>();
    if (question >= 0) {
      for (String parameter : rest.substring(question + 1).split("&", -1)) {
        if (!parameter.startsWith(TAKEN)) {
          throw new dev.waybill.model.SpecException(
              "UNKNOWN_URL_PARAMETER",
              "\"" + parameter + "\" of " + url + " means nothing to a quarantine.",
              "use quarantine:RUN, or quarantine:RUN?taken=COLLECTION");
        }
        taken.add(URLDecoder.decode(parameter.substring(TAKEN.length()), StandardCharsets.UTF_8));
      }
    }
    return new QuarantineUrl(question < 0 ? rest : rest.substring(0, question), taken);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(QuarantineAdapter.SCHEME + ":" + run);
    char before = '?';
    for (String collection : taken) {
      text.append(before)
          .append(TAKEN)
          .append(URLEncoder.encode(collection, StandardCharsets.UTF_8));
      before = '&';
    }
    return text.toString();
  }
}
