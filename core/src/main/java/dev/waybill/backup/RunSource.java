package dev.waybill.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What a run's source was: {@code source.json} of the run directory. Without it the records in
 * quarantine could not be read once the source is gone.
 */
public final class RunSource {
  private static final int VERSION = 1;
  private static final String FILE = "source.json";

  private RunSource() {}

  /** True if a run was so far that the next that it did was to begin. */
  public static boolean isIn(RunDirectory directory) {
    return directory.read(FILE).isPresent();
  }

  /**
   * Tells of the collections that a plan reads.
   *
   * @param catalog the source's
   * @param dialectOf the dialect in which a collection is seen
   */
  public static void write(
      RunDirectory directory, Plan plan, Catalog catalog, UnaryOperator<String> dialectOf) {
    ObjectNode json = RunDirectory.object().put("version", VERSION).put("store", catalog.store());
    ArrayNode collections = json.putArray("collections");
    for (Step step : plan.steps()) {
      catalog
          .collection(step.source())
          .ifPresent(
              each ->
                  new DescribedCollection(dialectOf.apply(each.name()), each)
                      .write(collections.addObject()));
    }
    directory.write(FILE, json);
  }

  /**
   * The collections of a run's source, by name.
   *
   * @throws SpecException NO_SOURCE_TOLD if the run directory does not tell
   */
  static Map<String, DescribedCollection> read(RunDirectory directory) {
    JsonNode json =
        directory
            .readJson(FILE)
            .filter(each -> each.path("version").asInt() == VERSION)
            .orElseThrow(
                () ->
                    new SpecException(
                        "NO_SOURCE_TOLD",
                        "The run directory "
                            + directory.path()
                            + " does not tell what its source was ("
                            + FILE
                            + ").",
                        "it was not made by this Waybill, or a file of it was removed: migrate from"
                            + " the source again"));
    Map<String, DescribedCollection> described = new LinkedHashMap<>();
    for (JsonNode each : json.path("collections")) {
      DescribedCollection one = DescribedCollection.read(each);
      described.put(one.collection().name(), one);
    }
    return described;
  }
}
