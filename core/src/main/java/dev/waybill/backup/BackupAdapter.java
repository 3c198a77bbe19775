package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.SpecException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code backup:RUN}: what a run kept of its target, to be read as a store of the target's dialect.
 * A backup that is not whole, byte for byte, is refused before anything is read from it.
 */
public final class BackupAdapter implements StoreAdapter {
  public static final String SCHEME = "backup";

  private final Path home;
  private final Dialects dialects;

  /**
   * @param home the folder that has {@code runs}
   * @param stores the other stores, whose dialects may be met
   */
  public BackupAdapter(Path home, List<StoreAdapter> stores) {
    this.home = home;
    this.dialects = new Dialects(stores);
  }

  @Override
  public String type() {
    return SCHEME;
  }

  @Override
  public List<String> schemes() {
    return List.of(SCHEME);
  }

  @Override
  public Capabilities capabilities() {
    return dialects.reading("");
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    RunDirectory directory = RunDirectory.open(home, url.rest());
    Backup backup = Backup.required(directory);
    Files files = new Files(directory, backup);
    List<LeftOut> leftOut = new ArrayList<>();
    List<Collection> collections = new ArrayList<>();
    for (Collection each : files.collections()) {
      collections.add(new Orphans(each, files).withoutThem(leftOut));
    }
    return new FileStore(
        dialects.reading(files.dialect()),
        directory.path().resolve(Backup.FOLDER).toString(),
        new Catalog(
            "backup of " + backup.store() + " by run " + backup.run(), collections, leftOut),
        List.of(),
        files);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    throw new SpecException(
        "READ_ONLY_STORE",
        "A backup can be read but not written.",
        "see which can: waybill stores");
  }

  /** The files of one backup. */
  static final class Files implements FileSnapshot.Records {
    private final Map<String, RecordFile> files = new LinkedHashMap<>();
    private final Map<String, DescribedCollection> described = new LinkedHashMap<>();

    Files(RunDirectory directory, Backup backup) {
      for (Backup.Entry entry : backup.entries()) {
        RecordFile file = backup.file(directory, entry);
        file.requireWhole();
        files.put(entry.collection(), file);
        described.put(entry.collection(), file.described());
      }
    }

    String dialect() {
      return described.values().stream().map(DescribedCollection::dialect).findFirst().orElse("");
    }

    List<Collection> collections() {
      List<Collection> collections = new ArrayList<>();
      for (DescribedCollection each : described.values()) {
        RecordFile file = file(each.collection().name());
        collections.add(each.collection().withEstimates(file.records(), file.bytes()));
      }
      return collections;
    }

    Optional<Collection> collection(String name) {
      return Optional.ofNullable(described.get(name)).map(DescribedCollection::collection);
    }

    private RecordFile file(String collection) {
      RecordFile file = files.get(collection);
      if (file == null) {
        throw new IllegalArgumentException("the backup has no " + collection);
      }
      return file;
    }

    @Override
    public long count(String collection) {
      return file(collection).records();
    }

    @Override
    public RecordReader read(Collection asked) {
      return file(asked.name()).read(collection(asked.name()).orElseThrow(), asked);
    }

    @Override
    public boolean hasMoved() {
      return false;
    }
  }
}
