package dev.waybill.plan;

import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a plan or a profile, collected so that an editor sees it all at once. Not
 * thread-safe.
 */
final class Faults {
  private static final int SHOWN = 20;
  private static final Place NOWHERE = new Place(0, 0);

  private final String file;
  private final Map<String, Place> places;
  private final Set<Fault> faults = new LinkedHashSet<>();

  private final Map<String, Set<String>> known = new HashMap<>();

  private record Fault(Place place, String text) {}

  private static final Comparator<Fault> IN_ORDER =
      Comparator.comparing(
          Fault::place, Comparator.comparingInt(Place::line).thenComparingInt(Place::column));

  /**
   * @param file its name for people, empty where there is none
   * @param places of its members by path
   */
  Faults(String file, Map<String, Place> places) {
    this.file = file;
    this.places = places;
  }

  /** Notes which members an object can have. */
  void know(String path, Set<String> members) {
    known.put(path, Set.copyOf(members));
  }

  /** The members that the objects of the file can have, by the object's path. */
  Map<String, Set<String>> known() {
    return known;
  }

  /**
   * Notes a fault.
   *
   * @param path of the member that is wrong, or that lacks
   */
  void add(String path, String text) {
    StringBuilder fault = new StringBuilder();
    Place place = place(path);
    if (place != null) {
      fault.append(file.isEmpty() ? "" : file + " ").append(place).append(": ");
    }
    fault.append(path.isEmpty() ? "" : path + ": ").append(text);
    faults.add(new Fault(place == null ? NOWHERE : place, fault.toString()));
  }

  /** The place of a member, or of what it should be in. */
  private @Nullable Place place(String path) {
    if (places.isEmpty()) {
      return null;
    }
    for (String at = path; !at.isEmpty(); ) {
      Place place = places.get(at);
      if (place != null) {
        return place;
      }
      int end = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      at = end < 0 ? "" : at.substring(0, end);
    }
    return places.get("");
  }

  /**
   * Throws if there is any.
   *
   * @param what "plan" or "profile"
   */
  void throwIfAny(String what) {
    if (faults.isEmpty()) {
      return;
    }
    List<String> lines = new ArrayList<>();
    faults.stream().sorted(IN_ORDER).limit(SHOWN).forEach(fault -> lines.add(fault.text()));
    if (faults.size() > SHOWN) {
      lines.add("+" + (faults.size() - SHOWN) + " more");
    }
    throw invalid(
        what, lines.size() == 1 ? " " + lines.get(0) : "\n  " + String.join("\n  ", lines));
  }

  private static SpecException invalid(String what, String why) {
    return new SpecException(
        what.equals("plan") ? "INVALID_PLAN" : "INVALID_PROFILE",
        "The " + what + " is not valid:" + why + (why.startsWith("\n") ? "" : "."),
        what.equals("plan")
            ? "mend what is named, or make it anew with waybill plan"
            : "mend what is named; docs/formats/plan.md says what can stand there",
        null);
  }

  /** The error for a text that cannot be read at all. */
  static SpecException unreadable(String what, String file, String why) {
    return invalid(what, " " + (file.isEmpty() ? "" : file + " ") + why);
  }
}
