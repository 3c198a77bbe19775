package dev.waybill.journal;

import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder for temporary files of a command that has no run directory (yet), in {@code tmp} of the
 * home. It is made by whoever needs it, and removed when this is closed; one that was held by a
 * process that died is removed by the next command. Not thread-safe.
 */
public final class WorkFolder implements AutoCloseable {
  private final Path path;
  private RunDirectory.@Nullable Lock lock;

  private WorkFolder(Path path) {
    this.path = path;
  }

  /** One of a name that no other has; also removes what others left behind. */
  public static WorkFolder in(Path home, String name) {
    Path all = home.resolve("tmp");
    removeDead(all);
    return new WorkFolder(all.resolve(name));
  }

  private static void removeDead(Path all) {
    for (Path folder : folders(all)) {
      if (Files.exists(folder.resolve(RunDirectory.LOCK))) {
        try {
          removeIfDead(folder);
        } catch (StoreException gone) {
          // Its process, or another one that looks for dead ones, removes it at this moment.
          continue;
        }
      }
    }
  }

  private static void removeIfDead(Path folder) {
    Optional<RunDirectory.Lock> dead = RunDirectory.Lock.tried(folder);
    if (dead.isPresent()) {
      try (RunDirectory.Lock held = dead.get()) {
        RunDirectory.deleteTree(folder);
      }
    }
  }

  private static List<Path> folders(Path all) {
    if (!Files.isDirectory(all) || !Files.isWritable(all)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(all)) {
      return children.filter(Files::isDirectory).toList();
    } catch (IOException failed) {
      throw RunDirectory.unreadable(all, failed);
    }
  }

  public Path path() {
    return path;
  }

  /** Says that what is in it is kept for long; nothing where nobody needed the folder. */
  public void hold() {
    if (lock == null && Files.isDirectory(path)) {
      lock = RunDirectory.Lock.tried(path).orElseThrow();
    }
  }

  @Override
  public void close() {
    RunDirectory.deleteTree(path);
    if (lock != null) {
      lock.close();
    }
  }
}
