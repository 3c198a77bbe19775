package dev.waybill.journal;

import com.github.luben.zstd.Zstd;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Mark;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The key log of one chunk: a frame for each batch. A frame that a crash cut off ends the file, and
 * is written over by the next one. Not thread-safe.
 */
final class KeyLogFile {
  private static final int MAGIC = 0x574b4c31;
  private static final int BEFORE_BODY = 12;
  private static final int BODY_HEAD = 16;
  private static final int DIGEST = 16;
  private static final int LEVEL = 1;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final Path path;
  private @Nullable FileChannel appended;
  private long end;

  // Used again for each batch.
  private byte[] plain = new byte[0];
  private ByteBuffer frame = ByteBuffer.allocate(0);

  KeyLogFile(Path path) {
    this.path = path;
  }

  /** Which batch, or part of one, a frame is about. */
  record BatchName(int batch, int part) {}

  private record Frame(long at, int length, BatchName name, int records) {}

  /** A frame's body while a file is walked through. */
  private interface Visitor {
    void visit(Frame frame);
  }

  void append(Mark mark, ChangeBatch changes, int[] keyPositions) {
    RecordDigest[] digests = changes.digests();
    if (digests == null) {
      throw new IllegalArgumentException("only what is put has keys to be noted");
    }
    ByteBuffer bytes = frame(mark, changes.records(), digests, keyPositions);
    try {
      FileChannel channel = appended();
      while (bytes.hasRemaining()) {
        end += channel.write(bytes, end);
      }
    } catch (IOException failed) {
      close();
      throw RunDirectory.unwritable(path, failed);
    }
  }

  /** Open from the first batch of a chunk to its last. */
  private FileChannel appended() throws IOException {
    FileChannel channel = appended;
    if (channel == null) {
      channel =
          FileChannel.open(
              path,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
              RunDirectory.fileMode());
      appended = channel;
      end = walk(channel, each -> {});
      channel.truncate(end);
    }
    return channel;
  }

  private ByteBuffer frame(
      Mark mark, RecordBatch records, RecordDigest[] digests, int[] keyPositions) {
    int count = records.records();
    int size = copyKeys(records, keyPositions);
    int mostPacked = (int) Zstd.compressBound(size);
    int most = BEFORE_BODY + BODY_HEAD + mostPacked + DIGEST * count;
    if (frame.capacity() < most) {
      frame = ByteBuffer.allocate(most);
    }
    int packed =
        (int)
            Zstd.compressByteArray(
                frame.array(), BEFORE_BODY + BODY_HEAD, mostPacked, plain, 0, size, LEVEL);
    int length = BODY_HEAD + packed + DIGEST * count;
    frame.clear();
    frame.putInt(MAGIC).putInt(length).putInt(0);
    frame.putInt(mark.batch()).putInt(mark.part()).putInt(count).putInt(size);
    frame.position(BEFORE_BODY + BODY_HEAD + packed);
    for (RecordDigest digest : digests) {
      frame.putLong(digest.high()).putLong(digest.low());
    }
    frame.putInt(8, checksum(frame.array(), BEFORE_BODY, length));
    return frame.flip();
  }

