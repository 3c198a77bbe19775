package dev.waybill.documents;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a collection is seen some of whose fields are taken apart.
 *
 * @param below the collection as it is
 * @param seen as it is seen: the same fields, and where they may be absent {@link Names#REST}
 * @param parts the fields that are taken apart
 */
record FlatForm(Collection below, Collection seen, Map<String, ElementForm> parts) {
  private static final byte[] ARRAY = {'[', ']'};
  private static final byte[] OBJECT = {'{', '}'};

  /** A collection as it is seen, null fields being absent ones unless the rest names them. */
  static Collection flat(Collection below) {
    List<Field> fields = new ArrayList<>(below.fields());
    fields.add(Field.of(Names.REST, LogicalType.JSON, Names.NOT_NATIVE, true));
    Map<String, String> properties = new TreeMap<>(below.detail().properties());
    properties.put(NativeDetail.FLATTENED, "");
    return below
        .withFields(fields)
        .withDetail(new NativeDetail("", below.detail().objects(), properties));
  }

  boolean isFlat() {
    return seen.fields().size() > below.fields().size();
  }

  /**
   * Reads the collection as it is seen.
   *
   * @param asked with the fields that are wanted
   * @param open reads these fields of the collection as it is
   */
  RecordReader reader(Collection asked, Function<Collection, RecordReader> open) {
    Set<Field> needed = new LinkedHashSet<>();
    for (Field field : asked.writtenFields()) {
      below.field(field.name()).ifPresent(needed::add);
    }
    boolean hasRest = isFlat() && asked.field(Names.REST).isPresent();
    if (hasRest || needed.isEmpty()) {
      needed.addAll(below.writtenFields());
    }
    Collection read = below.withFields(List.copyOf(needed));
    return new Reader(open.apply(read), read, asked);
  }

  private final class Reader implements RecordReader {
    private final RecordReader reader;
    private final Collection read;
    private final int[] sources;
    private final @Nullable Elements[] split;
    private final RecordBatch records;

    Reader(RecordReader reader, Collection read, Collection asked) {
      this.reader = reader;
      this.read = read;
      this.records = new RecordBatch(read.writtenFields().size());
      List<String> names = read.writtenNames();
      List<String> wanted = asked.writtenNames();
      this.sources = new int[wanted.size()];
      this.split = new Elements[wanted.size()];
      Map<String, Elements> known = new LinkedHashMap<>();
      parts.forEach((name, form) -> known.put(name, new Elements(form)));
      for (int i = 0; i < sources.length; i++) {
        sources[i] = names.indexOf(wanted.get(i));
        split[i] = known.get(wanted.get(i));
      }
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      records.clear();
      if (!reader.read(records, maxRecords - into.records(), maxBytes)) {
        return false;
      }
      for (int record = 0; record < records.records(); record++) {
        for (int i = 0; i < sources.length; i++) {
          if (sources[i] < 0) {
            rest(record, into);
          } else {
            value(records.at(record, sources[i]), split[i], into);
          }
        }
      }
      return true;
    }

    private void value(int at, @Nullable Elements elements, RecordBatch into) {
      Elements.Split part = elements == null ? Elements.Split.KEPT : elements.split(records, at);
      switch (part) {
        case ARRAY -> into.putVariable(records.kindAt(at), ARRAY, 0, ARRAY.length);
        case OBJECT -> into.putVariable(records.kindAt(at), OBJECT, 0, OBJECT.length);
        case KEPT -> {
          if (isFlat() && records.kindAt(at) == Kind.ABSENT) {
            into.putNull();
          } else {
            into.putValue(records, at);
          }
        }
      }
    }

    /** The fields that are null, not absent. */
    private void rest(int record, RecordBatch into) {
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      List<String> names = read.writtenNames();
      for (int field = 0; field < names.size(); field++) {
        if (records.kind(record, field) == Kind.NULL) {
          rest.write(rest.size() == 0 ? '{' : ',');
          rest.write('"');
          rest.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(names.get(field)));
          rest.writeBytes("\":null".getBytes(StandardCharsets.US_ASCII));
        }
      }
      if (rest.size() == 0) {
        into.putNull();
      } else {
        rest.write('}');
        into.putJson(rest.toByteArray());
      }
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
