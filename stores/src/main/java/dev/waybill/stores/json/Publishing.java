package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger;
import dev.waybill.stores.json.Work.Origin;
import dev.waybill.stores.json.Work.Shelf;
import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns the work into the target's files: written beside, synced, noted, renamed. What is broken
 * off before the note has touched nothing, what is broken off after it is carried to its end by
 * whoever opens the target next (docs/adr/0013, 0021).
 *
 * <p>The file as it was stays in {@code before/} of the run's folder until the run is forgotten, so
 * that a rollback can give it back byte for byte.
 */
final class Publishing {
  private static final String BEFORE = "before";
  private static final String NOTE = "renaming";
  private static final String PUBLISHED = "file ";
  private static final String REMOVED = "-";

  private final Home home;
  private final Path folder;
  private final Work work;
  private final Ledger ledger;

  /** How many there will be in a folder, −1 as long as nobody has asked. */
  private long files = -1;

  /**
   * @param ledger has a note for each file that the run has replaced or made
   */
  Publishing(Home home, Path folder, Work work, Ledger ledger) {
    this.home = home;
    this.folder = folder;
    this.work = work;
    this.ledger = ledger;
  }

  // --- writing

  /** Makes the files what the work says. */
  void publish() {
    List<String> files =
        work.atom(() -> List.copyOf(new TreeSet<>(work.facts("touched:").keySet())));
    if (files.isEmpty()) {
      discard();
      return;
    }
    try {
      work.removeLeftOver();
      Files.createDirectories(folder.resolve(BEFORE));
      Map<String, String> renames = new LinkedHashMap<>();
      Map<String, Described.Content> contents = new HashMap<>();
      for (int i = 0; i < files.size(); i++) {
        String file = files.get(i);
        requireUnchanged(file);
        Path beside = folder.resolve("new-" + i);
        if (RecordFolder.isOne(file)) {
          renames.put(file, exchanged(new RecordFolder(home, file), beside, contents));
        } else {
          String written = written(file, beside, contents);
          renames.put(file, written);
          keepBefore(file, Stamp.word(folder.resolve(written)));
        }
      }
      renames.put(home.schemaFile(), schema(files, contents, folder.resolve("new-schema")));
      Home.sync(folder.resolve(BEFORE));
      Home.sync(folder);
      JsonNote.write(folder.resolve(NOTE), renames);
      Home.sync(folder);
    } catch (IOException failure) {
      throw JsonErrors.failed(home.place().path(), "write", failure);
    } catch (SQLException failure) {
      throw Work.failed(work.file(), failure);
    }
    // Parts may be noted to be renamed: the work goes when that is done.
    work.close();
  }

  /** Without its work the run has nothing that is not in the files, or noted to be renamed. */
  void discard() {
    work.close();
    try {
      Work.remove(folder);
    } catch (IOException failure) {
      throw JsonErrors.failed(folder, "remove", failure);
    }
  }

  private void requireUnchanged(String file) throws IOException {
    String base = work.atom(() -> work.facts("base:")).get(file);
    if (base != null && !base.equals(home.stamp(file))) {
      throw new StoreException(
          "TARGET_CHANGED",
          "The target "
              + home.resolve(file)
              + " was changed by somebody else since the run began to write, so it is not replaced.",
          "put the run back (waybill rollback), which leaves the file as it is now, and run again",
          false,
          null);
    }
  }

  /**
   * Keeps the file that this run is about to replace, unless it is one of this run's own.
   *
   * @param after the stamp of what comes in its place
   */
  private void keepBefore(String file, String after) throws IOException {
    Path now = home.resolve(file);
    String stamp = Stamp.word(now);
    Replaced last = replaced().get(file);
    if (last == null || !last.after.equals(stamp)) {
      Path before = before(file);
      Files.deleteIfExists(before);
      Files.deleteIfExists(beforeSchema(file));
      if (Files.exists(now)) {
        link(now, before);
        keepSchema(file);
      }
    }
    note(file, stamp, last, after);
  }

  private static void link(Path now, Path before) throws IOException {
    try {
      Files.createLink(before, now);
    } catch (IOException | UnsupportedOperationException noLinks) {
      Files.copy(now, before, StandardCopyOption.COPY_ATTRIBUTES);
      Home.sync(before);
    }
  }

  private void keepSchema(String file) throws IOException {
    Described.Of known = Described.read(home).files().get(file);
    if (known != null) {
      Files.write(beforeSchema(file), Described.text(Map.of(file, known)));
      Home.sync(beforeSchema(file));
    }
  }

  private void note(String file, String now, @Nullable Replaced last, String after) {
    String before = last != null && last.after.equals(now) ? last.before : now;
    ledger.note(
        new Ledger.Note(Ledger.Note.What.OBJECT_CREATED, PUBLISHED + file, before + "|" + after));
  }

