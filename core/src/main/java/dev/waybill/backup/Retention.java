package dev.waybill.backup;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.SpecException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The backups of all runs, and which of them need not be kept any longer. */
public final class Retention {
  private final Path home;
  private final RunState.Of states;

  /**
   * @param home the folder that has {@code runs}
   */
  public Retention(Path home, RunState.Of states) {
    this.home = home;
    this.states = states;
  }

  /** All whole backups, newest first. */
  public List<Backup> backups() {
    List<Backup> backups = new ArrayList<>();
    for (RunDirectory directory : RunDirectory.all(home)) {
      Backup.of(directory).ifPresent(backups::add);
    }
    return backups;
  }

  /**
   * Removes backups of runs that have ended, once their time is over. One that an unfinished run
   * restores from stays.
   *
   * @param olderThan how old they must be; null for what each run's plan says
   * @param isDry true to look only
   * @return those that were, or would be, removed
   */
  public List<Backup> prune(Instant now, @Nullable Duration olderThan, boolean isDry) {
    Set<String> needed = needed();
    List<Backup> pruned = new ArrayList<>();
    for (RunDirectory directory : RunDirectory.all(home)) {
      Optional<Backup> backup =
          Backup.of(directory)
              .filter(each -> isOver(each, now, olderThan) && !needed.contains(each.run()));
      if (backup.isPresent() && remove(directory, isDry)) {
        pruned.add(backup.get());
      }
    }
    return pruned;
  }

  private static boolean isOver(Backup backup, Instant now, @Nullable Duration olderThan) {
    return olderThan == null
        ? !now.isBefore(backup.keepUntil())
        : !now.isBefore(backup.takenAt().plus(olderThan));
  }

  private boolean remove(RunDirectory directory, boolean isDry) {
    if (states.of(directory) == RunState.UNFINISHED) {
      return false;
    }
    try (RunDirectory.Lock lock = directory.lock()) {
      if (!isDry) {
        RunDirectory.deleteTree(directory.path().resolve(Backup.FOLDER));
      }
      return true;
    } catch (SpecException busy) {
      return false;
    }
  }

  /** Runs whose backups an unfinished run reads. */
  private Set<String> needed() {
    Set<String> needed = new HashSet<>();
    String scheme = BackupAdapter.SCHEME + ":";
    for (RunDirectory directory : RunDirectory.all(home)) {
      directory.journal().stream()
          .limit(1)
          .map(line -> line.path("from").asText())
          .filter(from -> from.startsWith(scheme))
          .filter(from -> states.of(directory) == RunState.UNFINISHED)
          .forEach(from -> needed.add(from.substring(scheme.length())));
    }
    return needed;
  }
}
