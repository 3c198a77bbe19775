package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.json.JsonLayout.Shape;
import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a JSON store holds, found by reading all of it once. What was found is used by every store
 * that this process opens on the same place, as long as one of them is open and the files are the
 * same.
 */
final class JsonContent {
  private static final int SAMPLED = 8;
  private static final int SHOWN = 60;
  private static final AtomicLong NUMBER = new AtomicLong();
  private static final Map<JsonPlace, JsonContent> OPEN = new LinkedHashMap<>();

  private final JsonPlace place;
  private final Path folder;
  private final Map<Path, Stamp> stamps = new TreeMap<>();
  private Set<Path> listed = Set.of();
  private final Set<String> told = new HashSet<>();
  private final Map<String, JsonCollection> collections = new LinkedHashMap<>();
  private final List<LeftOut> leftOut = new ArrayList<>();
  private final List<Path> unpacked = new ArrayList<>();
  private int users = 1;

  private JsonContent(JsonPlace place, Path folder) {
    this.place = place;
    this.folder = folder;
  }

  /** Opens a place; {@link #release} must follow. */
  static JsonContent open(JsonPlace place, Workspace workspace) {
    try (Workers workers = Workers.usual()) {
      return open(place, workspace, workers);
    }
  }

  /**
   * Opens a place.
   *
   * @param workers who look into what is read; nothing that is found depends on how many they are
   */
  static JsonContent open(JsonPlace place, Workspace workspace, Workers workers) {
    synchronized (OPEN) {
      JsonContent known = OPEN.get(place);
      if (known != null && !known.hasMoved()) {
        known.users++;
        return known;
      }
    }
    Path folder = workspace.directory().resolve("json-" + NUMBER.incrementAndGet());
    JsonContent content = new JsonContent(place, folder);
    boolean isRead = false;
    try {
      content.read(workers);
      isRead = true;
    } catch (IOException failure) {
      throw JsonErrors.failed(place.path(), "read", failure);
    } finally {
      if (!isRead) {
        content.remove();
      }
    }
    synchronized (OPEN) {
      OPEN.put(place, content);
    }
    return content;
  }

  /** Is used once more. */
  void use() {
    synchronized (OPEN) {
      users++;
    }
  }

  /** Is not used any more by one of its users. */
  void release() {
    synchronized (OPEN) {
      if (--users > 0) {
        return;
      }
      OPEN.remove(place, this);
    }
    remove();
  }

  private void remove() {
    try {
      for (JsonCollection each : collections.values()) {
        each.close();
      }
      PrivateFolder.remove(folder);
    } catch (IOException failure) {
      throw JsonErrors.failed(folder, "remove", failure);
    }
  }

  Path folder() {
    return folder;
  }

  Catalog catalog() {
    return new Catalog(
        "JSON " + (Files.isDirectory(place.path()) ? "folder" : "file"),
        collections.values().stream().map(JsonCollection::schema).toList(),
        leftOut);
  }

  List<Finding> findings() {
    return collections.values().stream().flatMap(each -> each.findings().stream()).toList();
  }

  JsonCollection collection(String name) {
    JsonCollection found = collections.get(name);
    if (found == null) {
      throw new StoreException(
          "NO_SUCH_COLLECTION",
          "There is no collection \"" + name + "\" in " + place.path() + ".",
          "see what is there: waybill inspect json:" + place.path(),
          false,
          null);
    }
    return found;
  }

  boolean hasMoved() {
    try {
      for (Map.Entry<Path, Stamp> each : stamps.entrySet()) {
        if (!each.getValue().equals(Stamp.of(each.getKey()))) {
          return true;
        }
      }
      return !files().equals(listed);
    } catch (IOException gone) {
      return true;
    }
  }

  /** What would be read now: the files of a folder, and the sidecar of one or of a file. */
  private Set<Path> files() throws IOException {
    Set<Path> files = new TreeSet<>();
    if (Files.isDirectory(place.path())) {
      new JsonFolder(place.path()).files().values().forEach(files::addAll);
    }
    if (Files.isRegularFile(sidecar())) {
      files.add(sidecar());
    }
    return files;
  }

