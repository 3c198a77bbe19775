package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Sidecar;
import dev.waybill.spi.RecordReader;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A run's {@code quarantine/records.ndjson}, which a person may have edited: of each value that is
 * still what the record says the record's bytes count, of another one what is written there.
 */
public final class QuarantineFile implements FileSnapshot.Records {
  /** Where it is in a run directory. */
  public static final String FILE = "quarantine/records.ndjson";

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();
  private static final ObjectMapper JSON =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final Path path;
  private final Map<String, DescribedCollection> described;
  private final Set<String> taken;
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final Set<String> others = new LinkedHashSet<>();
  private final long size;
  private final FileTime changedAt;

  /**
   * Looks through a run's file.
   *
   * @param described the run's source
   * @param taken collections of which nothing is to be read
   * @throws DataException if a line is none
   */
  QuarantineFile(
      RunDirectory directory, Map<String, DescribedCollection> described, Set<String> taken) {
    this.path = directory.path().resolve(FILE);
    this.described = described;
    this.taken = taken;
    try {
      this.size = Files.size(path);
      this.changedAt = Files.getLastModifiedTime(path);
    } catch (IOException failed) {
      throw RunDirectory.unreadable(path, failed);
    }
    count();
    counts.keySet().stream().filter(name -> !taken.contains(name)).forEach(this::requireApart);
  }

  private void count() {
    try (Lines lines = new Lines(path)) {
      for (JsonNode line = lines.next(); line != null; line = lines.next()) {
        String collection = line.path("collection").asText();
        if (described.containsKey(collection)) {
          counts.merge(collection, taken.contains(collection) ? 0L : 1L, Long::sum);
        } else if (Sidecar.isPart(collection)) {
          others.add(collection);
        } else {
          throw lines.fault("the run's source has no collection \"" + collection + "\"", null);
        }
      }
    }
  }

  /**
   * Makes sure that edits have not given two records what the source promised to be one's own: in
   * the target the second would be taken for the first.
   */
  private void requireApart(String name) {
    Collection stored = collection(name);
    List<List<String>> sets = new ArrayList<>(stored.uniqueSets());
    if (stored.hasKey()) {
      sets.add(stored.key());
    }
    for (List<String> set : sets) {
      if (stored.writtenNames().containsAll(set)) {
        requireApart(stored, set);
      }
    }
  }

  private void requireApart(Collection stored, List<String> set) {
    int[] fields = set.stream().mapToInt(stored.writtenNames()::indexOf).toArray();
    CanonicalForm canonical = new CanonicalForm();
    Map<RecordDigest, Long> edited = new HashMap<>();
    eachOf(
        stored,
        reader -> {
          RecordDigest now = canonical.digest(reader.mended, 0, fields);
          if (!now.equals(canonical.digest(reader.original, 0, fields)) && reader.isWhole(fields)) {
            reader.requireNot(edited.putIfAbsent(now, reader.lines.number), set);
          }
        });
    if (!edited.isEmpty()) {
      eachOf(
          stored,
          reader -> {
            RecordDigest now = canonical.digest(reader.mended, 0, fields);
            long line = edited.getOrDefault(now, reader.lines.number);
            reader.requireNot(line == reader.lines.number ? null : line, set);
          });
    }
  }

  private void eachOf(Collection stored, Consumer<Reader> consumer) {
    try (Reader reader = new Reader(stored, new int[0])) {
      while (reader.advance()) {
        consumer.accept(reader);
      }
    }
  }

  /** The values of a record, to be put into a line. */
  public static RawValue values(Collection collection, RecordBatch batch, int record) {
    return new RawValue(
        new String(text(batch, record, collection.writtenFields()), StandardCharsets.UTF_8));
  }

  private static byte[] text(RecordBatch batch, int record, List<Field> fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      RecordText.write(batch, record, fields, json);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return bytes.toByteArray();
  }

  /** The names of the collections that have records here. */
  static Set<String> collections(RunDirectory directory) {
    Set<String> names = new LinkedHashSet<>();
    try (Lines lines = new Lines(directory.path().resolve(FILE))) {
      for (JsonNode line = lines.next(); line != null; line = lines.next()) {
        names.add(line.path("collection").asText());
      }
    }
    return names;
  }

  /** The collections that have records here, in the order in which they come. */
  List<Collection> collections() {
    List<Collection> collections = new ArrayList<>();
    counts.forEach((name, count) -> collections.add(collection(name).withEstimates(count, size)));
    return collections;
  }

  /** Names in lines that are none of the source's collections. */
  Set<String> others() {
    return others;
  }

  private Collection collection(String name) {
    DescribedCollection one = described.get(name);
    if (one == null) {
      throw new IllegalArgumentException("nothing tells of " + name);
    }
    return one.collection();
  }

  @Override
  public long count(String collection) {
    return counts.getOrDefault(collection, 0L);
  }

  @Override
  public boolean hasMoved() {
    try {
      return Files.size(path) != size || !Files.getLastModifiedTime(path).equals(changedAt);
    } catch (IOException gone) {
      return true;
    }
  }

