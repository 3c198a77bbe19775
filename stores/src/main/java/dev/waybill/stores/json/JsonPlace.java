package dev.waybill.stores.json;

import dev.waybill.model.SpecException;
import dev.waybill.spi.StoreUrl;
import dev.waybill.stores.support.UrlOptions;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a URL says: {@code json:PATH[?option=value&…]}. Immutable.
 *
 * @param path absolute
 * @param isFolder whether it is written as a folder, with a slash at its end
 * @param shape what the shape is said to be, null where it is to be found
 * @param key of a keyed file or a folder of records the name of the field that the name is; of
 *     others the field that identifies records; empty where it is to be found
 * @param isLenient whether comments and trailing commas are read over
 * @param absentIsNull whether a member that is missing is read as null
 * @param indent spaces, −1 where nothing is said
 */
record JsonPlace(
    Path path,
    boolean isFolder,
    JsonLayout.@Nullable Shape shape,
    String key,
    boolean isLenient,
    boolean absentIsNull,
    int indent) {
  private static final Set<String> OPTIONS = Set.of("shape", "key", "lenient", "absent", "indent");

  static JsonPlace of(StoreUrl url) {
    String rest = url.rest();
    int question = rest.indexOf('?');
    Map<String, String> options =
        UrlOptions.of(
            url,
            question < 0 ? "" : rest.substring(question + 1),
            OPTIONS,
            "use shape, key, lenient, absent or indent: docs/stores/json.md");
    String text = path(url, question < 0 ? rest : rest.substring(0, question));
    Path path;
    try {
      path = Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException invalid) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE", "\"" + url + "\" is no path.", "write json:PATH", invalid);
    }
    return new JsonPlace(
        path,
        text.endsWith("/"),
        shape(url, options.get("shape")),
        options.getOrDefault("key", ""),
        flag(url, "lenient", options.get("lenient"), "true", "false"),
        flag(url, "absent", options.get("absent"), "null", "absent"),
        indent(url, options.get("indent")));
  }

  /** The same where links lead. */
  JsonPlace at(Path real) {
    return new JsonPlace(real, isFolder, shape, key, isLenient, absentIsNull, indent);
  }

  /** The same where the path leads, links followed, if it is there. */
  JsonPlace real() {
    try {
      return at(path.toRealPath());
    } catch (IOException absent) {
      return this;
    }
  }

  private static String path(StoreUrl url, String rest) {
    if (rest.startsWith("///")) {
      return rest.substring(2);
    }
    if (rest.startsWith("//")) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE",
          "\"" + url + "\" names a host, but JSON stores are files.",
          "write json:PATH, or json:///ABSOLUTE/PATH");
    }
    if (rest.isBlank()) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE", "\"" + url + "\" names no file.", "write json:PATH");
    }
    return rest.startsWith("~/") ? System.getProperty("user.home") + rest.substring(1) : rest;
  }

  private static JsonLayout.@Nullable Shape shape(StoreUrl url, @Nullable String word) {
    if (word == null) {
      return null;
    }
    Optional<JsonLayout.Shape> shape =
        JsonLayout.Shape.of(word).filter(known -> known != JsonLayout.Shape.RECORD);
    return shape.orElseThrow(
        () -> wrong(url, "shape", word, "array, lines, keyed, wrapper or records"));
  }

  private static boolean flag(
      StoreUrl url, String name, @Nullable String word, String yes, String no) {
    if (word == null || word.equals(no)) {
      return false;
    }
    if (!word.equals(yes)) {
      throw wrong(url, name, word, yes + " or " + no);
    }
    return true;
  }

  private static int indent(StoreUrl url, @Nullable String word) {
    if (word == null) {
      return -1;
    }
    if (!word.matches("\\d|1[0-6]")) {
      throw wrong(url, "indent", word, "a number from 0 to 16");
    }
    return Integer.parseInt(word);
  }

  private static SpecException wrong(StoreUrl url, String name, String word, String known) {
    return new SpecException(
        "URL_MAKES_NO_SENSE",
        "\"" + word + "\" is no " + name + " of a JSON store (" + url + ").",
        "use " + known);
  }
}
