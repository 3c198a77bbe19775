package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where the files of a target are, and what stands beside them. Immutable.
 *
 * @param place what the URL says
 * @param folder the folder that all names of files are relative to
 */
record Home(JsonPlace place, Path folder) {
  static final String SIDECAR = "waybill_sidecar_";
  private static final int LONGEST_NAME = 200;

  static Home of(JsonPlace place) {
    boolean isFolder = place.isFolder() || Files.isDirectory(place.path());
    Path parent = place.path().getParent();
    return new Home(place, isFolder || parent == null ? place.path() : parent);
  }

  boolean isFolder() {
    return folder.equals(place.path());
  }

  private String name() {
    return String.valueOf(place.path().getFileName());
  }

  /** The hidden folder in which a run keeps its work. */
  Path workFolder(String run) {
    return folder.resolve(isFolder() ? ".waybill-" + run : "." + name() + ".waybill-" + run);
  }

  /** The file that says what the collections are. */
  String schemaFile() {
    return isFolder() ? ".waybill-schema.json" : name() + ".waybill-schema.json";
  }

  /** The file in which a collection stands or is to stand, relative to the folder. */
  String file(String collection) {
    if (collection.startsWith(SIDECAR)) {
      return isFolder() ? "waybill-sidecar.json" : name() + ".waybill-sidecar.json";
    }
    if (!isFolder()) {
      return name();
    }
    for (String end : List.of(".json", ".jsonl", ".ndjson")) {
      for (Packing packing : Packing.values()) {
        String name = packing.packed(collection + end);
        if (Files.isRegularFile(folder.resolve(name))) {
          return name;
        }
      }
    }
    requireName(collection);
    return collection + (place.shape() == JsonLayout.Shape.LINES ? ".jsonl" : ".json");
  }

  /**
   * Where a collection stands or is to stand: in a file, or in a folder of its records' files.
   *
   * <p>A collection that is called by the target's folder is in that itself, so that a folder of
   * records is found again by what it is called.
   */
  String place(Collection collection) {
    if (!isFolder() || collection.name().startsWith(SIDECAR) || !isOfRecords(collection)) {
      return file(collection.name());
    }
    if (collection.name().equals(name())) {
      return RecordFolder.ROOT;
    }
    requireName(collection.name());
    return collection.name() + "/";
  }

  /** The URL asks for it, or the source was one and what names its files has come along. */
  private boolean isOfRecords(Collection collection) {
    return place.shape() == JsonLayout.Shape.RECORDS
        || JsonLayout.of(collection.detail())
            .filter(layout -> layout.shape() == JsonLayout.Shape.RECORDS)
            .filter(layout -> isName(collection, layout.keyField()))
            .isPresent();
  }

  /** The field that is to be the name of a record's member or file, "" if nothing says which. */
  String nameField(Collection collection) {
    if (!place.key().isEmpty()) {
      return place.key();
    }
    return JsonLayout.of(collection.detail())
        .map(JsonLayout::keyField)
        .filter(field -> isName(collection, field))
        .orElse(collection.key().size() == 1 ? collection.key().get(0) : "");
  }

  /** True if a field is text that each record has, so that it can be the name of its file. */
  static boolean isName(Collection collection, String field) {
    return collection
        .field(field)
        .filter(each -> !each.isNullable() || collection.key().contains(field))
        .filter(each -> JsonForm.of(each).nativeType().startsWith("string"))
        .isPresent();
  }

  private void requireName(String collection) {
    if (collection.isBlank()
        || collection.startsWith(".")
        || collection.contains("..")
        || collection.contains("/.")
        || collection.indexOf('\\') >= 0
        || collection.startsWith("/")
        || collection.endsWith("/")
        || collection.chars().anyMatch(c -> c < ' ')
        || collection.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      throw new StoreException(
          "UNSUPPORTED",
          "The collection \"" + collection + "\" cannot be a file of its own in " + folder + ".",
          "rename it in the plan, or write one file: json:" + folder + ".json?shape=wrapper",
          false,
          null);
    }
  }

  /** The shape that a file's name or the URL asks for. */
  Optional<JsonLayout.Shape> wanted(String file) {
    if (isSidecar(file)) {
      return Optional.of(JsonLayout.Shape.WRAPPER);
    }
    if (RecordFolder.isOne(file)) {
      return Optional.of(JsonLayout.Shape.RECORDS);
    }
    if (place.shape() != null) {
      return Optional.of(place.shape());
    }
    return JsonFolder.isLines(file.toLowerCase(Locale.ROOT))
        ? Optional.of(JsonLayout.Shape.LINES)
        : Optional.empty();
  }

  boolean isSidecar(String file) {
    return file.equals(file(SIDECAR));
  }

  Path resolve(String file) {
    return folder.resolve(file).normalize();
  }

  static void keepPermissions(Path from, Path to) throws IOException {
    if (Files.exists(from) && Files.getFileStore(to).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
    }
  }

  /** What tells that a file, or a folder of records, was changed. */
  String stamp(String place) throws IOException {
    return RecordFolder.isOne(place)
        ? new RecordFolder(this, place).word()
        : Stamp.word(resolve(place));
  }

  static void sync(Path path) throws IOException {
    try (FileChannel channel =
        Files.isDirectory(path)
            ? FileChannel.open(path, StandardOpenOption.READ)
            : FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
