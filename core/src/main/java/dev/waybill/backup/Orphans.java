package dev.waybill.backup;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.RecordReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The records of a backup whose parents the run did not touch, so that they are not in it: a
 * foreign key over them cannot be made where only the backup is restored.
 */
final class Orphans {
  /** Digests that are held at once; more of them mean another pass over the parents. */
  private static final int HELD = 500_000;

  private static final int BATCH_RECORDS = 5_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Collection collection;
  private final BackupAdapter.Files files;

  Orphans(Collection collection, BackupAdapter.Files files) {
    this.collection = collection;
    this.files = files;
  }

  /**
   * The collection without the foreign keys that its own records would break.
   *
   * @param leftOut is told of them
   */
  Collection withoutThem(List<LeftOut> leftOut) {
    List<ForeignKey> kept = new ArrayList<>();
    for (ForeignKey foreignKey : collection.foreignKeys()) {
      if (files.isEmpty(collection.name()) || !hasOrphans(foreignKey)) {
        kept.add(foreignKey);
      } else {
        leftOut.add(
            new LeftOut(
                collection.name() + " " + foreignKey.fields(),
                "a foreign key to "
                    + foreignKey.targetCollection()
                    + ", whose records the run did not touch and the backup does not hold",
                false));
      }
    }
    if (kept.size() == collection.foreignKeys().size()) {
      return collection;
    }
    NativeDetail detail = collection.detail();
    return collection
        .withConstraints(collection.uniqueSets(), kept, collection.indexes())
        .withDetail(new NativeDetail("", detail.objects(), detail.properties()));
  }

  private boolean hasOrphans(ForeignKey foreignKey) {
    Optional<Collection> parent =
        files
            .collection(foreignKey.targetCollection())
            .filter(each -> each.writtenNames().containsAll(foreignKey.targetFields()));
    if (parent.isEmpty()
        || !collection.writtenNames().containsAll(foreignKey.fields())
        || foreignKey.fields().isEmpty()) {
      return false;
    }
    CanonicalForm canonical = new CanonicalForm();
    Set<RecordDigest> wanted = new HashSet<>();
    boolean hasMore = true;
    try (RecordReader children = files.read(only(collection, foreignKey.fields()))) {
      RecordBatch batch = new RecordBatch(foreignKey.fields().size());
      while (hasMore) {
        wanted.clear();
        while (wanted.size() < HELD && hasMore) {
          batch.clear();
          hasMore = children.read(batch, BATCH_RECORDS, BATCH_BYTES);
          for (int record = 0; record < batch.records(); record++) {
            if (isWhole(batch, record)) {
              wanted.add(canonical.digest(batch, record));
            }
          }
        }
        remove(wanted, only(parent.get(), foreignKey.targetFields()), canonical);
        if (!wanted.isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  private void remove(Set<RecordDigest> wanted, Collection parents, CanonicalForm canonical) {
    RecordBatch batch = new RecordBatch(parents.writtenFields().size());
    try (RecordReader reader = files.read(parents)) {
      while (!wanted.isEmpty() && reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < batch.records(); record++) {
          wanted.remove(canonical.digest(batch, record));
        }
        batch.clear();
      }
    }
  }

  /** A record points at none if any of the fields is missing. */
  private static boolean isWhole(RecordBatch batch, int record) {
    for (int field = 0; field < batch.width(); field++) {
      if (batch.isMissingAt(batch.at(record, field))) {
        return false;
      }
    }
    return true;
  }

  private static Collection only(Collection collection, List<String> fields) {
    return collection.withFields(
        fields.stream().map(name -> collection.field(name).orElseThrow()).toList());
  }
}
