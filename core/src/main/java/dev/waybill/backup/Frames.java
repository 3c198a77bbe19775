package dev.waybill.backup;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * How a record file is cut into frames, so that one that a crash cut off is known
 * (docs/formats/backup.md). Before each stands a head, which zstd passes over; it is written when
 * its frame is.
 */
final class Frames {
  /** Bytes of a head. */
  static final int HEAD = 60;

  private static final int MAGIC = 0x184D2A5B;
  private static final int CONTENT = 52;
  private static final int CHECKED = HEAD - Integer.BYTES;
  private static final int LINK = 32;

  private Frames() {}

  /**
   * How far a file goes.
   *
   * @param link the digest in the last head, hexadecimal; it continues those before
   */
  record End(long bytes, long records, String link) {
    static final End NONE = new End(0, 0, "00".repeat(LINK));
  }

  /**
   * What reading a file through has found.
   *
   * @param end of its last whole frame
   * @param isDamaged true if what follows is no frame that was cut off
   */
  record Found(End end, boolean isDamaged) {}

  /** A head as bytes. */
  private record Head(long length, long records, String link) {
    static Head of(ByteBuffer bytes) {
      byte[] link = new byte[LINK];
      bytes.position(24);
      bytes.get(link);
      return new Head(bytes.getLong(8), bytes.getLong(16), HexFormat.of().formatHex(link));
    }

    static boolean isOne(ByteBuffer bytes) {
      return bytes.getInt(0) == MAGIC
          && bytes.getInt(4) == CONTENT
          && bytes.getInt(CHECKED) == checksum(bytes);
    }

    private static int checksum(ByteBuffer bytes) {
      CRC32 crc = new CRC32();
      crc.update(bytes.array(), 0, CHECKED);
      return (int) crc.getValue();
    }

    ByteBuffer bytes() {
      ByteBuffer bytes = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putInt(MAGIC).putInt(CONTENT).putLong(length).putLong(records);
      bytes.put(HexFormat.of().parseHex(link));
      return bytes.putInt(checksum(bytes)).flip();
    }
  }

  /** A digest that a frame's bytes are to be added to. */
  static MessageDigest linkFrom(End before, long records) {
    MessageDigest digest = sha256();
    digest.update(HexFormat.of().parseHex(before.link()));
    digest.update(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(records).flip());
    return digest;
  }

  /** Writes the head of a frame that stands behind its place already, and gives the new end. */
  static End close(FileChannel channel, End before, long length, long records, MessageDigest link)
      throws IOException {
    Head head = new Head(length, records, HexFormat.of().formatHex(link.digest()));
    ByteBuffer bytes = head.bytes();
    while (bytes.hasRemaining()) {
      channel.write(bytes, before.bytes() + bytes.position());
    }
    return next(before, head);
  }

  private static End next(End before, Head head) {
    return new End(
        before.bytes() + HEAD + head.length(), before.records() + head.records(), head.link());
  }

  /** Reads all of a file. */
  static Found find(Path file) throws IOException {
    long size = Files.size(file);
    End end = End.NONE;
    byte[] bytes = new byte[HEAD];
    byte[] buffer = new byte[1 << 16];
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      while (size - end.bytes() >= HEAD) {
        in.readFully(bytes);
        ByteBuffer first = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (!Head.isOne(first)) {
          return new Found(end, !Arrays.equals(bytes, new byte[HEAD]));
        }
        Head head = Head.of(first);
        End next = next(end, head);
        if (next.bytes() > size) {
          return new Found(end, false);
        }
        MessageDigest link = linkFrom(end, head.records());
        for (long left = head.length(); left > 0; ) {
          int part = (int) Math.min(left, buffer.length);
          in.readFully(buffer, 0, part);
          link.update(buffer, 0, part);
          left -= part;
        }
        if (!HexFormat.of().formatHex(link.digest()).equals(head.link())) {
          return new Found(end, next.bytes() < size);
        }
        end = next;
      }
    }
    return new Found(end, false);
  }

  /** How far the heads say that a file goes. */
  static End told(Path file) throws IOException {
    End end = End.NONE;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
      while (true) {
        bytes.clear();
        while (bytes.hasRemaining() && channel.read(bytes, end.bytes() + bytes.position()) >= 0) {
          continue;
        }
        if (bytes.hasRemaining() || !Head.isOne(bytes)) {
          return end;
        }
        End next = next(end, Head.of(bytes));
        if (next.bytes() > channel.size()) {
          return end;
        }
        end = next;
      }
    }
  }

  /** The first bytes of a stream. */
  static InputStream first(long bytes, InputStream in) {
    return new FilterInputStream(in) {
      private long left = bytes;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int from, int length) throws IOException {
        if (left == 0) {
          return -1;
        }
        int read = super.read(into, from, (int) Math.min(left, length));
        left -= Math.max(0, read);
        return read;
      }
    };
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}
