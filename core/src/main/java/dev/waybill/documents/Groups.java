package dev.waybill.documents;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The elements of all parents of a relation, written as JSON, in two files: the elements sorted by
 * parent and order, and where those of each parent are. A parent's are found by the digest of its
 * key; digests are spread evenly, so that a guess is nearly right at once. Thread-safe once built.
 */
final class Groups implements AutoCloseable {
  /** What is between two elements of one parent in the file. */
  private static final byte[] COMMA = {','};

  private static final int LARGEST = 64 << 20;
  private static final int BATCH_RECORDS = 1_000;
  private static final int BATCH_BYTES = 4 << 20;
  private static final long CHUNK = 100_000;

  /** An entry of the index: a digest, a place, how many bytes and elements. */
  private static final int ENTRY = 16 + 8 + 8 + 8;

  private static final int SHOWN = 20;

  private final Relation relation;
  private final Path elementsPath;
  private final Path indexPath;
  private final FileChannel elements;
  private final FileChannel index;
  private final long parents;

  /** A parent's elements, a comma between two of them. */
  record Group(byte[] elements, long count) {}

  private Groups(
      Relation relation, Path elementsPath, Path indexPath, FileChannel elements, FileChannel index)
      throws IOException {
    this.relation = relation;
    this.elementsPath = elementsPath;
    this.indexPath = indexPath;
    this.elements = elements;
    this.index = index;
    this.parents = index.size() / ENTRY;
  }

  /**
   * Reads and sorts all elements.
   *
   * @throws DataException if one of them has no parent, or cannot be written as JSON
   */
  static Groups of(Relation relation, Snapshot snapshot, Path folder) {
    String name = "elements-" + Long.toUnsignedString(System.identityHashCode(snapshot), 36);
    try (SortedFile sorted = new SortedFile(folder, name + "-sort")) {
      read(relation, snapshot, sorted);
      Files.createDirectories(folder);
      Path elementsPath = unique(folder, name);
      Path indexPath = unique(folder, name + "-index");
      try {
        write(sorted, elementsPath, indexPath);
        Groups groups =
            new Groups(
                relation,
                elementsPath,
                indexPath,
                FileChannel.open(elementsPath, StandardOpenOption.READ),
                FileChannel.open(indexPath, StandardOpenOption.READ));
        try {
          groups.requireParents(snapshot, folder, name);
          return groups;
        } catch (RuntimeException refused) {
          groups.close();
          throw refused;
        }
      } catch (IOException failed) {
        throw sorted.failed(failed);
      }
    } catch (IOException failed) {
      throw SortedFile.failed(folder, failed);
    }
  }

  private static Path unique(Path folder, String name) throws IOException {
    for (int i = 0; ; i++) {
      Path path = folder.resolve(name + "." + i);
      if (!Files.exists(path)) {
        return SortedFile.create(path);
      }
    }
  }

  // --- reading the elements

  private static void read(Relation relation, Snapshot snapshot, SortedFile sorted) {
    Collection child = relation.child();
    List<String> names = child.writtenNames();
    int[] link = positions(names, relation.link().fields());
    int[] order = positions(names, relation.order().stream().map(Field::name).toList());
    int[] key = child.hasKey() ? child.keyPositions() : link;
    ElementText text = new ElementText(relation);
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch records = new RecordBatch(names.size());
    for (Chunk chunk : snapshot.chunks(child, CHUNK)) {
      try (RecordReader reader = snapshot.read(child, chunk)) {
        while (reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
          for (int record = 0; record < records.records(); record++) {
            ByteArrayOutputStream place = new ByteArrayOutputStream();
            digest(canonical.digest(records, record, link), place);
            for (int i = 0; i < order.length; i++) {
              order(relation, records, records.at(record, order[i]), place);
            }
            try {
              sorted.add(place.toByteArray(), text.of(records, record));
            } catch (JsonWriter.Unwritable unwritable) {
              throw refused(
                  "NOT_JSON",
                  relation,
                  "record "
                      + KeyText.of(records, record, key)
                      + " of "
                      + child.name()
                      + ": "
                      + unwritable.getMessage());
            }
          }
          records.clear();
        }
      }
    }
  }

  private static int[] positions(List<String> names, List<String> wanted) {
    return wanted.stream().mapToInt(names::indexOf).toArray();
  }

