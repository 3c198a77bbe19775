package dev.waybill.plan;

import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.FoundModel;
import dev.waybill.model.Loss;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says in a plan of which models its vectors are, and refuses to put those of two together. */
final class VectorModels {
  private final PlanInput input;
  private final List<Loss> losses;
  private final List<String> risks;

  VectorModels(PlanInput input, List<Loss> losses, List<String> risks) {
    this.input = input;
    this.losses = losses;
    this.risks = risks;
  }

  /** The step, the models of its vectors said. */
  Step told(Step step) {
    List<FieldMapping> fields = new ArrayList<>();
    for (FieldMapping field : step.fields()) {
      FoundModel found = field.sources().size() == 1 ? found(step, field) : null;
      if (found == null) {
        fields.add(field);
        continue;
      }
      String name = step.source() + "." + field.source();
      risks.add(
          "Vectors of " + name + " are of " + found + ", according to " + found.evidence() + ".");
      check(step, field, name, found);
      fields.add(
          found.isMixed() ? field : field.withModel(found.seen().keySet().iterator().next()));
    }
    return step.withFields(fields);
  }

  private @Nullable FoundModel found(Step step, FieldMapping field) {
    for (FieldWish wish : input.wish(step.source()).fields()) {
      EmbeddingModel model = wish.model();
      if (model != null && wish.sources().equals(field.sources())) {
        return FoundModel.said(model);
      }
    }
    return input.source().model(step.source(), field.source());
  }

  private void check(Step step, FieldMapping field, String name, FoundModel found) {
    FoundModel there =
        step.creates() ? null : input.target().model(step.target().name(), field.target());
    String target = step.target().name() + "." + field.target();
    if (there == null) {
      if (!step.creates()) {
        risks.add(
            "Of which model the vectors in the target's "
                + target
                + " are, nobody says; whether they are of the same is not known.");
      }
      return;
    }
    if (!found.mayBe(there)) {
      losses.add(
          new Loss(
              step.source(),
              field.source(),
              "MODEL_MISMATCH",
              "the vectors of "
                  + name
                  + " are of "
                  + found
                  + " (according to "
                  + found.evidence()
                  + "), those in the target's "
                  + target
                  + " of "
                  + there
                  + " (according to "
                  + there.evidence()
                  + "); vectors of two models mean nothing to each other. Give one side those of the"
                  + " other's model first: waybill reembed "
                  + input.target().url()
                  + " --collection "
                  + step.target().name()
                  + " --text FIELD --vector "
                  + field.target()
                  + " --model MODEL; or say what they are of: --model "
                  + name
                  + "=NAME@DIMENSION#HASH",
              Loss.Severity.REFUSED,
              -1,
              List.of()));
    }
  }
}