  // --- a folder of records

  /** Writes the records' files that come into a folder; says where they wait. */
  private String exchanged(
      RecordFolder records, Path beside, Map<String, Described.Content> contents)
      throws IOException, SQLException {
    records.requireWritable();
    List<Shelf> shelves =
        work.collections().stream().filter(each -> each.file().equals(records.name())).toList();
    Exchange exchange =
        new RecordFolderWriter(work, records, beside, home.place().indent()).write(shelves);
    requireRoom(records, exchange, shelves);
    contents.put(records.name(), records.content(exchange));
    keepBefore(records, exchange);
    return String.valueOf(beside.getFileName());
  }

  private void requireRoom(RecordFolder records, Exchange exchange, List<Shelf> shelves) {
    if (files < 0) {
      files = JsonFolder.count(home.folder());
    }
    files +=
        exchange.coming().stream().filter(each -> !isIn(records, each)).count()
            - exchange.going().stream().filter(each -> isIn(records, each)).count();
    if (files > JsonFolder.MOST_FILES) {
      throw JsonFolder.tooMany(shelves.get(0).collection().name(), home.folder(), files);
    }
  }

  private static boolean isIn(RecordFolder records, String file) {
    return Files.isRegularFile(records.path().resolve(file));
  }

  /** The same as of a file: what comes back when this is taken back is an exchange, too. */
  private void keepBefore(RecordFolder records, Exchange exchange) throws IOException {
    String file = records.name();
    String stamp = records.word();
    Replaced last = replaced().get(file);
    boolean isOurs = last != null && last.after.equals(stamp);
    if (!isOurs) {
      Exchange.of(before(file)).remove();
      Files.deleteIfExists(beforeSchema(file));
    }
    if (!RecordFolder.isNothing(isOurs && last != null ? last.before : stamp)) {
      Exchange back = isOurs ? Exchange.of(before(file)) : Exchange.begin(before(file));
      for (String each : exchange.coming()) {
        if (!back.coming().contains(each)) {
          if (!isIn(records, each)) {
            back.goes(each);
          } else if (!back.going().contains(each)) {
            link(records.path().resolve(each), back.coming(each));
          }
        }
      }
      for (String each : exchange.going()) {
        if (!back.going().remove(each) && !back.coming().contains(each) && isIn(records, each)) {
          link(records.path().resolve(each), back.coming(each));
        }
      }
      back.keep();
      if (!isOurs) {
        keepSchema(file);
      }
    }
    note(file, stamp, last, records.word(exchange));
  }

  /**
   * What became of a file.
   *
   * @param before the stamp of the file that this run found
   * @param after the stamp of the one that it put there
   */
  private record Replaced(String before, String after) {}

  private Map<String, Replaced> replaced() {
    Map<String, Replaced> replaced = new TreeMap<>();
    for (Ledger.Note note : ledger.notes()) {
      if (note.what() == Ledger.Note.What.OBJECT_CREATED && note.name().startsWith(PUBLISHED)) {
        String[] stamps = note.detail().split("\\|", 2);
        replaced.put(note.name().substring(PUBLISHED.length()), new Replaced(stamps[0], stamps[1]));
      }
    }
    return replaced;
  }

  private Path before(String file) {
    return folder.resolve(BEFORE).resolve(flat(file));
  }

  private Path beforeSchema(String file) {
    return folder.resolve(BEFORE).resolve(flat(file) + "%schema");
  }

  private static String flat(String file) {
    return file.replace("%", "%25").replace("/", "%2F");
  }

  /** Writes a file beside; says what it is called there and whether it is to go. */
  private String written(String file, Path beside, Map<String, Described.Content> contents)
      throws IOException {
    List<Shelf> staying =
        work.collections().stream()
            .filter(each -> each.file().equals(file) && each.origin() != Origin.GONE)
            .toList();
    Layout layout = layout(file, staying);
    if (layout.shape == JsonLayout.Shape.RECORD && !isOneRecord(file, staying)) {
      layout = layout.asArray(home, file, staying);
    }
    boolean isFilled =
        layout.shape != JsonLayout.Shape.WRAPPER && staying.stream().anyMatch(Shelf::isThere);
    List<Shelf> kept = isFilled ? staying.stream().filter(Shelf::isThere).toList() : staying;
    if (kept.isEmpty()
        && (layout.shape != JsonLayout.Shape.WRAPPER || layout.frame.others().isEmpty())) {
      return REMOVED;
    }
    Optional<Path> whole = whole(file, layout, kept);
    Path made = whole.orElse(beside);
    if (whole.isPresent()) {
      Optional<CRC32C> sum = work.parts().sum(kept.get(0));
      String check = sum.isPresent() ? Described.check(sum.get()) : Described.check(made);
      contents.put(file, new Described.Content(Files.size(made), check));
    } else {
      write(file, beside, layout, kept, contents);
    }
    Home.keepPermissions(home.resolve(file), made);
    Home.sync(made);
    return String.valueOf(made.getFileName());
  }