  private Path sidecar() {
    Path path = place.path();
    return Files.isDirectory(path)
        ? path.resolve(JsonFolder.SIDECAR)
        : path.resolveSibling(path.getFileName() + ".waybill-sidecar.json");
  }

  // --- reading

  private void read(Workers workers) throws IOException {
    Path path = place.path();
    listed = files();
    if (Files.isDirectory(path)) {
      readFolder(path, workers);
    } else {
      for (Found each : scan(path, Items.stem(path), place.shape(), workers)) {
        take(each.alone());
      }
    }
    readSidecar(sidecar(), workers);
  }

  private List<Found> scan(Path file, String name, @Nullable Shape shape, Workers workers)
      throws IOException {
    return scanner(file, name, shape, workers).found;
  }

  /** What came of reading a file. */
  private record Scanned(List<Found> found, Set<String> members) {}

  private Scanned scanner(Path file, String name, @Nullable Shape shape, Workers workers)
      throws IOException {
    stamps.putIfAbsent(file, Stamp.of(file));
    Packing packing = Packing.of(file);
    Path plain = file;
    if (packing != Packing.NONE) {
      plain = folder.resolve("unpacked-" + NUMBER.incrementAndGet());
      unpacked.add(plain);
      packing.unpack(file, plain);
    }
    boolean isLines = JsonFolder.isLines(String.valueOf(file.getFileName()));
    String why = shape != null ? "the URL says so" : isLines ? "its name says so" : "";
    FileScan scan =
        new FileScan(
            plain,
            Files.size(plain),
            name,
            place,
            shape != null ? shape : isLines ? Shape.LINES : null,
            why,
            folder,
            Long.toString(NUMBER.incrementAndGet()),
            workers);
    try {
      List<Found> found = new ArrayList<>();
      for (Found each : scan.run()) {
        found.add(each.shape() == Shape.RECORDS ? each.in(List.of(file)) : each);
      }
      return new Scanned(found, scan.members());
    } catch (Malformed malformed) {
      throw JsonErrors.malformed(file, malformed);
    }
  }

  private void take(Found found) throws IOException {
    JsonCollection made = collection(found);
    collections.put(made.schema().name(), made);
  }

  // --- a folder

  private void readFolder(Path root, Workers workers) throws IOException {
    JsonFolder listed = new JsonFolder(root);
    leftOut.addAll(listed.leftOut());
    told.addAll(Described.read(Home.of(place)).files().keySet());
    for (Map.Entry<Path, List<Path>> each : listed.files().entrySet()) {
      String path = root.relativize(each.getKey()).toString().replace('\\', '/');
      readFiles(root, path, each.getValue(), workers);
    }
    if (collections.isEmpty()) {
      throw new StoreException(
          "FOLDER_IS_EMPTY",
          "There is no JSON file in " + root + ".",
          "see what is there: ls -a '" + root + "'",
          false,
          null);
    }
  }

  private void readFiles(Path root, String path, List<Path> files, Workers workers)
      throws IOException {
    boolean isAFolderOfThem =
        place.shape() == Shape.RECORDS
            || told.contains(path.isEmpty() ? RecordFolder.ROOT : path + "/");
    boolean areRecords = isAFolderOfThem || files.size() > 1 && areAlike(files, workers);
    List<Path> records = new ArrayList<>();
    for (Path file : files) {
      if (areRecords && isObject(file)) {
        records.add(file);
        continue;
      }
      String name = free(path.isEmpty() ? Items.stem(file) : path + "/" + Items.stem(file), file);
      List<Found> found = scan(file, name, place.shape(), workers);
      if (found.size() == 1 && found.get(0).shape() == Shape.RECORDS) {
        records.add(file);
        found.get(0).close();
        continue;
      }
      for (Found each : found) {
        boolean isMember = each.shape() == Shape.WRAPPER;
        take(isMember ? each.called(found.size() == 1 ? name : name + "/" + each.name()) : each);
      }
    }
    if (!records.isEmpty()) {
      Path folderName = root.getFileName();
      boolean isAlone = records.size() == 1 && !isAFolderOfThem;
      String name =
          isAlone
              ? (path.isEmpty() ? "" : path + "/") + Items.stem(records.get(0))
              : path.isEmpty() ? String.valueOf(folderName) : path;
      Found all = records(free(name, records.get(0)), records, workers);
      take(isAlone ? all.alone() : all);
    }
  }

