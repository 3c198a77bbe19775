package dev.waybill.verify;

/**
 * Whether searching a field finds the same on both sides.
 *
 * @param metric by what was searched: that of the source's index, else the target's, else l2
 * @param seed by which the queries were chosen
 * @param queries how many vectors were searched for
 * @param nearest how many nearest ones were looked for, fewer where there are not so many
 * @param recall mean part of the nearest that comparing every vector finds on either side; 1 if
 *     both find the same
 * @param differing queries whose nearest are not the same on both sides
 * @param isDifference whether these mean that the sides differ; not so where one side rightly has
 *     records that the other has not, which are found too
 * @param source the source's index, against what comparing every vector of the source finds
 * @param target the same of the target
 */
public record SearchEquality(
    String collection,
    String field,
    String metric,
    long seed,
    int queries,
    int nearest,
    double recall,
    int differing,
    boolean isDifference,
    Side source,
    Side target) {

  /**
   * A side's search through its index.
   *
   * @param index its name; empty if none was asked
   * @param setting how exactly it searches, empty where nothing says
   * @param recall mean part of the nearest that it finds; NaN if none was asked
   * @param note why none was asked, else empty
   */
  public record Side(String index, String setting, double recall, String note) {
    static Side none(String note) {
      return new Side("", "", Double.NaN, note);
    }

    /** True if an index was asked. */
    public boolean isAsked() {
      return !Double.isNaN(recall);
    }
  }
}
