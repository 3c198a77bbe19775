package dev.waybill.plan;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.ValueProfile;
import java.util.Set;

/** Finds the values seen in a field that its target cannot hold as they are. */
final class ValueLosses {
  private final String field;
  private final ValueProfile profile;
  private final LossList losses;

  ValueLosses(String field, ValueProfile profile, LossList losses) {
    this.field = field;
    this.profile = profile;
    this.losses = losses;
  }

  void noteNullInKey() {
    if (profile.nulls() > 0) {
      Kind kind = profile.count(Kind.NULL) > 0 ? Kind.NULL : Kind.ABSENT;
      losses.values(
          field, "NULL_IN_KEY", "null stands in the key", profile.nulls(), profile.examples(kind));
    }
  }

  void noteTraits(LogicalType stored, Set<Trait> cannotHold) {
    for (Trait trait : cannotHold) {
      if (profile.count(trait) > 0 && trait.concerns(stored)) {
        losses.values(
            field, trait.name(), text(trait), profile.count(trait), profile.examples(trait));
      }
    }
  }

  private static String text(Trait trait) {
    return switch (trait) {
      case NUL_IN_TEXT -> "text has NUL characters, which the target cannot hold";
      case INVALID_UTF8 -> "text is not UTF-8, which the target cannot hold";
      case LONE_SURROGATE -> "text has half a surrogate pair, which the target cannot hold";
      case NAN -> "numbers are NaN, which the target cannot hold";
      case INFINITY -> "numbers are infinite, which the target cannot hold";
      case MINUS_ZERO -> "numbers are -0.0, which the target cannot hold";
      case NOT_FINITE_IN_VECTOR ->
          "vectors have elements that are NaN or infinite, which the target cannot hold";
      case ABSENT -> "records do not have the field; the target knows only null";
    };
  }

  void noteRange(LogicalType from, LogicalType stored) {
    if (stored.kind() != Kind.INT64
        || from.kind() != Kind.INT64
        || stored.size() >= 64
        || profile.count(Kind.INT64) == 0) {
      return;
    }
    long limit = 1L << stored.size() - 1;
    if (profile.minInt64() < -limit || profile.maxInt64() >= limit) {
      losses.values(
          field,
          "OUT_OF_RANGE",
          "integers from "
              + profile.minInt64()
              + " to "
              + profile.maxInt64()
              + " do not fit "
              + stored,
          -1,
          java.util.List.of());
    }
  }
}
