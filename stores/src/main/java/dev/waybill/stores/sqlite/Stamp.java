package dev.waybill.stores.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

/**
 * By what a change of a database from outside is noticed: sizes and times of its files, −1 for one
 * that is not there.
 */
record Stamp(long size, long time, long walSize, long walTime, long journalSize, long journalTime) {
  static final long TICK_NANOS = 20_000_000;

  static Stamp of(Path file) {
    long[] database = look(file);
    long[] wal = look(Header.beside(file, "-wal"));
    long[] journal = look(Header.beside(file, "-journal"));
    return new Stamp(database[0], database[1], wal[0], wal[1], journal[0], journal[1]);
  }

  private static long[] look(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return new long[] {found.size(), found.lastModifiedTime().to(TimeUnit.NANOSECONDS)};
    } catch (NoSuchFileException none) {
      return new long[] {-1, -1};
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "look at", failure);
    }
  }

  boolean isSameDatabase(Stamp other) {
    return size == other.size && time == other.time;
  }

  /**
   * True if it was long enough before this time that whatever is written from then on makes another
   * stamp: file systems tell times by ticks.
   */
  boolean isBefore(FileTime time) {
    long then = time.to(TimeUnit.NANOSECONDS);
    long newest = Math.max(this.time, Math.max(walTime, journalTime));
    // Where the clocks of two file systems differ, nothing can be told.
    return then - newest > TICK_NANOS || newest - then > TimeUnit.SECONDS.toNanos(1);
  }
}