  private static void digest(RecordDigest digest, ByteArrayOutputStream out) {
    out.writeBytes(ByteBuffer.allocate(16).putLong(digest.high()).putLong(digest.low()).array());
  }

  /** Bytes that sort as the values do. */
  private static void order(
      Relation relation, RecordBatch records, int at, ByteArrayOutputStream out) {
    Kind kind = records.kindAt(at);
    out.write(kind.tag());
    switch (kind) {
      case NULL, ABSENT -> {}
      case BOOLEAN -> out.write(records.booleanAt(at) ? 1 : 0);
      case INT64 -> number(records.int64At(at), out);
      case DATE -> number(records.dateAt(at), out);
      case TIMESTAMP, INSTANT -> {
        number(records.secondsAt(at), out);
        number(records.nanosAt(at), out);
      }
      case FLOAT64 -> {
        long bits = Double.doubleToLongBits(records.float64At(at));
        number(bits < 0 ? ~bits ^ Long.MIN_VALUE : bits, out);
      }
      case TEXT, BYTES -> {
        out.write(records.bytes(), records.payloadAt(at), records.payloadLengthAt(at));
        out.write(0);
      }
      case UUID -> {
        number(records.uuidHighAt(at) ^ Long.MIN_VALUE, out);
        number(records.uuidLowAt(at) ^ Long.MIN_VALUE, out);
      }
      default ->
          throw refused(
              "NO_ORDER",
              relation,
              "a " + kind + " does not put " + relation.child().name() + " in order");
    }
  }

  private static void number(long value, ByteArrayOutputStream out) {
    out.writeBytes(ByteBuffer.allocate(8).putLong(value ^ Long.MIN_VALUE).array());
  }

  static DataException refused(String code, Relation relation, String why) {
    return new DataException(
        code,
        relation.parent().name() + "." + relation.field() + " cannot be put together: " + why + ".",
        "mend it in the source, or leave the collections apart: without --denormalise, and with"
            + " --no-sidecar where the sidecar tells of it",
        -1,
        null);
  }

  // --- the files

  private static void write(SortedFile sorted, Path elements, Path index) throws IOException {
    try (SortedFile.Reader reader = sorted.sorted();
        DataOutputStream out = output(elements);
        DataOutputStream places = output(index)) {
      byte[] digest = new byte[0];
      long from = 0;
      long to = 0;
      long count = 0;
      for (SortedFile.Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (count > 0 && Arrays.equals(entry.key(), 0, 16, digest, 0, 16)) {
          out.write(COMMA);
          to++;
        } else {
          place(digest, from, to, count, places);
          digest = entry.key();
          from = to;
          count = 0;
        }
        out.write(entry.payload());
        to += entry.payload().length;
        count++;
      }
      place(digest, from, to, count, places);
    }
  }

  private static void place(byte[] digest, long from, long to, long count, DataOutputStream out)
      throws IOException {
    if (count > 0) {
      out.write(digest, 0, 16);
      out.writeLong(from);
      out.writeLong(to - from);
      out.writeLong(count);
    }
  }

  private static DataOutputStream output(Path path) throws IOException {
    return new DataOutputStream(
        new BufferedOutputStream(
            Files.newOutputStream(path, StandardOpenOption.TRUNCATE_EXISTING), 64 << 10));
  }

  // --- parents

  /** Makes sure that every element has a parent. */
  private void requireParents(Snapshot snapshot, Path folder, String name) throws IOException {
    Collection parent = relation.parent();
    Collection asked =
        parent.withFields(
            relation.link().targetFields().stream()
                .map(each -> parent.field(each).orElseThrow())
                .toList());
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch keys = new RecordBatch(asked.fields().size());
    List<RecordDigest> orphans = new ArrayList<>();
    long records = 0;
    try (SortedFile sorted = new SortedFile(folder, name + "-parents")) {
      for (Chunk chunk : snapshot.chunks(asked, CHUNK)) {
        try (RecordReader reader = snapshot.read(asked, chunk)) {
          while (reader.read(keys, BATCH_RECORDS, BATCH_BYTES)) {
            for (int record = 0; record < keys.records(); record++) {
              ByteArrayOutputStream digest = new ByteArrayOutputStream();
              digest(canonical.digest(keys, record), digest);
              sorted.add(digest.toByteArray(), new byte[0]);
            }
            keys.clear();
          }
        }
      }
      try (SortedFile.Reader reader = sorted.sorted()) {
        SortedFile.Entry there = reader.next();
        for (long position = 0; position < parents; position++) {
          byte[] place = entry(position).array();
          while (there != null && Arrays.compareUnsigned(there.key(), 0, 16, place, 0, 16) < 0) {
            there = reader.next();
          }
          if (there == null || !Arrays.equals(there.key(), 0, 16, place, 0, 16)) {
            records += ByteBuffer.wrap(place).getLong(32);
            if (orphans.size() < SHOWN) {
              orphans.add(digestOf(ByteBuffer.wrap(place)));
            }
          }
        }
      }
    }
    if (records > 0) {
      throw refused("NO_PARENT", relation, orphans(snapshot, orphans, records));
    }
  }