  /** A name that no other collection has. */
  private String free(String name, Path file) {
    return collections.containsKey(name)
        ? name.substring(0, name.lastIndexOf('/') + 1) + file.getFileName()
        : name;
  }

  /** True if the files are objects with the same members: then each is a record. */
  private boolean areAlike(List<Path> files, Workers workers) throws IOException {
    Set<String> first = null;
    int alike = 0;
    int objects = 0;
    for (Path file : files.subList(0, Math.min(SAMPLED, files.size()))) {
      Scanned scanned = scanner(file, Items.stem(file), place.shape(), workers);
      for (Found each : scanned.found) {
        each.close();
      }
      Set<String> members = scanned.members;
      if (members.isEmpty()) {
        continue;
      }
      objects++;
      if (first == null) {
        first = new HashSet<>(members);
      }
      long common = members.stream().filter(first::contains).count();
      alike += 2 * common >= Math.max(members.size(), first.size()) ? 1 : 0;
    }
    return alike > 1 && 2 * alike > objects;
  }

  private boolean isObject(Path file) throws IOException {
    stamps.putIfAbsent(file, Stamp.of(file));
    return !JsonFolder.isLines(String.valueOf(file.getFileName())) && RecordFolder.isRecord(file);
  }

  private Found records(String name, List<Path> files, Workers workers) throws IOException {
    Item first = new Item(place.isLenient());
    try {
      Items.read(files.get(0), first);
    } catch (Malformed malformed) {
      throw JsonErrors.malformed(files.get(0), malformed);
    }
    Found found =
        new Found(
            name,
            files,
            Shape.RECORDS,
            false,
            indent(first),
            false,
            "",
            new Inference(name, true, "", folder, Long.toString(NUMBER.incrementAndGet())),
            new Positions(),
            files.size() == 1 ? "the file is one object" : "each file is one object");
    boolean isDone = false;
    try (Survey survey = new Survey(workers, place.isLenient())) {
      new RecordFiles(found, survey, workers.piece()).read();
      isDone = true;
      return found;
    } finally {
      if (!isDone) {
        found.close();
      }
    }
  }

  private static int indent(Item item) {
    int at = item.from() + 1;
    int spaces = 0;
    boolean isNewLine = false;
    for (; at < item.to() && JsonScan.isSpace(item.text()[at]); at++) {
      isNewLine |= item.text()[at] == '\n';
      spaces = item.text()[at] == ' ' ? spaces + 1 : 0;
    }
    return isNewLine ? Math.min(spaces, 16) : 0;
  }

  // --- what travels beside

  private void readSidecar(Path file, Workers workers) throws IOException {
    if (!Files.isRegularFile(file)) {
      return;
    }
    for (Found each : scan(file, Items.stem(file), Shape.WRAPPER, workers)) {
      Optional<Collection> known = JsonSidecar.shape(each.name());
      if (known.isPresent()) {
        each.close();
        JsonLayout layout = new JsonLayout(Shape.WRAPPER, "", "", 0, false, each.frame());
        collections.put(
            each.name(),
            new JsonCollection(
                known.get().withEstimates(each.positions().count(), -1),
                layout,
                each.files(),
                each.positions(),
                null,
                false,
                false,
                List.of()));
      } else {
        each.close();
      }
    }
  }

  // --- what a collection is

