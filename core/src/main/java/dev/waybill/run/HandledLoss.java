package dev.waybill.run;

import dev.waybill.model.LossPolicy;
import java.util.List;

/**
 * What became of values that the target could not hold as they were.
 *
 * @param collection the source's
 * @param field the source's
 * @param code of the loss
 * @param policy what was done
 * @param values how many
 * @param examples keys of the first records
 */
public record HandledLoss(
    String collection,
    String field,
    String code,
    LossPolicy policy,
    long values,
    List<String> examples) {
  /** How many examples are kept. */
  public static final int SHOWN = 20;

  public HandledLoss {
    examples = List.copyOf(examples);
  }

  /** True if something else arrived, and nothing beside it tells what it was. */
  public boolean isRepair() {
    return policy == LossPolicy.NULL || policy == LossPolicy.REPLACE;
  }
}
