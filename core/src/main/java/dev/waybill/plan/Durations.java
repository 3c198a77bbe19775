package dev.waybill.plan;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long something takes, as people write it: {@code 200ms}, {@code 5s}, {@code 30d}. */
public final class Durations {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,12}) ?(ms|s|min|m|h|d)?");

  private Durations() {}

  /**
   * Reads a duration; a number alone is seconds.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Duration parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no duration like 200ms, 5s, 10min, 2h or 30d");
    }
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2) == null ? "s" : matcher.group(2);
    return switch (unit) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "h" -> Duration.ofHours(number);
      case "d" -> Duration.ofDays(number);
      default -> Duration.ofMinutes(number);
    };
  }

  /** The shortest spelling in whole units; {@link #parse} reads it back to the millisecond. */
  public static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds == 0 || seconds % 60 != 0) {
      return seconds + "s";
    }
    return seconds % 86_400 == 0
        ? seconds / 86_400 + "d"
        : seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds / 60 + "min";
  }
}
