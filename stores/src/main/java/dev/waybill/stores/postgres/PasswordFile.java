package dev.waybill.stores.postgres;

import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A password file in libpq's form: {@code host:port:database:user:password}, {@code *} for any. */
final class PasswordFile {
  private PasswordFile() {}

  /**
   * The first line's password that fits.
   *
   * @throws StoreException if the file is there and cannot be read
   */
  static Optional<String> find(Path file, String host, int port, String database, String user) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    List<String> wanted = List.of(host, Integer.toString(port), database, user);
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        List<String> parts = line.startsWith("#") ? List.of() : split(line);
        if (parts.size() == 5 && fits(parts, wanted)) {
          return Optional.of(parts.get(4));
        }
      }
    } catch (IOException unreadable) {
      throw new StoreException(
          "PASSWORD_FILE_UNREADABLE",
          "The password file " + file + " cannot be read.",
          "look at its permissions: ls -l " + file,
          false,
          unreadable);
    }
    return Optional.empty();
  }

  private static boolean fits(List<String> parts, List<String> wanted) {
    for (int i = 0; i < 4; i++) {
      if (!parts.get(i).equals("*") && !parts.get(i).equals(wanted.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static List<String> split(String line) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\' && i + 1 < line.length()) {
        part.append(line.charAt(++i));
      } else if (c == ':' && parts.size() < 4) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return parts;
  }
}
