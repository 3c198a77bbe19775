package dev.waybill.stores.json;

import dev.waybill.model.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A wrapper's text between its collections, which stays as it is.
 *
 * @param members in their order
 * @param end what follows the last
 */
record Frame(List<Member> members, String end) {
  /**
   * A member.
   *
   * @param before what stands before its name, from the one before on, with the comma
   * @param name its name, quotes and all, to before its value
   * @param value its value, of a collection ""
   * @param collection the collection's name, of other members ""
   */
  record Member(String before, String name, String value, String collection) {}

  /**
   * @param text the wrapper with an empty array in the place of each collection; may be empty
   * @param collections all that stand in it
   */
  static Frame of(String text, List<String> collections) {
    List<Member> members = new ArrayList<>();
    if (text.isEmpty()) {
      return new Frame(members, "");
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
    int at = 0;
    for (int i = 0; i < scan.count(); i++) {
      int name = scan.nameFrom(i) - 1;
      String unquoted = WorkRecords.unquoted(string(json, scan.nameFrom(i), scan.nameTo(i)));
      String value = string(json, scan.from(i), scan.to(i));
      boolean isCollection = value.equals("[]") && collections.contains(unquoted);
      members.add(
          new Member(
              string(json, at, name),
              string(json, name, scan.from(i)),
              isCollection ? "" : value,
              isCollection ? unquoted : ""));
      at = scan.to(i);
    }
    return new Frame(members, string(json, at, json.length));
  }

  private static String string(byte[] json, int from, int to) {
    return new String(json, from, to - from, StandardCharsets.UTF_8);
  }

  /** The members that are no collections. */
  List<Member> others() {
    return members.stream().filter(each -> each.collection.isEmpty()).toList();
  }
}
