package dev.waybill.stores.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A file or folder that cannot be written until it is closed, not even by root. */
final class Unwritable implements AutoCloseable {
  private final Path path;
  private final boolean isRoot = "root".equals(System.getProperty("user.name"));

  Unwritable(Path path) throws Exception {
    this.path = path;
    if (isRoot) {
      Assumptions.assumeTrue(attribute("+i"), "root may write everywhere, and chattr fails");
    } else {
      path.toFile().setWritable(false);
    }
  }

  private boolean attribute(String change) throws Exception {
    try {
      Process process =
          new ProcessBuilder("chattr", change, path.toString()).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException noSuchCommand) {
      return false;
    }
  }

  @Override
  public void close() throws Exception {
    if (isRoot) {
      attribute("-i");
    } else {
      path.toFile().setWritable(true);
    }
  }
}
