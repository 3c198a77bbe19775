package dev.waybill.stores.json;

import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Mark;
import dev.waybill.stores.json.Work.Shelf;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Shelves in parts: a file to which the texts of records are appended, one a line, and in the work
 * for each batch the piece of it that counts, with the keys and lengths of its records. What no
 * piece covers does not exist, whatever bytes are there (docs/adr/0021).
 */
final class Parts {
  private static final String PREFIX = "part-";
  private static final int BUFFER = 1 << 17;
  private static final int WRITE = 1 << 20;

  private final Path folder;
  private final Work work;

  /** Of parts that were begun by this process, the sum of all their bytes. */
  private final Map<Long, CRC32C> sums = new HashMap<>();

  Parts(Path folder, Work work) {
    this.folder = folder;
    this.work = work;
  }

  /**
   * Records that are in a part. They last when it is synced, and count when the work has them.
   *
   * @param first where the first one begins
   * @param lengths of their texts, and {@code keys} what they are found by, one behind the other
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Piece(Path file, long first, long bytes, int records, byte[] lengths, byte[] keys) {
    /** Gives the records, read back. */
    void forEach(RecordConsumer consumer) throws SQLException, IOException {
      ByteBuffer left = ByteBuffer.wrap(lengths);
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
        in.skipNBytes(first);
        for (int at = 0; at < keys.length; at += Encoded.KEY) {
          byte[] text = in.readNBytes(left.getInt());
          in.skipNBytes(1);
          consumer.accept(Arrays.copyOfRange(keys, at, at + Encoded.KEY), text);
        }
      }
    }
  }

  /** Takes records one after the other. */
  interface RecordConsumer {
    void accept(byte[] key, byte[] text) throws SQLException;
  }

  static Path file(Path folder, long shelf) {
    return folder.resolve(PREFIX + shelf);
  }

  /**
   * Appends a batch; needs no atom. Not thread-safe.
   *
   * @param lines the texts, each with the end of its line
   */
  Piece append(Shelf kept, List<ByteBuffer> lines, byte[] lengths, byte[] keys) throws IOException {
    Path file = file(folder, kept.id());
    try (FileChannel channel = opened(file)) {
      // What was broken off before stays where it is: no piece covers it.
      long first = channel.size();
      CRC32C sum = first == 0 ? new CRC32C() : sums.get(kept.id());
      sums.remove(kept.id());
      channel.position(first);
      for (ByteBuffer each : lines) {
        if (sum != null) {
          sum.update(each.duplicate());
        }
        drain(each, channel);
      }
      if (sum != null) {
        sums.put(kept.id(), sum);
      }
      return new Piece(
          file, first, channel.position() - first, lengths.length / Integer.BYTES, lengths, keys);
    }
  }

  private FileChannel opened(Path file) throws IOException {
    if (Files.exists(file)) {
      return FileChannel.open(file, StandardOpenOption.WRITE);
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    Home.sync(folder);
    return channel;
  }

  /** Some at a time: the JDK keeps as much memory as the largest write of a thread has taken. */
  private static void drain(ByteBuffer bytes, FileChannel channel) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + WRITE));
      channel.write(bytes);
    }
  }

  /** The sum of all bytes of a part, if they are known without reading it. */
  Optional<CRC32C> sum(Shelf kept) {
    return Optional.ofNullable(sums.get(kept.id()));
  }

  // --- what counts

  static void begin(Work work) throws SQLException {
    work.execute(
        "CREATE TABLE IF NOT EXISTS piece(mark INTEGER PRIMARY KEY, shelf INTEGER, chunk INTEGER,"
            + " batch INTEGER, part INTEGER, first INTEGER, bytes INTEGER, records INTEGER,"
            + " gone INTEGER, lengths BLOB, keys BLOB)");
    work.execute(
        "CREATE INDEX IF NOT EXISTS piece_order ON piece(shelf, chunk, batch, part, records)");
  }

  /** Makes what was appended count; within the atom of its mark. */
  void count(Shelf kept, Mark mark, long id, Piece piece) throws SQLException {
    PreparedStatement put =
        work.statement("INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put.setLong(1, id);
    put.setLong(2, kept.id());
    put.setInt(3, mark.chunk());
    put.setInt(4, mark.batch());
    put.setInt(5, mark.part());
    put.setLong(6, piece.first());
    put.setLong(7, piece.bytes());
    put.setInt(8, piece.records());
    put.setInt(9, 0);
    put.setBytes(10, piece.lengths());
    put.setBytes(11, piece.keys());
    put.executeUpdate();
  }

  static long records(Connection connection, Shelf kept) throws SQLException {
    try (PreparedStatement sum =
        connection.prepareStatement("SELECT sum(records - gone) FROM piece WHERE shelf = ?")) {
      sum.setLong(1, kept.id());
      try (ResultSet row = sum.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /** Places between pieces, about so many records from one another. */
  static List<Long> cut(Connection connection, Shelf kept, long size) throws SQLException {
    List<Long> starts = new ArrayList<>();
    try (PreparedStatement pieces =
        connection.prepareStatement(
            "SELECT chunk, records FROM piece WHERE shelf = ? ORDER BY chunk, batch, part")) {
      pieces.setLong(1, kept.id());
      try (ResultSet rows = pieces.executeQuery()) {
        long place = -1;
        long next = 0;
        long records = 0;
        while (rows.next()) {
          long first = Work.firstPlace(rows.getInt(1));
          next = first == place ? next : first;
          place = first;
          if (records >= size) {
            starts.add(next);
            records = 0;
          }
          next += rows.getInt(2);
          records += rows.getInt(2);
        }
      }
    }
    return starts;
  }

  /** The file of a shelf, if its records stand there in their order and nothing else does. */
  Optional<Path> whole(Shelf kept) throws SQLException, IOException {
    PreparedStatement all =
        work.statement(
            "SELECT first, bytes, gone FROM piece WHERE shelf = ? ORDER BY chunk, batch, part");
    all.setLong(1, kept.id());
    long end = 0;
    try (ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        if (rows.getLong(1) != end || rows.getInt(3) > 0) {
          return Optional.empty();
        }
        end += rows.getLong(2);
      }
    }
    Path file = file(folder, kept.id());
    return end > 0 && Files.exists(file) && Files.size(file) == end
        ? Optional.of(file)
        : Optional.empty();
  }

  /** Takes out a batch. */
  void takeOut(long mark) throws SQLException {
    PreparedStatement delete = work.statement("DELETE FROM piece WHERE mark = ?");
    delete.setLong(1, mark);
    delete.executeUpdate();
  }

  /** Takes out all of a shelf. */
  void takeOutAll(Shelf kept) throws SQLException {
    PreparedStatement delete = work.statement("DELETE FROM piece WHERE shelf = ?");
    delete.setLong(1, kept.id());
    delete.executeUpdate();
  }

  /** Tells whether a record may go. */
  interface RecordTest {
    /**
     * @param change which of those that are wanted it is
     */
    boolean mayGo(int change, byte[] text);
  }

  /**
   * Takes out records by their keys: the lengths of those that went are negative from then on.
   *
   * @return how many went; −1 if one of them may not, or is there twice, and nothing went
   */
  int takeOut(Shelf kept, List<RecordDigest> wanted, RecordTest test)
      throws SQLException, IOException {
    Map<ByteBuffer, Integer> left = new HashMap<>();
    for (int i = 0; i < wanted.size(); i++) {
      left.put(ByteBuffer.wrap(Work.bytes(wanted.get(i))), i);
    }
    Map<Long, byte[]> changed = new LinkedHashMap<>();
    Map<Long, Integer> gone = new HashMap<>();
    Set<Integer> seen = new HashSet<>();
    Path file = file(folder, kept.id());
    PreparedStatement all =
        work.statement("SELECT mark, first, lengths, keys FROM piece WHERE shelf = ?");
    all.setLong(1, kept.id());
    try (ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        byte[] keys = rows.getBytes(4);
        Map<Integer, Integer> here = new TreeMap<>();
        for (int at = 0; at < keys.length; at += Encoded.KEY) {
          Integer change = left.get(ByteBuffer.wrap(keys, at, Encoded.KEY));
          if (change != null) {
            here.put(at / Encoded.KEY, change);
          }
        }
        if (here.isEmpty()) {
          continue;
        }
        ByteBuffer lengths = ByteBuffer.wrap(rows.getBytes(3));
        int before = seen.size();
        if (!takeOut(file, rows.getLong(2), lengths, here, seen, test)) {
          return -1;
        }
        if (seen.size() > before) {
          changed.put(rows.getLong(1), lengths.array());
          gone.put(rows.getLong(1), seen.size() - before);
        }
      }
    }
    PreparedStatement update =
        work.statement("UPDATE piece SET lengths = ?, gone = gone + ? WHERE mark = ?");
    for (Map.Entry<Long, byte[]> each : changed.entrySet()) {
      update.setBytes(1, each.getValue());
      update.setInt(2, gone.getOrDefault(each.getKey(), 0));
      update.setLong(3, each.getKey());
      update.executeUpdate();
    }
    return seen.size();
  }

  /** The same of one piece; false if something may not go. */
  private static boolean takeOut(
      Path file,
      long first,
      ByteBuffer lengths,
      Map<Integer, Integer> here,
      Set<Integer> seen,
      RecordTest test)
      throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
      in.skipNBytes(first);
      for (int i = 0; i < lengths.capacity() / Integer.BYTES; i++) {
        int length = lengths.getInt(i * Integer.BYTES);
        Integer change = length < 0 ? null : here.get(i);
        if (change == null) {
          in.skipNBytes((length < 0 ? ~length : length) + 1L);
          continue;
        }
        byte[] text = in.readNBytes(length);
        in.skipNBytes(1);
        if (!seen.add(change) || !test.mayGo(change, text)) {
          return false;
        }
        lengths.putInt(i * Integer.BYTES, ~length);
      }
      return true;
    }
  }

  /** Removes the files of all shelves but some. */
  static void remove(Path folder, Set<Long> stay) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path each : files) {
        String shelf = String.valueOf(each.getFileName()).substring(PREFIX.length());
        if (!stay.contains(Long.parseLong(shelf))) {
          Files.delete(each);
        }
      }
    }
  }
}
