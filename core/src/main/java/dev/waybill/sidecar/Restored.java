package dev.waybill.sidecar;

import dev.waybill.mapping.Fidelity;
import dev.waybill.mapping.Mapping;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Step;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One collection that is seen as what it was.
 *
 * @param pairing between what it was and what is stored
 * @param fidelity by comparable field how far it comes back
 */
@SuppressWarnings("ArrayRecordComponent")
record Restored(Pairing pairing, Fidelity[] fidelity) {

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
   * The first field of a record that would not come back: it holds another value than the constant
   * or the other field that it was made of.
   *
   * @param positions as {@link #positions} gives them
   * @return −1 if there is none
   */
  int dropped(CanonicalForm canonical, RecordBatch records, int record, int[] positions) {
    Mapping mapping = pairing.mapping();
    for (int field = 0; field < mapping.comparableWidth(); field++) {
      if (!mapping.isAsConstant(canonical, records, record, field)) {
        return field;
      }
      for (int read : positions) {
        boolean isTwin =
            read != field
                && mapping.sourcePosition(read) == mapping.sourcePosition(field)
                && fidelity[field] == Fidelity.EXACT
                && fidelity[read] == Fidelity.EXACT;
        if (isTwin
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
   * @return empty if the key or nothing of it holds any more
   */
  static Optional<Restored> of(
      Told told, Collection now, @Nullable Collection values, TypeTable types) {
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
        TypeTable.Placement placement = types.place(field.type());
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
    // Triggers do not travel: those that the source had are not here.
    Collection original = told.original().withFields(fields).withTriggers(List.of());
    Step step =
        told.written()
            .withFields(mappings)
            .withTarget(
                now.withFields(
                    mappings.stream()
                        .map(mapping -> now.field(mapping.target()).orElseThrow())
                        .toList()));
    Pairing pairing =
        Pairing.of(
                step,
                isWhole ? original : original.withDetail(dev.waybill.model.NativeDetail.NONE),
                told.rules(),
                Set.of())
            .withSidecar(values, step, told.rules());
    return Optional.of(new Restored(pairing, fidelity(pairing, step)));
  }

  private static boolean isSame(Field then, Field now) {
    return then.nativeType().equals(now.nativeType()) && then.type().equals(now.type());
  }
}
