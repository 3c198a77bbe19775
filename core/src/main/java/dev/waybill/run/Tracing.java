package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Field;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.TraceResult.Fate;
import dev.waybill.run.TraceResult.Now;
import dev.waybill.run.TraceResult.TracedField;
import dev.waybill.run.TraceResult.Written;
import dev.waybill.sidecar.DerivingSource;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Pairing;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Finds out what became of one record in a run. Writes nothing. */
public final class Tracing {
  private static final int BYTES_AT_ONCE = 4 << 20;

  private final PastRun past;
  private final RunDirectory directory;

  /** Its own: the run may be going on, in its own. */
  private final Path workspace;

  private final Environment environment;
  private final Plan plan;
  private final Step step;
  private final String key;
  private final boolean withValues;
  private final List<String> notes = new ArrayList<>();
  private final List<Fate> fates = new ArrayList<>();
  private final List<String> changed = new ArrayList<>();
  private final CanonicalForm canonical = new CanonicalForm();
  private @Nullable Pairing pairing;
  private @Nullable TracedRecord found;
  private @Nullable RecordBatch held;
  private @Nullable Written written;
  private Now now = Now.UNKNOWN;

  /**
   * @param collection the source's name of it
   * @param key as messages print it
   * @param withValues whether the result has the record's values
   * @throws SpecException UNKNOWN_COLLECTION if the run's plan does not have it
   */
  public Tracing(
      PastRun past, Environment environment, String collection, String key, boolean withValues) {
    this.past = past;
    this.directory = past.directory();
    this.workspace = directory.path().resolve("tmp-trace-" + ProcessHandle.current().pid());
    this.environment = environment;
    this.plan = past.plan();
    this.step = step(collection);
    this.key = key;
    this.withValues = withValues;
  }

  private Step step(String collection) {
    return plan.steps().stream()
        .filter(each -> each.source().equals(collection))
        .findFirst()
        .orElseThrow(
            () ->
                new SpecException(
                    "UNKNOWN_COLLECTION",
                    "Run " + directory.run() + " has no source collection \"" + collection + "\".",
                    "it has "
                        + plan.steps().stream()
                            .map(Step::source)
                            .filter(name -> !Sidecar.isPart(name))
                            .collect(Collectors.joining(", "))));
  }

  /** Finds it out. */
  public TraceResult trace() {
    fates("quarantine/records.ndjson", "quarantined");
    fates("quarantine/repaired.ndjson", "repaired");
    differences();
    try (TargetStore target =
        environment
            .stores()
            .openTarget(
                plan.to(),
                workspace.resolve("target"),
                plan.options().connections(),
                plan.options().session())) {
      readSource(target);
      if (target.identity().isEmpty()) {
        notes.add("The target " + past.to() + " is not there any more.");
        now = Now.GONE;
      } else {
        readLedger(target);
        readTarget(target);
      }
    } catch (StoreException unreachable) {
      notes.add("The target cannot be looked at: " + unreachable.getMessage());
    } finally {
      RunDirectory.deleteTree(workspace);
    }
    JsonNode receipt = directory.readJson("receipt.json").orElseGet(RunDirectory::object);
    return new TraceResult(
        directory.run(),
        past.state(),
        step.source(),
        step.target().name(),
        key,
        past.startedAt(),
        receipt.has("source-snapshot-at")
            ? Instant.parse(receipt.path("source-snapshot-at").asText())
            : null,
        found != null,
        fields(),
        written,
        fates,
        verified(receipt),
        now,
        changed,
        notes);
  }

  // --- the run directory

  private void fates(String file, String kind) {
    directory.forEachLine(
        file,
        line -> {
          if (isOfRecord(line)) {
            String field = line.path("field").asText();
            String what =
                line.has("reason")
                    ? line.path("reason").asText()
                    : "field " + field + " by policy " + line.path("policy").asText();
            fates.add(new Fate(kind, file, line.path("code").asText() + ": " + what));
          }
        });
  }

  private boolean isOfRecord(JsonNode line) {
    return line.path("collection").asText().equals(step.source())
        && line.path("key").asText().equals(key);
  }

  private void differences() {
    List<String> files = new ArrayList<>(List.of("differences.ndjson"));
    files.addAll(directory.files("verify-", ".ndjson"));
    for (String file : files) {
      directory.forEachLine(
          file,
          line -> {
            if (isOfRecord(line)) {
              List<String> names = line.path("fields").findValuesAsText("field");
              fates.add(
                  new Fate(
                      "different",
                      file,
                      names.isEmpty()
                          ? line.path("kind").asText()
                          : "differs in " + String.join(", ", names)));
            }
          });
    }
  }