  /** Fills {@link #plain} with the length and the bytes of each key, and says how many they are. */
  private int copyKeys(RecordBatch records, int[] keyPositions) {
    int at = 0;
    for (int record = 0; record < records.records(); record++) {
      int length = 0;
      for (int field : keyPositions) {
        length += records.lengthAt(records.at(record, field));
      }
      if (plain.length - at < 4 + length) {
        plain = Arrays.copyOf(plain, Math.max(at + 4 + length, 2 * plain.length));
      }
      INT.set(plain, at, length);
      at += 4;
      for (int field : keyPositions) {
        int from = records.at(record, field);
        int bytes = records.lengthAt(from);
        System.arraycopy(records.bytes(), from, plain, at, bytes);
        at += bytes;
      }
    }
    return at;
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, from, length);
    return (int) sum.getValue();
  }

  /** Forces what was appended to the disk; it is closed until more is appended. */
  void force() {
    try (FileChannel channel = appended) {
      if (channel != null) {
        channel.force(false);
      }
    } catch (IOException failed) {
      throw RunDirectory.unwritable(path, failed);
    } finally {
      appended = null;
    }
  }

  /** Lets go of what was appended without waiting for the disk. */
  void close() {
    try (FileChannel channel = appended) {
      // Nothing but closed.
    } catch (IOException failed) {
      throw RunDirectory.unwritable(path, failed);
    } finally {
      appended = null;
    }
  }

  /** The batches noted, and how many records of each. */
  Map<BatchName, Integer> batches() {
    Map<BatchName, Integer> batches = new HashMap<>();
    for (Frame frame : frames()) {
      batches.merge(frame.name(), frame.records(), Math::max);
    }
    return batches;
  }

  private List<Frame> frames() {
    List<Frame> frames = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      walk(channel, frames::add);
    } catch (NoSuchFileException none) {
      return List.of();
    } catch (IOException failed) {
      throw RunDirectory.unreadable(path, failed);
    }
    return frames;
  }

  /** Goes through all whole frames and gives the position behind the last one. */
  private static long walk(FileChannel channel, Visitor visitor) throws IOException {
    long size = channel.size();
    long at = 0;
    while (at + BEFORE_BODY + BODY_HEAD <= size) {
      ByteBuffer head = read(channel, at, BEFORE_BODY);
      int length = head.getInt(4);
      if (head.getInt(0) != MAGIC || length < BODY_HEAD || length > size - at - BEFORE_BODY) {
        return at;
      }
      ByteBuffer body = read(channel, at + BEFORE_BODY, length);
      if (checksum(body.array(), 0, length) != head.getInt(8)) {
        return at;
      }
      BatchName name = new BatchName(body.getInt(0), body.getInt(4));
      visitor.visit(new Frame(at + BEFORE_BODY, length, name, body.getInt(8)));
      at += BEFORE_BODY + length;
    }
    return at;
  }

  private static ByteBuffer read(FileChannel channel, long at, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw new IOException("shorter than a moment ago");
      }
    }
    return bytes.flip();
  }

  /** What the file has, the last record first. */
  Newest newestFirst() {
    return new Newest(frames());
  }

  /**
   * Reads a file's images, one frame in memory. A batch that was tried again, or in parts, has
   * several frames; what they have in common comes once.
   */
  final class Newest {
    private final List<Frame> frames;
    private final Map<Integer, Integer> framesLeft = new HashMap<>();
    private final Map<Integer, Set<RecordDigest>> told = new HashMap<>();
    private @Nullable Set<RecordDigest> toldOfBatch;
    private int nextFrame;
    private int left;
    private byte[] keys = new byte[0];
    private int[] ends = new int[0];
    private ByteBuffer digests = ByteBuffer.allocate(0);

    private Newest(List<Frame> frames) {
      this.frames = frames;
      this.nextFrame = frames.size();
      frames.forEach(frame -> framesLeft.merge(frame.name().batch(), 1, Integer::sum));
    }

    /** The next images, at most {@code max}, none at the end. */
    List<BeforeImage> next(int max) {
      List<BeforeImage> images = new ArrayList<>();
      while (images.size() < max && isAtImage()) {
        left--;
        int from = (left == 0 ? 0 : ends[left - 1]) + 4;
        RecordDigest written =
            new RecordDigest(digests.getLong(left * DIGEST), digests.getLong(left * DIGEST + 8));
        if (toldOfBatch != null && !toldOfBatch.add(written)) {
          continue;
        }
        byte[] key = new byte[ends[left] - from];
        System.arraycopy(keys, from, key, 0, key.length);
        images.add(new BeforeImage(BeforeImage.Change.INSERTED, key, written.toString()));
      }
      return images;
    }

    /** Opens the frame before where the one at hand has no more; false at the end. */
    private boolean isAtImage() {
      while (left == 0 && nextFrame > 0) {
        open(frames.get(--nextFrame));
      }
      return left > 0;
    }

    private void open(Frame frame) {
      int batch = frame.name().batch();
      int others = framesLeft.merge(batch, -1, Integer::sum);
      Set<RecordDigest> ofBatch = told.remove(batch);
      if (others > 0 && ofBatch == null) {
        ofBatch = new HashSet<>();
      }
      if (others > 0 && ofBatch != null) {
        told.put(batch, ofBatch);
      }
      toldOfBatch = ofBatch;
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        ByteBuffer body = read(channel, frame.at(), frame.length());
        int digestBytes = DIGEST * frame.records();
        byte[] packed = new byte[frame.length() - BODY_HEAD - digestBytes];
        body.get(BODY_HEAD, packed);
        keys = Zstd.decompress(packed, body.getInt(12));
        digests = body.slice(frame.length() - digestBytes, digestBytes);
      } catch (IOException failed) {
        throw RunDirectory.unreadable(path, failed);
      }
      ends = new int[frame.records()];
      ByteBuffer lengths = ByteBuffer.wrap(keys);
      int at = 0;
      for (int record = 0; record < ends.length; record++) {
        at += 4 + lengths.getInt(at);
        ends[record] = at;
      }
      left = ends.length;
    }
  }
}
