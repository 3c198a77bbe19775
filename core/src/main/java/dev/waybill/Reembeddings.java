package dev.waybill;

import dev.waybill.inspect.Profiles;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.ValueProfile;
import dev.waybill.model.VectorEvidence;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanInput;
import dev.waybill.plan.Reembedding;
import dev.waybill.plan.ReembeddingPlanner;
import dev.waybill.reembed.EmbeddedStore;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.ExchangingStore;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Plans and estimates new vectors. Writes nothing but what a model makes into its cache. */
final class Reembeddings {
  private static final String CACHE = "embeddings.db";
  private static final long CHUNK_RECORDS = 50_000;
  private static final int READ_RECORDS = 500;
  private static final int READ_BYTES = 4 << 20;

  /** Texts with which a model's speed is measured. */
  private static final int MEASURED = 32;

  private final OpenStores stores;
  private final ReembedSpec spec;
  private final String url;
  private final Path cache;
  private final Path workspace;

  /**
   * @param url the spec's, as it may be written down
   * @param home the folder that has {@code runs}
   */
  Reembeddings(OpenStores stores, ReembedSpec spec, String url, Path home, Path workspace) {
    this.stores = stores;
    this.spec = spec;
    this.url = url;
    Path wished = spec.cache();
    this.cache = (wished == null ? home.resolve(CACHE) : wished).toAbsolutePath();
    this.workspace = workspace;
  }

  Plan plan() {
    try (TargetStore target =
            stores.openTarget(url, workspace.resolve("target"), 1, SessionOptions.USUAL);
        Embeddings embeddings = stores.openEmbeddings(spec.model(), null, cache)) {
      Catalog there = target.catalog();
      PlanInput.Side written =
          new PlanInput.Side(
              url,
              target.capabilities().types().dialect(),
              there,
              target.capabilities(),
              target.findings());
      Reembedding reembedding = reembedding(embeddings, ReembeddingPlanner.isBeside(written));
      try (EmbeddedStore seen = seen(reembedding, embeddings)) {
        Collection whole = there.collection(spec.collection()).orElseThrow();
        Field vector = whole.field(spec.vector()).orElseThrow();
        requireExchange(target, reembedding, whole, vector);
        requireOwnForm(seen, whole, vector);
        return ReembeddingPlanner.plan(
            new PlanInput.Side(
                url,
                seen.capabilities().types().dialect(),
                seen.catalog(),
                seen.capabilities(),
                List.of()),
            written,
            options(),
            reembedding,
            embeddings.longTexts());
      }
    }
  }

  private Plan.Options options() {
    return new Plan.Options(
        MigrationSpec.FULL,
        "rollback",
        2,
        spec.batchSize(),
        0,
        0,
        LossRules.NONE,
        false,
        SessionOptions.USUAL);
  }

  private Reembedding reembedding(Embeddings embeddings, boolean isBeside) {
    return new Reembedding(
        spec.collection(),
        spec.text(),
        spec.vector(),
        spec.model(),
        embeddings.model(),
        cache.toString(),
        isBeside,
        spec.isConcurrent(),
        spec.isIndexDroppedFirst());
  }

  private SeenStore source() {
    return stores.openSource(
        url, null, Nesting.NONE, workspace.resolve("source"), 1, SessionOptions.USUAL);
  }

  private EmbeddedStore seen(Reembedding reembedding, Embeddings embeddings) {
    return EmbeddedStore.of(source(), reembedding, () -> embeddings, false);
  }

  private static void requireExchange(
      TargetStore target, Reembedding reembedding, Collection whole, Field vector) {
    if (!reembedding.isBeside()) {
      return;
    }
    String fault =
        target instanceof ExchangingStore exchanging
            ? exchanging.exchangeFault(whole, vector)
            : "this kind of store cannot have old and new ones change places at once";
    if (!fault.isEmpty()) {
      throw new SpecException(
          "FIELD_NOT_REEMBEDDABLE",
          "\"" + whole.name() + "." + vector.name() + "\" cannot get new vectors: " + fault + ".",
          "see what the collection is: waybill inspect URL");
    }
  }

