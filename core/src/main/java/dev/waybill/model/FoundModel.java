package dev.waybill.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which models the vectors of a field are of, as its store says somewhere.
 *
 * @param seen each with how many records say so, −1 where it is said once for all
 * @param more true if there are more than were counted
 * @param evidence where it is said, in words that follow "according to"
 */
public record FoundModel(Map<EmbeddingModel, Long> seen, boolean more, String evidence) {
  public FoundModel {
    seen = Collections.unmodifiableMap(new LinkedHashMap<>(seen));
  }

  /** Said by a person. */
  public static FoundModel said(EmbeddingModel model) {
    return new FoundModel(Map.of(model, -1L), false, "what was said");
  }

  /** True if the vectors of one field are of several models. */
  public boolean isMixed() {
    return more || seen.size() > 1;
  }

  /** True unless one of the models cannot be one of the other's. */
  public boolean mayBe(FoundModel other) {
    return seen.keySet().stream()
        .allMatch(own -> other.seen.keySet().stream().allMatch(own::mayBe));
  }

  /** {@code a@384}, or {@code mixed: a (3 records), b (1 record)}. */
  @Override
  public String toString() {
    String all =
        seen.entrySet().stream()
            .map(each -> each.getKey() + (isMixed() ? count(each.getValue()) : ""))
            .collect(Collectors.joining(", "));
    return (isMixed() ? "mixed: " : "") + all + (more ? " and more" : "");
  }

  private static String count(long records) {
    return records < 0
        ? ""
        : String.format(Locale.ROOT, " (%,d record%s)", records, records == 1 ? "" : "s");
  }
}
