package dev.waybill.model;

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
      Pattern.compile("(.*?)(?:@(\\d{1,6}))?(?:#([0-9A-Za-z:._-]+))?");

  /**
   * Reads {@code NAME[@DIMENSION][#HASH]}.
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
        matcher.group(1),
        dimension == null ? 0 : Integer.parseInt(dimension),
        hash == null ? "" : hash);
  }

  /** True unless both say something, and not the same. */
  public boolean mayBe(EmbeddingModel other) {
    return (name.isEmpty() || other.name.isEmpty() || name.equals(other.name))
        && (dimension == 0 || other.dimension == 0 || dimension == other.dimension)
        && (hash.isEmpty() || other.hash.isEmpty() || hash.equals(other.hash));
  }

  /** {@code NAME@DIMENSION#HASH}, what is not known left out. */
  @Override
  public String toString() {
    return name + (dimension == 0 ? "" : "@" + dimension) + (hash.isEmpty() ? "" : "#" + hash);
  }
}
