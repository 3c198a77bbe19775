package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Writes one collection's record file: zstd, JSON lines, the first one a header
 * (docs/formats/backup.md). The file appears under its name when it is whole. Thread-safe.
 */
final class RecordFileWriter implements AutoCloseable {
  static final int VERSION = 1;

  private static final JsonFactory JSON = new JsonFactory();

  private final Path beside;
  private final Path path;
  private final List<Field> fields;
  private final FileChannel channel;
  private final Counting counting;
  private final JsonGenerator json;
  private long records;

  /**
   * What was written.
   *
   * @param sha256 of the file, hexadecimal
   */
  record Written(long records, long bytes, String sha256) {}

  RecordFileWriter(RunDirectory directory, String file, DescribedCollection described) {
    this.path = directory.path().resolve(file);
    this.beside = directory.path().resolve(file + ".new");
    this.fields = described.collection().writtenFields();
    this.channel = directory.create(file + ".new");
    try {
      this.counting = new Counting(Channels.newOutputStream(channel));
      this.json = JSON.createGenerator(new BufferedOutputStream(compressed(counting), 1 << 16));
      json.setRootValueSeparator(null);
      ObjectNode header = RunDirectory.object().put("waybill-records", VERSION);
      described.write(header);
      json.writeRaw(header.toString());
    } catch (IOException failed) {
      throw RunDirectory.unwritable(beside, failed);
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

  synchronized void add(RecordBatch batch, int record) {
    try {
      json.writeRaw('\n');
      json.writeStartObject();
      json.writeFieldName("values");
      RecordText.write(batch, record, fields, json);
      json.writeStringField("record", RecordText.exact(batch, record));
      json.writeEndObject();
      records++;
    } catch (IOException failed) {
      throw RunDirectory.unwritable(beside, failed);
    }
  }

  /** Makes the file whole and durable. */
  synchronized Written finish() {
    try {
      json.writeRaw('\n');
      json.close();
      channel.force(true);
      channel.close();
      Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return new Written(
          records, counting.bytes, HexFormat.of().formatHex(counting.sha256.digest()));
    } catch (IOException failed) {
      throw RunDirectory.unwritable(path, failed);
    }
  }

  @Override
  public synchronized void close() {
    try (channel) {
      if (!json.isClosed()) {
        json.close();
      }
    } catch (IOException failed) {
      throw RunDirectory.unwritable(beside, failed);
    }
    try {
      Files.deleteIfExists(beside);
    } catch (IOException failed) {
      throw RunDirectory.unwritable(beside, failed);
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  /** Counts and digests what goes to the file. */
  private static final class Counting extends OutputStream {
    private final OutputStream out;
    private final MessageDigest sha256 = sha256();
    private long bytes;

    Counting(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] source, int from, int length) throws IOException {
      out.write(source, from, length);
      sha256.update(source, from, length);
      bytes += length;
    }

    /** The file has still to be forced to the disk. */
    @Override
    public void close() {}
  }
}
