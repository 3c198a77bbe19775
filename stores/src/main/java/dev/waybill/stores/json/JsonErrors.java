package dev.waybill.stores.json;

import dev.waybill.model.StoreException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What goes wrong with JSON files, in words. */
final class JsonErrors {
  /** So much space is looked through for a comma. */
  private static final int BEFORE = 1000;

  static final String MAKE_ROOM = "make room on that disk and go on";

  private JsonErrors() {}

  /** A file that holds what is no JSON, or what cannot be read. */
  static StoreException malformed(Path file, Malformed malformed) {
    return new StoreException(
        malformed.code(),
        file + " cannot be read at byte " + malformed.offset() + ": " + malformed.reason() + ".",
        hint(malformed.code(), file, malformed.offset()),
        false,
        null);
  }

  private static String hint(String code, Path file, long offset) {
    return switch (code) {
      case "OTHER_SHAPE" -> "leave ?shape= out and see what is found: waybill inspect json:" + file;
      case "TOO_MANY_FIELDS" -> "if its members are records, say so: json:" + file + "?shape=keyed";
      case "FRAME_TOO_LARGE" -> "read it as one record: json:" + file + "?shape=records";
      case "EMPTY_FILE" -> "leave it out, or write [] into it";
      default ->
          isReadOver(file, offset)
              ? "comments and trailing commas are read over when asked: json:"
                  + file
                  + "?lenient=true"
              : "see what is there: tail -c +"
                  + Math.max(1, offset - 100)
                  + " '"
                  + file
                  + "' | head -c 200";
    };
  }

  /** True if a comment begins there, or an object or array ends behind a comma. */
  private static boolean isReadOver(Path file, long offset) {
    if (Packing.of(file) != Packing.NONE) {
      return false;
    }
    int before = (int) Math.min(offset, BEFORE);
    byte[] bytes = new byte[before + 1];
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      in.seek(offset - before);
      in.readFully(bytes);
    } catch (IOException notThere) {
      return false;
    }
    int last = before;
    if (bytes[last] == '/') {
      return true;
    }
    if (bytes[last] != '}' && bytes[last] != ']') {
      return false;
    }
    do {
      last--;
    } while (last >= 0 && JsonScan.isSpace(bytes[last]));
    return last >= 0 && bytes[last] == ',';
  }

  /** A file that the system does not let us read or write. */
  static StoreException failed(@Nullable Path file, String what, IOException failure) {
    String reason =
        failure instanceof NoSuchFileException
            ? "it is not there"
            : failure instanceof AccessDeniedException
                ? "permission is denied"
                : failure instanceof ClosedByInterruptException
                    ? "the work was interrupted"
                    : failure instanceof FileSystemException system && system.getReason() != null
                        ? String.valueOf(system.getReason())
                        : String.valueOf(failure.getMessage());
    String code =
        failure instanceof NoSuchFileException
            ? "FILE_MISSING"
            : isFull(reason) ? StoreException.NO_SPACE : "FILE_UNREADABLE";
    return new StoreException(
        code,
        "Waybill cannot " + what + " " + file + ": " + reason + ".",
        code.equals(StoreException.NO_SPACE)
            ? MAKE_ROOM
            : "see what is there: ls -l '" + file + "'",
        false,
        failure);
  }

  private static boolean isFull(String reason) {
    String lower = reason.toLowerCase(Locale.ROOT);
    return lower.contains("no space left")
        || lower.contains("quota exceeded")
        || lower.contains("file too large");
  }

  static StoreException unsupported(Path target, String collection, String why) {
    return new StoreException(
        "UNSUPPORTED",
        "The collection \"" + collection + "\" cannot be made in " + target + ": " + why + ".",
        "choose another target, or change the collection in the plan",
        false,
        null);
  }

  static StoreException readOnly(Path file, String why) {
    return new StoreException(
        "TARGET_READ_ONLY",
        "The target " + file + " cannot be written: " + why + ".",
        "see its permissions and its folder's: ls -ld '" + file + "'",
        false,
        null);
  }
}
