package dev.waybill.sidecar;

import dev.waybill.mapping.Fidelity;
import dev.waybill.mapping.Mapping;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Step;
import dev.waybill.verify.Originals;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One collection that can be seen as what it was before a copy.
 *
 * @param told what the sidecar tells of the copy
 * @param pairing between what it was and what is stored
 * @param fidelity by comparable field how far it comes back
 */
@SuppressWarnings("ArrayRecordComponent")
record Restored(Told told, Pairing pairing, Fidelity[] fidelity) {

  Collection original() {
    return pairing.source();
  }

  Collection stored() {
    return pairing.target();
  }

  /**
   * Which comparable field each of some fields of the source is read from: where it went to
   * several, the one that comes back most exactly.
   */
  int[] positions(List<String> names) {
    Mapping mapping = pairing.mapping();
    int[] positions = new int[names.size()];
    for (int i = 0; i < positions.length; i++) {
      int best = -1;
      for (int field = 0; field < mapping.comparableWidth(); field++) {
        boolean isIt =
            mapping.sourcePosition(field) >= 0 && mapping.names().get(field).equals(names.get(i));
        if (isIt && (best < 0 || fidelity[field].compareTo(fidelity[best]) < 0)) {
          best = field;
        }
      }
      if (best < 0) {
        throw new IllegalArgumentException("nothing tells of " + names.get(i));
      }
      positions[i] = best;
    }
    return positions;
  }

  /**
   * The comparable fields that must be looked at in each record, which are few or none: constants,
   * and what another field is made of as well.
   *
   * @param positions as {@link #positions} gives them
   */
  int[] doubtful(int[] positions) {
    return IntStream.range(0, pairing.mapping().comparableWidth())
        .filter(
            field ->
                pairing.mapping().isConstant(field)
                    || Arrays.stream(positions).anyMatch(read -> isTwin(field, read)))
        .toArray();
  }

  private boolean isTwin(int field, int read) {
    Mapping mapping = pairing.mapping();
    return read != field
        && mapping.sourcePosition(read) == mapping.sourcePosition(field)
        && fidelity[field] == Fidelity.EXACT
        && fidelity[read] == Fidelity.EXACT;
  }

  /**
   * The first field of a record that would not come back: it holds another value than the constant
   * or the other field that it was made of.
   *
   * @param positions as {@link #positions} gives them
   * @param doubtful as {@link #doubtful} gives them
   * @return −1 if there is none
   */
  int dropped(
      CanonicalForm canonical, RecordBatch records, int record, int[] positions, int[] doubtful) {
    for (int field : doubtful) {
      if (!pairing.mapping().isAsConstant(canonical, records, record, field)) {
        return field;
      }
      for (int read : positions) {
        if (isTwin(field, read)
            && !canonical
                .digest(records, record, new int[] {field})
                .equals(canonical.digest(records, record, new int[] {read}))) {
          return field;
        }
      }
    }
    return -1;
  }

  private static Fidelity[] fidelity(Pairing pairing, Step step) {
    Fidelity[] fidelity = new Fidelity[pairing.mapping().comparableWidth()];
    for (int i = 0; i < step.fields().size(); i++) {
      FieldMapping field = step.fields().get(i);
      boolean isPlain =
          field.constant() != null || field.from().kind() == Kind.DYNAMIC && field.as().isEmpty();
      Fidelity each =
          isPlain ? Fidelity.EXACT : Mapping.fidelity(field.from(), field.as(), field.to());
      for (int comparable : pairing.mapping().comparableFields(new int[] {i})) {
        fidelity[comparable] = each;
      }
    }
    return fidelity;
  }

