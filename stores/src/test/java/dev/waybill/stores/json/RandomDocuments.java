package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Files of JSON in all shapes, with all that records may differ in, and some that are broken. */
final class RandomDocuments {
  private static final List<String> NAMES =
      List.of(
          "id",
          "key",
          "name",
          "a",
          "b",
          "c",
          "at",
          "uid",
          "a\\\\u0061",
          "aa",
          "?",
          "\\ud800",
          "größe",
          "nested",
          "flag",
          "value");

  private final Random random;
  private final int kinds;
  private final boolean isLenient;

  RandomDocuments(long seed) {
    this.random = new Random(seed);
    this.kinds = 1 + random.nextInt(13);
    this.isLenient = random.nextInt(4) == 0;
  }

  /** The options of a URL to read it with. */
  String options() {
    StringBuilder options = new StringBuilder(isLenient ? "lenient=true" : "");
    if (random.nextInt(4) == 0) {
      String[] shapes = {"array", "lines", "keyed", "wrapper", "records"};
      options.append(options.length() > 0 ? "&" : "").append("shape=");
      options.append(shapes[random.nextInt(shapes.length)]);
    }
    if (random.nextInt(6) == 0) {
      options.append(options.length() > 0 ? "&" : "").append("key=");
      options.append(random.nextBoolean() ? "a" : "uid");
    }
    return options.length() > 0 ? "?" + options : "";
  }

  /** Makes a file, or a folder of files. */
  Path make(Path folder) throws IOException {
    Files.createDirectories(folder);
    switch (random.nextInt(6)) {
      case 0 -> {
        return file(folder.resolve("d.json"), elements());
      }
      case 1 -> {
        return file(folder.resolve("d.jsonl"), lines());
      }
      case 2 -> {
        return file(folder.resolve("d.json"), lines());
      }
      case 3 -> {
        return file(folder.resolve("d.json"), keyed());
      }
      case 4 -> {
        return file(folder.resolve("d.json"), wrapper());
      }
      default -> {
        int files = 1 + random.nextInt(30);
        for (int i = 0; i < files; i++) {
          String text = random.nextInt(40) == 0 ? elements() : record(i);
          file(folder.resolve(String.format("f%03d.json", i)), text);
        }
        return folder;
      }
    }
  }

  private Path file(Path file, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int faults = random.nextInt(10) - 7; faults > 0 && bytes.length > 0; faults--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] = (byte) "\"{}[],:\\ \n".charAt(random.nextInt(10));
        default -> bytes[at] = (byte) 0xFF;
      }
    }
    return Files.write(file, bytes);
  }

  private int records() {
    return random.nextInt(random.nextInt(4) == 0 ? 400 : 40);
  }

  private String elements() {
    StringBuilder text = new StringBuilder(space() + "[" + space());
    int records = records();
    for (int i = 0; i < records; i++) {
      text.append(i > 0 ? space() + "," + space() : "");
      text.append(random.nextInt(500) == 0 ? value() : record(i));
    }
    return text.append(isLenient && records > 0 && random.nextBoolean() ? "," : "")
        .append(space())
        .append(']')
        .append(random.nextInt(20) == 0 ? " {}" : space())
        .toString();
  }

  private String lines() {
    StringBuilder text = new StringBuilder(random.nextInt(6) == 0 ? "\uFEFF" : "");
    int records = 1 + records();
    for (int i = 0; i < records; i++) {
      text.append(random.nextInt(500) == 0 ? value() : record(i)).append(space()).append('\n');
    }
    return text.toString();
  }

  private String keyed() {
    StringBuilder text = new StringBuilder("{" + space());
    int records = records();
    for (int i = 0; i < records; i++) {
      text.append(i > 0 ? "," + space() : "");
      text.append("\"k").append(random.nextInt(50) == 0 ? 0 : i).append("\":").append(space());
      text.append(random.nextInt(500) == 0 ? value() : record(i));
    }
    return text.append("}").append(random.nextInt(20) == 0 ? "[1]" : space()).toString();
  }

  private String wrapper() {
    StringBuilder text = new StringBuilder("{\"version\":" + value());
    int members = random.nextInt(6);
    for (int i = 0; i < members; i++) {
      text.append(",\"m").append(random.nextInt(50) == 0 ? 0 : i).append("\":");
      text.append(random.nextInt(3) == 0 ? value() : elements());
    }
    return text.append("}").toString();
  }

  private String record(int number) {
    StringBuilder text = new StringBuilder("{");
    text.append(space());
    String comma = "";
    if (random.nextInt(60) > 0) {
      int id = random.nextInt(900) == 0 ? 0 : number;
      text.append("\"id\":").append(kinds % 2 == 0 ? id : "\"x" + id + "\"");
      comma = ",";
    }
    int members = random.nextInt(random.nextInt(30) == 0 ? NAMES.size() : 1 + kinds);
    for (int i = 1; i <= members; i++) {
      if (random.nextInt(20) == 0) {
        continue;
      }
      String name = NAMES.get(random.nextInt(9_000) == 0 ? 0 : i % NAMES.size());
      if (name.startsWith("a") && random.nextInt(5) == 0) {
        name = "\\u0061" + name.substring(1);
      }
      text.append(comma).append(space()).append('"').append(name);
      text.append("\":").append(space());
      text.append(random.nextInt(30) == 0 ? value() : value((i + kinds) % 13));
      comma = ",";
    }
    return text.append(space()).append('}').toString();
  }

  private String value() {
    return value(random.nextInt(13));
  }

  private String value(int kind) {
    return switch (kind) {
      case 0 -> Integer.toString(random.nextInt(100) - 50);
      case 1 -> Double.toString(random.nextGaussian());
      case 2 -> random.nextBoolean() ? "true" : "false";
      case 3 -> "null";
      case 4 -> "\"" + new java.util.UUID(random.nextLong(), random.nextLong()) + "\"";
      case 5 -> String.format("\"2026-01-%02dT10:00:00.%03dZ\"", day(), random.nextInt(1000));
      case 6 -> String.format("\"2026-01-%02d\"", day());
      case 7 -> "\"t\\n\\u00e4 größer {[" + random.nextInt() + "\\\"\"";
      case 8 -> Long.toString(random.nextLong()) + (random.nextInt(9) == 0 ? "0" : "");
      case 9 -> "{\"x\":[1," + space() + "{\"y\":\"}\"}]}";
      case 10 -> "[" + random.nextInt() + ",null]";
      case 11 -> "0." + Math.abs(random.nextLong());
      default -> random.nextInt(5) == 0 ? "NaN" : "1e" + random.nextInt(400);
    };
  }

  private int day() {
    return 1 + random.nextInt(28);
  }

  private String space() {
    int kind = random.nextInt(12);
    return switch (kind) {
      case 0 -> " ";
      case 1 -> "\r\n  ";
      case 2 -> isLenient ? "/* \" ] */" : "\t";
      case 3 -> isLenient ? "// }\n" : "";
      default -> "";
    };
  }
}
