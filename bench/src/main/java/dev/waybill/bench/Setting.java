package dev.waybill.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is asked for, and where.
 *
 * @param root the checkout
 * @param rows how many records the large scenarios move
 * @param runs how often each contender runs at least
 */
record Setting(Path root, int rows, int runs) {
  static final int ROWS = 1_000_000;

  /** Fewer rows than {@link #ROWS}: good for seeing whether it works, not for a result. */
  boolean isTry() {
    return rows != ROWS;
  }

  /** A folder of the build's own, made if missing, that outlives a build. */
  Path folder(String name) throws IOException {
    return Files.createDirectories(root.resolve("bench/target").resolve(name));
  }

  /** Where results go: into the repository, but for those of a try. */
  Path results() throws IOException {
    return isTry() ? folder("results") : Files.createDirectories(root.resolve("bench/results"));
  }
}
