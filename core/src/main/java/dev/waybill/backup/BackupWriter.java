package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a run changes: what the target's collections were, and each record before it is
 * overwritten. Writes to the run directory only.
 *
 * <p>To be opened before the first write, also when a run goes on: then it appends to what is there
 * (docs/adr/0016).
 */
public final class BackupWriter implements Overwritten, AutoCloseable {
  private static final int BATCH_RECORDS = 5_000;
  private static final int BATCH_BYTES = 4 << 20;
  private static final int LONGEST_NAME = 40;

  private final RunDirectory directory;
  private final String tool;
  private final Map<String, RecordFileWriter> files = new LinkedHashMap<>();
  private @Nullable Backup backup;

  private BackupWriter(RunDirectory directory, String tool) {
    this.directory = directory;
    this.tool = tool;
  }

  /**
   * A guess of the room that a plan's backup takes at most: as much as what could be overwritten.
   */
  public static long mostBytes(Plan plan) {
    return plan.options().backup().isEnabled()
        ? plan.steps().stream()
            .filter(step -> !step.creates() && couldOverwrite(step))
            .mapToLong(step -> Math.max(0, step.bytes()))
            .sum()
        : 0;
  }

  private static boolean couldOverwrite(Step step) {
    ConflictPolicy.Rule rule = step.onConflict().rule();
    return step.target().hasKey()
        && (rule == ConflictPolicy.Rule.OVERWRITE || rule == ConflictPolicy.Rule.NEWER);
  }

  /**
   * Makes a run's backup or goes on with it; one that keeps nothing if the plan wants none, or
   * touches nothing that is there.
   *
   * @param tool name and version of this program
   * @param target as it was before the run, if this is its beginning
   * @throws dev.waybill.model.StoreException if the run directory fails, or a backup that is there
   *     is damaged
   */
  public static BackupWriter open(
      Plan plan, RunDirectory directory, String tool, Store target, Instant now) {
    BackupWriter writer = new BackupWriter(directory, tool);
    boolean isWanted =
        plan.options().backup().isEnabled()
            && plan.steps().stream().anyMatch(step -> !step.creates());
    boolean isOpen = false;
    try {
      if (isWanted) {
        Optional<Backup> known = Backup.of(directory);
        if (known.isPresent()) {
          writer.goOn(known.get(), plan);
        } else {
          writer.begin(plan, target, now);
        }
      }
      isOpen = true;
      return writer;
    } finally {
      if (!isOpen) {
        writer.close();
      }
    }
  }

  private void begin(Plan plan, Store target, Instant now) {
    RunDirectory.deleteTree(directory.path().resolve(Backup.FOLDER));
    RunDirectory.makeFolder(directory.path().resolve(Backup.FOLDER));
    Catalog catalog = target.catalog();
    String dialect = target.capabilities().types().dialect();
    List<Backup.Entry> entries = new ArrayList<>();
    for (Step step : plan.steps()) {
      Optional<Collection> collection = catalog.collection(step.target().name());
      if (!step.creates() && collection.isPresent()) {
        DescribedCollection described = new DescribedCollection(dialect, collection.get());
        entries.add(
            create(entries.size() + 1, new RecordFile.Header(described, step.target().key())));
      }
    }
    Backup made =
        new Backup(
            Backup.VERSION,
            directory.run(),
            now,
            now.plus(plan.options().backup().keep()),
            catalog.store(),
            entries);
    made.write(directory, tool);
    backup = made;
  }

  private Backup.Entry create(int number, RecordFile.Header header) {
    String name = header.described().collection().name();
    String file = name(number, name);
    files.put(name, RecordFileWriter.create(directory, Backup.FOLDER + "/" + file, header));
    return Backup.Entry.open(name, file);
  }

  /** Names may be anything; what a file system could mistake is left out. */
  private static String name(int number, String collection) {
    String plain = collection.replaceAll("[^A-Za-z0-9_-]+", "-");
    return String.format(
        "%03d-%s.ndjson.zst", number, plain.substring(0, Math.min(LONGEST_NAME, plain.length())));
  }

  private void goOn(Backup known, Plan plan) {
    if (known.version() != Backup.VERSION) {
      renew(known, plan);
      return;
    }
    List<Backup.Entry> entries = new ArrayList<>();
    for (Backup.Entry entry : known.entries()) {
      files.put(entry.collection(), RecordFileWriter.open(known.file(directory, entry)));
      entries.add(Backup.Entry.open(entry.collection(), entry.file()));
    }
    Backup open = known.with(entries);
    open.write(directory, tool);
    backup = open;
  }

  /** One of an older version cannot be appended to: its records are written once more. */
  private void renew(Backup known, Plan plan) {
    List<Backup.Entry> entries = new ArrayList<>();
    for (Backup.Entry entry : known.entries()) {
      RecordFile old = known.file(directory, entry).whole();
      DescribedCollection described = old.header().described();
      List<String> key =
          plan.steps().stream()
              .filter(step -> step.target().name().equals(entry.collection()))
              .map(step -> step.target().key())
              .findFirst()
              .orElse(described.collection().key());
      entries.add(
          create(
              known.entries().size() + entries.size() + 1, new RecordFile.Header(described, key)));
      RecordBatch batch = new RecordBatch(described.collection().writtenFields().size());
      try (RecordReader reader = old.read(old.header(), described.collection())) {
        while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
          file(entry.collection()).append(batch);
          batch.clear();
        }
      }
    }
    Backup renewed = known.with(entries);
    renewed.write(directory, tool);
    for (Backup.Entry entry : known.entries()) {
      Path old = directory.path().resolve(Backup.FOLDER).resolve(entry.file());
      try {
        Files.deleteIfExists(old);
      } catch (IOException failed) {
        throw RunDirectory.unwritable(old, failed);
      }
    }
    backup = renewed;
  }

  private RecordFileWriter file(String collection) {
    RecordFileWriter file = files.get(collection);
    if (file == null) {
      throw new IllegalArgumentException("the backup has no " + collection);
    }
    return file;
  }

  @Override
  public Optional<Collection> whole(Collection written) {
    return Optional.ofNullable(files.get(written.name()))
        .map(file -> written.withFields(file.header().described().collection().fields()));
  }

  @Override
  public void keep(Collection whole, RecordBatch records) {
    file(whole.name()).append(records);
  }

  /**
   * Notes how far the files go, so that what is lost of them later shows. The run may still go on.
   *
   * @throws dev.waybill.model.StoreException if the run directory fails; the backup can be read all
   *     the same
   */
  public void seal() {
    Backup open = backup;
    if (open == null) {
      return;
    }
    List<Backup.Entry> entries = new ArrayList<>();
    for (Backup.Entry entry : open.entries()) {
      Frames.End end = file(entry.collection()).cut();
      entries.add(
          new Backup.Entry(
              entry.collection(), entry.file(), end.records(), end.bytes(), end.link()));
    }
    open.with(entries).write(directory, tool);
  }

  @Override
  public void close() {
    files.values().forEach(RecordFileWriter::close);
  }
}
