package dev.waybill.stores.sqlite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads database files beside SQLite in the same process.
 *
 * <p>Beware: closing any descriptor of a file drops all POSIX locks that this process holds on it,
 * SQLite's too (sqlite.org/howtocorrupt.html, 2.2). So a channel on a file that SQLite has open is
 * closed only when its last connection is.
 */
final class OpenFiles {
  /** What is done with an open channel. */
  interface Use<T> {
    T with(FileChannel channel) throws IOException;
  }

  private static final Map<Path, Integer> CONNECTIONS = new HashMap<>();
  private static final Map<Path, List<FileChannel>> WAITING = new HashMap<>();

  private OpenFiles() {}

  static void connected(Path file) {
    synchronized (CONNECTIONS) {
      CONNECTIONS.merge(file, 1, Integer::sum);
    }
  }

  static boolean isConnected(Path file) {
    synchronized (CONNECTIONS) {
      return CONNECTIONS.containsKey(file);
    }
  }

  static void disconnected(Path file) {
    synchronized (CONNECTIONS) {
      if (CONNECTIONS.merge(file, -1, Integer::sum) > 0) {
        return;
      }
      CONNECTIONS.remove(file);
      List<FileChannel> waiting = WAITING.remove(file);
      if (waiting != null) {
        for (FileChannel channel : waiting) {
          try {
            channel.close();
          } catch (IOException failure) {
            throw new UncheckedIOException(failure);
          }
        }
      }
    }
  }

  /**
   * Opens a file for reading and closes it when that does no harm.
   *
   * @param database the database whose connections may have the file open
   */
  static <T> T read(Path database, Path file, Use<T> use) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return use.with(channel);
    } finally {
      synchronized (CONNECTIONS) {
        if (CONNECTIONS.containsKey(database)) {
          WAITING.computeIfAbsent(database, none -> new ArrayList<>()).add(channel);
        } else {
          channel.close();
        }
      }
    }
  }
}