  /** What is written in another form than what is there, its application would not read. */
  private static void requireOwnForm(EmbeddedStore seen, Collection whole, Field vector) {
    boolean isEncoded =
        seen.capabilities()
                .types()
                .place(LogicalType.vector(LogicalType.FLOAT32, 2))
                .stored()
                .kind()
            == Kind.BYTES;
    if (!isEncoded) {
      return;
    }
    SeenStore below = seen.below();
    List<Field> fields = new ArrayList<>();
    whole.key().forEach(name -> whole.field(name).ifPresent(fields::add));
    fields.add(vector);
    Collection only = whole.withFields(fields).withConstraints(List.of(), List.of(), List.of());
    Map<String, List<ValueProfile>> profiles =
        Profiles.of(below, new Catalog("", List.of(only), List.of()), name -> true).fields();
    List<ValueProfile> profile = profiles.getOrDefault(whole.name(), List.of());
    if (profile.size() < fields.size() || last(profile).vectors().values() == 0) {
      return;
    }
    VectorEvidence evidence = last(profile).vectors();
    boolean isFloats =
        !evidence.isOfTexts()
            && evidence.types(true).stream()
                .map(LogicalType::element)
                .anyMatch(LogicalType.FLOAT32::equals);
    if (!isFloats) {
      throw new SpecException(
          "FIELD_NOT_REEMBEDDABLE",
          "\""
              + whole.name()
              + "."
              + vector.name()
              + "\" holds values that are not all vectors of float32, little-endian, of one"
              + " dimension, and new ones are written so.",
          "see what it holds: waybill inspect URL");
    }
  }

  private static ValueProfile last(List<ValueProfile> profile) {
    return profile.get(profile.size() - 1);
  }

  ReembedEstimate estimate() {
    try (Embeddings embeddings = stores.openEmbeddings(spec.model(), null, cache);
        EmbeddedStore seen = seen(reembedding(embeddings, true), embeddings);
        Embeddings.Missing missing = embeddings.missing()) {
      Collection whole = seen.whole();
      Collection texts = whole.withFields(List.of(whole.field(spec.text()).orElseThrow()));
      long[] counts = new long[2];
      Set<String> sample = new LinkedHashSet<>();
      try (Snapshot snapshot = seen.below().snapshot()) {
        for (Chunk chunk : snapshot.chunks(texts, CHUNK_RECORDS)) {
          try (RecordReader reader = snapshot.read(texts, chunk)) {
            read(reader, embeddings, missing, counts, sample);
          }
        }
      }
      long toEmbed = missing.notKept();
      double perSecond = 0;
      if (toEmbed > 0 && !sample.isEmpty()) {
        List<String> some = List.copyOf(sample);
        // The first call also loads what the model needs.
        embeddings.measured(some.subList(0, 1));
        Duration took = embeddings.measured(some);
        perSecond = some.size() / Math.max(1e-6, took.toNanos() / 1e9);
      }
      return new ReembedEstimate(
          embeddings.model().toString(),
          counts[0],
          counts[1],
          missing.distinct(),
          toEmbed,
          perSecond,
          perSecond == 0 ? 0 : toEmbed / perSecond);
    }
  }

  private static void read(
      RecordReader reader,
      Embeddings embeddings,
      Embeddings.Missing missing,
      long[] counts,
      Set<String> sample) {
    RecordBatch batch = new RecordBatch(1);
    while (reader.read(batch, READ_RECORDS, READ_BYTES)) {
      List<String> texts = new ArrayList<>();
      for (int record = 0; record < batch.records(); record++) {
        int at = batch.at(record, 0);
        String text = batch.kindAt(at) == Kind.TEXT ? batch.textAt(at) : "";
        counts[0]++;
        if (text.isBlank()) {
          counts[1]++;
        } else {
          texts.add(text);
        }
      }
      missing.add(texts);
      if (sample.size() < MEASURED) {
        float[][] known = embeddings.known(texts);
        for (int i = 0; i < known.length && sample.size() < MEASURED; i++) {
          if (known[i] == null) {
            sample.add(texts.get(i));
          }
        }
      }
      batch.clear();
    }
  }
}
