package dev.waybill;

import dev.waybill.backup.BackupAdapter;
import dev.waybill.backup.QuarantineAdapter;
import dev.waybill.documents.Documents;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Reembedding;
import dev.waybill.run.RunStates;
import dev.waybill.run.Stores;
import dev.waybill.sidecar.RestoringStore;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.EmbeddingsAdapter;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the adapter of a URL and opens the store with it. Keeps the passwords that were spoken in
 * URLs of this process, so that plans and run directories need not.
 */
final class OpenStores implements Stores {
  private final Map<String, String> environment;
  private final List<StoreAdapter> adapters;
  private final List<EmbeddingsAdapter> models;
  private final Map<String, String> spoken = new ConcurrentHashMap<>();

  /**
   * @param home the folder that has {@code runs}
   */
  OpenStores(Map<String, String> environment, Path home) {
    this.environment = Map.copyOf(environment);
    this.models =
        ServiceLoader.load(EmbeddingsAdapter.class, EmbeddingsAdapter.class.getClassLoader())
            .stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    List<StoreAdapter> found =
        ServiceLoader.load(StoreAdapter.class, StoreAdapter.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    this.adapters =
        Stream.concat(
                found.stream(),
                Stream.of(
                    new BackupAdapter(home, found),
                    new QuarantineAdapter(home, found, RunStates::of)))
            .sorted(Comparator.comparing(StoreAdapter::type))
            .toList();
  }

  List<StoreAdapter> adapters() {
    return adapters;
  }

  /** The URL as it may be written down; its password is remembered for this process. */
  String remember(String url) {
    String masked = StoreUrl.parse(url).toString();
    if (!masked.equals(url)) {
      spoken.put(masked, url);
    }
    return masked;
  }

  StoreUrl url(String text) {
    return StoreUrl.parse(spoken.getOrDefault(text, text)).resolved(environment);
  }

  StoreAdapter adapter(StoreUrl url) {
    return adapters.stream()
        .filter(adapter -> adapter.schemes().contains(url.scheme()))
        .findFirst()
        .orElseThrow(
            () ->
                new SpecException(
                    "UNKNOWN_STORE",
                    "No store is called \"" + url.scheme() + "\".",
                    "use one of "
                        + adapters.stream()
                            .map(each -> each.schemes().get(0) + ":")
                            .collect(Collectors.joining(", "))));
  }

  @Override
  public Store openStored(String text, Path workspace, int connections, SessionOptions session) {
    StoreUrl url = url(text);
    StoreAdapter adapter = adapter(url);
    return withDriver(
        adapter, () -> adapter.openSource(url, new Workspace(workspace, connections, session)));
  }

  @Override
  public SeenStore openSource(
      String text,
      @Nullable String other,
      Nesting nesting,
      Path workspace,
      int connections,
      SessionOptions session) {
    return Documents.of(
        RestoringStore.of(
            openStored(text, workspace, connections, session),
            other == null ? null : adapter(url(other)).capabilities().types()),
        nesting,
        workspace);
  }

  @Override
  public Embeddings openEmbeddings(Reembedding reembedding) {
    return openEmbeddings(
        reembedding.model(), reembedding.signature(), Path.of(reembedding.cache()));
  }

  /**
   * Opens a model.
   *
   * @param expected what it must be, null for whatever it is
   */
  Embeddings openEmbeddings(String model, @Nullable EmbeddingModel expected, Path cache) {
    if (models.isEmpty()) {
      throw new SpecException(
          "EMBED_MISSING",
          "Embedding needs the module waybill-embed, which is not on the class path.",
          "in a checkout ./waybill reembed fetches it; else docs/manual/reembedding.md says how");
    }
    return models.stream()
        .filter(each -> each.isMeant(model))
        .findFirst()
        .orElseThrow(
            () ->
                new SpecException(
                    "UNKNOWN_MODEL",
                    "No kind of model is written so: --model "
                        + StoreUrl.masked(model.replaceFirst("\\?.*", "?…"))
                        + ".",
                    "use one of "
                        + models.stream()
                            .flatMap(each -> each.spellings().stream())
                            .collect(Collectors.joining(", "))))
        .open(model, expected, cache, environment);
  }

  @Override
  public TargetStore openTarget(
      String text, Path workspace, int connections, SessionOptions session) {
    StoreUrl url = url(text);
    StoreAdapter adapter = adapter(url);
    if (!adapter.capabilities().canWrite()) {
      throw new SpecException(
          "READ_ONLY_STORE",
          "A " + adapter.type() + " store can be read but not written.",
          "see which can: waybill stores");
    }
    return withDriver(
        adapter, () -> adapter.openTarget(url, new Workspace(workspace, connections, session)));
  }

  private static <S> S withDriver(StoreAdapter adapter, Supplier<S> open) {
    try {
      return open.get();
    } catch (NoClassDefFoundError missing) {
      throw new StoreException(
          "DRIVER_MISSING",
          "The driver of " + adapter.type() + " is not on the class path.",
          "add it to the program that uses the library; docs/stores names it",
          false,
          missing);
    }
  }
}
