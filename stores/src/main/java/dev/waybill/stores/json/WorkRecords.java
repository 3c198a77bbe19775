package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Brings records of files into the work, and knows them there by their keys. */
final class WorkRecords {
  /** So many keys are found anew before they are written down. */
  private static final int SOME = 1000;

  private final Work work;
  private final Home home;

  WorkRecords(Work work, Home home) {
    this.work = work;
    this.home = home;
  }

  RecordText text(Collection collection) {
    return new RecordText(collection, RecordText.isValue(collection), home.place().absentIsNull());
  }

  /**
   * Brings a file as it is into the work, once.
   *
   * @param there the collections that stand in it, in their order
   */
  void bring(String file, List<Collection> there) throws SQLException, IOException {
    if (work.fact("base:" + file) != null) {
      return;
    }
    Path path = home.resolve(file);
    work.fact("base:" + file, home.stamp(file));
    if (there.isEmpty()) {
      return;
    }
    JsonLayout layout = layout(file, path, there);
    work.fact("shape:" + file, layout.shape().word());
    work.fact("indent:" + file, Integer.toString(layout.indent()));
    work.fact("mark:" + file, Boolean.toString(layout.hasMark()));
    work.fact("frame:" + file, layout.frame());
    Map<String, Shelf> kept = new LinkedHashMap<>();
    for (Collection each : there) {
      Work.Origin origin = JsonTarget.isOpen(each) ? Work.Origin.OPEN : Work.Origin.THERE;
      kept.put(each.name(), work.add(each, file, origin));
    }
    Shelf only = kept.values().iterator().next();
    if (RecordFolder.isOne(file)) {
      bringAll(new RecordFolder(home, file), only, layout);
      return;
    }
    boolean isWrapper = layout.shape() == JsonLayout.Shape.WRAPPER;
    try (InputStream in = Packing.of(path).open(path)) {
      new Splitter(in, home.place().isLenient())
          .split(
              layout.shape(),
              (collection, name, bytes) -> {
                Shelf into = isWrapper ? kept.get(unquoted(collection)) : only;
                if (into == null) {
                  return;
                }
                byte[] json =
                    layout.shape() == JsonLayout.Shape.KEYED
                        ? withKey(layout.keyField(), name, bytes)
                        : layout.shape() == JsonLayout.Shape.RECORD
                            ? withKey(layout.keyField(), escaped(Items.stem(path)), bytes)
                            : bytes;
                try {
                  work.insert(into, -1, null, 0, json);
                } catch (SQLException failure) {
                  throw Work.failed(work.file(), failure);
                }
              });
    }
  }

  /** Brings the files of a folder that are a record each. */
  private void bringAll(RecordFolder folder, Shelf into, JsonLayout layout)
      throws SQLException, IOException {
    long count = 0;
    for (String each : folder.files()) {
      Path file = folder.path().resolve(each);
      if (!RecordFolder.isRecord(file)) {
        continue;
      }
      String name = Items.stem(file);
      work.addRecordFile(folder.name(), name, each);
      try (InputStream in = Packing.of(file).open(file)) {
        new Splitter(in, home.place().isLenient())
            .split(
                JsonLayout.Shape.RECORD,
                (collection, none, bytes) -> {
                  byte[] json = withKey(layout.keyField(), escaped(name), bytes);
                  try {
                    work.insert(into, -1, null, 0, json);
                  } catch (SQLException failure) {
                    throw Work.failed(work.file(), failure);
                  }
                });
      }
      count++;
    }
    if (count != into.collection().estimatedRecords()) {
      throw new StoreException(
          "TARGET_CHANGED",
          "The files in "
              + folder.path()
              + " are not those that were there when the run began: somebody else writes there.",
          "wait until the folder is at rest, and run again",
          false,
          null);
    }
  }

  /** A name as it stands between quotes. */
  private static String escaped(String name) {
    JsonText quoted = new JsonText();
    JsonStrings.quote(name, quoted);
    return new String(quoted.bytes(), 1, quoted.size() - 2, StandardCharsets.UTF_8);
  }

