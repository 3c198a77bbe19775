package dev.waybill.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What makes vectors of texts, as far as it tells vectors of one from those of another. Vectors of
 * two models mean nothing to each other, whatever their dimensions.
 *
 * @param name as the application calls it, perhaps empty
 * @param dimension of its vectors, 0 where nobody says
 * @param hash of the model itself or of where it is, empty where nobody says
 */
public record EmbeddingModel(String name, int dimension, String hash) {
  private static final Pattern TEXT =
      Pattern.compile("(.*?)(?:@(\\d{1,9}))?(?:#([^@#]+))?", Pattern.DOTALL);
  private static final Pattern SPELLED = Pattern.compile("%([0-9A-F]{2})");
  private static final Pattern TO_SPELL = Pattern.compile("[%@#\\s\\p{Cntrl}]");

  /**
   * Reads {@code NAME[@DIMENSION][#HASH]}; {@code %40}, {@code %23} and the like are characters of
   * a name or hash that would mean something else.
   *
   * @throws IllegalArgumentException if it says nothing
   */
  public static EmbeddingModel parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (text.isBlank() || !matcher.matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is not NAME[@DIMENSION][#HASH]");
    }
    String dimension = matcher.group(2);
    String hash = matcher.group(3);
    return new EmbeddingModel(
        read(matcher.group(1)),
        dimension == null ? 0 : Integer.parseInt(dimension),
        hash == null ? "" : read(hash));
  }

  private static String read(String spelled) {
    return SPELLED
        .matcher(spelled)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(Character.toString(Integer.parseInt(found.group(1), 16))));
  }

  private static String spelled(String text) {
    return TO_SPELL
        .matcher(text)
        .replaceAll(found -> String.format(Locale.ROOT, "%%%02X", (int) found.group().charAt(0)));
  }

  /** True unless both say something, and not the same. */
  public boolean mayBe(EmbeddingModel other) {
    return (name.isEmpty() || other.name.isEmpty() || name.equals(other.name))
        && (dimension == 0 || other.dimension == 0 || dimension == other.dimension)
        && (hash.isEmpty() || other.hash.isEmpty() || hash.equals(other.hash));
  }

  /** {@code NAME@DIMENSION#HASH}, what is not known left out; {@link #parse} reads it back. */
  @Override
  public String toString() {
    String plain = text(name, hash);
    return !plain.isBlank() && equals(parse(plain)) && plain.lines().count() == 1
        ? plain
        : text(spelled(name), spelled(hash));
  }

  private String text(String nameText, String hashText) {
    return nameText
        + (dimension == 0 ? "" : "@" + dimension)
        + (hashText.isEmpty() ? "" : "#" + hashText);
  }
}
