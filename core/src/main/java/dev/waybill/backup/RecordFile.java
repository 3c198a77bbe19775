package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdInputStream;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
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
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One collection's record file of a backup: that it is whole, its header, its records.
 *
 * @param path of the file
 * @param bytes how long it must be
 * @param sha256 what it must hold, hexadecimal
 */
record RecordFile(Path path, long records, long bytes, String sha256) {
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
   * Reads all of it once.
   *
   * @throws StoreException BACKUP_DAMAGED naming the file if it is not as it was written
   */
  void requireWhole() {
    MessageDigest digest = RecordFileWriter.sha256();
    try {
      if (Files.size(path) != bytes) {
        throw damaged("it has " + Files.size(path) + " bytes, not " + bytes, null);
      }
      try (InputStream in = new DigestInputStream(Files.newInputStream(path), digest)) {
        byte[] buffer = new byte[1 << 16];
        while (in.read(buffer) >= 0) {
          continue;
        }
      }
    } catch (NoSuchFileException gone) {
      throw damaged("it is not there", gone);
    } catch (IOException failed) {
      throw dev.waybill.journal.RunDirectory.unreadable(path, failed);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(sha256)) {
      throw damaged("its content is not what was written", null);
    }
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

  /** The collection that the file's header tells of. */
  DescribedCollection described() {
    try (JsonParser parser = open()) {
      JsonNode header = TREES.readTree(parser);
      if (header.path("waybill-records").asInt() != RecordFileWriter.VERSION) {
        throw damaged("it has no header that this Waybill reads", null);
      }
      return DescribedCollection.read(header);
    } catch (JsonProcessingException broken) {
      throw damaged("it cannot be read", broken);
    } catch (IOException failed) {
      throw damaged("it cannot be read", failed);
    }
  }

  private JsonParser open() throws IOException {
    return JSON.createParser(
        new BufferedInputStream(new ZstdInputStream(Files.newInputStream(path)), 1 << 16));
  }

  /**
   * Its records.
   *
   * @param stored the collection as the header has it
   * @param asked the same with fewer or reordered fields
   */
  RecordReader read(Collection stored, Collection asked) {
    int[] positions = FileSnapshot.positions(stored, asked);
    try {
      JsonParser parser = open();
      parser.nextToken();
      parser.skipChildren();
      return new Reader(parser, stored.writtenFields().size(), positions);
    } catch (IOException failed) {
      throw damaged("it cannot be read", failed);
    }
  }

  private final class Reader implements RecordReader {
    private final JsonParser parser;
    private final RecordBatch one;
    private final int[] positions;

    Reader(JsonParser parser, int width, int[] positions) {
      this.parser = parser;
      this.one = new RecordBatch(width);
      this.positions = positions;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      boolean isFirst = true;
      try {
        while (isFirst || into.records() < maxRecords && into.size() < maxBytes) {
          if (parser.nextToken() == null) {
            return !isFirst;
          }
          one.clear();
          one.putRecord(exact());
          one.project(0, positions, into);
          isFirst = false;
        }
        return true;
      } catch (IOException | IllegalArgumentException broken) {
        throw damaged("it cannot be read", broken);
      }
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
