package dev.waybill.mapping;

import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Kind;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable.Trait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What the policies make of one field's values that cannot go as they are. Immutable. */
final class Mending {
  /** A replaced value may have to be replaced again: no UTF-8, and a NUL. */
  private static final int MOST_REPLACEMENTS = 4;

  private final Way way;
  private final Transformation forward;
  private final @Nullable Transformation spelling;
  private final Transformation content;
  private final BiFunction<String, String, LossPolicy> policies;
  private final Traits traits;

  private Mending(
      Way way,
      Transformation forward,
      @Nullable Transformation spelling,
      Transformation content,
      BiFunction<String, String, LossPolicy> policies,
      Traits traits) {
    this.way = way;
    this.forward = forward;
    this.spelling = spelling;
    this.content = content;
    this.policies = policies;
    this.traits = traits;
  }

  /**
   * The mending of a way with one source field.
   *
   * @return null if all its losses fail, so that nothing is to be looked for
   */
  static @Nullable Mending of(
      Way way,
      Conversion conversion,
      Transformation forward,
      BiFunction<String, String, LossPolicy> policies,
      Set<Trait> cannotHold) {
    boolean isUsed = keepsSpelling(way, conversion, policies);
    for (ValueLoss loss : ValueLoss.values()) {
      isUsed |=
          loss != ValueLoss.COMPARED_BY_CONTENT
              && policies.apply(way.name(), loss.name()) != LossPolicy.FAIL;
    }
    if (!isUsed) {
      return null;
    }
    Set<Trait> lookedFor = EnumSet.noneOf(Trait.class);
    for (Trait trait : cannotHold) {
      if (trait.concerns(way.to()) && policies.apply(way.name(), trait.name()) != LossPolicy.FAIL) {
        lookedFor.add(trait);
      }
    }
    return new Mending(
        way,
        forward,
        keepsSpelling(way, conversion, policies) ? conversion.spelling() : null,
        conversion.comparable(),
        policies,
        new Traits(lookedFor));
  }

  /** True if the source's own text is what is compared, its spelling being kept in a sidecar. */
  static boolean keepsSpelling(
      Way way, Conversion conversion, BiFunction<String, String, LossPolicy> policies) {
    return conversion.spelling() != null
        && !way.isKey()
        && policies.apply(way.name(), ValueLoss.COMPARED_BY_CONTENT.name()) == LossPolicy.SIDECAR;
  }

  /**
   * What became of one value.
   *
   * @param compared a batch with the value to compare by, before it is brought to comparable form;
   *     null where that is null, or for SIDECAR, where it is the original
   */
  private record Mend(ValueLoss loss, LossPolicy policy, @Nullable RecordBatch compared) {
    void putComparable(
        RecordBatch in, int at, Transformation transformation, RecordBatch comparables)
        throws ValueRefusal {
      if (policy == LossPolicy.SIDECAR) {
        comparables.putValue(in, at);
      } else if (compared == null) {
        comparables.putNull();
      } else {
        transformation.apply(compared, compared.at(0, 0), comparables);
      }
    }
  }

  /** Appends what goes in place of the value, null if that is the value itself. */
  private @Nullable Mend put(
      Form form, int field, RecordBatch in, int at, RecordBatch out, RecordBatch scratch)
      throws ValueRefusal {
    try {
      form.require(in, at, field);
      transform(in, at, scratch);
    } catch (ValueRefusal refusal) {
      return mend(refusal, in, at, out, scratch);
    }
    out.putValue(scratch, scratch.at(0, 0));
    if (spelling == null || isUsuallySpelled(spelling, in, at, scratch)) {
      return null;
    }
    // The spelling must not stand in for another content: that has to show as a difference.
    return isContentOf(in, at, scratch)
        ? new Mend(ValueLoss.COMPARED_BY_CONTENT, LossPolicy.SIDECAR, null)
        : null;
  }

  /** True if a second reader finds in the source's text what the target is to hold. */
  private boolean isContentOf(RecordBatch in, int at, RecordBatch scratch) throws ValueRefusal {
    RecordBatch read = new RecordBatch(1);
    content.apply(in, at, read);
    CanonicalForm canonical = new CanonicalForm();
    return canonical.digest(read, 0).equals(canonical.digest(scratch, 0));
  }

  private void transform(RecordBatch in, int at, RecordBatch scratch) throws ValueRefusal {
    scratch.clear();
    forward.apply(in, at, scratch);
    traits.require(scratch, scratch.at(0, 0));
  }

  private static boolean isUsuallySpelled(
      Transformation spelling, RecordBatch in, int at, RecordBatch scratch) throws ValueRefusal {
    spelling.apply(scratch, scratch.at(0, 0), scratch);
    int usual = scratch.lastValue();
    return Arrays.equals(
        in.bytes(),
        at,
        at + in.lengthAt(at),
        scratch.bytes(),
        usual,
        usual + scratch.lengthAt(usual));
  }

  /** A replacement as it comes back where texts are compared with their spelling. */
  private RecordBatch spelled(RecordBatch replaced) throws ValueRefusal {
    RecordBatch read = new RecordBatch(1);
    content.apply(replaced, replaced.at(0, 0), read);
    RecordBatch spelled = new RecordBatch(1);
    Objects.requireNonNull(spelling).apply(read, read.at(0, 0), spelled);
    return spelled;
  }

  /** Null and absent are told from each other as one: by keeping the rarer of them. */
  private LossPolicy policy(ValueLoss loss) {
    if (loss == ValueLoss.NULL_AMONG_ABSENT) {
      return policy(ValueLoss.ABSENT);
    }
    return policies.apply(way.name(), loss.name());
  }

