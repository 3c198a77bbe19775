package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Mark;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;

/**
 * What a run took out of a collection that it made, before it was broken off: told by its
 * quarantine, of which the lines of batches that are done are left.
 */
final class TakenBefore {
  private static final int AT_ONCE = 1_000;

  private final CollectionRun run;
  private final Quarantine quarantine;
  private final Set<Mark> batches = new HashSet<>();
  private final CanonicalForm canonical = new CanonicalForm();
  private final RecordBatch records;

  TakenBefore(CollectionRun run, Quarantine quarantine) {
    this.run = run;
    this.quarantine = quarantine;
    this.records = new RecordBatch(run.pairing().source().writtenFields().size());
  }

  void add(Mark batch) {
    batches.add(batch);
    quarantine.countAgain(run, batch);
  }

  /** Takes the records out of what counts as copied. */
  void count(RunDirectory directory) {
    if (batches.isEmpty()) {
      return;
    }
    Quarantine.forEachLine(
        directory,
        (batch, line) -> {
          if (batches.contains(batch)) {
            records.putRecord(Base64.getDecoder().decode(line.path("record").asText()));
            if (records.records() >= AT_ONCE) {
              takeOut();
            }
          }
        });
    takeOut();
  }

  private void takeOut() {
    if (records.isEmpty()) {
      return;
    }
    Changes changes = Scan.changes(run.pairing(), canonical, records);
    CollectionRun taken = run.beside();
    RecordDigest sum = changes.batch().content();
    for (int change = 0; change < changes.wholes().length; change++) {
      taken.copied().add(changes.keys()[change], changes.wholes()[change]);
    }
    run.copied().remove(taken.copied());
    run.add(LateConstraints.without(changes.wholes().length, 0, sum));
    run.addRepaired(
        -changes.mended().stream()
            .filter(each -> each.policy() != LossPolicy.SIDECAR)
            .map(Mended::mapped)
            .distinct()
            .count());
    records.clear();
  }
}
