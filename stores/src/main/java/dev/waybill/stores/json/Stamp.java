package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * What tells that a file was written to or replaced.
 *
 * @param key which file it is, whatever its name
 */
record Stamp(long size, long modified, String key) {
  /** The word of a file that is not there. */
  static final String ABSENT = "absent";

  static Stamp of(Path file) throws IOException {
    BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
    return new Stamp(
        facts.size(),
        facts.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
        Objects.toString(facts.fileKey(), ""));
  }

  /** The same as a word to be kept. */
  static String word(Path file) throws IOException {
    if (!Files.exists(file)) {
      return ABSENT;
    }
    Stamp stamp = of(file);
    return stamp.size + " " + stamp.modified + " " + stamp.key;
  }
}
