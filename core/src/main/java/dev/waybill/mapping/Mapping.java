package dev.waybill.mapping;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable.Trait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How records of a source collection become records of a target collection, and back.
 *
 * <p>Three forms of a record meet here: the <em>source</em>'s, the <em>target</em>'s, and the
 * <em>comparable</em> one in which both are held against each other: the mapped fields as the
 * source has them, except that a field which comes back only by content (JSON text in another
 * spelling) is taken as that content. Each form is a list of fields made of those of another:
 * target of source, comparable of source, comparable of target. A join has more comparable fields
 * than target fields, a split fewer.
 *
 * <p>A value that cannot go is refused and its record left out, unless a policy mends it.
 *
 * <p>Immutable and thread-safe.
 */
public final class Mapping {
  private static final BiFunction<String, String, LossPolicy> ALL_FAIL =
      (field, code) -> LossPolicy.FAIL;

  private final Form forward;
  private final Form comparable;
  private final Form inverse;
  private final @Nullable Mending @Nullable [] mendings;
  private final int[] comparableFields;
  private final int[] parts;
  private final int[] targetFields;
  private final boolean[] nullIsAbsent;
  private final boolean isIdentity;
  private final boolean isComparableAsRead;
  private final boolean isInverseAsRead;

  /**
   * Of what one field of the target is made.
   *
   * @param names the source's fields, for messages; the target's field where there is none
   * @param positions of the source's fields among those of a source record; none for a constant
   * @param from logical type in the source
   * @param as how values are read where the types do not say it, else empty
   * @param to logical type in the target
   * @param constant the value of every record, as text, where there is no source field; else null
   * @param isNullable whether the target's field takes null in place of a value that cannot go
   * @param isKey whether it is among the fields that identify a record
   * @param isNullAbsent whether a null in the target stands for a field that is absent in the
   *     source
   */
  public record Way(
      List<String> names,
      List<Integer> positions,
      LogicalType from,
      String as,
      LogicalType to,
      @Nullable String constant,
      boolean isNullable,
      boolean isKey,
      boolean isNullAbsent) {

    public Way {
      names = List.copyOf(names);
      positions = List.copyOf(positions);
    }

    /** One whose nulls are nulls. */
    public Way(
        List<String> names,
        List<Integer> positions,
        LogicalType from,
        String as,
        LogicalType to,
        @Nullable String constant,
        boolean isNullable,
        boolean isKey) {
      this(names, positions, from, as, to, constant, isNullable, isKey, false);
    }

    /** One field of the source as the two types say. */
    public Way(String name, int sourcePosition, LogicalType from, LogicalType to) {
      this(List.of(name), List.of(sourcePosition), from, "", to, null, true, false);
    }

    /** One field of the source in a named way. */
    public Way(String name, int sourcePosition, LogicalType from, String as, LogicalType to) {
      this(List.of(name), List.of(sourcePosition), from, as, to, null, true, false);
    }

    /** The source's fields for people. */
    public String name() {
      return String.join(" + ", names);
    }
  }

  /**
   * A mapping to records with one field for each way, in that order, by which every value that
   * cannot go is refused.
   *
   * @param sourceWidth fields of a source record
   * @throws IllegalArgumentException if there is no transformation, or no inverse, between two
   *     types
   */
  public Mapping(int sourceWidth, List<Way> ways) {
    this(sourceWidth, ways, ALL_FAIL, Set.of());
  }

  /**
   * A mapping with policies.
   *
   * @param policies gives the policy for a loss, by the source's field and the loss's code
   * @param cannotHold what the target cannot hold, wherever it stands
   * @throws IllegalArgumentException as above
   */
  public Mapping(
      int sourceWidth,
      List<Way> ways,
      BiFunction<String, String, LossPolicy> policies,
      Set<Trait> cannotHold) {
    this(sourceWidth, ways, policies, cannotHold, null);
  }

