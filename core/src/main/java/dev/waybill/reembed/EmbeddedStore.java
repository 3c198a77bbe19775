package dev.waybill.reembed;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Reembedding;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.sidecar.View;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A store of which only one collection is seen: its key, and a field with what a model makes of the
 * text in another one. Closing it closes the store and the model.
 */
public final class EmbeddedStore extends View {
  private final Reembedding reembedding;
  private final Embeddings embeddings;
  private final boolean isKnownOnly;
  private final Collection whole;

  /**
   * The store seen so; if this fails the store is closed.
   *
   * @param model opens the model, once the store is known to fit
   * @param isKnownOnly true to ask the model for nothing: a text whose vector is not kept fails
   *     with {@link EmbeddedSnapshot#NOT_KEPT}
   */
  public static EmbeddedStore of(
      SeenStore store, Reembedding reembedding, Supplier<Embeddings> model, boolean isKnownOnly) {
    try {
      Collection whole = whole(store, reembedding);
      return new EmbeddedStore(store, whole, reembedding, model.get(), isKnownOnly);
    } catch (RuntimeException refused) {
      store.close();
      throw refused;
    }
  }

  private EmbeddedStore(
      SeenStore store,
      Collection whole,
      Reembedding reembedding,
      Embeddings embeddings,
      boolean isKnownOnly) {
    super(store);
    this.whole = whole;
    this.reembedding = reembedding;
    this.embeddings = embeddings;
    this.isKnownOnly = isKnownOnly;
  }

  /**
   * The collection of a store that can be seen so.
   *
   * @throws SpecException naming what is in the way
   */
  private static Collection whole(SeenStore store, Reembedding reembedding) {
    Collection whole =
        store
            .catalog()
            .collection(reembedding.collection())
            .orElseThrow(
                () ->
                    new SpecException(
                        "UNKNOWN_COLLECTION",
                        "The store has no collection \"" + reembedding.collection() + "\".",
                        "see what it holds: waybill inspect URL"));
    requireFit(whole, reembedding);
    return whole;
  }

  private static void requireFit(Collection whole, Reembedding reembedding) {
    Field text = field(whole, reembedding.text(), "--text");
    Field vector = field(whole, reembedding.vector(), "--vector");
    if (!whole.hasKey()) {
      throw new SpecException(
          "NO_KEY",
          "\"" + whole.name() + "\" has no key, so a vector could not be told whose it is.",
          "give it a primary key");
    }
    if (text.type().kind() != Kind.TEXT && text.type().kind() != Kind.DYNAMIC) {
      throw new SpecException(
          "NO_TEXT",
          "\"" + whole.name() + "." + text.name() + "\" is " + text.type() + ", not text.",
          "name a field of text: --text FIELD");
    }
    if (whole.key().contains(text.name())
        || whole.key().contains(vector.name())
        || text.name().equals(vector.name())) {
      throw new SpecException(
          "TEXT_IS_KEY",
          "\""
              + whole.name()
              + "\" is identified by the text or the vector itself, or they are one field.",
          "name other fields: --text FIELD --vector FIELD");
    }
  }

  private static Field field(Collection whole, String name, String option) {
    return whole
        .field(name)
        .filter(Field::isWritten)
        .orElseThrow(
            () ->
                new SpecException(
                    "UNKNOWN_FIELD",
                    "\""
                        + whole.name()
                        + "\" has no field \""
                        + name
                        + "\" that can be written ("
                        + option
                        + ").",
                    "use one of " + String.join(", ", whole.writtenNames())));
  }

  /** The collection as it is. */
  public Collection whole() {
    return whole;
  }

  /** The store as it is. */
  public SeenStore below() {
    return store;
  }

  @Override
  public Catalog catalog() {
    return new Catalog(store.catalog().store(), List.of(seen(whole, reembedding)), List.of());
  }

  private static Collection seen(Collection whole, Reembedding reembedding) {
    List<Field> fields = new ArrayList<>();
    for (String name : whole.key()) {
      Field field = whole.field(name).orElseThrow();
      fields.add(Field.of(name, field.type(), field.nativeType(), false));
    }
    fields.add(
        Field.of(
            reembedding.vector(),
            isJson(whole, reembedding)
                ? LogicalType.JSON
                : LogicalType.vector(LogicalType.FLOAT32, reembedding.signature().dimension()),
            "",
            true));
    long records = whole.estimatedRecords();
    return Collection.of(whole.name(), fields, whole.key())
        .withEstimates(
            records, records < 0 ? -1 : records * (4L * reembedding.signature().dimension() + 16));
  }

  /** True if the store takes vectors for any JSON; then they are arrays of numbers. */
  private static boolean isJson(Collection whole, Reembedding reembedding) {
    return whole.field(reembedding.vector()).orElseThrow().type().kind() == Kind.JSON;
  }

  /** The text stands where the vector is asked for. */
  @Override
  protected Collection below(Collection collection) {
    List<Field> fields = new ArrayList<>();
    for (Field field : collection.fields()) {
      String name = field.name().equals(reembedding.vector()) ? reembedding.text() : field.name();
      fields.add(whole.field(name).orElse(field));
    }
    return whole.withFields(fields);
  }

  @Override
  public Snapshot snapshot() {
    return new EmbeddedSnapshot(
        store.snapshot(),
        this::below,
        reembedding,
        embeddings,
        isKnownOnly,
        isJson(whole, reembedding));
  }

  @Override
  public void close() {
    try (embeddings) {
      super.close();
    }
  }
}
