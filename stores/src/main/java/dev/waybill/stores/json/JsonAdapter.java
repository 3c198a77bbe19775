package dev.waybill.stores.json;

import dev.waybill.model.SpecException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.util.List;

/** JSON files and folders of them: {@code json:PATH[?option=value&…]}. */
public final class JsonAdapter implements StoreAdapter {
  static final Capabilities CAPABILITIES =
      new Capabilities(
          false,
          Capabilities.Transactions.NONE,
          Capabilities.Reading.MOVES_NOTICED,
          Capabilities.LedgerPlace.RUN_DIRECTORY,
          Capabilities.Keys.OPTIONAL,
          Capabilities.Relationships.NONE,
          Capabilities.Documents.NESTED,
          Capabilities.Vectors.ENCODED,
          0,
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
    return new JsonStore(JsonPlace.of(url), workspace);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    throw new SpecException(
        "READ_ONLY_STORE",
        "A json store can be read but not written.",
        "see which can: waybill stores");
  }
}
