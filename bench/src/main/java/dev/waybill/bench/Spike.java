package dev.waybill.bench;

import dev.waybill.Waybill;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.RunDirectory;
import dev.waybill.journal.RunId;
import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.Triggers;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.run.Ends;
import dev.waybill.sidecar.RestoringStore;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import dev.waybill.verify.ChunkReaders;
import dev.waybill.verify.ChunkWorkers;
import dev.waybill.verify.Pairing;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * Packed batches between two stores and nothing around them: what the form of a batch and the
 * adapters cost. Two readers, two writers, one mark and one transaction for each batch, one digest
 * for each record.
 */
final class Spike {
  private static final int CONNECTIONS = 2;
  private static final int BATCH_RECORDS = 5_000;

  private final Path home;
  private final Plan plan;
  private final Step step;
  private Outcome total = Outcome.NOTHING;

  private Spike(Path home, Plan plan) {
    this.home = home;
    this.plan = plan;
    this.step = plan.steps().get(0);
  }

  /** The command for a process of its own that does what a plan's first step says. */
  static List<String> command(Path home, Path planFile) {
    return Programs.java(Spike.class, home.toString(), planFile.toString());
  }

  public static void main(String[] arguments) {
    Path home = Path.of(arguments[0]);
    Outcome outcome = new Spike(home, Waybill.at(home).readPlan(Path.of(arguments[1]))).run();
    System.out.println(outcome.inserted() + " records, digest " + outcome.sum());
  }

  private Outcome run() {
    StoreUrl from = url(plan.from());
    StoreUrl to = url(plan.to());
    try (Store source =
            Adapters.of(from).openSource(from, new Workspace(home.resolve("source"), CONNECTIONS));
        TargetStore target =
            Adapters.of(to).openTarget(to, new Workspace(home.resolve("target"), CONNECTIONS));
        Snapshot snapshot = source.snapshot();
        TargetSession session = begin(target)) {
      Pairing pairing =
          Objects.requireNonNull(
              Ends.pairings(plan, RestoringStore.of(source, null), target.capabilities().types())
                  .get(step.source()));
      if (step.creates()) {
        session.create(step.target());
      }
      long half = snapshot.count(pairing.source()) / CONNECTIONS + 1;
      ChunkWorkers.run(
          snapshot.chunks(pairing.source(), half),
          CONNECTIONS,
          () -> false,
          () -> new Worker(pairing, snapshot, session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)));
      session.finish(
          step.creates() ? List.of(step.target()) : List.of(),
          step.creates() ? List.of() : List.of(step.target()));
      return total();
    }
  }

  private synchronized void add(Outcome more) {
    total = total.plus(more);
  }

  private synchronized Outcome total() {
    return total;
  }

  /** Makes the target's table of a plan, complete and empty, in another database. */
  static void createTable(Path home, Plan plan, String database) {
    Spike spike = new Spike(home, plan);
    StoreUrl to = url(database);
    try (TargetStore target =
            Adapters.of(to).openTarget(to, new Workspace(home.resolve("target"), CONNECTIONS));
        TargetSession session = spike.begin(target)) {
      session.create(spike.step.target());
      session.finish(List.of(spike.step.target()), List.of());
    }
  }

  private TargetSession begin(TargetStore target) {
    String run = RunId.at(Instant.now(), new SecureRandom());
    return target.begin(
        new RunHeader(run, Instant.now(), "", Waybill.version()),
        new FileLedger(RunDirectory.create(home, run), Clock.systemUTC()));
  }

  private static StoreUrl url(String text) {
    return StoreUrl.parse(text).resolved(Map.copyOf(System.getenv()));
  }

  private final class Worker implements ChunkWorkers.Worker {
    private final Pairing pairing;
    private final Snapshot snapshot;
    private final TargetWriter writer;
    private final CanonicalForm canonical = new CanonicalForm();
    private final RecordBatch batch;

    Worker(Pairing pairing, Snapshot snapshot, TargetWriter writer) {
      this.pairing = pairing;
      this.snapshot = snapshot;
      this.writer = writer;
      this.batch = new RecordBatch(pairing.source().writtenFields().size());
    }

    @Override
    public void work(Chunk chunk, BooleanSupplier isStopped) {
      int batches = 0;
      try (RecordReader reader = snapshot.read(pairing.source(), chunk)) {
        while (!isStopped.getAsBoolean()
            && reader.read(batch, BATCH_RECORDS, ChunkReaders.BATCH_BYTES)) {
          Mapped mapped = pairing.mapping().forward(batch);
          if (!mapped.refused().isEmpty()) {
            throw new IllegalStateException("refused: " + mapped.refused().get(0));
          }
          RecordBatch records = mapped.records();
          RecordDigest[] digests = new RecordDigest[records.records()];
          for (int record = 0; record < digests.length; record++) {
            digests[record] = canonical.digest(records, record);
          }
          Outcome outcome =
              writer.apply(
                  step.target(),
                  ChangeBatch.puts(records, digests),
                  step.onConflict(),
                  new Mark(step.target().name(), chunk.ordinal(), batches++, 0, false));
          add(outcome);
          batch.clear();
        }
      }
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
