package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** A small file of names and texts, there wholly or not at all. */
final class JsonNote {
  private JsonNote() {}

  static void write(Path file, Map<String, String> facts) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.write(beside, text(facts));
    Home.sync(beside);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  static byte[] text(Map<String, String> facts) {
    JsonText text = new JsonText().put('{');
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      text.put(text.size() > 1 ? "," : "");
      JsonStrings.quote(fact.getKey(), text);
      text.put(':');
      JsonStrings.quote(fact.getValue(), text);
    }
    return text.put('}').copy();
  }

  static Map<String, String> read(Path file) throws IOException {
    return Files.exists(file)
        ? parse(Files.readString(file, StandardCharsets.UTF_8))
        : new LinkedHashMap<>();
  }

  static Map<String, String> parse(String text) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    byte[] json = text.getBytes(StandardCharsets.UTF_8);
    JsonScan scan = new JsonScan();
    try {
      scan.scan(json, 0, json.length);
    } catch (Malformed malformed) {
      throw new IOException("a note of a run is no JSON: " + malformed.reason(), malformed);
    }
    for (int i = 0; i < scan.count(); i++) {
      facts.put(
          unquoted(json, scan.nameFrom(i), scan.nameTo(i)),
          unquoted(json, scan.from(i) + 1, scan.to(i) - 1));
    }
    return facts;
  }

  private static String unquoted(byte[] json, int from, int to) {
    return WorkRecords.unquoted(new String(json, from, to - from, StandardCharsets.UTF_8));
  }
}