  private String orphans(Snapshot snapshot, List<RecordDigest> orphans, long records) {
    Collection child = relation.child();
    int[] link = positions(child.writtenNames(), relation.link().fields());
    int[] key = child.hasKey() ? child.keyPositions() : link;
    List<String> names = new ArrayList<>();
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch batch = new RecordBatch(child.writtenFields().size());
    for (Chunk chunk : snapshot.chunks(child, CHUNK)) {
      try (RecordReader reader = snapshot.read(child, chunk)) {
        while (names.size() < SHOWN && reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
          for (int record = 0; record < batch.records(); record++) {
            if (names.size() < SHOWN && orphans.contains(canonical.digest(batch, record, link))) {
              names.add("(" + KeyText.of(batch, record, key) + ")");
            }
          }
          batch.clear();
        }
      }
    }
    return String.format(
        "%,d record%s of %s ha%s no parent there: %s%s",
        records,
        records == 1 ? "" : "s",
        child.name(),
        records == 1 ? "s" : "ve",
        String.join(", ", names),
        records > names.size() ? ", +" + (records - names.size()) + " more" : "");
  }

  // --- looking up

  private ByteBuffer entry(long position) throws IOException {
    ByteBuffer entry = ByteBuffer.allocate(ENTRY);
    read(index, entry, position * ENTRY);
    return entry;
  }

  private static void read(FileChannel from, ByteBuffer into, long position) throws IOException {
    while (into.hasRemaining()) {
      if (from.read(into, position + into.position()) < 0) {
        throw new IOException("the file of elements was cut");
      }
    }
    into.flip();
  }

  private static RecordDigest digestOf(ByteBuffer entry) {
    return new RecordDigest(entry.getLong(0), entry.getLong(8));
  }

  /** The elements of a parent, null if it has none. */
  @Nullable Group of(RecordDigest parent) {
    try {
      ByteBuffer entry = find(parent);
      if (entry == null) {
        return null;
      }
      long length = entry.getLong(24);
      if (length > LARGEST) {
        throw refused(
            "RECORD_TOO_LARGE", relation, "the elements of one record take " + length + " bytes");
      }
      ByteBuffer text = ByteBuffer.allocate((int) length);
      read(elements, text, entry.getLong(16));
      return new Group(text.array(), entry.getLong(32));
    } catch (IOException failed) {
      throw SortedFile.failed(elementsPath, failed);
    }
  }

