package dev.waybill.plan;

import dev.waybill.model.LossRules;
import dev.waybill.model.SpecException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the options of a plan or profile. */
final class OptionReader {
  static final String DURATION = "a duration like 200ms, 5s, 10min, 2h or 30d";

  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,6})?) ?%");

  private OptionReader() {}

  static OptionWishes read(Members node) {
    Members backup = node.object("backup");
    @Nullable Boolean isBackedUp = backup.isOrNull("enabled");
    @Nullable Duration keep = duration(backup, "keep");
    backup.close();
    OptionWishes options =
        new OptionWishes(
            verify(node),
            node.has("on-failure")
                ? node.oneOf("on-failure", "rollback", "rollback", "keep")
                : null,
            node.has("connections") ? node.between("connections", 1, 64, 2) : null,
            node.has("batch-size") ? node.between("batch-size", 1, 1_000_000, 5000) : null,
            node.has("max-quarantined") ? node.atLeast("max-quarantined", 0, 0) : null,
            node.has("max-rate") ? node.atLeast("max-rate", 0, 0) : null,
            rules(node),
            node.isOrNull("sidecar"),
            node.object("settings").settings(),
            duration(node, "lock-timeout"),
            duration(node, "statement-timeout"),
            node.isOrNull("analyze"),
            isBackedUp,
            keep,
            node.textsOrNull("normalise"),
            node.textsOrNull("denormalise"));
    node.close();
    return options;
  }

  private static @Nullable Duration duration(Members node, String name) {
    return node.parsedOrNull(name, DURATION, Durations::parse);
  }

  private static LossRules rules(Members node) {
    List<LossRules.Rule> rules = new ArrayList<>();
    for (String text : node.texts("on-loss")) {
      try {
        rules.add(LossRules.Rule.parse(text));
      } catch (SpecException unknown) {
        node.fault(
            "on-loss[" + rules.size() + "]", unknown.getMessage() + " Try: " + unknown.hint());
      }
    }
    return new LossRules(rules);
  }

  private static Plan.@Nullable Verify verify(Members node) {
    if (!node.has("verify")) {
      return null;
    }
    if (node.isText("verify")) {
      return node.parsedOrNull("verify", "full, sample:N%, count or none", Plan.Verify::parse);
    }
    Members verify = node.object("verify");
    Plan.Verify.Level level =
        verify.constant("level", Plan.Verify.Level.class, Plan.Verify.Level.FULL);
    Double percent = verify.parsedOrNull("sample", "a share like 5%", OptionReader::percent);
    long threshold = verify.atLeast("full-comparison-threshold", 0, 0);
    if (level == Plan.Verify.Level.SAMPLE && !verify.has("sample")) {
      verify.fault("level", "a sample needs its share, e.g. \"sample: 5%\"");
    } else if (level != Plan.Verify.Level.SAMPLE && percent != null) {
      verify.fault(
          "sample", "a share means nothing with \"level: " + PlanWriter.lower(level) + "\"");
    }
    verify.close();
    return new Plan.Verify(
        level, level == Plan.Verify.Level.SAMPLE && percent != null ? percent : 100, threshold);
  }

  private static double percent(String text) {
    Matcher matcher = PERCENT.matcher(text);
    if (matcher.matches()) {
      double percent = new BigDecimal(matcher.group(1)).doubleValue();
      if (percent > 0 && percent <= 100) {
        return percent;
      }
    }
    throw new IllegalArgumentException(text);
  }
}
