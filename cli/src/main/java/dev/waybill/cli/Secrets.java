package dev.waybill.cli;

import dev.waybill.model.SpecException;
import dev.waybill.spi.StoreUrl;
import java.util.regex.Pattern;

/** Takes the passwords of URLs out of what others say: a parser's complaint, a driver's. */
final class Secrets {
  // Up to the last @, for a password may hold an @ or / that ought to have been escaped; but the
  // digits of a port are none.
  private static final Pattern USER_PASSWORD =
      Pattern.compile("//([^:/@?#\\s]*):(?!\\d{1,5}(?:[/?]|$))([^\\s\"]+)@");
  private static final Pattern PARAMETER =
      Pattern.compile(
          "(?i)([?&][^=&\\s]*(?:password|passwd|pwd|token|secret|api[_-]?key)[^=&\\s]*=)"
              + "(?!\\$\\{\\w+})[^&\\s\"]+");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{\\w+}");

  private Secrets() {}

  /** What is one URL as a whole: its password may even hold blanks. */
  static String maskedUrl(String url) {
    try {
      return masked(StoreUrl.parse(url).toString());
    } catch (SpecException noUrl) {
      return masked(url);
    }
  }

  /** A text that may repeat what was given on the command line. */
  static String masked(String text, String[] arguments) {
    String out = text;
    for (String argument : arguments) {
      // --from=URL is one argument.
      String url = argument.startsWith("--") ? argument.replaceFirst("^[^=]*=", "") : argument;
      out = out.replace(url, maskedUrl(url));
    }
    return masked(out);
  }

  /** Any text with URLs in it. */
  static String masked(String text) {
    if (text.indexOf('@') < 0 && text.indexOf('=') < 0) {
      return text;
    }
    String masked =
        USER_PASSWORD
            .matcher(text)
            .replaceAll(
                match ->
                    java.util.regex.Matcher.quoteReplacement(
                        VARIABLE.matcher(match.group(2)).matches()
                            ? match.group()
                            : "//" + match.group(1) + "@"));
    return PARAMETER.matcher(masked).replaceAll("$1***");
  }

  /** True if a URL holds a password in clear text. */
  static boolean areIn(String url) {
    return !masked(url).equals(url);
  }
}