  private JsonCollection collection(Found found) throws IOException {
    Inference inference = found.inference();
    long records = inference.records();
    Set<String> taken =
        inference.fields().stream().map(FieldNotes::name).collect(Collectors.toSet());
    boolean isNamed = found.shape() == Shape.KEYED || found.shape().isOfFiles();
    String nameField = isNamed ? Layouts.nameField(found.shape(), place.key(), taken) : "";
    JsonLayout layout =
        new JsonLayout(
            found.shape(),
            nameField,
            found.isValues() ? Layouts.VALUE : "",
            found.indent(),
            found.hasMark(),
            found.frame());
    List<Field> fields = new ArrayList<>();
    Map<String, String> facts = new TreeMap<>();
    if (isNamed) {
      fields.add(Field.of(nameField, LogicalType.TEXT, JsonForm.STRING.nativeType(), false));
    }
    for (FieldNotes each : inference.fields()) {
      JsonForm form = each.form();
      boolean isAbsent = each.seen() < records;
      boolean isNullable = each.nulls() > 0 || isAbsent;
      fields.add(Field.of(each.name(), form.type(), form.nativeType(), isNullable));
    }
    Path first = found.files().get(0);
    Collection schema =
        Collection.of(found.name(), fields, List.of())
            .withEstimates(records, bytes(found))
            .withDetail(layout.detail(facts));
    JsonCollection made =
        new JsonCollection(
            schema,
            layout,
            found.files(),
            found.positions(),
            null,
            place.isLenient(),
            place.absentIsNull(),
            List.of());
    List<String> key = new ArrayList<>();
    List<String> said = new ArrayList<>();
    KeyIndex index = key(found, made, nameField, key, said);
    inference.close();
    if (!key.isEmpty() && !key.contains(nameField) && place.key().isEmpty()) {
      facts.put(NativeDetail.KEY_FOUND, "yes");
    }
    Collection keyed =
        new Collection(
            schema.name(),
            withoutNulls(fields, key),
            key,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            null,
            schema.estimatedRecords(),
            schema.estimatedBytes(),
            layout.detail(facts));
    List<Finding> findings = new ArrayList<>();
    String where =
        found.files().size() == 1
            ? String.valueOf(first.getFileName())
            : found.files().size() + " files";
    findings.add(
        new Finding(
            "JSON_SHAPE",
            String.format(
                "%s is read from %s in the shape \"%s\"%s: %,d record%s. %s",
                found.name(),
                unpacked.contains(first) ? "the unpacked file" : where,
                (found.shape() == Shape.RECORD ? Shape.RECORDS : found.shape()).word(),
                found.why().isEmpty() ? "" : ", because " + found.why(),
                records,
                records == 1 ? "" : "s",
                String.join("; ", said)),
            "",
            false));
    findings.add(fieldsFinding(found, records));
    return new JsonCollection(
        keyed,
        layout,
        found.files(),
        found.positions(),
        index,
        place.isLenient(),
        place.absentIsNull(),
        findings);
  }

  private static Finding fieldsFinding(Found found, long records) {
    List<FieldNotes> notes = found.inference().fields();
    String text =
        notes.stream()
            .limit(SHOWN)
            .map(each -> each.text(records))
            .collect(Collectors.joining("; "));
    return new Finding(
        "JSON_FIELDS",
        found.name()
            + " by all its records: "
            + (notes.isEmpty() ? "no fields" : text)
            + (notes.size() > SHOWN ? "; and " + (notes.size() - SHOWN) + " more" : "")
            + ".",
        "",
        false);
  }

  private long bytes(Found found) throws IOException {
    if (!found.shape().isOfFiles()) {
      return found.positions().end() - found.positions().first();
    }
    long bytes = 0;
    for (Path each : found.files()) {
      bytes += Files.size(each);
    }
    return bytes;
  }

  private static List<Field> withoutNulls(List<Field> fields, List<String> key) {
    return fields.stream()
        .map(each -> key.contains(each.name()) ? each.withNullable(false) : each)
        .toList();
  }

