package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * The schema file beside a target: what the collections are of each file that Waybill has written.
 * It counts only as long as the file is byte for byte what was written. Immutable.
 *
 * @param files what is said, by the file's name
 */
record Described(Map<String, Of> files) {
  private static final int BUFFER = 1 << 16;

  /** What is said of one file, or folder of records. */
  record Of(Content content, List<Collection> collections) {}

  /** What tells content from other content. */
  record Content(long size, String check) {}

  static Described read(Home home) throws IOException {
    Path file = home.resolve(home.schemaFile());
    return Files.isRegularFile(file) ? parse(Files.readAllBytes(file)) : new Described(Map.of());
  }

  static Described parse(byte[] text) throws IOException {
    Map<String, Of> files = new LinkedHashMap<>();
    StringBuilder lines = new StringBuilder();
    Map<String, String> about = Map.of();
    for (String line : new String(text, StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.startsWith("{\"file\":") || line.isEmpty()) {
        add(about, lines, files);
        about = line.isEmpty() ? Map.of() : JsonNote.parse(line);
      } else {
        lines.append(line).append('\n');
      }
    }
    add(about, lines, files);
    return new Described(files);
  }

  private static void add(Map<String, String> about, StringBuilder lines, Map<String, Of> files) {
    String file = about.get("file");
    if (file != null) {
      byte[] text = lines.toString().getBytes(StandardCharsets.UTF_8);
      files.put(
          file,
          new Of(
              new Content(
                  Long.parseLong(about.getOrDefault("size", "-1")),
                  about.getOrDefault("crc32c", "")),
              List.copyOf(SchemaFile.read(text).values())));
    }
    lines.setLength(0);
  }

  static byte[] text(Map<String, Of> files) {
    JsonText text = new JsonText();
    files.forEach(
        (file, of) -> {
          Map<String, String> about = new LinkedHashMap<>();
          about.put("file", file);
          about.put("size", Long.toString(of.content.size));
          about.put("crc32c", of.content.check);
          byte[] line = JsonNote.text(about);
          byte[] lines = SchemaFile.write(of.collections);
          text.put(line, 0, line.length).put('\n').put(lines, 0, lines.length);
        });
    return text.copy();
  }

  /** True if a file or folder is what was described. */
  static boolean isStill(Home home, String name, Of of) throws IOException {
    if (RecordFolder.isOne(name)) {
      return new RecordFolder(home, name).content().equals(of.content);
    }
    Path file = home.resolve(name);
    return Files.isRegularFile(file)
        && Files.size(file) == of.content.size
        && check(file).equals(of.content.check);
  }

  static String check(Path file) throws IOException {
    CRC32C check = new CRC32C();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        check.update(buffer, 0, read);
      }
    }
    return check(check);
  }

  static String check(Checksum sum) {
    return Long.toHexString(sum.getValue());
  }
}
