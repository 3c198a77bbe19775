package dev.waybill.e2e;

import java.nio.file.Path;
import java.util.Objects;

/** Where this repository is. */
final class Repository {
  private Repository() {}

  static Path root() {
    return Path.of(
        Objects.requireNonNull(
            System.getProperty("waybill.root"), "the system property waybill.root, set by Maven"));
  }
}