  /** The part that is the file to be, byte for byte. */
  private Optional<Path> whole(String file, Layout layout, List<Shelf> kept) {
    boolean isLines = layout.shape == JsonLayout.Shape.LINES && !layout.hasMark;
    return isLines && kept.get(0).isInParts() && Packing.of(Path.of(file)) == Packing.NONE
        ? work.atom(() -> work.parts().whole(kept.get(0)))
        : Optional.empty();
  }

  private void write(
      String file,
      Path beside,
      Layout layout,
      List<Shelf> kept,
      Map<String, Described.Content> contents)
      throws IOException {
    CheckedOutputStream checked =
        new CheckedOutputStream(Files.newOutputStream(beside), new CRC32C());
    try (OutputStream out = Packing.of(Path.of(file)).pack(checked)) {
      new FileWriter(work, out, layout.indent, layout.hasMark)
          .write(layout.shape, kept, layout.frame);
    } catch (SQLException failure) {
      throw Work.failed(work.file(), failure);
    }
    contents.put(
        file, new Described.Content(Files.size(beside), Described.check(checked.getChecksum())));
  }

  private record Layout(
      JsonLayout.Shape shape, int indent, boolean hasMark, Frame frame, boolean isFixed) {

    /** What does not go into a file that is one record is an array, unless it has to be one. */
    Layout asArray(Home home, String file, List<Shelf> staying) {
      if (isFixed && staying.stream().anyMatch(Shelf::isThere)) {
        throw JsonErrors.unsupported(
            home.resolve(file),
            staying.get(0).collection().name(),
            "the file is one record, which is called by it");
      }
      return new Layout(JsonLayout.Shape.ARRAY, indent, hasMark, frame, false);
    }
  }

  /** True if what goes into a file is one record that is called as the file is. */
  private boolean isOneRecord(String file, List<Shelf> staying) throws IOException {
    if (staying.size() != 1 || !staying.get(0).isThere()) {
      return false;
    }
    NameMember name = new NameMember(RecordNames.field(staying.get(0)));
    try (ShelfReader all = work.reader(staying.get(0))) {
      return all.next()
          && Items.stem(home.resolve(file)).equals(name.name(all.json()))
          && !all.next();
    } catch (SQLException failure) {
      throw Work.failed(work.file(), failure);
    }
  }

  private Layout layout(String file, List<Shelf> kept) {
    return work.atom(
        () -> {
          String shape = work.fact("shape:" + file);
          JsonLayout made =
              kept.isEmpty()
                  ? JsonLayout.of(JsonLayout.Shape.WRAPPER)
                  : JsonLayout.of(kept.get(0).collection().detail())
                      .orElse(JsonLayout.of(JsonLayout.Shape.ARRAY));
          JsonLayout.Shape chosen =
              shape != null
                  ? JsonLayout.Shape.of(shape).orElse(JsonLayout.Shape.ARRAY)
                  : home.isSidecar(file) || kept.size() > 1 && home.wanted(file).isEmpty()
                      ? JsonLayout.Shape.WRAPPER
                      : made.shape();
          int indent =
              home.place().indent() >= 0
                  ? home.place().indent()
                  : shape != null
                      ? Integer.parseInt(String.valueOf(work.fact("indent:" + file)))
                      : made.indent();
          boolean hasMark =
              shape != null ? "true".equals(work.fact("mark:" + file)) : made.hasMark();
          String frame = shape != null ? work.fact("frame:" + file) : made.frame();
          List<String> all = new ArrayList<>();
          for (Shelf each : work.collections()) {
            if (each.file().equals(file)) {
              all.add(each.collection().name());
            }
          }
          boolean isFixed = shape != null || home.place().shape() == JsonLayout.Shape.RECORDS;
          return new Layout(
              chosen, indent, hasMark, Frame.of(frame == null ? "" : frame, all), isFixed);
        });
  }

  // --- what the collections are

  /** Describes what the touched files hold now; what is said of others stays. */
  private String schema(List<String> files, Map<String, Described.Content> contents, Path beside)
      throws IOException {
    Described known = Described.read(home);
    Map<String, Described.Of> now = new TreeMap<>(known.files());
    for (String file : files) {
      now.remove(file);
      Described.Content content = contents.get(file);
      if (content == null || home.isSidecar(file)) {
        continue;
      }
      List<Collection> all = new ArrayList<>();
      for (Shelf kept : work.collections()) {
        if (kept.file().equals(file) && kept.isThere()) {
          all.add(kept.collection());
        }
      }
      if (!all.isEmpty()) {
        now.put(file, new Described.Of(content, all));
      }
    }
    return described(now, beside);
  }

