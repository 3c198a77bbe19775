package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Appends to one collection's record file: {@link Frames} of JSON lines, the first one a header
 * (docs/formats/backup.md). Thread-safe.
 */
final class RecordFileWriter implements AutoCloseable {
  /** Digests of records that are known to be in the file: batches that are cut give them again. */
  private static final int KNOWN = 20_000;

  private static final JsonFactory JSON = new JsonFactory();

  private final Path path;
  private final RecordFile.Header header;
  private final List<Field> fields;
  private final FileChannel channel;
  private final CanonicalForm canonical = new CanonicalForm();
  private final Set<RecordDigest> known =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<RecordDigest, Boolean> eldest) {
              return size() > KNOWN;
            }
          });
  private Frames.End end;

  private RecordFileWriter(
      Path path, RecordFile.Header header, FileChannel channel, Frames.End end) {
    this.path = path;
    this.header = header;
    this.fields = header.described().collection().writtenFields();
    this.channel = channel;
    this.end = end;
  }

  /** Makes a file without records. */
  static RecordFileWriter create(RunDirectory directory, String file, RecordFile.Header header) {
    RecordFileWriter made =
        new RecordFileWriter(
            directory.path().resolve(file), header, directory.create(file), Frames.End.NONE);
    ObjectNode line = RunDirectory.object();
    header.write(line);
    boolean isMade = false;
    try {
      made.frame(0, json -> json.writeRaw(line + "\n"));
      isMade = true;
    } finally {
      if (!isMade) {
        made.close();
      }
    }
    return made;
  }

  /** Goes on with a file behind its last whole frame. */
  static RecordFileWriter open(RecordFile file) {
    RecordFile whole = file.whole();
    try {
      return new RecordFileWriter(
          file.path(),
          whole.header(),
          FileChannel.open(file.path(), StandardOpenOption.WRITE),
          new Frames.End(whole.bytes(), whole.records(), whole.sha256()));
    } catch (IOException failed) {
      throw RunDirectory.unwritable(file.path(), failed);
    }
  }

  RecordFile.Header header() {
    return header;
  }

  /**
   * Cuts off what a crash or a full disk has left behind the last frame, and says where that ends.
   */
  synchronized Frames.End cut() {
    try {
      if (channel.size() > end.bytes()) {
        channel.truncate(end.bytes());
        channel.force(true);
      }
      return end;
    } catch (IOException failed) {
      throw RunDirectory.unwritable(path, failed);
    }
  }

  /** Writes the lines of a frame. */
  private interface Lines {
    void write(JsonGenerator json) throws IOException;
  }

  /** Appends records unless they are there just so; they are on the disk on return. */
  synchronized void append(RecordBatch batch) {
    List<RecordDigest> digests = new ArrayList<>();
    BitSet fresh = new BitSet();
    for (int record = 0; record < batch.records(); record++) {
      RecordDigest digest = canonical.digest(batch, record);
      if (!known.contains(digest)) {
        fresh.set(record);
        digests.add(digest);
      }
    }
    if (fresh.isEmpty()) {
      return;
    }
    frame(
        fresh.cardinality(),
        json -> {
          for (int record : fresh.stream().toArray()) {
            json.writeStartObject();
            json.writeFieldName("values");
            RecordText.write(batch, record, fields, json);
            json.writeStringField("record", RecordText.exact(batch, record));
            json.writeEndObject();
            json.writeRaw('\n');
          }
        });
    known.addAll(digests);
  }

  private synchronized void frame(long records, Lines lines) {
    try {
      cut();
      channel.position(end.bytes() + Frames.HEAD);
      MessageDigest link = Frames.linkFrom(end, records);
      Counting counting = new Counting(Channels.newOutputStream(channel), link);
      try (JsonGenerator json =
          JSON.createGenerator(new BufferedOutputStream(compressed(counting), 1 << 16))) {
        json.setRootValueSeparator(null);
        lines.write(json);
      }
      Frames.End next = Frames.close(channel, end, counting.bytes, records, link);
      channel.force(false);
      end = next;
    } catch (IOException failed) {
      throw RunDirectory.unwritable(path, failed);
    }
  }

  private static OutputStream compressed(OutputStream out) throws IOException {
    try {
      ZstdOutputStream zstd = new ZstdOutputStream(out, 3);
      zstd.setChecksum(true);
      return zstd;
    } catch (LinkageError missing) {
      throw new StoreException(
          "NO_COMPRESSION",
          "The library that compresses backups (zstd) cannot be loaded here.",
          "go without a backup: --no-backup",
          false,
          missing);
    }
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException failed) {
      throw RunDirectory.unwritable(path, failed);
    }
  }

  /** Counts and digests what goes to the file. */
  private static final class Counting extends OutputStream {
    private final OutputStream out;
    private final MessageDigest digest;
    private long bytes;

    Counting(OutputStream out, MessageDigest digest) {
      this.out = out;
      this.digest = digest;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] source, int from, int length) throws IOException {
      out.write(source, from, length);
      digest.update(source, from, length);
      bytes += length;
    }

    /** The head of the frame is still to be written. */
    @Override
    public void close() {}
  }
}
