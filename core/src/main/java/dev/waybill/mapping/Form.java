package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One form of a record: its fields, and how each is made out of another form. Most fields are made
 * of one by a {@link Transformation}, the others by a {@link Cell}. Immutable.
 */
final class Form {
  private final String[] names;
  private final int[] positions;
  private final Transformation[] transformations;
  private final @Nullable Cell[] cells;
  private final @Nullable Kind[] promised;
  private final boolean[] nullIsAbsent;

  private Form(List<Entry> entries) {
    int width = entries.size();
    names = new String[width];
    positions = new int[width];
    transformations = new Transformation[width];
    cells = new Cell[width];
    promised = new Kind[width];
    nullIsAbsent = new boolean[width];
    for (int field = 0; field < width; field++) {
      Entry entry = entries.get(field);
      names[field] = entry.name;
      positions[field] = entry.position;
      transformations[field] = entry.transformation;
      cells[field] = entry.cell;
      promised[field] = entry.promised;
      nullIsAbsent[field] = entry.isNullAbsent;
    }
  }

  /** Collects fields. */
  static final class Builder {
    private final List<Entry> entries = new ArrayList<>();

    /**
     * A field made of one.
     *
     * @param promised the kind its values must have, {@link Kind#DYNAMIC} for any
     */
    void add(String name, int position, Kind promised, Transformation transformation) {
      add(name, position, promised, transformation, false);
    }

    /**
     * The same.
     *
     * @param isNullAbsent true if this form has no field where the other has a null
     */
    void add(
        String name,
        int position,
        Kind promised,
        Transformation transformation,
        boolean isNullAbsent) {
      entries.add(
          new Entry(
              name,
              position,
              promised == Kind.DYNAMIC ? null : promised,
              transformation,
              null,
              isNullAbsent));
    }

    /** A field made of none or several. */
    void add(String name, Cell cell) {
      entries.add(new Entry(name, -1, null, Transformation.COPY, cell, false));
    }

    int width() {
      return entries.size();
    }

    Form build() {
      return new Form(entries);
    }
  }

  private record Entry(
      String name,
      int position,
      @Nullable Kind promised,
      Transformation transformation,
      @Nullable Cell cell,
      boolean isNullAbsent) {}

  int width() {
    return names.length;
  }

  String name(int field) {
    return names[field];
  }

  List<String> names() {
    return List.of(names);
  }

  /** The field of the other form that a field is made of, −1 where it is not one. */
  int position(int field) {
    return positions[field];
  }

  Transformation transformation(int field) {
    return transformations[field];
  }

  /** True if every record of the other form, {@code otherWidth} fields wide, has this form. */
  boolean isCopyOf(int otherWidth) {
    for (int field = 0; field < width(); field++) {
      if (positions[field] != field
          || transformations[field] != Transformation.COPY
          || nullIsAbsent[field]) {
        return false;
      }
    }
    return width() == otherWidth;
  }

  /** Appends one field of a record. */
  void put(RecordBatch in, int record, int field, RecordBatch out) throws ValueRefusal {
    int position = positions[field];
    if (position < 0) {
      cell(field).apply(in, record, out);
      return;
    }
    int at = in.at(record, position);
    if (in.isMissingAt(at)) {
      if (nullIsAbsent[field]) {
        out.putAbsent();
      } else {
        out.putValue(in, at);
      }
      return;
    }
    require(in, at, field);
    transformations[field].apply(in, at, out);
  }

  /** A store may hold other kinds of values than it or a sample of them promised. */
  void require(RecordBatch in, int at, int field) throws ValueRefusal {
    Kind kind = promised[field];
    if (kind != null && kind != in.kindAt(at)) {
      throw otherKind(in.kindAt(at));
    }
  }

  static ValueRefusal otherKind(Kind kind) {
    return new ValueRefusal(
        ValueLoss.MIXED_TYPES, "is a value of type " + kind.name().toLowerCase(Locale.ROOT));
  }

  private Cell cell(int field) {
    Cell cell = cells[field];
    if (cell == null) {
      throw new IllegalStateException("field " + names[field] + " is made of nothing");
    }
    return cell;
  }
}
