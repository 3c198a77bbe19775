package dev.waybill.stores.sqlite;

import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Copies a database with a rollback journal while programs write to it. The shared lock, for which
 * a writer has to wait before it can commit, is held only for one step at a time; a writer that
 * waits gets in between, because SQLite lets no reader begin meanwhile. If one did, the copy begins
 * anew, and after a few times the rest is one step.
 */
final class SteppedCopy {
  static final Duration STEP = Duration.ofMillis(50);

  /** Shorter than programs usually wait for a lock: 5 s. */
  static final Duration LONGEST = Duration.ofSeconds(4);

  private static final Duration PAUSE = Duration.ofMillis(10);
  private static final int ATTEMPTS = 4;
  private static final int PIECE = 1 << 20;
  private static final int HEADER = 100;

  private final Path file;
  private final SessionOptions options;
  private final Duration step;
  private final Duration longest;
  private long bytes;
  private long nanos;

  SteppedCopy(Path file, SessionOptions options) {
    this(file, options, STEP, LONGEST);
  }

  /**
   * @param step how long the lock is held at a time
   * @param longest how long it may be held at the end where a writer never rests
   */
  SteppedCopy(Path file, SessionOptions options, Duration step, Duration longest) {
    this.file = file;
    this.options = options;
    this.step = step;
    this.longest = longest;
  }

  /**
   * Copies one state of the database.
   *
   * @return what the file looked like in that state
   * @throws SQLException if SQLite cannot read the file as it lies there: a crashed program's
   *     journal is still to be played back, or a lock is held for too long
   * @throws StoreException if a writer never rests and would have to wait for too long
   */
  Stamp to(FileChannel out) throws SQLException, IOException {
    try (Connected lock = Connected.open(file, "mode=ro", options)) {
      // Stays open as long as the connection does.
      FileChannel in = OpenFiles.read(file, file, channel -> channel);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Stamp copied = attempt(lock, in, out, step);
        if (copied != null) {
          return copied;
        }
      }
      requireShortRest(in.size());
      Stamp copied = attempt(lock, in, out, Duration.ofDays(1));
      if (copied == null) {
        throw keepsMoving("changed under its own lock");
      }
      return copied;
    }
  }

  private void requireShortRest(long size) {
    double seconds = bytes == 0 ? 0 : size * (nanos / 1e9) / bytes;
    if (seconds * 1e9 > longest.toNanos()) {
      throw keepsMoving(
          String.format(
              "changes all the time, and a copy of it would make its writers wait %.0f s",
              seconds));
    }
  }

  private StoreException keepsMoving(String why) {
    return new StoreException(
        "SOURCE_KEEPS_MOVING",
        "The database " + file + " " + why + ".",
        "try again when its application writes less; or let that write beside readers, by PRAGMA"
            + " journal_mode=WAL",
        true,
        null);
  }

  /** Null if somebody wrote between two steps. */
  private @Nullable Stamp attempt(Connected lock, FileChannel in, FileChannel out, Duration atOnce)
      throws SQLException, IOException {
    out.truncate(0);
    byte[] first = new byte[0];
    Stamp stamp = null;
    while (true) {
      lock.beginRead();
      byte[] header = header(in);
      boolean isSame = stamp == null || Arrays.equals(first, header);
      if (stamp == null) {
        first = header;
        stamp = Stamp.of(file);
      }
      if (isSame) {
        copy(in, out, atOnce);
      }
      boolean isWhole = out.position() >= in.size();
      lock.run("ROLLBACK");
      if (!isSame) {
        return null;
      }
      if (isWhole) {
        return stamp;
      }
      pause();
    }
  }

  private void copy(FileChannel in, FileChannel out, Duration atOnce) throws IOException {
    long size = in.size();
    long begun = System.nanoTime();
    long from = out.position();
    long done = from;
    long elapsed = 0;
    while (done < size && elapsed < atOnce.toNanos()) {
      long more = in.transferTo(done, Math.min(PIECE, size - done), out);
      if (more <= 0) {
        throw new IOException("the file ends before its end");
      }
      done += more;
      elapsed = System.nanoTime() - begun;
    }
    bytes += done - from;
    nanos += elapsed;
  }

  /** Holds a counter that every writing transaction raises. */
  private static byte[] header(FileChannel in) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    while (header.hasRemaining() && in.read(header, header.position()) >= 0) {
      continue;
    }
    return header.array();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