  private String verified(JsonNode receipt) {
    if (!receipt.has("verification") || receipt.path("verification").asText().equals("none")) {
      return "";
    }
    String how = receipt.path("verification").asText();
    String at = receipt.path("ended-at").asText();
    if (fates.stream().anyMatch(each -> each.kind().equals("quarantined"))) {
      return "left out: it was quarantined (" + how + ", " + at + ")";
    }
    boolean isWhole = false;
    for (JsonNode each : receipt.path("collections")) {
      if (each.path("name").asText().equals(step.source())) {
        isWhole = each.path("verification").has("target-digest-as-stored");
      }
    }
    return isWhole
        ? "equal: every record of the collection was compared (" + at + ")"
        : "by " + how + " (" + at + "); whether it was among those compared is not kept";
  }

  // --- the source

  private void readSource(TargetStore target) {
    try (SeenStore source = PlannedSource.open(plan, environment.stores(), workspace)) {
      Map<String, Pairing> pairings = Ends.pairings(plan, source, target.capabilities().types());
      Pairing own = pairings.get(step.source());
      if (own == null) {
        return;
      }
      pairing = own;
      ChunkFile cuts = new ChunkFile(directory);
      if (!cuts.knows(step.source())) {
        notes.add("The run had not begun to read " + step.source() + ".");
        return;
      }
      try (Snapshot snapshot = DerivingSource.of(source, plan, pairings, target)) {
        CollectionRun run =
            new CollectionRun(step, own, TargetBefore.read(directory).wasEmpty(step));
        found = TracedRecord.find(snapshot, run, plan.options().batchSize(), cuts, key);
      }
      notes.add(
          found != null
              ? "The batch is where the source, as it is now, has the record."
              : "The source has no such record now"
                  + (own.isFiltered() ? " that the filter takes: " + step.filter() : "")
                  + ".");
    } catch (StoreException | SpecException unreadable) {
      notes.add("The source cannot be read: " + unreadable.getMessage());
    }
  }

  // --- the target

  private void readLedger(TargetStore target) {
    TracedRecord record = found;
    if (record == null || record.change() < 0) {
      return;
    }
    if (past.isUndone() || past.state().equals(Forgetting.STATE)) {
      notes.add("The run's ledger is gone: it was " + past.state().replace('-', ' ') + ".");
      return;
    }
    RunHeader header = new RunHeader(directory.run(), past.startedAt(), "", environment.tool());
    try (TargetSession session =
        target.begin(header, new FileLedger(directory, environment.clock()))) {
      written = new TracedBatch(session.ledger(), step).of(record);
      if (written == null) {
        notes.add("No batch of the run's ledger has the record.");
      }
    }
  }

  private void readTarget(TargetStore target) {
    TracedRecord record = found;
    if (record == null || record.change() < 0) {
      return;
    }
    if (!step.target().hasKey()) {
      notes.add("A record without key cannot be looked up in the target.");
      return;
    }
    if (target.catalog().collection(step.target().name()).isEmpty()) {
      now = Now.GONE;
      return;
    }
    RecordBatch puts = record.changes().batch().records();
    int[] positions = step.target().keyPositions();
    RecordBatch keys = new RecordBatch(positions.length);
    puts.project(record.change(), positions, keys);
    RecordBatch there = new RecordBatch(step.target().writtenFields().size());
    try (Snapshot snapshot = target.snapshot();
        RecordReader reader = snapshot.lookup(step.target(), keys)) {
      if (!reader.read(there, 1, BYTES_AT_ONCE)) {
        now = Now.GONE;
        return;
      }
    } catch (WaybillException unreadable) {
      notes.add("The target's record cannot be read: " + unreadable.getMessage());
      return;
    }
    held = there;
    List<Field> fields = step.target().writtenFields();
    for (int field = 0; field < fields.size(); field++) {
      if (!canonical.areEqual(puts, puts.at(record.change(), field), there, there.at(0, field))) {
        changed.add(fields.get(field).name());
      }
    }
    now = changed.isEmpty() ? Now.EQUAL : Now.CHANGED;
  }

  // --- the fields

  private List<TracedField> fields() {
    List<TracedField> fields = new ArrayList<>();
    List<FieldMapping> mappings = step.fields();
    for (int i = 0; i < mappings.size(); i++) {
      FieldMapping field = mappings.get(i);
      String constant = field.constant();
      fields.add(
          new TracedField(
              field.source(),
              field.from().toString(),
              constant == null ? field.as() : "constant",
              field.target(),
              field.to().toString(),
              sourceValue(field),
              targetValue(i)));
    }
    return fields;
  }

  private @Nullable String sourceValue(FieldMapping field) {
    TracedRecord record = found;
    Pairing own = pairing;
    if (!withValues || record == null || own == null || field.sources().isEmpty()) {
      return null;
    }
    List<String> names = own.source().writtenNames();
    int[] positions = field.sources().stream().mapToInt(names::indexOf).toArray();
    return IntStream.of(positions).anyMatch(position -> position < 0)
        ? null
        : KeyText.of(record.changes().source(), record.record(), positions);
  }

  private @Nullable String targetValue(int field) {
    RecordBatch there = held;
    return !withValues || there == null ? null : KeyText.value(there, there.at(0, field));
  }
}
