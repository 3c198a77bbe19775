package dev.waybill.documents;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Records that are seen within those that their foreign key leads to.
 *
 * @param parent the collection that gets a field
 * @param field its name; the parent may have it already, saying what the elements do not
 * @param child whose records are the elements
 * @param link the foreign key
 * @param order the child's fields that put elements in order, perhaps none
 * @param members the child's fields that elements consist of, but for {@link Names#REST}
 * @param isOfValues true if an element is the value of its only member
 * @param isSingle true if a parent has one element at most, which is the field itself
 * @param isTold true if the sidecar tells it, and with it what the field was
 */
record Relation(
    Collection parent,
    String field,
    Collection child,
    ForeignKey link,
    List<Field> order,
    List<Field> members,
    boolean isOfValues,
    boolean isSingle,
    boolean isTold) {

  private static final Pattern WISH = Pattern.compile("(.+?)(?:=(.+?))?(?:\\(([^()]+)\\))?");

  /**
   * What is to be put where, as somebody wishes it.
   *
   * @param parent the collection
   * @param field its field, empty to put nothing into it
   * @param child empty for the usual name
   * @param order empty for the usual order
   * @param isTold true if the sidecar tells it, and so what the field was
   */
  record Wish(String parent, String field, String child, String order, boolean isTold) {}

  /** Reads {@code PARENT.FIELD[=CHILD][(ORDER)]}. */
  static Wish wish(String text, Catalog catalog) {
    Matcher matcher = WISH.matcher(text);
    if (!matcher.matches()) {
      throw refused(
          text, "it is not of the form COLLECTION.FIELD or COLLECTION.FIELD=CHILD(ORDER)");
    }
    String path = matcher.group(1);
    String child = matcher.group(2) == null ? "" : matcher.group(2);
    String order = matcher.group(3) == null ? "" : matcher.group(3);
    if (catalog.collection(path).isPresent() && path.indexOf('.') < 0) {
      return new Wish(path, "", child, order, false);
    }
    for (int point = path.lastIndexOf('.'); point > 0; point = path.lastIndexOf('.', point - 1)) {
      if (catalog.collection(path.substring(0, point)).isPresent()) {
        return new Wish(path.substring(0, point), path.substring(point + 1), child, order, false);
      }
    }
    throw refused(text, "there is no collection that it could be a field of");
  }

  static SpecException refused(String what, String why) {
    return new SpecException(
        "CANNOT_DENORMALISE",
        "\"" + what + "\" cannot be put together (--denormalise): " + why + ".",
        "see what there is: waybill inspect URL");
  }

  /** The collection that a wish is about. */
  static Collection child(Wish wish, Catalog catalog) {
    String name = wish.parent() + "." + wish.field();
    String childName =
        !wish.child().isEmpty()
            ? wish.child()
            : catalog.collection(name).isPresent() ? name : wish.field();
    return catalog
        .collection(childName)
        .orElseThrow(() -> refused(name, "there is no collection " + name));
  }

  static Relation of(Wish wish, Catalog catalog) {
    String name = wish.parent() + "." + wish.field();
    Collection parent =
        catalog
            .collection(wish.parent())
            .orElseThrow(() -> refused(name, "there is no collection " + wish.parent()));
    Collection child = child(wish, catalog);
    if (child.name().equals(parent.name())) {
      throw refused(name, "it would be within itself");
    }
    List<ForeignKey> links =
        child.foreignKeys().stream()
            .filter(each -> each.targetCollection().equals(parent.name()))
            .toList();
    if (links.size() != 1) {
      throw refused(
          name,
          child.name()
              + (links.isEmpty() ? " has no foreign key to " : " has several foreign keys to ")
              + parent.name());
    }
    ForeignKey link = links.get(0);
    requireNoOthers(name, child, catalog);
    List<String> rest = new ArrayList<>(child.key());
    rest.removeAll(link.fields());
    boolean hasRest = child.field(Names.REST).isPresent();
    List<Field> own =
        child.writtenFields().stream()
            .filter(each -> !link.fields().contains(each.name()))
            .filter(each -> !each.name().equals(Names.REST))
            .toList();
    boolean isNumbered =
        child.hasKey()
            && child.key().containsAll(link.fields())
            && rest.size() == 1
            && child.field(rest.get(0)).orElseThrow().type().kind() == Kind.INT64;
    List<Field> others = own.stream().filter(each -> !rest.contains(each.name())).toList();
    boolean isOfValues =
        isNumbered && !hasRest && others.size() == 1 && isValue(others.get(0).name());
    boolean isSingle = child.hasKey() && rest.isEmpty();
    List<String> order = wish.order().isEmpty() ? rest : List.of(wish.order().split(","));
    return new Relation(
        parent,
        wish.field(),
        child,
        link,
        order.stream()
            .map(
                each ->
                    child
                        .field(each)
                        .orElseThrow(() -> refused(name, child.name() + " has no field " + each)))
            .toList(),
        isNumbered && (hasRest || isOfValues) ? others : own,
        isOfValues,
        isSingle,
        wish.isTold());
  }

  /** The name, or what it becomes where it is taken. */
  private static boolean isValue(String name) {
    return name.startsWith(Names.VALUE) && name.substring(Names.VALUE.length()).matches("_*");
  }

  private static void requireNoOthers(String name, Collection child, Catalog catalog) {
    for (Collection each : catalog.collections()) {
      if (each.foreignKeys().stream()
          .anyMatch(foreign -> foreign.targetCollection().equals(child.name()))) {
        throw refused(
            name, each.name() + " has a foreign key to " + child.name() + ", which would be gone");
      }
    }
  }

  boolean hasRest() {
    return child.field(Names.REST).isPresent();
  }

  /** The parent with the field. */
  Collection seen() {
    List<Field> fields = new ArrayList<>();
    boolean isThere = false;
    for (Field each : parent.fields()) {
      boolean isIt = each.name().equals(field);
      isThere |= isIt;
      boolean isJson =
          isTold || each.type().kind() == Kind.JSON || each.type().kind() == Kind.DYNAMIC;
      fields.add(
          isIt && !isJson
              ? Field.of(field, LogicalType.JSON, Names.NOT_NATIVE, each.isNullable())
              : each);
    }
    if (isThere && fields.equals(parent.fields())) {
      return parent;
    }
    if (!isThere) {
      fields.add(Field.of(field, LogicalType.JSON, Names.NOT_NATIVE, true));
    }
    return parent
        .withFields(fields)
        .withDetail(
            new dev.waybill.model.NativeDetail(
                "", parent.detail().objects(), parent.detail().properties()));
  }
}
