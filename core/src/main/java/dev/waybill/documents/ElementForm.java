package dev.waybill.documents;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How the elements of one field are seen as a collection: which fields it has, found by looking at
 * all of them.
 *
 * @param parent the collection that has the field
 * @param field the field
 * @param collection of the elements: the parent's key, the ordinal unless {@code isSingle}, the
 *     members or the value, and of objects what these do not tell
 * @param members by name, the positions among the collection's fields
 * @param isOfValues true if no element is an object: then the elements are one field
 * @param isSingle true if the field holds objects only, one element each
 * @param isOfText true if the parent's store keeps JSON as text
 * @param holders how many records the parent had when they were looked at
 */
record ElementForm(
    Collection parent,
    String field,
    Collection collection,
    Map<String, Integer> members,
    boolean isOfValues,
    boolean isSingle,
    boolean isOfText,
    long holders) {

  /** Further members of objects have no fields of their own. */
  private static final int MOST_MEMBERS = 500;

  /** How many fields precede the members. */
  int head() {
    return parent.key().size() + (isSingle ? 0 : 1);
  }

  /** Where the form is found. Not thread-safe. */
  static final class Finder {
    private final Collection parent;
    private final String field;
    private final boolean isOfText;
    private final Map<String, JsonScalars> members = new LinkedHashMap<>();
    private final Set<String> folded = new LinkedHashSet<>();
    private final JsonScalars values = new JsonScalars();
    private final JsonScan elements = new JsonScan();
    private final JsonScan scan = new JsonScan();
    private boolean hasArrays;
    private boolean hasObjects;
    private boolean hasObjectElements;
    private long holders;
    private long count;
    private long bytes;

    Finder(Collection parent, String field, boolean isOfText) {
      this.isOfText = isOfText;
      this.parent = parent;
      this.field = field;
      folded.add(Names.folded(Names.REST));
    }

    /** Takes a record into account, whatever its field holds. */
    void add(RecordBatch records, int at) {
      holders++;
      if (Elements.isJson(isOfText, records, at)) {
        add(records.bytes(), records.payloadAt(at), records.payloadLengthAt(at));
      }
    }

    private void add(byte[] text, int from, int length) {
      byte first = JsonScan.first(text, from);
      if (first == '{') {
        hasObjects = true;
        object(text, from);
        count++;
        bytes += length;
      } else if (first == '[') {
        hasArrays = true;
        elements.open(text, from);
        while (elements.element()) {
          count++;
          if (text[elements.from] == '{') {
            hasObjectElements = true;
            object(text, elements.from);
          } else {
            values.add(text, elements.from, elements.to);
          }
        }
        bytes += length;
      }
    }

    private void object(byte[] text, int from) {
      scan.open(text, from);
      while (scan.member()) {
        byte[] decoded = JsonScan.decode(text, scan.nameFrom, scan.nameTo);
        if (decoded == null) {
          continue;
        }
        String name = new String(decoded, java.nio.charset.StandardCharsets.UTF_8);
        JsonScalars member = members.get(name);
        if (member == null) {
          boolean isField =
              members.size() < MOST_MEMBERS
                  && Names.isUsual(name)
                  && folded.add(Names.folded(name));
          if (!isField) {
            continue;
          }
          member = new JsonScalars();
          members.put(name, member);
        }
        member.add(text, scan.from, scan.to);
      }
    }

    ElementForm form() {
      boolean isSingle = hasObjects && !hasArrays;
      boolean isOfValues = hasArrays && !hasObjects && !hasObjectElements && !values.isEmpty();
      List<Field> fields = new ArrayList<>();
      List<String> link = new ArrayList<>();
      String leaf = parent.name().substring(parent.name().lastIndexOf('.') + 1);
      Set<String> inherited = new LinkedHashSet<>();
      parent.foreignKeys().stream()
          .filter(each -> parent.detail().properties().containsKey(NativeDetail.NORMALISED_FROM))
          .forEach(each -> inherited.addAll(each.fields()));
      for (String key : parent.key()) {
        Field of = parent.field(key).orElseThrow();
        String name = Names.free(inherited.contains(key) ? key : leaf + "_" + key, folded);
        link.add(name);
        fields.add(Field.of(name, of.type(), of.nativeType(), false));
      }
      List<String> key = new ArrayList<>(link);
      if (!isSingle) {
        String ordinal = Names.free(Names.ORDINAL, folded);
        key.add(ordinal);
        fields.add(Field.of(ordinal, LogicalType.INT64, Names.NOT_NATIVE, false));
      }
      Map<String, Integer> positions = new LinkedHashMap<>();
      if (isOfValues) {
        fields.add(
            Field.of(Names.free(Names.VALUE, folded), values.type(), Names.NOT_NATIVE, true));
      } else {
        members.forEach(
            (name, types) -> {
              positions.put(name, fields.size());
              fields.add(Field.of(name, types.type(), Names.NOT_NATIVE, true));
            });
        fields.add(Field.of(Names.REST, LogicalType.JSON, Names.NOT_NATIVE, true));
      }
      Collection collection =
          new Collection(
              parent.name() + "." + field,
              fields,
              key,
              List.of(),
              List.of(
                  new ForeignKey(
                      "",
                      link,
                      parent.name(),
                      parent.key(),
                      ForeignKey.Action.CASCADE,
                      ForeignKey.Action.NO_ACTION,
                      false)),
              List.of(),
              List.of(),
              List.of(),
              null,
              count,
              bytes,
              new NativeDetail("", List.of(), Map.of(NativeDetail.NORMALISED_FROM, field)));
      return new ElementForm(
          parent, field, collection, positions, isOfValues, isSingle, isOfText, holders);
    }
  }
}