  /**
   * A mapping with other transformations on the way there, so that tests can prove that a fault in
   * one of them is found by what does not use it.
   */
  Mapping(
      int sourceWidth,
      List<Way> ways,
      BiFunction<LogicalType, LogicalType, Optional<Transformation>> there) {
    this(sourceWidth, ways, ALL_FAIL, Set.of(), there);
  }

  /** The same with policies. */
  Mapping(
      int sourceWidth,
      List<Way> ways,
      BiFunction<String, String, LossPolicy> policies,
      Set<Trait> cannotHold,
      @Nullable BiFunction<LogicalType, LogicalType, Optional<Transformation>> there) {
    FormBuilder builder = new FormBuilder(ways, policies, cannotHold, there);
    forward = builder.forward();
    comparable = builder.comparable();
    inverse = builder.inverse();
    comparableFields = builder.comparableFields();
    parts = builder.parts();
    targetFields = builder.targetFields();
    mendings = builder.mendings();
    nullIsAbsent = new boolean[ways.size()];
    for (int target = 0; target < nullIsAbsent.length; target++) {
      nullIsAbsent[target] = ways.get(target).isNullAbsent();
    }
    isIdentity = mendings == null && forward.isCopyOf(sourceWidth);
    isComparableAsRead = mendings == null && comparable.isCopyOf(sourceWidth);
    isInverseAsRead = inverse.isCopyOf(forward.width());
  }

  /** True if values of some types can be read so: {@code f32}, {@code epoch(ms)}. */
  public static boolean isWay(String as) {
    try {
      return !NamedWays.typesOf(as).equals(NamedWays.NO_TYPES);
    } catch (IllegalArgumentException noCall) {
      return false;
    }
  }

  /** True if values of one type can be carried as another and be brought back. */
  public static boolean exists(LogicalType from, LogicalType to) {
    return exists(from, "", to);
  }

  /** True if there is a way of that name between two types. */
  public static boolean exists(LogicalType from, String as, LogicalType to) {
    try {
      fidelity(from, as, to);
      return true;
    } catch (IllegalArgumentException none) {
      return false;
    }
  }

  /** True if values come back by content, perhaps in another spelling. */
  public static boolean isByContent(LogicalType from, LogicalType to) {
    return isByContent(from, "", to);
  }

  /** True if values come back by content, perhaps in another spelling. */
  public static boolean isByContent(LogicalType from, String as, LogicalType to) {
    return fidelity(from, as, to) == Fidelity.CONTENT;
  }

  /** True if the spelling of values that come back by content can travel beside them. */
  public static boolean canKeepSpelling(LogicalType from, String as, LogicalType to) {
    return isByContent(from, as, to) && Conversion.of(from, as, to).spelling() != null;
  }

  /** True if values do not come back: what arrives is not proven back. */
  public static boolean isOneWay(LogicalType from, String as, LogicalType to) {
    return fidelity(from, as, to) == Fidelity.ONE_WAY;
  }

  /**
   * How far values come back; joins, splits and constants do exactly.
   *
   * @throws IllegalArgumentException if there is no such way
   */
  public static Fidelity fidelity(LogicalType from, String as, LogicalType to) {
    if (as.startsWith("join") || as.startsWith("split")) {
      FormBuilder.requireText(as, from, to);
      return Fidelity.EXACT;
    }
    return Conversion.of(from, as, to).fidelity();
  }

  /** True if a target record has the very bytes of the source record. */
  public boolean isIdentity() {
    return isIdentity;
  }

  /** True if the comparable form of a source record is the record as read. */
  public boolean isComparableAsRead() {
    return isComparableAsRead;
  }

  /** True if the comparable form of a target record is the record as read. */
  public boolean isInverseAsRead() {
    return isInverseAsRead;
  }

  /** Fields of a target record. */
  public int width() {
    return forward.width();
  }

  /** Fields of a comparable record. */
  public int comparableWidth() {
    return comparable.width();
  }

  /** Names of the comparable fields: the source's, and for constants the target's. */
  public List<String> names() {
    return comparable.names();
  }

  /** The position in a source record of the field a comparable one is made of, −1 without one. */
  public int sourcePosition(int comparableField) {
    return comparable.position(comparableField);
  }