  private @Nullable ByteBuffer find(RecordDigest wanted) throws IOException {
    long low = 0;
    long high = parents;
    boolean isGuess = true;
    while (low < high) {
      long middle = isGuess ? guess(wanted, low, high) : low + (high - low) / 2;
      ByteBuffer entry = entry(middle);
      int order = Long.compareUnsigned(entry.getLong(0), wanted.high());
      order = order != 0 ? order : Long.compareUnsigned(entry.getLong(8), wanted.low());
      if (order == 0) {
        return entry;
      }
      if (isGuess) {
        // Digests are spread evenly over all positions; a window around the guess nearly always
        // has the wanted one, and halving finds it in few steps there.
        long window = 16 + (long) Math.sqrt(parents);
        long from = Math.max(0, middle - window);
        long to = Math.min(parents, middle + window);
        if (order < 0) {
          low = middle + 1;
          if (to < high && compare(to, wanted) >= 0) {
            high = to + 1;
          }
        } else {
          high = middle;
          if (from > 0 && compare(from, wanted) <= 0) {
            low = from;
          }
        }
        isGuess = false;
      } else if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return null;
  }

  private int compare(long position, RecordDigest wanted) throws IOException {
    ByteBuffer entry = entry(position);
    int order = Long.compareUnsigned(entry.getLong(0), wanted.high());
    return order != 0 ? order : Long.compareUnsigned(entry.getLong(8), wanted.low());
  }

  private static long guess(RecordDigest wanted, long low, long high) {
    double share = (wanted.high() >>> 11) / (double) (1L << 53);
    return Math.min(high - 1, low + (long) (share * (high - low)));
  }

  @Override
  public void close() {
    try {
      elements.close();
      index.close();
      Files.deleteIfExists(elementsPath);
      Files.deleteIfExists(indexPath);
    } catch (IOException failed) {
      throw SortedFile.failed(elementsPath, failed);
    }
  }

  /** Writes records of the child as elements. */
  private static final class ElementText {
    private final Relation relation;
    private final int[] members;
    private final int rest;
    private final List<byte[]> names = new ArrayList<>();
    private final JsonScan scan = new JsonScan();

    ElementText(Relation relation) {
      this.relation = relation;
      List<String> all = relation.child().writtenNames();
      this.members = positions(all, relation.members().stream().map(Field::name).toList());
      this.rest = all.indexOf(Names.REST);
      for (Field member : relation.members()) {
        JsonWriter name = new JsonWriter();
        name.string(member.name());
        names.add(name.out.toByteArray());
      }
    }

    byte[] of(RecordBatch records, int record) throws JsonWriter.Unwritable {
      JsonWriter json = new JsonWriter();
      if (relation.isOfValues()) {
        json.value(records, records.at(record, members[0]));
        return json.out.toByteArray();
      }
      byte[] told = rest < 0 ? new byte[0] : rest(records, records.at(record, rest));
      boolean isElement = told.length > 0 && JsonScan.first(told, 0) != '{';
      String before = "{";
      List<String> written = new ArrayList<>();
      for (int i = 0; i < members.length; i++) {
        int at = records.at(record, members[i]);
        boolean isLeftOut =
            records.kindAt(at) == Kind.ABSENT || rest >= 0 && records.isMissingAt(at);
        if (isLeftOut) {
          continue;
        }
        json.raw(before);
        json.out.writeBytes(names.get(i));
        json.raw(":");
        try {
          json.value(records, at);
        } catch (JsonWriter.Unwritable unwritable) {
          throw new JsonWriter.Unwritable(
              "its field " + relation.members().get(i).name() + " " + unwritable.getMessage());
        }
        before = ",";
        written.add(relation.members().get(i).name());
      }
      if (isElement) {
        if (!written.isEmpty()) {
          throw new JsonWriter.Unwritable(
              "its field " + Names.REST + " says that it is no object, but it has fields");
        }
        return told;
      }
      if (told.length > 0) {
        scan.open(told, 0);
        while (scan.member()) {
          byte[] name = JsonScan.decode(told, scan.nameFrom, scan.nameTo);
          if (name != null && written.contains(new String(name, StandardCharsets.UTF_8))) {
            throw new JsonWriter.Unwritable(
                "its field "
                    + new String(name, StandardCharsets.UTF_8)
                    + " says another thing than "
                    + Names.REST);
          }
          json.raw(before);
          json.out.write(told, scan.nameFrom, scan.nameTo - scan.nameFrom);
          json.raw(":");
          json.json(told, scan.from, scan.to);
          before = ",";
        }
      }
      json.raw(before.equals("{") ? "{}" : "}");
      return json.out.toByteArray();
    }

    private static byte[] rest(RecordBatch records, int at) throws JsonWriter.Unwritable {
      if (records.isMissingAt(at)) {
        return new byte[0];
      }
      boolean isJson =
          (records.kindAt(at) == Kind.JSON || records.kindAt(at) == Kind.TEXT)
              && JsonFlaw.of(records.bytes(), records.payloadAt(at), records.payloadLengthAt(at))
                  != JsonFlaw.NOT_JSON;
      if (!isJson) {
        throw new JsonWriter.Unwritable("its field " + Names.REST + " is no JSON");
      }
      return records.payloadBytesAt(at);
    }
  }
}