  // --- renaming

  /** Carries what was noted to its end: renames what is still beside. May be repeated. */
  static void complete(Home home, Path folder) throws IOException {
    Path note = folder.resolve(NOTE);
    if (!Files.exists(note)) {
      return;
    }
    Map<String, String> renames = JsonNote.read(note);
    TreeSet<Path> folders = new TreeSet<>();
    for (Map.Entry<String, String> rename : renames.entrySet()) {
      Path to = home.resolve(rename.getKey());
      Path parent = to.getParent();
      if (RecordFolder.isOne(rename.getKey())) {
        Exchange waiting = Exchange.of(folder.resolve(rename.getValue()));
        waiting.carryOut(to);
      } else if (rename.getValue().equals(REMOVED)) {
        Files.deleteIfExists(to);
      } else if (Files.exists(folder.resolve(rename.getValue()))) {
        if (parent != null) {
          Files.createDirectories(parent);
        }
        Files.move(
            folder.resolve(rename.getValue()),
            to,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      }
      if (parent != null && Files.isDirectory(parent)) {
        folders.add(parent);
      }
    }
    for (Path each : folders) {
      Home.sync(each);
    }
    for (Map.Entry<String, String> rename : renames.entrySet()) {
      if (RecordFolder.isOne(rename.getKey())) {
        Exchange.of(folder.resolve(rename.getValue())).remove();
      }
    }
    Files.delete(note);
    Work.remove(folder);
  }

  /** Ends what was noted, and removes the folder where there is nothing to keep for a rollback. */
  static void clean(Home home, Path folder) throws IOException {
    complete(home, folder);
    if (Work.isIn(folder)) {
      return;
    }
    Work.remove(folder);
    if (!holdsBefore(folder)) {
      PrivateFolder.remove(folder);
    }
  }

  private static boolean holdsBefore(Path folder) throws IOException {
    Path before = folder.resolve(BEFORE);
    if (!Files.isDirectory(before)) {
      return false;
    }
    try (var files = Files.list(before)) {
      return files.findAny().isPresent();
    }
  }

  static void forget(Home home, Path folder) throws IOException {
    complete(home, folder);
    PrivateFolder.remove(folder);
  }

  // --- the way back

  /** True if this run has replaced or made a file. */
  boolean isPublishedBefore() {
    return !replaced().isEmpty();
  }

  /** Gives the files back as they were, where all are still as this run left them. */
  boolean putBack() throws IOException {
    Map<String, Replaced> replaced = replaced();
    for (Map.Entry<String, Replaced> each : replaced.entrySet()) {
      if (wasThere(each.getKey(), each.getValue()) != Files.exists(before(each.getKey()))
          || !home.stamp(each.getKey()).equals(each.getValue().after)) {
        return false;
      }
    }
    if (!replaced.keySet().containsAll(work.atom(() -> work.facts("touched:").keySet()))) {
      return false;
    }
    // What the schema file says of other files may be somebody else's.
    Map<String, Described.Of> now = new TreeMap<>(Described.read(home).files());
    Map<String, String> renames = new LinkedHashMap<>();
    for (String file : replaced.keySet()) {
      boolean wasThere = Files.exists(before(file));
      renames.put(
          file,
          wasThere
              ? BEFORE + "/" + flat(file)
              : RecordFolder.isOne(file)
                  ? emptied(new RecordFolder(home, file), replaced.get(file), renames.size())
                  : REMOVED);
      now.remove(file);
      if (Files.exists(beforeSchema(file))) {
        now.putAll(Described.parse(Files.readAllBytes(beforeSchema(file))).files());
      }
    }
    renames.put(home.schemaFile(), described(now, folder.resolve("new-schema")));
    JsonNote.write(folder.resolve(NOTE), renames);
    Home.sync(folder);
    discard();
    return true;
  }

  private static boolean wasThere(String file, Replaced replaced) {
    return RecordFolder.isOne(file)
        ? !RecordFolder.isNothing(replaced.before)
        : !replaced.before.equals(Stamp.ABSENT);
  }

  /** What takes all away from a folder in which nothing was, and the folder if it was not there. */
  private String emptied(RecordFolder records, @Nullable Replaced replaced, int number)
      throws IOException {
    Exchange exchange = Exchange.begin(folder.resolve("back-" + number));
    records.files().forEach(exchange::goes);
    if (replaced != null && replaced.before.equals(Stamp.ABSENT) && !records.isRoot()) {
      exchange.goes(Exchange.FOLDER);
    }
    exchange.keep();
    return "back-" + number;
  }

  private static String described(Map<String, Described.Of> files, Path beside) throws IOException {
    if (files.isEmpty()) {
      return REMOVED;
    }
    Files.write(beside, Described.text(files));
    Home.sync(beside);
    return String.valueOf(beside.getFileName());
  }
}
