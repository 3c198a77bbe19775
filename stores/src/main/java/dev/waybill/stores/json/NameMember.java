package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The member of a record's text that is the name of its member or file, so that it does not stand
 * in the record there. Not thread-safe.
 */
final class NameMember {
  private final String field;
  private final JsonScan scan = new JsonScan();

  NameMember(String field) {
    this.field = field;
  }

  private int find(byte[] json) throws IOException {
    try {
      scan.scan(json, 0, json.length);
    } catch (Malformed malformed) {
      throw new IOException("a record is no JSON: " + malformed.reason(), malformed);
    }
    for (int i = 0; i < scan.count(); i++) {
      String name =
          new String(
              json, scan.nameFrom(i), scan.nameTo(i) - scan.nameFrom(i), StandardCharsets.UTF_8);
      if (WorkRecords.unquoted(name).equals(field)) {
        return i;
      }
    }
    return -1;
  }

  private int required(byte[] json) throws IOException {
    int member = find(json);
    if (member < 0) {
      throw new IOException("a record has no field that is to be its name");
    }
    return member;
  }

  /** The name as it is written, with its quotes. */
  byte[] quoted(byte[] json) throws IOException {
    int member = required(json);
    return java.util.Arrays.copyOfRange(json, scan.from(member), scan.to(member));
  }

  /** The name itself; null if the record has none that is text. */
  @Nullable String name(byte[] json) throws IOException {
    int member = find(json);
    return member < 0 || scan.token(member) != JsonScan.Token.STRING
        ? null
        : Item.name(json, scan.from(member) + 1, scan.to(member) - 1);
  }

  /** The record without it. */
  byte[] without(byte[] json) throws IOException {
    int member = required(json);
    int from = scan.nameFrom(member) - 1;
    int to = scan.to(member);
    if (member + 1 < scan.count()) {
      to = indexOf(json, ',', to) + 1;
    } else if (member > 0) {
      from = scan.to(member - 1);
    }
    JsonText text = new JsonText();
    return text.put(json, 0, from).put(json, to, json.length - to).copy();
  }

  private static int indexOf(byte[] json, char wanted, int from) {
    int at = from;
    while (json[at] != wanted) {
      at++;
    }
    return at;
  }
}
