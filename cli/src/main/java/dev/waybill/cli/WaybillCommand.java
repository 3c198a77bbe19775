package dev.waybill.cli;

import dev.waybill.Waybill;
import dev.waybill.model.SpecException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command itself: what all verbs share. */
@Command(
    name = "waybill",
    mixinStandardHelpOptions = true,
    versionProvider = WaybillCommand.Version.class,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    abbreviateSynopsis = true,
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    description = "Moves data from one store to another and proves that it arrived.",
    subcommands = {
      InspectCommand.class,
      PlanCommand.class,
      ApplyCommand.class,
      MigrateCommand.class,
      VerifyCommand.class,
      DiffCommand.class,
      RunsCommand.class,
      StatusCommand.class,
      TraceCommand.class,
      ResumeCommand.class,
      RollbackCommand.class,
      ReembedCommand.class,
      BackupCommand.class,
      ForgetCommand.class,
      StoresCommand.class,
      StoreCommand.class
    })
final class WaybillCommand implements Runnable {
  private static final String USUAL_HOME = ".waybill";

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print JSON, one object a line, the last one a summary.")
  boolean json;

  @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Print more about errors.")
  boolean isVerbose;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "Print only errors and the last line.")
  boolean isQuiet;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Where run directories are kept (WAYBILL_HOME, else .waybill).")
  @Nullable Path home;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Add each event to this file, one JSON object a line.")
  @Nullable Path log;

  private final Terminal terminal;
  private final String[] arguments;
  private final long startedAt;
  private boolean isWriting;
  private @Nullable String pastRun;

  WaybillCommand(Terminal terminal, String... arguments) {
    this.terminal = terminal;
    this.arguments = arguments;
    startedAt = terminal.nanoTime().getAsLong();
  }

  CommandLine parser() {
    CommandLine parser = new CommandLine(this);
    parser.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
    parser.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
    parser.setColorScheme(
        Help.defaultColorScheme(terminal.isColoured() ? Help.Ansi.ON : Help.Ansi.OFF));
    parser.setUsageHelpWidth(100);
    // A collection's name may begin with @.
    parser.setExpandAtFiles(false);
    return parser;
  }

  @Override
  public void run() {
    throw new SpecException("USAGE", "No command is given.", "waybill --help");
  }

  Screen screen() {
    return new Screen(terminal, json, isQuiet, isVerbose);
  }

  /** Shows what happens, and logs it if that was asked for. */
  Progress progress(String title) {
    Progress shown = Progress.on(screen(), title);
    return log == null ? shown : EventLog.to(log, shown, terminal.clock());
  }

  Waybill library() {
    return Waybill.at(home());
  }

  private Path home() {
    if (home != null) {
      return home;
    }
    String fromEnvironment = terminal.environment().getOrDefault("WAYBILL_HOME", "");
    return Path.of(fromEnvironment.isEmpty() ? USUAL_HOME : fromEnvironment);
  }

  /** What a further command needs beside its name to find the same runs. */
  String homeOption() {
    return home == null ? "" : " --home " + home;
  }

  /** Since the command began. */
  double seconds() {
    return (terminal.nanoTime().getAsLong() - startedAt) / 1e9;
  }

  /** From here on, a fault of Waybill's own may leave something written. */
  void willWrite() {
    isWriting = true;
  }

  /** A failure tells of what a run of the past has written, not only of this command. */
  void isAbout(String run) {
    pastRun = run;
  }

  private String wrote(Failure failure) {
    if (failure.isInternal() && isWriting) {
      return "Something may have been written; the run's journal is in "
          + home().resolve("runs")
          + ": waybill runs"
          + homeOption();
    }
    return pastRun == null || failure.code().equals("UNKNOWN_RUN")
        ? "Nothing was written."
        : "Nothing was changed now; what run " + pastRun + " had written is as it was.";
  }

  int fail(Throwable thrown) {
    Failure failure = Failure.of(thrown).masked(arguments);
    return failure.print(screen(), wrote(failure), seconds());
  }

  /** Says so where a URL holds a password. */
  void warnOfPassword(String where, @Nullable String url) {
    if (url != null && Secrets.areIn(url)) {
      screen()
          .aside(
              "warning: "
                  + where
                  + " holds a password, which others on this machine can see; better is"
                  + " ${VARIABLE} in its place.");
    }
  }

  /** Which Waybill this is. */
  static final class Version implements IVersionProvider {
    static String text() {
      String version = WaybillCommand.class.getPackage().getImplementationVersion();
      return "waybill " + (version == null ? "(not packaged)" : version);
    }

    @Override
    public String[] getVersion() {
      return new String[] {text()};
    }
  }
}
