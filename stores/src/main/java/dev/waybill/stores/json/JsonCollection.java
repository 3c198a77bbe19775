package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A collection of an open store, and where its records are.
 *
 * @param schema as the catalog has it
 * @param files one, uncompressed, or one for each record
 * @param index by the key's values, null where there is no key or it was not found here
 */
record JsonCollection(
    Collection schema,
    JsonLayout layout,
    List<Path> files,
    Positions positions,
    @Nullable KeyIndex index,
    boolean isLenient,
    boolean absentIsNull,
    List<Finding> findings)
    implements AutoCloseable {

  /** The file, or the folder of the files, for messages. */
  Path place() {
    Path parent = files.isEmpty() ? null : files.get(0).getParent();
    return files.size() == 1 || parent == null ? files.get(0) : parent;
  }

  boolean isFolder() {
    return layout.shape().isOfFiles();
  }

  @Override
  public void close() throws IOException {
    if (index != null) {
      index.close();
    }
  }
}
