package dev.waybill.stores.json;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The names by which people call what identifies a record of a collection. */
final class KeyNames {
  private final List<String> names;

  KeyNames(String collection) {
    Set<String> all = new LinkedHashSet<>(List.of("id", "key", "uuid"));
    String leaf = collection.substring(collection.lastIndexOf('/') + 1);
    List<String> words = new ArrayList<>(List.of(leaf));
    words.addAll(List.of(leaf.split("[-_. ]+", -1)));
    for (String word : words) {
      String plain = plain(word);
      String one = singular(plain);
      all.addAll(List.of(plain + "id", one + "id", one));
    }
    all.removeIf(name -> name.isEmpty());
    names = List.copyOf(all);
  }

  /** Where a field stands among the candidates, −1 if it is none. */
  int rank(String field) {
    return names.indexOf(plain(field));
  }

  private static String plain(String name) {
    return name.replaceAll("[-_. ]", "").toLowerCase(Locale.ROOT);
  }

  private static String singular(String word) {
    if (word.endsWith("ies") && word.length() > 4) {
      return word.substring(0, word.length() - 3) + "y";
    }
    return word.endsWith("s") && !word.endsWith("ss") ? word.substring(0, word.length() - 1) : word;
  }
}
