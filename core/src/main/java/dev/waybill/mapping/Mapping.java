package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * How records of a source collection become records of a target collection, and back.
 *
 * <p>Three forms of a record meet here: the <em>source</em>'s, the <em>target</em>'s, and the
 * <em>comparable</em> one in which both are held against each other: the mapped fields in the
 * target's order, as the source has them, except that a field which comes back only by content
 * (JSON text in another spelling) is taken as that content.
 *
 * <p>Immutable and thread-safe.
 */
public final class Mapping {
  private final int[] sourcePositions;
  private final Transformation[] forward;
  private final Transformation[] comparable;
  private final Transformation[] inverse;
  private final boolean isIdentity;
  private final boolean isComparableAsRead;
  private final String[] names;
  private final Kind[] fromKinds;
  private final Kind[] toKinds;
  private final boolean copiesAnything;

  /**
   * One field's way.
   *
   * @param name for messages: the source's field
   * @param sourcePosition position among the fields of a source record
   * @param from logical type in the source
   * @param to logical type in the target
   */
  public record Way(String name, int sourcePosition, LogicalType from, LogicalType to) {}

  /**
   * A mapping to records with one field for each way, in that order.
   *
   * @param sourceWidth fields of a source record
   * @throws IllegalArgumentException if there is no transformation, or no inverse, between two
   *     types
   */
  public Mapping(int sourceWidth, List<Way> ways) {
    this(sourceWidth, ways, Transformation::between);
  }

  /**
   * A mapping with other transformations on the way there, so that tests can prove that a fault in
   * one of them is found by what does not use it.
   */
  Mapping(
      int sourceWidth,
      List<Way> ways,
      BiFunction<LogicalType, LogicalType, Optional<Transformation>> there) {
    int width = ways.size();
    sourcePositions = new int[width];
    forward = new Transformation[width];
    comparable = new Transformation[width];
    inverse = new Transformation[width];
    names = new String[width];
    fromKinds = new Kind[width];
    toKinds = new Kind[width];
    copiesAnything = ways.stream().allMatch(way -> way.from().equals(way.to()));
    boolean copies = true;
    boolean reads = true;
    for (int i = 0; i < width; i++) {
      Way way = ways.get(i);
      sourcePositions[i] = way.sourcePosition();
      names[i] = way.name();
      fromKinds[i] = way.from().kind();
      toKinds[i] = way.to().kind();
      forward[i] = require(there.apply(way.from(), way.to()), way);
      if (Transformation.fidelity(way.from(), way.to()) == Transformation.Fidelity.CONTENT) {
        comparable[i] = require(Transformation.content(way.from(), way.to()), way);
        inverse[i] = Transformation.COPY;
      } else {
        comparable[i] = Transformation.COPY;
        inverse[i] = require(Transformation.inverse(way.from(), way.to()), way);
      }
      boolean inOrder = way.sourcePosition() == i;
      copies &= inOrder && forward[i] == Transformation.COPY;
      reads &= inOrder && comparable[i] == Transformation.COPY;
    }
    isIdentity = copies && width == sourceWidth;
    isComparableAsRead = reads && width == sourceWidth;
  }

  private static Transformation require(Optional<Transformation> found, Way way) {
    return found.orElseThrow(
        () ->
            new IllegalArgumentException(
                "no transformation between " + way.from() + " and " + way.to()));
  }

  /** True if values of one type can be carried as another and be brought back. */
  public static boolean exists(LogicalType from, LogicalType to) {
    return Transformation.between(from, to).isPresent()
        && (Transformation.fidelity(from, to) == Transformation.Fidelity.CONTENT
            || from.kind() == Kind.DYNAMIC
            || Transformation.inverse(from, to).isPresent());
  }

  /** True if values come back by content, perhaps in another spelling. */
  public static boolean isByContent(LogicalType from, LogicalType to) {
    return Transformation.fidelity(from, to) == Transformation.Fidelity.CONTENT;
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
    return Arrays.stream(inverse).allMatch(each -> each == Transformation.COPY);
  }

  /** Fields of a target record and of a comparable one. */
  public int width() {
    return forward.length;
  }

  /** Names of the mapped source fields, in the target's order. */
  public List<String> names() {
    return List.of(names);
  }