  /**
   * What a sidecar tells, as far as it still holds: a field whose type was changed since is taken
   * as it is now, one that was added since too, one that is gone is gone.
   *
   * @param values where the values are that have stand-ins, null if there are none
   * @param types how a field is held that was added since, null to take it as it is
   * @return empty if the key or nothing of it holds any more
   */
  static Optional<Restored> of(
      Told told, Collection now, Originals.@Nullable Place values, @Nullable TypeTable types) {
    List<FieldMapping> mappings = new ArrayList<>();
    for (FieldMapping mapping : told.written().fields()) {
      Optional<Field> then = told.written().target().field(mapping.target());
      boolean holds =
          now.field(mapping.target())
              .flatMap(there -> then.filter(each -> isSame(each, there)))
              .isPresent();
      if (holds) {
        mappings.add(mapping);
      }
    }
    Set<String> mapped = mappings.stream().map(FieldMapping::target).collect(Collectors.toSet());
    Set<String> sources =
        mappings.stream().flatMap(each -> each.sources().stream()).collect(Collectors.toSet());
    List<Field> fields = new ArrayList<>();
    for (Field field : told.original().fields()) {
      if (!field.isWritten() || sources.contains(field.name())) {
        fields.add(field);
      }
    }
    if (mappings.isEmpty() || !sources.containsAll(told.original().key())) {
      return Optional.empty();
    }
    for (Field field : now.writtenFields()) {
      if (!mapped.contains(field.name())) {
        TypeTable.Placement placement =
            types == null
                ? new TypeTable.Placement(
                    field.nativeType(), field.type(), TypeTable.Verdict.EXACT, "")
                : types.place(field.type());
        boolean goes =
            placement.verdict() != TypeTable.Verdict.REFUSED
                && Mapping.exists(placement.stored(), field.type())
                && fields.stream().noneMatch(each -> each.name().equals(field.name()));
        if (!goes) {
          return Optional.empty();
        }
        fields.add(
            Field.of(field.name(), placement.stored(), placement.nativeType(), field.isNullable()));
        mappings.add(
            new FieldMapping(field.name(), placement.stored(), field.name(), field.type()));
      }
    }
    boolean isWhole =
        fields.size() == told.original().fields().size() && mapped.size() == mappings.size();
    Collection original = without(told.original(), fields, isWhole);
    Step step =
        told.written()
            .withFields(mappings)
            .withTarget(
                now.withFields(
                    mappings.stream()
                        .map(mapping -> now.field(mapping.target()).orElseThrow())
                        .toList()));
    Pairing pairing =
        Pairing.of(step, original, told.rules(), Set.of())
            .withSidecar(values, step, told.rules(), false)
            .identifiedBy(mapped.size());
    return Optional.of(new Restored(told, pairing, fidelity(pairing, step)));
  }

  /**
   * The original as far as its fields are still there, without what names another one. Triggers do
   * not travel: those that the source had are not here.
   */
  private static Collection without(Collection told, List<Field> left, boolean isWhole) {
    Set<String> names = left.stream().map(Field::name).collect(Collectors.toSet());
    List<String> gone =
        told.fields().stream().map(Field::name).filter(name -> !names.contains(name)).toList();
    List<Field> fields =
        left.stream()
            .filter(field -> field.isWritten() || !names(expression(field), gone))
            .toList();
    NativeDetail detail = told.detail();
    return new Collection(
        told.name(),
        fields,
        told.key(),
        told.uniqueSets(),
        told.foreignKeys(),
        told.indexes().stream().filter(index -> !names(index.definition(), gone)).toList(),
        told.checks().stream().filter(check -> !names(check, gone)).toList(),
        List.of(),
        told.endpoints(),
        told.estimatedRecords(),
        told.estimatedBytes(),
        isWhole ? detail : new NativeDetail("", detail.objects(), detail.properties()));
  }

  private static String expression(Field field) {
    return field.defaultValue() == null ? "" : field.defaultValue().expression();
  }

  /** True if a store's expression may name one of the fields; rather once too often. */
  private static boolean names(String expression, List<String> fields) {
    String lower = expression.toLowerCase(Locale.ROOT);
    return fields.stream().anyMatch(field -> lower.contains(field.toLowerCase(Locale.ROOT)));
  }

  /** Stores may spell a type otherwise than it was asked for: SQLite INT for INTEGER in a key. */
  private static boolean isSame(Field then, Field now) {
    return then.type().equals(now.type());
  }
}
