package dev.waybill.spi;

import dev.waybill.model.RecordBatch;
import java.util.List;

/**
 * A collection seen from one that its foreign keys lead to. Belongs to the snapshot that gave it,
 * and is as thread-safe.
 */
public interface ReferringCollection {
  /** As the catalog names it; of one that it does not have what people would call it. */
  String name();

  /** False for one that the store does not show in its catalog, such as of another schema. */
  boolean isInCatalog();

  /**
   * Reads the records that refer to some of the other collection.
   *
   * @param keys records of the key's fields of the collection referred to, in the key's order;
   *     where it has no key, whole records
   * @param fields names of fields of the referring collection, perhaps none
   * @return records of an int64, which is the position among {@code keys} of what is referred to,
   *     and of the fields; in any order, one for each way in which a record refers to another
   */
  RecordReader read(RecordBatch keys, List<String> fields);
}
