package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.SpecException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code quarantine:RUN}: the records that a run left behind, as they are or as they were mended,
 * to be read as a store of the dialect that the run's source spoke.
 */
public final class QuarantineAdapter implements StoreAdapter {
  static final String SCHEME = "quarantine";

  private final Path home;
  private final Dialects dialects;
  private final RunState.Of states;

  /**
   * @param home the folder that has {@code runs}
   * @param stores the other stores, whose dialects may be met
   */
  public QuarantineAdapter(Path home, List<StoreAdapter> stores, RunState.Of states) {
    this.home = home;
    this.dialects = new Dialects(stores);
    this.states = states;
  }

  @Override
  public String type() {
    return SCHEME;
  }

  @Override
  public List<String> schemes() {
    return List.of(SCHEME);
  }

  @Override
  public Capabilities capabilities() {
    return dialects.reading("");
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    QuarantineUrl asked = QuarantineUrl.parse(url);
    RunDirectory directory = RunDirectory.open(home, asked.run());
    requireRedoable(directory);
    Map<String, DescribedCollection> described = RunSource.read(directory);
    QuarantineFile file = new QuarantineFile(directory, described, asked.taken());
    Set<String> spoken =
        described.values().stream().map(DescribedCollection::dialect).collect(Collectors.toSet());
    return new FileStore(
        dialects.reading(spoken.size() == 1 ? spoken.iterator().next() : ""),
        directory.path().resolve(QuarantineFile.FILE).toString(),
        new Catalog(
            "quarantine of run " + directory.run(),
            file.collections(),
            file.others().stream()
                .map(
                    name ->
                        new Catalog.LeftOut(
                            name, "is made anew from the records that it is about", false))
                .toList()),
        List.of(),
        file);
  }

  /** Only what is missing in a target that has the rest can be added to it. */
  private void requireRedoable(RunDirectory directory) {
    String run = directory.run();
    switch (states.of(directory)) {
      case UNFINISHED ->
          throw new SpecException(
              "RUN_NOT_ENDED",
              "Run " + run + " has not ended, so that what stays behind is not known yet.",
              "end it first: waybill resume " + run + ", or waybill rollback " + run);
      case ABANDONED ->
          throw new SpecException(
              "RUN_NOT_ENDED",
              "Run " + run + " was forgotten before it had ended: what stays behind is not known.",
              "migrate again; records that are there already count as unchanged");
      case UNDONE ->
          throw new SpecException(
              "RUN_IS_UNDONE",
              "Run " + run + " was put back: none of its records is in the target any more.",
              "mend the records in the source, or let them stay behind (--max-quarantined N), and"
                  + " migrate again");
      case DONE -> {
        if (!Files.exists(directory.path().resolve(QuarantineFile.FILE))) {
          throw new SpecException(
              "NOTHING_IN_QUARANTINE",
              "Run " + run + " left no record behind.",
              "see its story: waybill status " + run);
        }
      }
    }
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    throw new SpecException(
        "READ_ONLY_STORE",
        "A quarantine can be read but not written.",
        "see which can: waybill stores");
  }
}
