package dev.waybill.journal;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Names of runs: when they began, and something to tell two of one second apart. */
public final class RunId {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
  private static final Pattern FORM = Pattern.compile("\\d{8}-\\d{6}-[0-9a-f]{6}");

  private RunId() {}

  /** A new one, such as {@code 20261120-093012-a1b2c3}. */
  public static String at(Instant now, RandomGenerator random) {
    return TIME.format(now) + String.format("-%06x", random.nextInt(1 << 24));
  }

  /** True if the text has a run id's form, so that it is safe as a file's name. */
  public static boolean isOne(String text) {
    return FORM.matcher(text).matches();
  }
}
