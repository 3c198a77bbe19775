package dev.waybill;

import dev.waybill.verify.Difference;
import dev.waybill.verify.SearchEquality;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verification or diff found.
 *
 * @param collections per collection, in order; a sidecar's only if they differ
 * @param differences the first ones, at most {@link #SHOWN} of all collections together
 * @param file where all differences are, one JSON object a line; null if {@code differences} holds
 *     them all
 * @param structure what differs beside records: collections only one side has, types, keys
 * @param notes what was not compared, and why
 * @param searches what searching both sides for the same vectors found; none unless asked for
 */
public record Comparison(
    List<Compared> collections,
    List<Difference> differences,
    @Nullable Path file,
    List<String> structure,
    List<String> notes,
    List<SearchEquality> searches) {
  /** How many differences are given in full. */
  public static final int SHOWN = 20;

  /**
   * One collection.
   *
   * @param source records of the source
   * @param target records of the target that were compared
   * @param equal proven equal
   * @param changed same key, other content
   * @param missing only in the source
   * @param extra only in the target
   */
  public record Compared(
      String name, long source, long target, long equal, long changed, long missing, long extra) {}

  /** True if no record, no structure and nothing that a search of every vector finds differs. */
  public boolean isEqual() {
    return structure.isEmpty()
        && searches.stream().noneMatch(SearchEquality::isDifference)
        && collections.stream()
            .allMatch(each -> each.changed() + each.missing() + each.extra() == 0);
  }
}
