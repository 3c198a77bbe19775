package dev.waybill.stores.chroma;

import dev.waybill.model.DataException;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Words for what goes wrong. Nothing is ever written to a Chroma store, so none says it. */
final class ChromaErrors {
  private ChromaErrors() {}

  /** Chroma's own files contradict each other or end too early. */
  static StoreException damaged(Path file, String why, @Nullable Throwable cause) {
    return new StoreException(
        "CHROMA_DAMAGED",
        "The Chroma file " + file + " is damaged: " + why + ".",
        "stop Chroma if it is running and read the folder again; or take a backup of it",
        false,
        cause);
  }

  /** Something that is there and is not known. */
  static StoreException unknown(Path file, String what) {
    return new StoreException(
        "CHROMA_FORMAT_UNKNOWN",
        "Cannot read " + file + ": " + what + ".",
        "start a newer Chroma on a copy of the folder once and read that; or read its server:"
            + " chroma+http://HOST:PORT",
        false,
        null);
  }

  static StoreException unreadable(Path file, IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return new StoreException(
          "FILE_MISSING",
          "There is no file " + file + ".",
          "stop Chroma if it is running and read the folder again",
          false,
          failure);
    }
    String why =
        failure instanceof AccessDeniedException
            ? "permission denied"
            : failure instanceof FileSystemException system && system.getReason() != null
                ? system.getReason()
                : String.valueOf(failure.getMessage());
    return new StoreException(
        "FILE_UNREADABLE",
        "Cannot read " + file + ": " + why + ".",
        "see its permissions: ls -l '" + file + "'",
        false,
        failure);
  }

  /** A failure of the database in the workspace, or of what is read into it. */
  static StoreException work(Path folder, SQLException failure) {
    boolean isRoom =
        failure instanceof SQLiteException sqlite
            && ((sqlite.getResultCode().code & 0xFF) == SQLiteErrorCode.SQLITE_FULL.code
                || (sqlite.getResultCode().code & 0xFF) == SQLiteErrorCode.SQLITE_IOERR.code);
    return isRoom
        ? noRoom(folder, failure)
        : new StoreException(
            "STORE_FAILED",
            "Cannot note what is read in the work folder "
                + folder
                + ": "
                + failure.getMessage()
                + ".",
            "",
            false,
            failure);
  }

  static StoreException noRoom(Path folder, Exception failure) {
    return new StoreException(
        StoreException.NO_SPACE,
        "Cannot write to the work folder " + folder + ": " + failure.getMessage() + ".",
        "make room there and go on",
        false,
        failure);
  }

  static DataException tooLarge(String collection, String id) {
    return new DataException(
        "RECORD_TOO_LARGE",
        "The record \""
            + shown(id)
            + "\" of \""
            + collection
            + "\" is larger than "
            + (ChromaAdapter.LARGEST >> 20)
            + " MiB, which is the most that is moved at once.",
        "leave it aside with --max-quarantined, or make it smaller at its source",
        -1,
        null);
  }

  /** An id or a name as it may stand in a message. */
  static String shown(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "�");
    return clean.length() > 100 ? clean.substring(0, 100) + "…" : clean;
  }
}
