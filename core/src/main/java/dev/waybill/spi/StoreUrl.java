package dev.waybill.spi;

import dev.waybill.model.SpecException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a store is, as the user wrote it: {@code scheme:rest}. {@code ${VAR}} and {@code
 * ${VAR:-fallback}} stand for environment variables and are resolved only when a store is opened,
 * so that no secret reaches a plan, journal or message. Immutable; {@link #toString} is masked.
 */
public final class StoreUrl {
  private static final Pattern SCHEME = Pattern.compile("([a-z][a-z0-9+.-]*):(.+)");
  private static final Pattern VARIABLE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}");

  /**
   * A password may hold anything, so it ends at the last @, unless what follows the colon is a
   * variable without a fallback, or a port and then parameters.
   */
  private static final Pattern USER_PASSWORD =
      Pattern.compile(
          "//([^:/@?#]*):(?!\\$\\{\\w+}@)(?!\\d{1,5}(?:/[^@?#]*)?\\?[^@=&]+=).+@", Pattern.DOTALL);

  private static final Pattern SECRET_PARAMETER =
      Pattern.compile(
          "[^=]*(?:password|passwd|pwd|token|secret|api[_-]?key)[^=]*=(?!\\$\\{\\w+}$).*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private final String text;
  private final String scheme;
  private final String rest;
  private final @Nullable Map<String, String> environment;

  /** How the value of a variable is written into a URL. */
  public interface Spelling {
    /**
     * What to write in its place.
     *
     * @param before what stands before the variable, as the user wrote it, without the scheme
     * @param after what follows it, as the user wrote it
     */
    String of(String before, String value, String after);
  }

  private StoreUrl(
      String text, String scheme, String rest, @Nullable Map<String, String> environment) {
    this.text = text;
    this.scheme = scheme;
    this.rest = rest;
    this.environment = environment;
  }

  /**
   * Reads a URL.
   *
   * @throws SpecException if the text has no scheme
   */
  public static StoreUrl parse(String text) {
    Matcher matcher = SCHEME.matcher(text);
    if (!matcher.matches()) {
      throw new SpecException(
          "URL_WITHOUT_SCHEME",
          "\"" + mask(text) + "\" does not say what kind of store it is.",
          "write the kind before it, e.g. sqlite:" + mask(text) + " (waybill stores lists them)");
    }
    return new StoreUrl(text, matcher.group(1), matcher.group(2), null);
  }

  public String scheme() {
    return scheme;
  }

  /** What follows the scheme's colon, variables replaced if they are resolved: not for showing. */
  public String rest() {
    return rest((before, value, after) -> value);
  }

  /**
   * As {@link #rest()}, each variable's value spelled so that nothing in it is taken for a part of
   * the URL.
   */
  public String rest(Spelling spelling) {
    Map<String, String> known = environment;
    if (known == null) {
      return rest;
    }
    Matcher matcher = VARIABLE.matcher(rest);
    StringBuilder out = new StringBuilder();
    while (matcher.find()) {
      String found = known.get(matcher.group(1));
      if (found == null) {
        found = matcher.group(2);
      }
      if (found == null) {
        throw new SpecException(
            "VARIABLE_NOT_SET",
            "The variable " + matcher.group(1) + " of " + this + " is not set.",
            "export " + matcher.group(1) + "=… and run the command again");
      }
      String before = rest.substring(0, matcher.start());
      String after = rest.substring(matcher.end());
      matcher.appendReplacement(out, Matcher.quoteReplacement(spelling.of(before, found, after)));
    }
    return matcher.appendTail(out).toString();
  }

  /** True if the URL itself holds a password in clear text. */
  public boolean hasPassword() {
    return !mask(text).equals(text);
  }

  /**
   * The URL with its variables replaced, once: a value is never looked through for variables.
   *
   * @throws SpecException if a variable without fallback is not set
   */
  public StoreUrl resolved(Map<String, String> variables) {
    if (environment != null) {
      return this;
    }
    StoreUrl resolved = new StoreUrl(text, scheme, rest, variables);
    resolved.rest();
    return resolved;
  }

  /**
   * A text that may be a URL, without secrets; a variable without fallback may stay, it is none.
   */
  public static String masked(String text) {
    return mask(text);
  }

  private static String mask(String text) {
    String masked = USER_PASSWORD.matcher(text).replaceAll("//$1@");
    int question = masked.indexOf('?');
    if (question < 0) {
      return masked;
    }
    StringBuilder out = new StringBuilder(masked.substring(0, question));
    char before = '?';
    for (String parameter : masked.substring(question + 1).split("&", -1)) {
      if (!SECRET_PARAMETER.matcher(parameter).matches()) {
        out.append(before).append(parameter);
        before = '&';
      }
    }
    return out.toString();
  }

  /** As written, without any password: for showing and for plan files. */
  @Override
  public String toString() {
    return mask(text);
  }
}