  /**
   * Source records in the target's form. Records with a value that cannot go are left out and
   * listed.
   */
  public Mapped forward(RecordBatch source) {
    return isIdentity
        ? new Mapped(source, List.of(), null)
        : map(source, sourcePositions, forward, true);
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
    RecordBatch comparables = new RecordBatch(forward.length, source.size() + 64);
    return new Both(map(source, sourcePositions, forward, true, comparables), comparables, false);
  }

  /** Records in two forms. */
  public record Both(Mapped forward, RecordBatch comparables, boolean isAsRead) {
    /** Where the comparable form of a record of {@code forward} is. */
    public int comparable(int record) {
      return isAsRead ? forward.origin(record) : record;
    }
  }

  /**
   * Source records in comparable form. Records whose values cannot go are left out; they are the
   * same that {@link #forward} leaves out or fewer.
   */
  public Mapped comparable(RecordBatch source) {
    return isComparableAsRead
        ? new Mapped(source, List.of(), null)
        : map(source, sourcePositions, comparable, true);
  }

  /**
   * Target records in comparable form. A value that has no way back differs from everything that
   * could have been written; its record is left out and listed.
   */
  public Mapped inverse(RecordBatch target) {
    return isInverseAsRead()
        ? new Mapped(target, List.of(), null)
        : map(target, identityPositions(target.width()), inverse, false);
  }

  private void putComparable(
      RecordBatch in, int at, int field, RecordBatch mapped, RecordBatch comparables)
      throws ValueRefusal {
    if (in.isMissingAt(at)) {
      comparables.putValue(in, at);
    } else if (comparable[field] == forward[field]) {
      comparables.putValue(mapped, mapped.lastValue());
    } else {
      comparable[field].apply(in, at, comparables);
    }
  }

  /** A store may hold other kinds of values than it or a sample of them promised. */
  private boolean expected(boolean isForward, int field, Kind kind) {
    Kind promised = isForward ? fromKinds[field] : toKinds[field];
    return promised == kind || promised == Kind.DYNAMIC || copiesAnything;
  }

  private static int[] identityPositions(int width) {
    int[] positions = new int[width];
    Arrays.setAll(positions, i -> i);
    return positions;
  }

  private Mapped map(
      RecordBatch in, int[] positions, Transformation[] transformations, boolean isForward) {
    return map(in, positions, transformations, isForward, null);
  }

  /**
   * @param comparables where the comparable form of each record goes that can be mapped, or null
   */
  private Mapped map(
      RecordBatch in,
      int[] positions,
      Transformation[] transformations,
      boolean isForward,
      @Nullable RecordBatch comparables) {
    RecordBatch out = new RecordBatch(transformations.length, in.size() + 64);
    List<Refused> refused = new ArrayList<>();
    int[] origin = new int[in.records()];
    for (int record = 0; record < in.records(); record++) {
      int field = 0;
      try {
        for (; field < transformations.length; field++) {
          int at = in.at(record, positions[field]);
          if (in.isMissingAt(at)) {
            out.putValue(in, at);
          } else if (!expected(isForward, field, in.kindAt(at))) {
            throw new ValueRefusal(
                "OTHER_TYPE",
                "is a value of type " + in.kindAt(at).name().toLowerCase(java.util.Locale.ROOT));
          } else {
            transformations[field].apply(in, at, out);
          }
          if (comparables != null) {
            putComparable(in, at, field, out, comparables);
          }
        }
        origin[out.records() - 1] = record;
      } catch (ValueRefusal refusal) {
        int mapped = record - refused.size();
        out.keep(mapped);
        if (comparables != null) {
          comparables.keep(mapped);
        }
        refused.add(
            new Refused(
                record,
                names[field],
                refusal.code(),
                (isForward ? "" : "what the target holds ") + refusal.getMessage()));
      }
    }
    return new Mapped(
        out, List.copyOf(refused), refused.isEmpty() ? null : Arrays.copyOf(origin, out.records()));
  }

  /**
   * Records in another form.
   *
   * @param records those that could go
   * @param refused those that could not
   * @param origins for each of {@code records} the record it was made of; null if none was refused,
   *     so that positions agree
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Mapped(RecordBatch records, List<Refused> refused, int @Nullable [] origins) {
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
   */
  public record Refused(int record, String field, String code, String reason) {}
}
