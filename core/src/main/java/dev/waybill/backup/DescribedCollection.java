package dev.waybill.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Collection;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Step;
import java.util.List;

/**
 * A collection as a file tells of it: in the plan file's format, as the step that would make it.
 *
 * @param dialect of its native types and definitions
 */
record DescribedCollection(String dialect, Collection collection) {

  /** Adds name, dialect and definition to an object. */
  void write(ObjectNode node) {
    node.put("collection", collection.name())
        .put("dialect", dialect)
        .put(
            "definition",
            PlanFile.write(
                new Plan(
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    new Plan.Options("full", "rollback", 2, 5000, 0, 0),
                    List.of(Step.asItIs(collection)),
                    List.of(),
                    List.of(),
                    List.of(),
                    "")));
  }

  /**
   * Reads {@link #write} back.
   *
   * @throws SpecException if it is no such text
   */
  static DescribedCollection read(JsonNode node) {
    Plan plan = PlanFile.read(node.path("definition").asText(), false);
    if (plan.steps().size() != 1) {
      throw new SpecException("INVALID_PLAN", "A definition has one step.", "");
    }
    return new DescribedCollection(node.path("dialect").asText(), plan.steps().get(0).target());
  }
}
