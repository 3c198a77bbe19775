package dev.waybill.sidecar;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.spi.Capabilities;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A store that shows another one otherwise; what it does not say otherwise is as there. */
public abstract class View implements SeenStore {
  protected final SeenStore store;

  protected View(SeenStore store) {
    this.store = store;
  }

  @Override
  public abstract Catalog catalog();

  /** The collection as the store below has it that this one is made of. */
  protected abstract Collection below(Collection collection);

  @Override
  public Capabilities capabilities() {
    return store.capabilities();
  }

  @Override
  public String identity() {
    return store.identity();
  }

  @Override
  public List<Finding> findings() {
    return store.findings();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return store.findings(below(collection));
  }

  @Override
  public Set<String> restored() {
    return store.restored();
  }

  /** What a sidecar further back tells fits a collection only as it was there. */
  private Set<String> asBelow(Set<String> names) {
    Catalog below = store.catalog();
    Catalog seen = catalog();
    return names.stream()
        .filter(name -> seen.collection(name).equals(below.collection(name)))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  @Override
  public Set<String> carried() {
    return asBelow(store.carried());
  }

  @Override
  public Set<String> carriedValues() {
    return asBelow(store.carriedValues());
  }

  @Override
  public RestoringStore restoring() {
    return store.restoring();
  }

  @Override
  public String speaks(String collection) {
    return store.speaks(collection);
  }

  @Override
  public String dialect() {
    return store.dialect();
  }

  @Override
  public Kept keep() {
    return store.keep();
  }

  @Override
  public void close() {
    store.close();
  }
}
