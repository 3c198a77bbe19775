package dev.waybill.sidecar;

import dev.waybill.mapping.Mapping;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
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
 */
record Restored(Pairing pairing) {

  Collection original() {
    return pairing.source();
  }

  Collection stored() {
    return pairing.target();
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
    return Optional.of(
        new Restored(
            Pairing.of(
                    step,
                    isWhole ? original : original.withDetail(dev.waybill.model.NativeDetail.NONE),
                    told.rules(),
                    Set.of())
                .withSidecar(values, step, told.rules())));
  }

  /** A store may declare a field in other words of one meaning: SQLite's INT for a key. */
  private static boolean isSame(Field then, Field now) {
    return then.type().equals(now.type());
  }
}