  /** The position in a target record of the field a comparable one is made of, −1 without one. */
  public int targetPosition(int comparableField) {
    return inverse.position(comparableField);
  }

  /** True if a comparable field is not made of one of the source. */
  public boolean isConstant(int comparableField) {
    return comparable.position(comparableField) < 0;
  }

  /**
   * True if a comparable field is no constant, or the record has the constant there: what stands in
   * its place would not come back to the source.
   */
  public boolean isAsConstant(
      CanonicalForm canonical, RecordBatch comparables, int record, int comparableField) {
    if (!isConstant(comparableField)) {
      return true;
    }
    RecordBatch constant = new RecordBatch(1);
    try {
      comparable.put(comparables, record, comparableField, constant);
    } catch (ValueRefusal impossible) {
      throw new IllegalStateException("a constant is refused", impossible);
    }
    return canonical
        .digest(constant, 0)
        .equals(canonical.digest(comparables, record, new int[] {comparableField}));
  }

  /** The comparable fields that target fields are made of or compared as, each once, in order. */
  public int[] comparableFields(int[] targetPositions) {
    return Arrays.stream(targetPositions)
        .flatMap(
            target ->
                IntStream.range(comparableFields[target], comparableFields[target] + parts[target]))
        .distinct()
        .toArray();
  }

  /** True if a null in a target field stands for a field that the source's record does not have. */
  public boolean isNullAbsent(int targetField) {
    return nullIsAbsent[targetField];
  }

  int comparableField(int targetField) {
    return comparableFields[targetField];
  }

  /**
   * Source records in the target's form. Records with a value that cannot go are left out and
   * listed.
   */
  public Mapped forward(RecordBatch source) {
    return isIdentity ? asRead(source) : map(source, null);
  }

  /**
   * Source records in the target's and in comparable form, each value transformed once.
   *
   * @return the comparable form of record i of {@code forward} is record {@link
   *     Both#comparable(int)} of {@code comparables}
   */
  public Both both(RecordBatch source) {
    if (isComparableAsRead) {
      return new Both(forward(source), source, true);
    }
    RecordBatch comparables = new RecordBatch(comparable.width(), source.size() + 64);
    return new Both(map(source, comparables), comparables, false);
  }

  /** Records in two forms. */
  public record Both(Mapped forward, RecordBatch comparables, boolean isAsRead) {
    /** Where the comparable form of a record of {@code forward} is. */
    public int comparable(int record) {
      return isAsRead ? forward.origin(record) : record;
    }

    /** The values of {@code forward} that were mended. */
    public List<Mended> mended() {
      return forward.mended();
    }
  }

  /**
   * Source records in comparable form. Records whose values cannot go are left out; they are the
   * same that {@link #forward} leaves out or fewer.
   */
  public Mapped comparable(RecordBatch source) {
    if (isComparableAsRead) {
      return asRead(source);
    }
    if (mendings == null) {
      return map(comparable, source, "");
    }
    RecordBatch comparables = new RecordBatch(comparable.width(), source.size() + 64);
    Mapped mapped = map(source, comparables);
    return new Mapped(comparables, mapped.refused(), mapped.origins(), mapped.mended());
  }

  /**
   * Target records in comparable form. A value that has no way back differs from everything that
   * could have been written; its record is left out and listed.
   */
  public Mapped inverse(RecordBatch target) {
    return isInverseAsRead ? asRead(target) : map(inverse, target, "what the target holds ");
  }

  private static Mapped asRead(RecordBatch batch) {
    return new Mapped(batch, List.of(), null, List.of());
  }

  private static Mapped map(Form form, RecordBatch in, String subject) {
    RecordBatch out = new RecordBatch(form.width(), in.size() + 64);
    List<Refused> refused = new ArrayList<>();
    int[] origin = new int[in.records()];
    for (int record = 0; record < in.records(); record++) {
      int field = 0;
      try {
        for (; field < form.width(); field++) {
          form.put(in, record, field, out);
        }
        origin[out.records() - 1] = record;
      } catch (ValueRefusal refusal) {
        out.keep(record - refused.size());
        refused.add(Refused.of(record, form.name(field), refusal, subject));
      }
    }
    return mapped(out, refused, origin, List.of());
  }

