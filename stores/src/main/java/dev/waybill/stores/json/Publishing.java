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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * Turns the work into the target's files: written beside, synced, noted, renamed. What is broken
 * off before the note has touched nothing, what is broken off after it is carried to its end by
 * whoever opens the target next (docs/adr/0013).
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
      Map<String, String> checks = new HashMap<>();
      for (int i = 0; i < files.size(); i++) {
        String file = files.get(i);
        requireUnchanged(file);
        Path beside = folder.resolve("new-" + i);
        renames.put(file, written(file, beside, checks));
        keepBefore(file, beside);
      }
      renames.put(home.schemaFile(), schema(files, renames, checks, folder.resolve("new-schema")));
      Home.sync(folder);
      JsonNote.write(folder.resolve(NOTE), renames);
      Home.sync(folder);
    } catch (IOException failure) {
      throw JsonErrors.failed(home.place().path(), "write", failure);
    }
    discard();
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
    if (base != null && !base.equals(Stamp.word(home.resolve(file)))) {
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

  /** Keeps the file that this run is about to replace, unless it is one of this run's own. */
  private void keepBefore(String file, Path beside) throws IOException {
    Path now = home.resolve(file);
    String stamp = Stamp.word(now);
    Replaced last = replaced().get(file);
    Replaced next =
        last != null && last.after.equals(stamp)
            ? new Replaced(last.before, Stamp.word(beside))
            : new Replaced(stamp, Stamp.word(beside));
    if (last == null || !last.after.equals(stamp)) {
      Path before = before(file);
      Files.deleteIfExists(before);
      Files.deleteIfExists(beforeSchema(file));
      if (Files.exists(now)) {
        try {
          Files.createLink(before, now);
        } catch (IOException | UnsupportedOperationException noLinks) {
          Files.copy(now, before, StandardCopyOption.COPY_ATTRIBUTES);
          Home.sync(before);
        }
        Described.Of known = Described.read(home).files().get(file);
        if (known != null) {
          Files.write(beforeSchema(file), Described.text(Map.of(file, known)));
          Home.sync(beforeSchema(file));
        }
      }
    }
    ledger.note(
        new Ledger.Note(
            Ledger.Note.What.OBJECT_CREATED, PUBLISHED + file, next.before + "|" + next.after));
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
  private String written(String file, Path beside, Map<String, String> checks) throws IOException {
    List<Shelf> staying =
        work.collections().stream()
            .filter(each -> each.file().equals(file) && each.origin() != Origin.GONE)
            .toList();
    Layout layout = layout(file, staying);
    boolean isFilled =
        layout.shape != JsonLayout.Shape.WRAPPER && staying.stream().anyMatch(Shelf::isThere);
    List<Shelf> kept = isFilled ? staying.stream().filter(Shelf::isThere).toList() : staying;
    if (kept.isEmpty()
        && (layout.shape != JsonLayout.Shape.WRAPPER || layout.frame.others().isEmpty())) {
      return REMOVED;
    }
    CheckedOutputStream checked =
        new CheckedOutputStream(Files.newOutputStream(beside), new CRC32C());
    try (OutputStream out = Packing.of(Path.of(file)).pack(checked)) {
      new FileWriter(work, out, layout.indent, layout.hasMark)
          .write(layout.shape, kept, layout.frame);
    } catch (SQLException failure) {
      throw Work.failed(work.file(), failure);
    }
    checks.put(file, Described.check(checked.getChecksum()));
    keepPermissions(home.resolve(file), beside);
    Home.sync(beside);
    return String.valueOf(beside.getFileName());
  }

  private static void keepPermissions(Path from, Path to) throws IOException {
    if (Files.exists(from) && Files.getFileStore(to).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
    }
  }

  private record Layout(JsonLayout.Shape shape, int indent, boolean hasMark, Frame frame) {}

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
          return new Layout(chosen, indent, hasMark, Frame.of(frame == null ? "" : frame, all));
        });
  }

  // --- what the collections are

  /** Describes what the touched files hold now; what is said of others stays. */
  private String schema(
      List<String> files, Map<String, String> renames, Map<String, String> checks, Path beside)
      throws IOException {
    Described known = Described.read(home);
    Map<String, Described.Of> now = new TreeMap<>(known.files());
    for (String file : files) {
      now.remove(file);
      String written = renames.get(file);
      if (written == null || written.equals(REMOVED) || home.isSidecar(file)) {
        continue;
      }
      List<Collection> all = new ArrayList<>();
      for (Shelf kept : work.collections()) {
        if (kept.file().equals(file) && kept.isThere()) {
          all.add(kept.collection());
        }
      }
      if (all.isEmpty()) {
        continue;
      }
      long size = Files.size(folder.resolve(written));
      now.put(file, new Described.Of(size, checks.getOrDefault(file, ""), all));
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
      if (rename.getValue().equals(REMOVED)) {
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
      boolean wasThere = !each.getValue().before.equals(Stamp.ABSENT);
      if (wasThere != Files.exists(before(each.getKey()))
          || !Stamp.word(home.resolve(each.getKey())).equals(each.getValue().after)) {
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
      renames.put(file, Files.exists(before(file)) ? BEFORE + "/" + flat(file) : REMOVED);
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

  private static String described(Map<String, Described.Of> files, Path beside) throws IOException {
    if (files.isEmpty()) {
      return REMOVED;
    }
    Files.write(beside, Described.text(files));
    Home.sync(beside);
    return String.valueOf(beside.getFileName());
  }
}
