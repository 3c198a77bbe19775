package dev.waybill.stores.support;

import dev.waybill.model.SpecException;
import dev.waybill.spi.StoreUrl;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The options behind the question mark of a URL that names a file or folder, none a secret. */
public final class UrlOptions {
  private UrlOptions() {}

  /**
   * Takes them apart.
   *
   * @param text what stands behind the question mark, empty if there is none
   * @param hint which there are, for whoever names another
   * @throws SpecException URL_MAKES_NO_SENSE for an option that is not known or has no value
   */
  public static Map<String, String> of(StoreUrl url, String text, Set<String> known, String hint) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String option : text.isEmpty() ? new String[0] : text.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      if (equals < 0 || !known.contains(name)) {
        throw new SpecException(
            "URL_MAKES_NO_SENSE", "The option \"" + name + "\" of " + url + " is not known.", hint);
      }
      options.put(name, option.substring(equals + 1));
    }
    return options;
  }
}
