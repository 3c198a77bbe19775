package dev.waybill.cli;

import dev.waybill.backup.Backup;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Durations;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "backup", description = "Lists, restores and prunes what runs have kept.")
final class BackupCommand implements Runnable {
  @ParentCommand WaybillCommand waybill;

  @Override
  public void run() {
    throw new SpecException(
        "USAGE", "It is not said what to do with backups.", "waybill backup list");
  }

  @Command(name = "list", description = "Lists the backups, newest first.")
  int list() {
    return show(waybill.library().backups(), "There are no backups.");
  }

  @Command(
      name = "restore",
      description = "Migrates from a backup: what is missing in the target is put there.")
  int restore(
      @Parameters(paramLabel = "RUN", description = "The run that took it.") String run,
      @Mixin SideOptions sides,
      @Mixin RunOptions options,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "FILE",
              description = "Write the plan to this file too.")
          @Nullable Path file,
      @Option(
              names = "--dry-run",
              description = "Check everything and read every record, but write nothing.")
          boolean isDryRun) {
    if (sides.from != null) {
      throw new SpecException(
          "USAGE",
          "--from has no place here: a backup is restored from the run that took it.",
          "waybill backup restore " + run + " --to URL");
    }
    sides.from = "backup:" + run;
    return MigrateCommand.call(waybill, sides, options, file, isDryRun);
  }

  @Command(
      name = "prune",
      description = "Removes the backups of ended runs whose time is over (backup.keep).")
  int prune(
      @Option(
              names = "--older-than",
              paramLabel = "TIME",
              description = "Those older than this, e.g. 30d, whatever their plans say.")
          @Nullable String olderThan,
      @Option(names = "--dry-run", description = "Say what would be removed, but remove nothing.")
          boolean isDryRun) {
    Duration age = olderThan == null ? null : age(olderThan);
    List<Backup> pruned = waybill.library().pruneBackups(age, isDryRun);
    int exit = show(pruned, "There is no backup whose time is over.");
    Screen screen = waybill.screen();
    if (!pruned.isEmpty() && !screen.json()) {
      long bytes = pruned.stream().mapToLong(Backup::bytes).sum();
      screen.result(
          Text.count(pruned.size(), "backup")
              + (isDryRun ? " would be" : pruned.size() == 1 ? " was" : " were")
              + " removed, "
              + Text.bytes(bytes)
              + ".");
    }
    return exit;
  }

  private static Duration age(String text) {
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw new SpecException(
          "USAGE", "--older-than " + text + " is no time.", "write it as 12h or 30d", wrong);
    }
  }

  private int show(List<Backup> backups, String none) {
    Screen screen = waybill.screen();
    if (screen.json()) {
      screen.jsonLines().line("backups", json -> BackupsReport.write(json, backups));
    } else if (backups.isEmpty()) {
      screen.result(none);
    } else {
      screen.results(BackupsReport.lines(backups));
    }
    return Exit.OK;
  }
}
