package dev.waybill.mapping;

import dev.waybill.model.LossPolicy;

/** A value has no place in the other type. Cheap to throw: it has no stack trace. */
final class ValueRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final ValueLoss loss;
  private final LossPolicy policy;

  /**
   * @param reason completes "field x …", without the value
   */
  ValueRefusal(ValueLoss loss, String reason) {
    this(loss, reason, LossPolicy.FAIL);
  }

  private ValueRefusal(ValueLoss loss, String reason, LossPolicy policy) {
    super(reason, null, false, false);
    this.loss = loss;
    this.policy = policy;
  }

  ValueLoss loss() {
    return loss;
  }

  LossPolicy policy() {
    return policy;
  }

  /** The same refusal, the user having chosen that the record stays behind. */
  ValueRefusal quarantined() {
    return new ValueRefusal(loss, String.valueOf(getMessage()), LossPolicy.QUARANTINE);
  }
}
