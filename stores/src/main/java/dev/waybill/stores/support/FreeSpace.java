package dev.waybill.stores.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much room a disk has. */
public final class FreeSpace {
  private FreeSpace() {}

  /** Bytes that can be written where a file or folder is or will be; −1 where nobody knows. */
  public static long at(Path path) {
    for (Path each = path.toAbsolutePath(); each != null; each = each.getParent()) {
      if (Files.exists(each)) {
        try {
          return Files.getFileStore(each).getUsableSpace();
        } catch (IOException unknown) {
          return -1;
        }
      }
    }
    return -1;
  }
}