  /** How the file is laid out: as any of its collections tells that has records. */
  private JsonLayout layout(String file, Path path, List<Collection> there) throws IOException {
    JsonLayout layout =
        there.stream()
            .flatMap(each -> JsonLayout.of(each.detail()).stream())
            .reduce((one, other) -> one.frame().isEmpty() ? other : one)
            .orElse(JsonLayout.of(JsonLayout.Shape.ARRAY));
    if (home.isSidecar(file)) {
      return JsonLayout.of(JsonLayout.Shape.WRAPPER);
    }
    if (layout.shape() != JsonLayout.Shape.WRAPPER || !layout.frame().isEmpty()) {
      return layout;
    }
    // No collection of it has records, so that the whole file is its frame.
    try (InputStream in = Packing.of(path).open(path)) {
      String frame = new String(in.readNBytes(JsonInput.LARGEST), StandardCharsets.UTF_8).strip();
      return new JsonLayout(
          layout.shape(), "", "", layout.indent(), false, frame.replace("\uFEFF", ""));
    }
  }

  static String unquoted(String name) {
    JsonText text = new JsonText();
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    JsonStrings.unescape(bytes, 0, bytes.length, text);
    return text.toString();
  }

  /** A member of a keyed file, or a file, as a record: its name is the record's first member. */
  private static byte[] withKey(String field, String name, byte[] json) {
    JsonText text = new JsonText().put('{');
    JsonStrings.quote(field, text);
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    text.put(":\"").put(bytes, 0, bytes.length).put('"');
    int at = 1;
    while (JsonScan.isSpace(json[at])) {
      at++;
    }
    if (json[at] != '}') {
      text.put(',');
    }
    return text.put(json, 1, json.length - 1).copy();
  }

  /** The key of records: what identifies them, or the whole of them. */
  RecordDigest key(Collection collection, CanonicalForm canonical, RecordBatch records, int at) {
    return collection.hasKey()
        ? canonical.digest(records, at, collection.keyPositions())
        : canonical.digest(records, at);
  }

  /** Makes sure that the records of a collection can be found by its key. */
  void index(Shelf kept, Collection collection) throws SQLException, IOException {
    work.tabled(kept);
    String how = how(collection);
    String fact = "key:" + kept.id();
    if (!how.equals(work.fact(fact))) {
      if (!hasKeys(kept, collection)) {
        rekey(kept, collection);
      }
      work.index(kept);
      work.fact(fact, how);
    }
  }

  /** True if what the records are kept with is the collection's key. */
  boolean hasKeys(Shelf kept, Collection collection) throws SQLException {
    String known = work.fact("key:" + kept.id());
    return known == null ? kept.origin() == Work.Origin.MADE : known.equals(how(collection));
  }

  private static String how(Collection collection) {
    return collection.hasKey() ? String.join("\u0001", collection.key()) : "";
  }

  /** Lets an index go that many more records would make expensive; it is made anew when needed. */
  void unindex(Shelf kept, Collection collection) throws SQLException {
    if (how(collection).equals(work.fact("key:" + kept.id()))) {
      work.execute("DROP INDEX IF EXISTS k" + kept.id());
      work.execute("DELETE FROM fact WHERE name = 'key:" + kept.id() + "'");
    }
  }

  private void rekey(Shelf kept, Collection collection) throws SQLException {
    CanonicalForm canonical = new CanonicalForm();
    RecordText text = text(collection);
    RecordBatch record = new RecordBatch(collection.writtenFields().size());
    long last = -1;
    long[] ids = new long[SOME];
    byte[][] keys = new byte[SOME][];
    int count;
    do {
      count = 0;
      try (PreparedStatement next =
          work.query(
              "SELECT id, json FROM "
                  + kept.table()
                  + " WHERE id > ? AND json IS NOT NULL ORDER BY id LIMIT "
                  + SOME)) {
        next.setLong(1, last);
        try (ResultSet rows = next.executeQuery()) {
          while (rows.next()) {
            record.clear();
            text.decode(rows.getBytes(2), record);
            ids[count] = rows.getLong(1);
            keys[count++] = Work.bytes(key(collection, canonical, record, 0));
          }
        }
      }
      for (int i = 0; i < count; i++) {
        work.rekey(kept, ids[i], keys[i]);
        last = ids[i];
      }
    } while (count > 0);
  }
}
