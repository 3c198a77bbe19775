package dev.waybill.documents;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.NativeDetail;
import dev.waybill.plan.Nesting;
import dev.waybill.sidecar.SeenStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts the views over a store that somebody wishes, or that its sidecar tells of. */
public final class Documents {
  private Documents() {}

  /**
   * A store as wished: first put together what was taken apart, then taken apart. Closing it closes
   * the store; if this fails the store is closed.
   *
   * @param folder for files that must not be kept in memory
   */
  public static SeenStore of(SeenStore store, Nesting nesting, Path folder) {
    try {
      return normalised(denormalised(store, nesting, folder), nesting);
    } catch (RuntimeException refused) {
      store.close();
      throw refused;
    }
  }

  // --- putting together

  private static SeenStore denormalised(SeenStore store, Nesting nesting, Path folder) {
    Catalog catalog = store.catalog();
    List<Relation.Wish> wishes = new ArrayList<>();
    Set<String> known = new LinkedHashSet<>();
    if (nesting.asTold()) {
      wishes.addAll(told(store, catalog));
      wishes.forEach(each -> known.add(each.parent() + "." + each.field()));
    }
    for (String text : nesting.denormalise()) {
      Relation.Wish wish = Relation.wish(text, catalog);
      boolean saysMore = !wish.child().isEmpty() || !wish.order().isEmpty();
      String name = wish.parent() + "." + wish.field();
      if (saysMore) {
        wishes.removeIf(each -> name.equals(each.parent() + "." + each.field()));
      }
      if (known.add(name) || saysMore) {
        wishes.add(wish);
      }
    }
    Set<String> parents = new LinkedHashSet<>();
    wishes.forEach(each -> parents.add(each.parent()));
    SeenStore seen = store;
    List<Relation.Wish> left = new ArrayList<>(wishes);
    left.removeIf(each -> each.field().isEmpty());
    while (!left.isEmpty()) {
      Relation.Wish next = innermost(left, seen.catalog());
      left.remove(next);
      seen = DenormalisedStore.of(seen, Relation.of(next, seen.catalog()), folder);
    }
    Set<String> unfolded = new LinkedHashSet<>();
    for (Collection each : seen.catalog().collections()) {
      boolean isElement =
          each.foreignKeys().stream()
              .anyMatch(link -> each.name().startsWith(link.targetCollection() + "."));
      if (parents.contains(each.name()) && each.field(Names.REST).isPresent() && !isElement) {
        unfolded.add(each.name());
      }
    }
    return unfolded.isEmpty() ? seen : UnfoldedStore.of(seen, unfolded);
  }

  /** What the sidecar says was taken apart, as far as it is still there. */
  private static List<Relation.Wish> told(SeenStore store, Catalog catalog) {
    List<Relation.Wish> told = new ArrayList<>();
    for (Collection each : catalog.collections()) {
      if (!store.restored().contains(each.name())) {
        continue;
      }
      Map<String, String> properties = each.detail().properties();
      String field = properties.get(NativeDetail.NORMALISED_FROM);
      if (field != null) {
        for (ForeignKey link : each.foreignKeys()) {
          if (each.name().equals(link.targetCollection() + "." + field)
              && catalog.collection(link.targetCollection()).isPresent()) {
            told.add(new Relation.Wish(link.targetCollection(), field, each.name(), "", true));
          }
        }
      }
      if (properties.containsKey(NativeDetail.FLATTENED)) {
        told.add(new Relation.Wish(each.name(), "", "", "", true));
      }
    }
    return told;
  }

  /** One whose elements are not to get elements themselves any more. */
  private static Relation.Wish innermost(List<Relation.Wish> left, Catalog catalog) {
    return left.stream()
        .filter(
            each -> {
              String child = Relation.child(each, catalog).name();
              return left.stream().noneMatch(other -> other.parent().equals(child));
            })
        .findFirst()
        .orElseThrow(
            () ->
                Relation.refused(
                    left.get(0).parent() + "." + left.get(0).field(), "it would be within itself"));
  }

  // --- taking apart

  private static SeenStore normalised(SeenStore store, Nesting nesting) {
    SeenStore seen = store;
    List<String> left = new ArrayList<>(new LinkedHashSet<>(nesting.normalise()));
    while (!left.isEmpty()) {
      Catalog catalog = seen.catalog();
      Map<String, Set<String>> fields = new LinkedHashMap<>();
      List<String> deeper = new ArrayList<>();
      for (String path : left) {
        if (!find(path, catalog, fields)) {
          deeper.add(path);
        }
      }
      if (fields.isEmpty()) {
        throw NormalisedStore.refused(left.get(0), "there is no such collection or field");
      }
      seen = NormalisedStore.of(seen, fields);
      left = deeper;
    }
    return seen;
  }

  private static boolean find(String path, Catalog catalog, Map<String, Set<String>> into) {
    if (catalog.collection(path).isPresent()) {
      into.computeIfAbsent(path, name -> new LinkedHashSet<>());
      return true;
    }
    for (int point = path.lastIndexOf('.'); point > 0; point = path.lastIndexOf('.', point - 1)) {
      String field = path.substring(point + 1);
      Collection collection = catalog.collection(path.substring(0, point)).orElse(null);
      if (collection != null && collection.field(field).isPresent()) {
        into.computeIfAbsent(collection.name(), name -> new LinkedHashSet<>()).add(field);
        return true;
      }
    }
    return false;
  }
}