  private static Mapped mapped(
      RecordBatch out, List<Refused> refused, int[] origin, List<Mended> mended) {
    return new Mapped(
        out,
        List.copyOf(refused),
        refused.isEmpty() ? null : Arrays.copyOf(origin, out.records()),
        List.copyOf(mended));
  }

  /**
   * @param comparables where the comparable form of each record goes that can be mapped, or null
   */
  private Mapped map(RecordBatch in, @Nullable RecordBatch comparables) {
    RecordBatch out = new RecordBatch(forward.width(), in.size() + 64);
    Mending.Records mending = mendings == null ? null : new Mending.Records(mendings);
    List<Refused> refused = new ArrayList<>();
    int[] origin = new int[in.records()];
    for (int record = 0; record < in.records(); record++) {
      int mapped = record - refused.size();
      int field = 0;
      String name = "";
      try {
        for (; field < forward.width(); field++) {
          name = forward.name(field);
          if (mending == null || !mending.put(forward, in, record, field, out)) {
            forward.put(in, record, field, out);
          }
        }
        if (comparables != null) {
          for (field = 0; field < comparable.width(); field++) {
            name = comparable.name(field);
            if (mending == null
                || !mending.putComparable(
                    comparable, field, targetFields[field], in, record, comparables)) {
              putComparable(in, record, field, out, mapped, comparables);
            }
          }
        }
        origin[mapped] = record;
        if (mending != null) {
          mending.done(this, record, mapped);
        }
      } catch (ValueRefusal refusal) {
        out.keep(mapped);
        if (comparables != null) {
          comparables.keep(mapped);
        }
        if (mending != null) {
          mending.drop();
        }
        refused.add(Refused.of(record, name, refusal, ""));
      }
    }
    return mapped(out, refused, origin, mending == null ? List.of() : mending.all());
  }

  private void putComparable(
      RecordBatch in, int record, int field, RecordBatch out, int mapped, RecordBatch comparables)
      throws ValueRefusal {
    int target = targetFields[field];
    boolean isSame =
        target >= 0 && comparable.transformation(field) == forward.transformation(target);
    if (isSame) {
      comparables.putValue(out, out.at(mapped, target));
    } else {
      comparable.put(in, record, field, comparables);
    }
  }

  /**
   * Records in another form.
   *
   * @param records those that could go
   * @param refused those that could not
   * @param origins for each of {@code records} the record it was made of; null if none was refused,
   *     so that positions agree
   * @param mended values of {@code records} that go otherwise than they are, by a policy
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Mapped(
      RecordBatch records, List<Refused> refused, int @Nullable [] origins, List<Mended> mended) {
    /** The position in the batch that was mapped. */
    public int origin(int record) {
      return origins == null ? record : origins[record];
    }
  }

  /**
   * A record that cannot go.
   *
   * @param record its position in the batch that was mapped
   * @param field the source's field
   * @param reason completes "field x …", without the value
   * @param policy what the user chose for it: {@link LossPolicy#QUARANTINE}, or {@link
   *     LossPolicy#FAIL}, which is also where the policy chosen could not be followed
   */
  public record Refused(int record, String field, String code, String reason, LossPolicy policy) {
    static Refused of(int record, String field, ValueRefusal refusal, String subject) {
      return new Refused(
          record, field, refusal.loss().name(), subject + refusal.getMessage(), refusal.policy());
    }
  }

  /**
   * A value that goes otherwise than it is, by a policy.
   *
   * @param record position of its record in the batch that was mapped
   * @param mapped position in {@link Mapped#records}
   * @param comparableField position among the comparable fields
   * @param targetField position among the target's fields
   * @param field the source's field
   * @param code of the loss
   * @param policy NULL, REPLACE or SIDECAR
   */
  public record Mended(
      int record,
      int mapped,
      int comparableField,
      int targetField,
      String field,
      String code,
      LossPolicy policy) {}
}
