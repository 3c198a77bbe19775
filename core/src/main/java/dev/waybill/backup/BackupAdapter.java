package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
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
import java.util.concurrent.ConcurrentHashMap;

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
    private static final int COUNTED_AT_ONCE = 5_000;

    private final Map<String, RecordFile> files = new LinkedHashMap<>();
    private final Map<String, RecordFile.Header> headers = new LinkedHashMap<>();
    private final Map<String, Long> counts = new ConcurrentHashMap<>();

    Files(RunDirectory directory, Backup backup) {
      for (Backup.Entry entry : backup.entries()) {
        RecordFile file = backup.file(directory, entry).whole();
        files.put(entry.collection(), file);
        headers.put(entry.collection(), file.header());
      }
    }

    String dialect() {
      return headers.values().stream()
          .map(header -> header.described().dialect())
          .findFirst()
          .orElse("");
    }

    List<Collection> collections() {
      List<Collection> collections = new ArrayList<>();
      for (RecordFile.Header each : headers.values()) {
        Collection collection = each.described().collection();
        RecordFile file = file(collection.name());
        collections.add(collection.withEstimates(file.records(), file.bytes()));
      }
      return collections;
    }

    Optional<Collection> collection(String name) {
      return Optional.ofNullable(headers.get(name)).map(header -> header.described().collection());
    }

    private RecordFile file(String collection) {
      RecordFile file = files.get(collection);
      if (file == null) {
        throw new IllegalArgumentException("the backup has no " + collection);
      }
      return file;
    }

    boolean isEmpty(String collection) {
      return file(collection).records() == 0;
    }

    /** A key may stand in a file more than once, so that they have to be read. */
    @Override
    public long count(String collection) {
      return counts.computeIfAbsent(collection, this::counted);
    }

    private long counted(String name) {
      long count = 0;
      Collection all = collection(name).orElseThrow();
      RecordBatch batch = new RecordBatch(1);
      try (RecordReader reader = read(all.withFields(all.writtenFields().subList(0, 1)))) {
        while (reader.read(batch, COUNTED_AT_ONCE, Integer.MAX_VALUE)) {
          count += batch.records();
          batch.clear();
        }
      }
      return count;
    }

    @Override
    public RecordReader read(Collection asked) {
      RecordFile.Header header = headers.get(asked.name());
      if (header == null) {
        throw new IllegalArgumentException("the backup has no " + asked.name());
      }
      return file(asked.name()).read(header, asked);
    }

    @Override
    public boolean hasMoved() {
      return false;
    }
  }
}
