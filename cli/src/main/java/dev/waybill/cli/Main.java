package dev.waybill.cli;

import dev.waybill.model.SpecException;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/** The {@code waybill} command. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Terminal terminal = Terminal.ofProcess();
    int exit = run(terminal, arguments);
    terminal.out().flush();
    terminal.err().flush();
    System.exit(exit);
  }

  /** Does what the arguments say and gives the exit code. */
  static int run(Terminal terminal, String... arguments) {
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      // Asked by scripts, often and impatiently: not worth loading the parser.
      terminal.out().print(WaybillCommand.Version.text() + "\n");
      terminal.out().flush();
      return Exit.OK;
    }
    WaybillCommand waybill = new WaybillCommand(terminal, arguments);
    try {
      CommandLine parser = waybill.parser();
      parser.setParameterExceptionHandler(
          (complaint, given) -> {
            waybill.json |= Arrays.asList(given).contains("--json");
            return waybill.fail(usage(complaint));
          });
      parser.setExecutionExceptionHandler((failure, command, given) -> waybill.fail(failure));
      int exit = parser.execute(arguments);
      terminal.out().flush();
      return exit;
    } catch (RuntimeException | Error fault) {
      return waybill.fail(fault);
    }
  }

  private static SpecException usage(CommandLine.ParameterException complaint) {
    CommandLine command = complaint.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String message = complaint.getMessage() == null ? "" : complaint.getMessage();
    String hint = name + " --help";
    if (complaint instanceof CommandLine.UnmatchedArgumentException unmatched) {
      boolean isCommand = !unmatched.isUnknownOption() && !command.getSubcommands().isEmpty();
      String typed = unmatched.getUnmatched().get(0);
      List<String> meant =
          unmatched.getSuggestions().stream()
              .filter(suggestion -> !isCommand || isLike(typed, suggestion))
              .toList();
      String first = Secrets.maskedUrl(typed);
      message =
          isCommand
              ? "There is no command \"" + first + "\"."
              : name
                  + (unmatched.isUnknownOption()
                      ? " has no option " + first + "."
                      : " cannot make sense of \"" + first + "\".");
      if (!meant.isEmpty()) {
        hint = (isCommand ? name + " " : "") + meant.get(0) + ", or see " + hint;
      }
    }
    return new SpecException("USAGE", message.endsWith(".") ? message : message + ".", hint);
  }

  /** Whether two edits or fewer make one word of the other: what is further away was not meant. */
  private static boolean isLike(String typed, String name) {
    int[] row = new int[name.length() + 1];
    for (int j = 0; j <= name.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= typed.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= name.length(); j++) {
        int changed = diagonal + (typed.charAt(i - 1) == name.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[name.length()] <= 2;
  }
}