  /** Finds the key, and gives the index of it where there is one. */
  private @Nullable KeyIndex key(
      Found found, JsonCollection made, String nameField, List<String> key, List<String> said)
      throws IOException {
    Inference inference = found.inference();
    boolean isChosen = nameField.isEmpty() && !place.key().isEmpty();
    if (isChosen) {
      List<String> chosen = List.of(place.key().split(",", -1));
      for (String each : chosen) {
        if (made.schema().field(each).isEmpty()) {
          throw new SpecException(
              "UNKNOWN_FIELD",
              "Collection \"" + found.name() + "\" has no field \"" + each + "\" (?key=).",
              "see what it has: waybill inspect json:" + place.path());
        }
      }
      if (chosen.size() > 1) {
        return proven(made, chosen, key, said);
      }
    }
    for (FieldNotes candidate : inference.candidates()) {
      String name = candidate.name().isEmpty() ? nameField : candidate.name();
      KeyIndex index = inference.index(candidate);
      if (index.isUnique(position -> keyAt(made, List.of(name), position))) {
        key.add(name);
        said.add(
            String.format(
                "Its key is %s, present and unique in %,d of %,d%s",
                name, inference.records(), inference.records(), isChosen ? ", as chosen" : ""));
        return index;
      }
      said.add(name + " is no key: two records have the same");
      index.close();
    }
    if (isChosen) {
      throw notUnique(made);
    }
    said.add("No key was found: choose one with --key " + found.name() + "=FIELD");
    return null;
  }

  /** The index of a key of several fields, which must be in every record and unique. */
  private KeyIndex proven(
      JsonCollection made, List<String> chosen, List<String> key, List<String> said)
      throws IOException {
    KeyIndex index = index(made.schema().withKey(chosen), made, NUMBER.incrementAndGet());
    boolean isInAll = chosen.stream().noneMatch(each -> isNullable(made, each));
    if (!isInAll || !index.isUnique(position -> keyAt(made, chosen, position))) {
      index.close();
      throw notUnique(made);
    }
    key.addAll(chosen);
    said.add(
        String.format(
            "Its key is %s, present and unique in %,d of %,d, as chosen",
            place.key(), made.positions().count(), made.positions().count()));
    return index;
  }

  private static boolean isNullable(JsonCollection made, String field) {
    return made.schema().field(field).map(Field::isNullable).orElse(true);
  }

  private SpecException notUnique(JsonCollection made) {
    return new SpecException(
        "KEY_NOT_UNIQUE",
        "The key \""
            + place.key()
            + "\" of \""
            + made.schema().name()
            + "\" is not in every record, is neither text nor a whole number, or two records have"
            + " the same.",
        "leave ?key= out, or name other fields");
  }

  private static RecordDigest keyAt(JsonCollection made, List<String> fields, long position) {
    Collection asked =
        made.schema()
            .withFields(
                fields.stream().map(each -> made.schema().field(each).orElseThrow()).toList());
    RecordBatch batch = new RecordBatch(fields.size());
    try (JsonReader reader = new JsonReader(made, asked, position, made.positions().end())) {
      reader.read(batch, 1, 1);
    }
    return new CanonicalForm().digest(batch, 0);
  }

  /** A key field decoded naturally tells keys apart, whatever its form. */
  KeyIndex index(Collection asked, JsonCollection stored, long ordinal) throws IOException {
    Collection keyOnly =
        asked.withFields(
            asked.key().stream().map(name -> asked.field(name).orElseThrow()).toList());
    JsonForm[] forms = keyOnly.fields().stream().map(JsonForm::of).toArray(JsonForm[]::new);
    KeyIndex index = new KeyIndex(folder, "index-" + ordinal);
    RecordBatch batch = new RecordBatch(forms.length);
    JsonValues values = new JsonValues();
    JsonText scratch = new JsonText();
    try (JsonReader reader =
        new JsonReader(stored, keyOnly, stored.positions().first(), stored.positions().end())) {
      while (reader.read(batch, 1, 1)) {
        index.add(hash(batch, forms, values, scratch), reader.position());
        batch.clear();
      }
    }
    index.finish();
    return index;
  }

  private static long hash(
      RecordBatch batch, JsonForm[] forms, JsonValues values, JsonText scratch) {
    try {
      return JsonReader.hash(batch, 0, forms, values, scratch);
    } catch (Unwritable otherKind) {
      // Not of the asked form, so it has no equal among what is looked up.
      return 0;
    }
  }

  long nextNumber() {
    return NUMBER.incrementAndGet();
  }
}