  /** Why nothing cannot go as it is, null if it can or is something. */
  private @Nullable ValueRefusal missing(RecordBatch in, int at) {
    if (traits.isRefusedAsAbsent(in, at)) {
      return new ValueRefusal(ValueLoss.ABSENT, "is absent, not null");
    }
    return way.isNullAbsent() && in.kindAt(at) == Kind.NULL
        ? new ValueRefusal(ValueLoss.NULL_AMONG_ABSENT, "is null, not absent")
        : null;
  }

  private Mend mend(
      ValueRefusal refusal, RecordBatch in, int at, RecordBatch out, RecordBatch scratch)
      throws ValueRefusal {
    LossPolicy policy = policy(refusal.loss());
    boolean mayBeNull = way.isNullable() && !way.isKey();
    switch (policy) {
      case FAIL:
        throw refusal;
      case QUARANTINE:
        throw refusal.quarantined();
      case NULL:
        if (!mayBeNull) {
          throw refusal;
        }
        out.putNull();
        return new Mend(refusal.loss(), policy, null);
      case REPLACE:
        if (refusal.loss() == ValueLoss.ABSENT && mayBeNull) {
          out.putNull();
          return new Mend(refusal.loss(), policy, null);
        }
        RecordBatch replaced = replace(refusal.loss(), in, at, scratch, true);
        if (replaced == null) {
          throw refusal;
        }
        out.putValue(scratch, scratch.at(0, 0));
        return new Mend(refusal.loss(), policy, spelling == null ? replaced : spelled(replaced));
      case SIDECAR:
        if (way.isKey()) {
          throw refusal;
        }
        if (mayBeNull) {
          out.putNull();
        } else if (replace(refusal.loss(), in, at, scratch, false) != null) {
          out.putValue(scratch, scratch.at(0, 0));
        } else {
          Replacement.putZero(way.to(), out);
        }
        return new Mend(refusal.loss(), policy, null);
    }
    throw new AssertionError(policy);
  }

  /**
   * Leaves the target's form of the replacement in {@code scratch}.
   *
   * @param isAsked true if each further loss must have the policy REPLACE as well
   * @return the replacement in the source's kind, null if there is none
   */
  private @Nullable RecordBatch replace(
      ValueLoss first, RecordBatch in, int at, RecordBatch scratch, boolean isAsked) {
    ValueLoss loss = first;
    RecordBatch value = in;
    int valueAt = at;
    for (int i = 0; i < MOST_REPLACEMENTS; i++) {
      RecordBatch replaced = Replacement.of(loss, way, value, valueAt);
      if (replaced == null) {
        return null;
      }
      try {
        transform(replaced, replaced.at(0, 0), scratch);
        return replaced;
      } catch (ValueRefusal another) {
        if (isAsked && policy(another.loss()) != LossPolicy.REPLACE) {
          return null;
        }
        loss = another.loss();
        value = replaced;
        valueAt = replaced.at(0, 0);
      }
    }
    return null;
  }

  /** The records of one batch on their way through the mendings of their fields. */
  static final class Records {
    private final @Nullable Mending[] mendings;
    private final @Nullable Mend[] ofRecord;
    private final RecordBatch scratch = new RecordBatch(1);
    private final List<Mended> all = new ArrayList<>();
    private boolean isMended;

    /**
     * @param mendings by target field, null where values go as they are or not at all
     */
    Records(@Nullable Mending[] mendings) {
      this.mendings = mendings;
      this.ofRecord = new Mend[mendings.length];
    }

    /** Appends a field of the target's form; false if it is none to be mended. */
    boolean put(Form forward, RecordBatch in, int record, int field, RecordBatch out)
        throws ValueRefusal {
      Mending mending = mendings[field];
      if (mending == null) {
        return false;
      }
      int at = in.at(record, forward.position(field));
      ValueRefusal missing = mending.missing(in, at);
      if (missing == null && in.isMissingAt(at)) {
        return false;
      }
      Mend mend =
          missing != null
              ? mending.mend(missing, in, at, out, scratch)
              : mending.put(forward, field, in, at, out, scratch);
      if (mend != null) {
        ofRecord[field] = mend;
        isMended = true;
      }
      return true;
    }

    /** Appends the comparable form of a value that was mended; false if it was not. */
    boolean putComparable(
        Form comparable, int field, int target, RecordBatch in, int record, RecordBatch out)
        throws ValueRefusal {
      Mend mend = target < 0 ? null : ofRecord[target];
      if (mend == null) {
        return false;
      }
      mend.putComparable(
          in, in.at(record, comparable.position(field)), comparable.transformation(field), out);
      return true;
    }

    /** Takes note of what was mended in a record that goes. */
    void done(Mapping mapping, int record, int mapped) {
      if (!isMended) {
        return;
      }
      for (int field = 0; field < ofRecord.length; field++) {
        Mend mend = ofRecord[field];
        Mending mending = mendings[field];
        if (mend != null && mending != null) {
          all.add(
              new Mended(
                  record,
                  mapped,
                  mapping.comparableField(field),
                  field,
                  mending.way.name(),
                  mend.loss.name(),
                  mend.policy));
        }
      }
      drop();
    }

    /** Forgets what was mended in a record that does not go. */
    void drop() {
      if (isMended) {
        Arrays.fill(ofRecord, null);
        isMended = false;
      }
    }

    List<Mended> all() {
      return all;
    }
  }
}
