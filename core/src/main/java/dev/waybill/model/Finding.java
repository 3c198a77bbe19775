package dev.waybill.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that was found out before a run.
 *
 * @param code stable, for programs
 * @param text one sentence for people
 * @param hint what to try, empty where nothing need be done
 * @param isBlocking true if the run must not begin
 * @param dangling the foreign key that records break, null if it is about something else
 */
public record Finding(
    String code, String text, String hint, boolean isBlocking, @Nullable Dangling dangling) {

  /**
   * Records that point at no record.
   *
   * @param collection where they are
   * @param parent where they point to
   * @param examples keys of the first ones
   */
  public record Dangling(String collection, String parent, long records, List<String> examples) {
    public Dangling {
      examples = List.copyOf(examples);
    }
  }

  /** A finding about anything but a foreign key. */
  public Finding(String code, String text, String hint, boolean isBlocking) {
    this(code, text, hint, isBlocking, null);
  }
}
