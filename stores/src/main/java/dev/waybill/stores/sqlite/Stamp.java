package dev.waybill.stores.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * By what a change of a database from outside is noticed: sizes and times of its files, −1 for one
 * that is not there.
 */
record Stamp(long size, long time, long walSize, long walTime, long journalSize, long journalTime) {

  static Stamp of(Path file) {
    long[] database = look(file);
    long[] wal = look(Header.beside(file, "-wal"));
    long[] journal = look(Header.beside(file, "-journal"));
    return new Stamp(database[0], database[1], wal[0], wal[1], journal[0], journal[1]);
  }

  private static long[] look(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return new long[] {
        found.size(), found.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS)
      };
    } catch (NoSuchFileException none) {
      return new long[] {-1, -1};
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "look at", failure);
    }
  }

  boolean isSameDatabase(Stamp other) {
    return size == other.size && time == other.time;
  }
}
