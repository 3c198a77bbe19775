package dev.waybill.stores.json;

import dev.waybill.model.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a wrapper holds beside its collections, which stays as it is.
 *
 * @param members all of them, in their order
 */
record Frame(List<Member> members) {
  /**
   * A member.
   *
   * @param name as it is written, with its quotes
   * @param value as it is written, of a collection ""
   * @param collection the collection's name, of other members ""
   */
  record Member(String name, String value, String collection) {}

  /**
   * @param text the wrapper with an empty array in the place of each collection; may be empty
   * @param collections all that stand in it
   */
  static Frame of(String text, List<String> collections) {
    List<Member> members = new ArrayList<>();
    if (text.isEmpty()) {
      return new Frame(members);
    }
    byte[] json = text.getBytes(StandardCharsets.UTF_8);
    JsonScan scan = new JsonScan();
    try {
      scan.scan(json, 0, json.length);
    } catch (Malformed malformed) {
      throw new StoreException(
          malformed.code(),
          "A frame is no JSON: " + malformed.reason() + ".",
          "",
          false,
          malformed);
    }
    for (int i = 0; i < scan.count(); i++) {
      String unquoted = WorkRecords.unquoted(string(json, scan.nameFrom(i), scan.nameTo(i)));
      String value = string(json, scan.from(i), scan.to(i));
      boolean isCollection = isEmptyArray(value) && collections.contains(unquoted);
      members.add(
          new Member(
              string(json, scan.nameFrom(i) - 1, scan.nameTo(i) + 1),
              isCollection ? "" : value,
              isCollection ? unquoted : ""));
    }
    return new Frame(members);
  }

  private static boolean isEmptyArray(String value) {
    return value.startsWith("[") && value.substring(1).strip().equals("]");
  }

  /** True if a member has the name that is no empty array, so that no collection can have it. */
  static boolean holds(String text, String name) {
    return Frame.of(text, List.of(name)).others().stream()
        .map(each -> WorkRecords.unquoted(each.name.substring(1, each.name.length() - 1)))
        .anyMatch(name::equals);
  }

  /** True if a member of the name is an empty array. */
  static boolean isOpen(String text, String name) {
    return Frame.of(text, List.of(name)).members.stream()
        .anyMatch(each -> each.collection.equals(name));
  }

  /** The names of members that are no empty arrays. */
  static List<String> besides(String text) {
    return Frame.of(text, List.of()).members.stream()
        .filter(each -> !isEmptyArray(each.value))
        .map(each -> WorkRecords.unquoted(each.name.substring(1, each.name.length() - 1)))
        .toList();
  }

  /** True if several members are empty arrays. */
  static boolean isOfSeveral(String text) {
    return Frame.of(text, List.of()).members.stream()
            .filter(each -> isEmptyArray(each.value))
            .limit(2)
            .count()
        > 1;
  }

  private static String string(byte[] json, int from, int to) {
    return new String(json, from, to - from, StandardCharsets.UTF_8);
  }

  /** The members that are no collections. */
  List<Member> others() {
    return members.stream().filter(each -> each.collection.isEmpty()).toList();
  }
}
