package dev.waybill.stores.json;

import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.nio.file.Files;
import java.util.List;

/** JSON files and folders of them: {@code json:PATH[?option=value&…]}. */
public final class JsonAdapter implements StoreAdapter {
  static final Capabilities CAPABILITIES =
      new Capabilities(
          true,
          Capabilities.Transactions.NONE,
          Capabilities.Reading.MOVES_NOTICED,
          Capabilities.LedgerPlace.RUN_DIRECTORY,
          Capabilities.Visibility.FINISH,
          Capabilities.Keys.OPTIONAL,
          Capabilities.Relationships.NONE,
          Capabilities.Documents.NESTED,
          Capabilities.Vectors.TYPED,
          JsonTypes.LONGEST_VECTOR,
          JsonInput.LARGEST,
          JsonTypes.TABLE);

  @Override
  public String type() {
    return "json";
  }

  @Override
  public List<String> schemes() {
    return List.of("json");
  }

  @Override
  public Capabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return open(JsonPlace.of(url), workspace);
  }

  /** The files as they are, with what the schema file beside them tells. */
  private static Store open(JsonPlace asked, Workspace workspace) {
    JsonPlace place = asked.real();
    Home home = Home.of(place);
    try {
      return new DescribedStore(new JsonStore(place, workspace), home);
    } catch (StoreException nothing) {
      if (isNothing(nothing) && DescribedStore.isTold(home)) {
        return new DescribedStore(new NoFiles(place), home);
      }
      throw nothing;
    }
  }

  static boolean isNothing(StoreException failure) {
    return failure.code().equals("EMPTY_FILE") || failure.code().equals("FOLDER_IS_EMPTY");
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    JsonPlace place = JsonPlace.of(url).real();
    return new JsonTarget(
        place,
        () -> {
          if (!Files.exists(place.path())) {
            return new NoFiles(place);
          }
          try {
            return open(place, workspace);
          } catch (StoreException nothing) {
            if (isNothing(nothing)) {
              return new NoFiles(place);
            }
            throw nothing;
          }
        });
  }
}
