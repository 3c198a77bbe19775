package dev.waybill.stores.json;

import dev.waybill.model.DataException;
import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says which records of a folder can be files there. Not thread-safe. */
final class RecordNames {
  private static final int LONGEST = 255;

  /** What Windows takes for a device, whatever follows a dot. */
  private static final Pattern DEVICE =
      Pattern.compile("(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\\..*)?", Pattern.DOTALL);

  private final Work work;
  private final Shelf kept;
  private final RecordFolder folder;
  private final NameMember member;
  private final boolean isPuttingBack;

  /**
   * @param isPuttingBack whether names may come that were there before
   */
  private RecordNames(Work work, Home home, Shelf kept, boolean isPuttingBack) {
    this.work = work;
    this.kept = kept;
    this.folder = new RecordFolder(home, kept.file());
    this.member = new NameMember(field(kept));
    this.isPuttingBack = isPuttingBack;
  }

  /** Those of a collection; null if its records are no files. */
  static @Nullable RecordNames of(Work work, Home home, Shelf kept, boolean isPuttingBack) {
    return RecordFolder.isOne(kept.file())
        ? new RecordNames(work, home, kept, isPuttingBack)
        : null;
  }

  /** The field that is the name of a record's member or file. */
  static String field(Shelf kept) {
    return JsonLayout.of(kept.collection().detail()).map(JsonLayout::keyField).orElse("");
  }

  /**
   * Refuses a record that cannot be a file, or whose file would be somebody else's; within an atom.
   *
   * @param change its place in the batch
   */
  void require(byte[] json, int change) throws SQLException, IOException {
    String name = member.name(json);
    if (name == null) {
      throw refused("KEY_MISSING", "has no text that could be the name of its file", change);
    }
    if (work.recordFile(kept.file(), name) != null) {
      return;
    }
    String fault = fault(name);
    if (fault != null && !isPuttingBack) {
      throw refused("NAME_NOT_POSSIBLE", "cannot be the name of a file: it " + fault, change);
    }
    if (isTaken(folder.path(), name)) {
      throw refused("NAME_TAKEN", "is the name of a file that is no record of it", change);
    }
  }

  private DataException refused(String code, String why, int change) {
    return new DataException(
        code,
        "A record cannot go into \""
            + kept.collection().name()
            + "\" in "
            + folder.path()
            + ": its field \""
            + field(kept)
            + "\" "
            + why
            + ".",
        "choose another field for the names (?key=FIELD), or leave the record aside with"
            + " --max-quarantined",
        change,
        null);
  }

  /** True if there is a file, or anything else, of the name, packed or not. */
  static boolean isTaken(Path in, String name) {
    for (Packing packing : Packing.values()) {
      Path file = in.resolve(packing.packed(name + RecordFolder.END));
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Why a text cannot be the name of a record's file here and wherever the folder may be copied to;
   * completes "it …", null if it can.
   */
  static @Nullable String fault(String name) {
    if (name.isEmpty()) {
      return "is empty";
    }
    if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0) {
      return "has a slash in it";
    }
    if (name.codePoints().anyMatch(Character::isISOControl)) {
      return "has a control character in it";
    }
    if (name.codePoints().anyMatch(each -> each >= 0xD800 && each <= 0xDFFF)) {
      return "has half a surrogate pair in it";
    }
    if (name.startsWith(".")) {
      return "begins with a dot";
    }
    if (name.endsWith(".") || name.endsWith(" ")) {
      return "ends with a dot or a space";
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (DEVICE.matcher(lower).matches()) {
      return "is a device on Windows";
    }
    if (lower.contains(".waybill-") || JsonFolder.isOurs(lower + RecordFolder.END)) {
      return "is like those of Waybill's own files";
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST - RecordFolder.END.length()) {
      return "has more than " + (LONGEST - RecordFolder.END.length()) + " bytes";
    }
    return isReadBack(name) ? null : "is not possible on this system";
  }

  private static boolean isReadBack(String name) {
    try {
      Path file = Path.of(name + RecordFolder.END);
      return file.getNameCount() == 1 && !file.isAbsolute() && Items.stem(file).equals(name);
    } catch (InvalidPathException notHere) {
      return false;
    }
  }
}
