package dev.waybill.stores.chroma;

import dev.waybill.model.Catalog;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.sqlite.DatabaseFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A folder that a Chroma has or had as its path, read without one.
 *
 * <p>Its database is read in one state. The index files beside it have no such thing: what they
 * look like is noted before that state is taken, and when they look otherwise later the folder has
 * moved.
 */
final class ChromaFolder implements Content.Origin {
  private final ChromaPlace place;
  private final DatabaseFile file;
  private final Path workspace;
  private final DatabaseFile.ReadPoint point;
  private final Map<String, IndexFiles.Stamp> stamps = new HashMap<>();
  private final List<WorkDatabase> works = new ArrayList<>();

  private ChromaFolder(
      ChromaPlace place, DatabaseFile file, Path workspace, DatabaseFile.ReadPoint point) {
    this.place = place;
    this.file = file;
    this.workspace = workspace;
    this.point = point;
  }

  /**
   * Opens a folder and looks at the types of all its metadata.
   *
   * @throws StoreException if it is none, or of a Chroma that is not known
   */
  static Store open(ChromaPlace place, Workspace workspace) {
    DatabaseFile file = DatabaseFile.open(place.file(), workspace);
    boolean isOpen = false;
    try {
      Map<String, IndexFiles.Stamp> stamps = stamps(place, file);
      DatabaseFile.ReadPoint point = file.readPoint();
      ChromaFolder folder = new ChromaFolder(place, file, workspace.directory(), point);
      folder.stamps.putAll(stamps);
      Store store = folder.opened();
      isOpen = true;
      return store;
    } finally {
      if (!isOpen) {
        file.close();
      }
    }
  }

  /** What the index of each collection looks like before the state is taken that is read. */
  private static Map<String, IndexFiles.Stamp> stamps(ChromaPlace place, DatabaseFile file) {
    Map<String, IndexFiles.Stamp> stamps = new HashMap<>();
    try (DatabaseFile.ReadPoint look = file.readPoint();
        DatabaseFile.Lease lease = look.lease()) {
      for (FoundCollection each : FolderCatalog.read(place, lease.jdbc()).collections()) {
        stamps.put(
            each.vectorSegment(), IndexFiles.stamp(place.folder().resolve(each.vectorSegment())));
      }
      return stamps;
    } catch (SQLException failure) {
      throw file.failed("read", "collections", failure);
    }
  }

  private Store opened() {
    boolean isOpen = false;
    try (DatabaseFile.Lease lease = point.lease()) {
      Connection connection = lease.jdbc();
      FolderCatalog catalog = FolderCatalog.read(place, connection);
      RecordTables tables = RecordTables.of(connection);
      Map<String, Map<String, Shape.KeyNotes>> keys = tables.keys(connection);
      Map<String, Long> counts = RecordTables.counts(connection);
      Map<String, Stored> stored = new LinkedHashMap<>();
      for (FoundCollection found : catalog.collections()) {
        Stored each = stored(connection, found, tables, keys, counts);
        String name = each.shape().collection().name();
        if (stored.put(name, each) != null) {
          throw twice(name);
        }
      }
      List<dev.waybill.model.Collection> collections = new ArrayList<>();
      stored.values().forEach(each -> collections.add(each.shape().collection()));
      Content content =
          new Content(this, new Catalog("Chroma folder", collections, catalog.leftOut()), stored);
      isOpen = true;
      return new ChromaStore(file.identity(), ChromaAdapter.FOLDER, content, file::findings);
    } catch (SQLException failure) {
      throw file.failed("read", "collections", failure);
    } finally {
      if (!isOpen) {
        close();
      }
    }
  }

  private StoreException twice(String name) {
    return new StoreException(
        "NAME_TWICE",
        "Two collections in " + place.folder() + " are both called \"" + name + "\".",
        "read one of them: chroma:" + place.folder() + "?tenant=T&database=D",
        false,
        null);
  }

  private Stored stored(
      Connection connection,
      FoundCollection found,
      RecordTables tables,
      Map<String, Map<String, Shape.KeyNotes>> keys,
      Map<String, Long> counts)
      throws SQLException {
    Queue queue = new Queue(place.file(), found);
    String segment = found.metadataSegment();
    RecordPlace records = new InDatabase(tables);
    Map<String, Shape.KeyNotes> seen = keys.getOrDefault(segment, Map.of());
    long count = counts.getOrDefault(segment, 0L);
    if (queue.isBeyond(connection, queue.last(connection, segment))) {
      records = LateMetadata.of(place.file(), found, tables, point, work());
      try (RecordPlace.Rows rows = records.open()) {
        seen = WorkTables.TABLES.keys(rows.jdbc()).getOrDefault(segment, Map.of());
        count = RecordTables.counts(rows.jdbc()).getOrDefault(segment, 0L);
      }
    }
    RecordPlace where = records;
    return new Stored(
        found,
        Shape.of(found, name(found), count, seen),
        where,
        () ->
            FolderVectors.of(
                place.folder(),
                found,
                point,
                work(),
                where,
                stamps.getOrDefault(found.vectorSegment(), new IndexFiles.Stamp(""))));
  }

  private synchronized WorkDatabase work() {
    WorkDatabase made = new WorkDatabase(workspace);
    works.add(made);
    return made;
  }

  private synchronized List<WorkDatabase> works() {
    return List.copyOf(works);
  }

  /** Within the database that was asked for, or else the usual one, a collection's own name. */
  private String name(FoundCollection found) {
    boolean isAlone =
        place.tenant().isEmpty() || place.database().isEmpty()
            ? found.tenant().equals(ChromaPlace.DEFAULT_TENANT)
                && found.database().equals(ChromaPlace.DEFAULT_DATABASE)
            : true;
    return isAlone ? found.name() : found.tenant() + "/" + found.database() + "/" + found.name();
  }

  @Override
  public String name() {
    return place.folder().toString();
  }

  @Override
  public Optional<ServerSearch.Asking> asking(FoundCollection collection) {
    return Optional.empty();
  }

  @Override
  public boolean hasMoved() {
    return point.hasMoved()
        || stamps.entrySet().stream()
            .anyMatch(
                each ->
                    !each.getValue()
                        .equals(IndexFiles.stamp(place.folder().resolve(each.getKey()))));
  }

  @Override
  public WaybillException failed(String collection, SQLException failure) {
    return file.failed("read \"" + collection + "\" in", collection, failure);
  }

  @Override
  public void close() {
    point.close();
    works().forEach(WorkDatabase::close);
    file.close();
  }

  /** The folder's own tables. */
  private final class InDatabase implements RecordPlace {
    private final RecordTables tables;

    InDatabase(RecordTables tables) {
      this.tables = tables;
    }

    @Override
    public RecordTables tables() {
      return tables;
    }

    @Override
    public Rows open() throws SQLException {
      DatabaseFile.Lease lease = point.lease();
      return new Rows() {
        @Override
        public Connection jdbc() {
          return lease.jdbc();
        }

        @Override
        public void close() {
          lease.close();
        }
      };
    }
  }
}
