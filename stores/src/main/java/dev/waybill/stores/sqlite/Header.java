package dev.waybill.stores.sqlite;

import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The first hundred bytes of a database file (sqlite.org/fileformat2.html, 1.3).
 *
 * @param isWal whether its journal mode is WAL
 * @param isWritable whether this SQLite knows all that a writer of the file must know
 * @param bytes how long the file must be by its own account; 0 where it does not say
 */
record Header(boolean isWal, boolean isWritable, long bytes) {
  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
  private static final int LENGTH = 100;
  private static final int NEWEST_FORMAT = 2;
  private static final int NEWEST_SCHEMA_FORMAT = 4;
  private static final byte[] JOURNAL_MAGIC = {
    (byte) 0xd9, (byte) 0xd5, 0x05, (byte) 0xf9, 0x20, (byte) 0xa1, 0x63, (byte) 0xd7
  };

  /**
   * Reads it with Java's own means, so that SQLite is never asked about a file that is none.
   *
   * @throws dev.waybill.model.StoreException if the file is no database
   */
  static Header of(Path file) {
    ByteBuffer bytes;
    try {
      bytes = OpenFiles.read(file, file, channel -> first(channel, LENGTH));
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "read", failure);
    }
    if (bytes.limit() == 0) {
      throw SqliteErrors.noDatabase(file, "it is empty", null);
    }
    byte[] start = Arrays.copyOf(bytes.array(), Math.min(MAGIC.length, bytes.limit()));
    if (!Arrays.equals(start, MAGIC)) {
      throw SqliteErrors.noDatabase(file, "it does not begin as one", null);
    }
    if (bytes.limit() < LENGTH) {
      throw SqliteErrors.damaged(file, "it ends within its header", null);
    }
    if ((bytes.get(19) & 0xFF) > NEWEST_FORMAT || bytes.getInt(44) > NEWEST_SCHEMA_FORMAT) {
      throw new StoreException(
          "FORMAT_TOO_NEW",
          "The database "
              + file
              + " has a format that only a newer SQLite reads (format "
              + (bytes.get(19) & 0xFF)
              + ", schema format "
              + bytes.getInt(44)
              + ").",
          "see what made it: file '" + file + "'; or write it out with that program: .dump",
          false,
          null);
    }
    int pageSize = bytes.getShort(16) & 0xFFFF;
    boolean isSizeValid = bytes.getInt(24) == bytes.getInt(92);
    return new Header(
        bytes.get(18) == 2 || bytes.get(19) == 2,
        (bytes.get(18) & 0xFF) <= NEWEST_FORMAT,
        isSizeValid ? (bytes.getInt(28) & 0xFFFFFFFFL) * (pageSize == 1 ? 65_536 : pageSize) : 0);
  }

  /** True if the rollback journal beside the file may have to be played back. */
  static boolean hasJournal(Path file) {
    Path journal = beside(file, "-journal");
    try {
      ByteBuffer start =
          OpenFiles.read(file, journal, channel -> first(channel, JOURNAL_MAGIC.length));
      return start.limit() > 0
          && Arrays.equals(start.array(), 0, start.limit(), JOURNAL_MAGIC, 0, start.limit());
    } catch (NoSuchFileException none) {
      return false;
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(journal, "read", failure);
    }
  }

  /** The file of SQLite's own beside a database file. */
  static Path beside(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  private static ByteBuffer first(FileChannel channel, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      continue;
    }
    return bytes.flip();
  }
}
