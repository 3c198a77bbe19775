package dev.waybill.stores.hnsw;

import dev.waybill.model.SpecException;
import dev.waybill.spi.StoreUrl;
import dev.waybill.stores.support.UrlOptions;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Which file a URL means, and what it says of it that the file does not.
 *
 * @param space by which its vectors are compared; empty where that is not said
 * @param dimension that its vectors must have; 0 where that is not said
 */
record HnswPlace(Path file, String space, int dimension) {
  private static final String FORM = "write hnsw:FILE?space=cosine&dimension=384";
  private static final Set<String> SPACES = Set.of("", "l2", "ip", "cosine");

  static HnswPlace of(StoreUrl url) {
    String rest = url.rest();
    int question = rest.indexOf('?');
    Map<String, String> options =
        UrlOptions.of(
            url,
            question < 0 ? "" : rest.substring(question + 1),
            Set.of("space", "dimension"),
            "use space or dimension: docs/stores/hnsw.md");
    String space = options.getOrDefault("space", "");
    String dimension = options.getOrDefault("dimension", "0");
    if (!SPACES.contains(space)) {
      throw wrong("The space \"" + space + "\" of " + url + " is none of l2, ip and cosine.");
    }
    if (!dimension.matches("\\d{1,7}")) {
      throw wrong("The dimension of " + url + " is no number.");
    }
    String name = question < 0 ? rest : rest.substring(0, question);
    if (name.isBlank() || name.startsWith("//") && !name.startsWith("///")) {
      throw wrong("\"" + url + "\" names no file.");
    }
    String text = name.startsWith("///") ? name.substring(2) : name;
    if (text.startsWith("~/")) {
      text = System.getProperty("user.home") + text.substring(1);
    }
    try {
      Path file = Path.of(text).toAbsolutePath().normalize();
      return new HnswPlace(file, space, Integer.parseInt(dimension));
    } catch (InvalidPathException invalid) {
      throw new SpecException("URL_MAKES_NO_SENSE", "\"" + url + "\" is no path.", FORM, invalid);
    }
  }

  private static SpecException wrong(String what) {
    return new SpecException("URL_MAKES_NO_SENSE", what, FORM);
  }

  /** The name of the collection: the file's, without what tells its kind. */
  String name() {
    String name = String.valueOf(file.getFileName());
    int point = name.lastIndexOf('.');
    return point > 0 ? name.substring(0, point) : name;
  }
}
