package dev.waybill.plan;

import dev.waybill.model.SpecException;
import java.util.Locale;

/**
 * The plan file: a plan as YAML (or TOML) that a person can read, edit and commit, and back; and
 * profiles, which are parts of plans (docs/formats/plan.md). Reading is strict: a member that means
 * nothing is refused, aliases and tags are not followed, size and depth are limited. Every fault is
 * named by line and column, up to twenty at once.
 */
public final class PlanFile {
  /** Characters of a file at most. */
  public static final int LONGEST = 16 << 20;

  private PlanFile() {}

  /** A plan as YAML. */
  public static String write(Plan plan) {
    return PlanWriter.write(plan);
  }

  /**
   * Reads a plan that has no file of its own.
   *
   * @param isToml whether the text is TOML, else it is YAML
   * @throws SpecException as {@link #read(String, String)}
   */
  public static Plan read(String text, boolean isToml) {
    return PlanReader.read(node("plan", "", text, isToml), "");
  }

  /**
   * Reads a plan. It may have gaps that are filled by {@link Completion} once the stores are known.
   *
   * @param name of the file; TOML if it ends in .toml, else YAML
   * @throws SpecException naming all faults by line and column if it is no valid plan
   */
  public static Plan read(String name, String text) {
    return PlanReader.read(node("plan", name, text, isToml(name)), name);
  }

  /**
   * Reads a profile.
   *
   * @param name of the file; TOML if it ends in .toml, else YAML
   * @throws SpecException naming all faults by line and column if it is no valid profile
   */
  public static Fragment readFragment(String name, String text) {
    return FragmentReader.read(node("profile", name, text, isToml(name)), name);
  }

  private static boolean isToml(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(".toml");
  }

  private static Node node(String what, String name, String text, boolean isToml) {
    if (text.length() > LONGEST) {
      throw Faults.unreadable(what, name, "it is longer than " + LONGEST + " characters");
    }
    try {
      return isToml ? TomlText.read(text) : YamlText.read(text);
    } catch (FileFault fault) {
      throw Faults.unreadable(what, name, fault.text());
    }
  }
}
