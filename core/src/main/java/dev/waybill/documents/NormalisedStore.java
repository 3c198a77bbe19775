package dev.waybill.documents;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.sidecar.View;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A store whose nested values are seen as collections of their own: the elements of an array, or
 * the object itself, with a foreign key to the record that holds them and their order. Which fields
 * these have is found by reading all of them once, when the store is opened.
 */
public final class NormalisedStore extends View {
  private static final int BATCH_RECORDS = 500;
  private static final int BATCH_BYTES = 4 << 20;
  private static final long CHUNK = 100_000;

  private final Catalog seen;
  private final List<String> ofText = new ArrayList<>();
  private final Map<String, FlatForm> parents = new LinkedHashMap<>();
  private final Map<String, ElementForm> children = new LinkedHashMap<>();

  private NormalisedStore(SeenStore store, Map<String, Set<String>> fields) {
    super(store);
    Catalog below = store.catalog();
    List<Collection> collections = new ArrayList<>();
    for (Collection collection : below.collections()) {
      Set<String> parts = fields.get(collection.name());
      if (parts == null) {
        collections.add(collection);
        continue;
      }
      FlatForm form = form(collection, parts);
      parents.put(collection.name(), form);
      collections.add(form.seen());
      for (ElementForm part : form.parts().values()) {
        requireFree(part.collection().name(), below);
        children.put(part.collection().name(), part);
        collections.add(part.collection());
      }
    }
    this.seen = new Catalog(below.store(), collections, below.leftOut());
  }

  /**
   * A store seen so. Closing it closes the store.
   *
   * @param fields the fields to take apart, by collection; none for one whose fields are only not
   *     to be absent
   */
  static NormalisedStore of(SeenStore store, Map<String, Set<String>> fields) {
    return new NormalisedStore(store, fields);
  }

  private static void requireFree(String name, Catalog below) {
    if (below.collection(name).isPresent()) {
      throw refused(name, "there is a collection of that name already");
    }
  }

  static SpecException refused(String what, String why) {
    return new SpecException(
        "CANNOT_NORMALISE",
        "\"" + what + "\" cannot be made a collection (--normalise): " + why + ".",
        "leave it out: what is nested then goes as json");
  }

  private FlatForm form(Collection below, Set<String> parts) {
    boolean isFlat =
        store.capabilities().documents() == Capabilities.Documents.NESTED
            && below.field(Names.REST).isEmpty();
    Map<String, ElementForm.Finder> finders = new LinkedHashMap<>();
    for (String part : parts) {
      String name = below.name() + "." + part;
      if (!below.hasKey()) {
        throw refused(name, "nothing identifies the records of " + below.name());
      }
      if (below.key().contains(part)) {
        throw refused(name, "it is part of the key");
      }
      Field field = below.field(part).orElseThrow();
      boolean isOfText =
          field.type().kind() == Kind.TEXT
              || field.type().kind() == Kind.DYNAMIC
                  && store.capabilities().documents() == Capabilities.Documents.FLAT;
      if (isOfText) {
        ofText.add(name);
      } else if (field.type().kind() != Kind.JSON && field.type().kind() != Kind.DYNAMIC) {
        throw refused(name, "it is no json but " + field.type());
      }
      finders.put(part, new ElementForm.Finder(below, part, isOfText));
    }
    if (!finders.isEmpty()) {
      find(below, finders);
    }
    Map<String, ElementForm> forms = new LinkedHashMap<>();
    finders.forEach((name, finder) -> forms.put(name, finder.form()));
    return new FlatForm(below, isFlat ? FlatForm.flat(below) : below, forms);
  }

  private void find(Collection below, Map<String, ElementForm.Finder> finders) {
    List<ElementForm.Finder> each = List.copyOf(finders.values());
    Collection asked =
        below.withFields(
            finders.keySet().stream().map(name -> below.field(name).orElseThrow()).toList());
    RecordBatch records = new RecordBatch(each.size());
    try (Snapshot snapshot = store.snapshot()) {
      for (Chunk chunk : snapshot.chunks(asked, CHUNK)) {
        try (RecordReader reader = snapshot.read(asked, chunk)) {
          while (reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
            for (int record = 0; record < records.records(); record++) {
              for (int field = 0; field < each.size(); field++) {
                each.get(field).add(records, records.at(record, field));
              }
            }
            records.clear();
          }
        }
      }
    }
  }

  @Override
  public Catalog catalog() {
    return seen;
  }

  @Override
  protected Collection below(Collection collection) {
    ElementForm child = children.get(collection.name());
    if (child != null) {
      return child.parent();
    }
    FlatForm parent = parents.get(collection.name());
    return parent == null ? collection : parent.below();
  }

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(store.findings());
    if (!ofText.isEmpty()) {
      findings.add(
          new Finding(
              "SPELLING_NOT_KEPT",
              "Text that is JSON is taken apart by its content, not its spelling (spaces, order of"
                  + " members): "
                  + String.join(", ", ofText)
                  + ".",
              "",
              false));
    }
    return findings;
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return children.containsKey(collection.name()) ? List.of() : super.findings(collection);
  }

  @Override
  public Set<String> restored() {
    Set<String> restored = new java.util.LinkedHashSet<>(store.restored());
    children.values().stream()
        .filter(each -> store.restored().contains(each.parent().name()))
        .forEach(each -> restored.add(each.collection().name()));
    return restored;
  }

  @Override
  public String speaks(String collection) {
    ElementForm child = children.get(collection);
    return store.speaks(child == null ? collection : child.parent().name());
  }

  @Override
  public Snapshot snapshot() {
    return new NormalisedSnapshot(store.snapshot(), parents, children);
  }
}
