package dev.waybill.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Folders of JSON files, an array in each, as Jackson sees them; values are given as texts that it
 * takes for JSON.
 */
enum JsonClient implements OwnClient {
  JACKSON;

  @Override
  public String literals() {
    return "json";
  }

  @Override
  public boolean tellsTypes() {
    return false;
  }

  private static Path file(String url, String name) {
    return Path.of(url.substring("json:".length())).resolve(name + ".json");
  }

  @Override
  public void create(String url, String name, String nativeType, Map<Long, String> literals) {
    StringJoiner records = new StringJoiner(",\n", "[", "]\n");
    for (Map.Entry<Long, String> each : literals.entrySet()) {
      JsonContent.of(each.getValue());
      records.add("{\"id\": " + each.getKey() + ", \"value\": " + each.getValue() + "}");
    }
    Path file = file(url, name);
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, records.toString(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public List<Long> differing(
      String url, String name, String nativeType, Map<Long, String> literals) {
    Map<String, String> there = JsonContent.column(file(url, name), "\"id\"", "\"value\"");
    List<Long> differing = new ArrayList<>();
    literals.forEach(
        (id, literal) -> {
          if (!JsonContent.of(literal).equals(there.get(JsonContent.of(id.toString())))) {
            differing.add(id);
          }
        });
    return differing;
  }
}
