package dev.waybill.stores.json;

import dev.waybill.stores.json.Work.Shelf;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The records of a shelf in parts: one piece after the other, by chunk and batch. */
final class PartReader implements ShelfReader {
  private static final int BUFFER = 1 << 17;
  private static final int LARGE = 1 << 20;

  private final Path folder;
  private final Shelf kept;
  private final long from;
  private final long to;
  private final PreparedStatement statement;
  private final ResultSet pieces;
  private int chunk = -1;
  private long place;
  private @Nullable FileChannel channel;
  private @Nullable InputStream in;
  private long position;
  private ByteBuffer lengths = ByteBuffer.allocate(0);
  private byte[] keys = {};
  private byte[] json = {};

  PartReader(Connection connection, Path folder, Shelf kept, long from, long to)
      throws SQLException {
    this.folder = folder;
    this.kept = kept;
    this.from = from;
    this.to = to;
    statement =
        connection.prepareStatement(
            "SELECT chunk, first, bytes, records, mark, gone, lengths, keys FROM piece"
                + " WHERE shelf = ? AND chunk >= ? ORDER BY chunk, batch, part");
    statement.setLong(1, kept.id());
    statement.setInt(2, Work.chunk(from));
    pieces = statement.executeQuery();
  }

  @Override
  public boolean next() throws SQLException, IOException {
    while (true) {
      if (!lengths.hasRemaining() && !nextPiece()) {
        return false;
      }
      int length = lengths.getInt();
      if (++place >= to) {
        return false;
      }
      if (length >= 0 && place >= from) {
        json = read(length);
        skip(1);
        return true;
      }
      skip((length < 0 ? ~length : length) + 1L);
    }
  }

  /** Goes to the next piece that has records of the range. */
  private boolean nextPiece() throws SQLException, IOException {
    while (pieces.next()) {
      int of = pieces.getInt(1);
      if (chunk < 0 || Work.firstPlace(of) != Work.firstPlace(chunk)) {
        place = Work.firstPlace(of) - 1;
      }
      if (place + 1 >= to) {
        return false;
      }
      int records = pieces.getInt(4);
      if (place + records < from) {
        place += records;
        chunk = of;
        continue;
      }
      chunk = of;
      seek(pieces.getLong(2));
      lengths = ByteBuffer.wrap(pieces.getBytes(7));
      keys = pieces.getBytes(8);
      return true;
    }
    return false;
  }

  private void seek(long first) throws IOException {
    FileChannel open = channel;
    if (open == null) {
      open = FileChannel.open(Parts.file(folder, kept.id()), StandardOpenOption.READ);
      channel = open;
    }
    if (in == null || position != first) {
      open.position(first);
      in = new BufferedInputStream(Channels.newInputStream(open), BUFFER);
      position = first;
    }
  }

  private InputStream in() throws IOException {
    InputStream open = in;
    if (open == null) {
      throw new IOException("no part is open");
    }
    return open;
  }

  private byte[] read(int length) throws IOException {
    byte[] bytes = in().readNBytes(length);
    if (bytes.length < length) {
      throw cut();
    }
    position += length;
    return bytes;
  }

  private void skip(long bytes) throws IOException {
    in().skipNBytes(bytes);
    position += bytes;
  }

  private EOFException cut() {
    return new EOFException(Parts.file(folder, kept.id()) + " is cut");
  }

  @Override
  public void copyLines(OutputStream out) throws SQLException, IOException {
    byte[] buffer = new byte[LARGE];
    while (pieces.next()) {
      seek(pieces.getLong(2));
      if (pieces.getInt(6) > 0) {
        copyLeft(ByteBuffer.wrap(pieces.getBytes(7)), out);
        continue;
      }
      for (long left = pieces.getLong(3); left > 0; ) {
        int read = in().readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
        if (read == 0) {
          throw cut();
        }
        out.write(buffer, 0, read);
        position += read;
        left -= read;
      }
    }
  }

  private void copyLeft(ByteBuffer all, OutputStream out) throws IOException {
    while (all.hasRemaining()) {
      int length = all.getInt();
      if (length < 0) {
        skip(~length + 1L);
      } else {
        out.write(read(length + 1));
      }
    }
  }

  @Override
  public byte[] json() {
    return json;
  }

  @Override
  public long place() {
    return place;
  }

  @Override
  public long mark() throws SQLException {
    return pieces.getLong(5);
  }

  @Override
  public byte[] key() {
    int end = lengths.position() / Integer.BYTES * Encoded.KEY;
    return Arrays.copyOfRange(keys, end - Encoded.KEY, end);
  }

  @Override
  public void close() throws SQLException, IOException {
    pieces.close();
    statement.close();
    if (channel != null) {
      channel.close();
    }
  }
}