  @Override
  public RecordReader read(Collection asked) {
    Collection stored = collection(asked.name());
    return new Reader(stored, FileSnapshot.positions(stored, asked));
  }

  /** A line's number and what is wrong with it. */
  private static DataException fault(Path path, long line, String why, @Nullable Throwable cause) {
    return new DataException(
        "QUARANTINE_LINE",
        path + " line " + line + " cannot be read: " + why + ".",
        "mend the line; docs/formats/backup.md says how values are written there",
        -1,
        cause);
  }

  /** Reads a file line by line. */
  private static final class Lines implements AutoCloseable {
    private final Path path;
    private final BufferedReader reader;
    private long number;

    Lines(Path path) {
      this.path = path;
      try {
        this.reader = Files.newBufferedReader(path);
      } catch (IOException failed) {
        throw RunDirectory.unreadable(path, failed);
      }
    }

    /** The next line that is not empty, null at the end. */
    @Nullable JsonNode next() {
      try {
        String text;
        do {
          text = reader.readLine();
          number++;
        } while (text != null && text.isBlank());
        return text == null ? null : parsed(text);
      } catch (IOException failed) {
        throw RunDirectory.unreadable(path, failed);
      }
    }

    private JsonNode parsed(String text) {
      try {
        JsonNode node = JSON.readTree(text);
        if (node instanceof ObjectNode && node.path("collection").isTextual()) {
          return node;
        }
        throw fault("it is no record", null);
      } catch (JsonProcessingException broken) {
        throw fault(
            "it is no JSON ("
                + broken.getOriginalMessage().replaceAll("\\s+", " ")
                + "); where a crash has cut it off, delete it",
            broken);
      }
    }

    DataException fault(String why, @Nullable Throwable cause) {
      return QuarantineFile.fault(path, number, why, cause);
    }

    @Override
    public void close() {
      try {
        reader.close();
      } catch (IOException failed) {
        throw RunDirectory.unreadable(path, failed);
      }
    }
  }

  private final class Reader implements RecordReader {
    private final Lines lines = new Lines(path);
    private final Collection stored;
    private final List<Field> fields;
    private final int[] positions;
    private final RecordBatch original;
    private final RecordBatch mended;

    Reader(Collection stored, int[] positions) {
      this.stored = stored;
      this.fields = stored.writtenFields();
      this.positions = positions;
      this.original = new RecordBatch(fields.size());
      this.mended = new RecordBatch(fields.size());
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean isAppended = false;
      while (!isAppended || into.records() < maxRecords && into.size() < maxBytes) {
        if (!advance()) {
          return isAppended;
        }
        mended.project(0, positions, into);
        isAppended = true;
      }
      return true;
    }

    /** Goes to the next record of the collection. */
    boolean advance() {
      JsonNode line = taken.contains(stored.name()) ? null : lines.next();
      while (line != null && !line.path("collection").asText().equals(stored.name())) {
        line = lines.next();
      }
      if (line != null) {
        mend(line);
      }
      return line != null;
    }

    boolean isWhole(int[] positions) {
      return IntStream.of(positions)
          .noneMatch(position -> mended.isMissingAt(mended.at(0, position)));
    }

    void requireNot(@Nullable Long other, List<String> set) {
      if (other != null) {
        throw lines.fault("its " + String.join(", ", set) + " is that of line " + other, null);
      }
    }

    private void mend(JsonNode line) {
      original.clear();
      mended.clear();
      try {
        original.putRecord(Base64.getDecoder().decode(line.path("record").asText()));
      } catch (IllegalArgumentException damaged) {
        throw lines.fault("its record is damaged", damaged);
      }
      JsonNode given = line.path("values");
      JsonNode before = before();
      for (String name : given.properties().stream().map(Map.Entry::getKey).toList()) {
        if (fields.stream().noneMatch(field -> field.name().equals(name))) {
          throw lines.fault(stored.name() + " has no field \"" + name + "\"", null);
        }
      }
      for (int field = 0; field < fields.size(); field++) {
        mend(fields.get(field), field, given, before);
      }
    }

    private JsonNode before() {
      try {
        return JSON.readTree(text(original, 0, fields));
      } catch (IOException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    private void mend(Field field, int position, JsonNode given, JsonNode before) {
      int at = original.at(0, position);
      JsonNode now = given.get(field.name());
      if (now == null && original.kindAt(at) != Kind.ABSENT) {
        throw lines.fault(
            "the field \"" + field.name() + "\" is missing; write null for no value", null);
      }
      if (now == null || now.equals(before.get(field.name()))) {
        mended.putValue(original, at);
        return;
      }
      try {
        EditedValue.put(now, field.type(), original.kindAt(at), mended);
      } catch (IllegalArgumentException unfit) {
        throw lines.fault("the field \"" + field.name() + "\": " + unfit.getMessage(), unfit);
      }
    }

    @Override
    public void close() {
      lines.close();
    }
  }
}
