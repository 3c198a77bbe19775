package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdInputStream;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.RecordReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One collection's record file of a backup: that it is whole, its header, its records.
 *
 * @param path of the file
 * @param version of the backup: in the first, a file is one frame without a head
 * @param bytes how long it must be
 * @param sha256 what it must hold, hexadecimal; empty if it may grow, or was not sealed
 */
record RecordFile(Path path, int version, long records, long bytes, String sha256) {
  /** Digests of keys that are held at once; more records mean another pass over the file. */
  private static final int HELD = 500_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();
  private static final ObjectMapper TREES = new ObjectMapper(JSON);

  /**
   * What the first line tells.
   *
   * @param key the fields by which the run told the records apart
   */
  record Header(DescribedCollection described, List<String> key) {
    private static final String VERSION_FIELD = "waybill-records";

    void write(ObjectNode node) {
      node.put(VERSION_FIELD, Backup.VERSION);
      described.write(node);
      ArrayNode names = node.putArray("key");
      key.forEach(names::add);
    }

    private static Header read(JsonNode node) {
      DescribedCollection described = DescribedCollection.read(node);
      if (!node.has("key")) {
        return new Header(described, described.collection().key());
      }
      List<String> key = new ArrayList<>();
      node.path("key").forEach(name -> key.add(name.asText()));
      return new Header(described, key);
    }
  }

  /**
   * Reads all of it once.
   *
   * @return the file as far as it goes; of one that was not sealed, a frame that was cut off is
   *     left out
   * @throws StoreException BACKUP_DAMAGED naming the file if it is not as it was written
   */
  RecordFile whole() {
    try {
      return version == 1 ? wholeFirst() : wholeFrames();
    } catch (NoSuchFileException gone) {
      throw damaged("it is not there", gone);
    } catch (IOException failed) {
      throw RunDirectory.unreadable(path, failed);
    }
  }

  private RecordFile wholeFrames() throws IOException {
    boolean isSealed = !sha256.isEmpty();
    Frames.Found found = Frames.find(path);
    Frames.End end = found.end();
    if (isSealed && Files.size(path) != bytes) {
      throw damaged("it has " + Files.size(path) + " bytes, not " + bytes, null);
    }
    if (found.isDamaged()
        || end.bytes() == 0
        || isSealed && !end.equals(new Frames.End(bytes, records, sha256))) {
      throw damaged("its content is not what was written", null);
    }
    return new RecordFile(path, version, end.records(), end.bytes(), end.link());
  }

  private RecordFile wholeFirst() throws IOException {
    MessageDigest digest = Frames.sha256();
    {
      if (Files.size(path) != bytes) {
        throw damaged("it has " + Files.size(path) + " bytes, not " + bytes, null);
      }
      try (InputStream in = new DigestInputStream(Files.newInputStream(path), digest)) {
        byte[] buffer = new byte[1 << 16];
        while (in.read(buffer) >= 0) {
          continue;
        }
      }
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(sha256)) {
      throw damaged("its content is not what was written", null);
    }
    return this;
  }

  private StoreException damaged(String why, @Nullable Throwable cause) {
    return new StoreException(
        "BACKUP_DAMAGED",
        "The backup's file " + path + " is damaged: " + why + ".",
        "bring the file back from where the run directory itself is backed up, or leave its"
            + " collection out",
        false,
        cause);
  }

  /** What the file's first line tells. */
  Header header() {
    try (JsonParser parser = open()) {
      JsonNode header = TREES.readTree(parser);
      if (header.path(Header.VERSION_FIELD).asInt() != version) {
        throw damaged("it has no header that this Waybill reads", null);
      }
      return Header.read(header);
    } catch (JsonProcessingException broken) {
      throw damaged("it cannot be read", broken);
    } catch (IOException failed) {
      throw damaged("it cannot be read", failed);
    }
  }

  private JsonParser open() throws IOException {
    return JSON.createParser(
        new BufferedInputStream(
            new ZstdInputStream(Frames.first(bytes, Files.newInputStream(path))), 1 << 16));
  }

  /**
   * Its records, each key once: where one stands several times, the first counts.
   *
   * @param asked the collection with fewer or reordered fields
   */
  RecordReader read(Header header, Collection asked) {
    return read(header, asked, HELD);
  }

  /**
   * The same.
   *
   * @param held digests of keys that are held at once
   */
  RecordReader read(Header header, Collection asked, int held) {
    Collection stored = header.described().collection();
    List<String> names = stored.writtenNames();
    return new Reader(
        stored.writtenFields().size(),
        header.key().stream().mapToInt(names::indexOf).filter(at -> at >= 0).toArray(),
        FileSnapshot.positions(stored, asked),
        held);
  }

  /** Each pass over the file gives the records of some of the keys, so that memory is bounded. */
  private final class Reader implements RecordReader {
    private final RecordBatch one;
    private final int[] key;
    private final int[] positions;
    private final CanonicalForm canonical = new CanonicalForm();
    private final Set<RecordDigest> seen = new HashSet<>();
    private final long passes;
    private long pass;
    private JsonParser parser;

    Reader(int width, int[] key, int[] positions, int held) {
      this.one = new RecordBatch(width);
      this.key = key;
      this.positions = positions;
      this.passes = key.length == 0 ? 1 : 1 + records / held;
      this.parser = begun();
    }

    private JsonParser begun() {
      try {
        JsonParser begun = open();
        begun.nextToken();
        begun.skipChildren();
        return begun;
      } catch (IOException failed) {
        throw damaged("it cannot be read", failed);
      }
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean isFirst = true;
      try {
        while ((isFirst || into.records() < maxRecords && into.size() < maxBytes) && next()) {
          one.project(0, positions, into);
          isFirst = false;
        }
        return !isFirst;
      } catch (IOException | IllegalArgumentException broken) {
        throw damaged("it cannot be read", broken);
      }
    }

    /** Goes to the next record that is to be given, in this pass or a later one. */
    private boolean next() throws IOException {
      while (true) {
        if (parser.nextToken() == null) {
          if (pass + 1 >= passes) {
            return false;
          }
          pass++;
          seen.clear();
          parser.close();
          parser = begun();
          continue;
        }
        one.clear();
        one.putRecord(exact());
        if (isFirstOfItsKey()) {
          return true;
        }
      }
    }

    private boolean isFirstOfItsKey() {
      if (key.length == 0) {
        return true;
      }
      RecordDigest digest = canonical.digest(one, 0, key);
      return Long.remainderUnsigned(digest.high(), passes) == pass && seen.add(digest);
    }

    private byte[] exact() throws IOException {
      byte[] exact = null;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isIt = parser.currentName().equals("record");
        parser.nextToken();
        if (isIt) {
          exact = parser.getBinaryValue();
        } else {
          parser.skipChildren();
        }
      }
      if (exact == null) {
        throw new IllegalArgumentException("a line without a record");
      }
      return exact;
    }

    @Override
    public void close() {
      try {
        parser.close();
      } catch (IOException failed) {
        throw damaged("it cannot be closed", failed);
      }
    }
  }
}
