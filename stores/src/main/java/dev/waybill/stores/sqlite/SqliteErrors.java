package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What the driver throws, in Waybill's words. */
final class SqliteErrors {
  private SqliteErrors() {}

  /** The primary result code; 1 (SQLITE_ERROR) where the driver gives none. */
  static int code(SQLException failure) {
    return failure instanceof SQLiteException sqlite
        ? sqlite.getResultCode().code & 0xFF
        : SQLiteErrorCode.SQLITE_ERROR.code;
  }

  static boolean isBusy(SQLException failure) {
    int code = code(failure);
    return code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code;
  }

  /**
   * True if a connection that may not write saw a journal to play back. Besides a crashed program's
   * it may be that of a transaction that ended between SQLite's look at the journal and the one at
   * the locks (hasHotJournal in pager.c says so), which is gone at the next look.
   */
  static boolean isJournalSeen(SQLException failure) {
    return failure instanceof SQLiteException sqlite
        && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_READONLY_ROLLBACK;
  }

  static boolean isTooLarge(SQLException failure) {
    return code(failure) == SQLiteErrorCode.SQLITE_TOOBIG.code;
  }

  private static boolean isConstraint(SQLException failure) {
    int code = code(failure);
    return code == SQLiteErrorCode.SQLITE_CONSTRAINT.code
        || code == SQLiteErrorCode.SQLITE_MISMATCH.code
        || code == SQLiteErrorCode.SQLITE_TOOBIG.code;
  }

  /** SQLite's own words, without the driver's wrapping. */
  static String reason(SQLException failure) {
    String message = String.valueOf(failure.getMessage());
    int open = message.indexOf(" (");
    return message.startsWith("[") && message.endsWith(")") && open > 0
        ? message.substring(open + 2, message.length() - 1)
        : message;
  }

  /** A failure of the store. */
  static StoreException store(Path file, String doing, SQLException failure) {
    String what = "Cannot " + doing + " " + file + ": " + reason(failure) + ".";
    if (isBusy(failure)) {
      return new StoreException(
          "STORE_BUSY",
          "Cannot " + doing + " " + file + ": another program keeps it locked.",
          "try again when that program has finished its transaction (fuser '"
              + file
              + "' names it), or wait longer for locks",
          true,
          failure);
    }
    if (code(failure) == SQLiteErrorCode.SQLITE_INTERRUPT.code) {
      return new StoreException(
          "STATEMENT_TIMEOUT",
          "Cannot " + doing + " " + file + ": a statement takes longer than it may.",
          "give statements more time",
          false,
          failure);
    }
    SQLiteErrorCode[] known = {
      SQLiteErrorCode.SQLITE_CORRUPT, SQLiteErrorCode.SQLITE_NOTADB,
      SQLiteErrorCode.SQLITE_READONLY, SQLiteErrorCode.SQLITE_FULL,
      SQLiteErrorCode.SQLITE_IOERR, SQLiteErrorCode.SQLITE_CANTOPEN
    };
    int code = code(failure);
    for (SQLiteErrorCode each : known) {
      if (each.code == code) {
        return known(each, file, what, failure);
      }
    }
    return new StoreException("STORE_FAILED", what, "", false, failure);
  }

  static StoreException noField(Path file, Collection collection, String name) {
    return new StoreException(
        "FIELD_MISSING",
        "\"" + collection.name() + "\" in " + file + " has no column \"" + name + "\".",
        "see what it has: waybill inspect sqlite:" + file,
        false,
        null);
  }

  private static StoreException known(
      SQLiteErrorCode code, Path file, String what, SQLException failure) {
    if (code == SQLiteErrorCode.SQLITE_CORRUPT) {
      return damaged(file, reason(failure), failure);
    }
    if (code == SQLiteErrorCode.SQLITE_NOTADB) {
      return noDatabase(file, "SQLite cannot read it; it may be encrypted", failure);
    }
    if (code == SQLiteErrorCode.SQLITE_READONLY) {
      return readOnly(file, reason(failure), failure);
    }
    if (code == SQLiteErrorCode.SQLITE_FULL || isUnwritten(failure)) {
      return new StoreException(
          StoreException.NO_SPACE,
          what,
          "make room on the disk of " + file + " and go on",
          false,
          failure);
    }
    return new StoreException(
        "STORE_FAILED", what, "see whether the file and its folder can be reached", false, failure);
  }

  /** A file-size limit or a quota shows as an error of writing only. */
  private static boolean isUnwritten(SQLException failure) {
    return failure instanceof SQLiteException sqlite
        && (sqlite.getResultCode() == SQLiteErrorCode.SQLITE_IOERR_WRITE
            || sqlite.getResultCode() == SQLiteErrorCode.SQLITE_IOERR_FSYNC
            || sqlite.getResultCode() == SQLiteErrorCode.SQLITE_IOERR_TRUNCATE);
  }

  static StoreException damaged(
      Path file, String why, @org.jspecify.annotations.Nullable Throwable cause) {
    return new StoreException(
        "DATABASE_DAMAGED",
        "The database " + file + " is damaged: " + why + ".",
        "take a backup of it, or see what can be saved: sqlite3 '" + file + "' .recover",
        false,
        cause);
  }

  static StoreException noDatabase(
      Path file, String why, @org.jspecify.annotations.Nullable Throwable cause) {
    return new StoreException(
        "FILE_IS_NO_DATABASE",
        "The file " + file + " is no SQLite database: " + why + ".",
        "see what it is: file '" + file + "'",
        false,
        cause);
  }

  static StoreException readOnly(
      Path file, String why, @org.jspecify.annotations.Nullable Throwable cause) {
    return new StoreException(
        "TARGET_READ_ONLY",
        "The target " + file + " cannot be written: " + why + ".",
        "see its permissions and its folder's: ls -ld '" + file + "'",
        false,
        cause);
  }

  static StoreException unreachable(Path file, String doing, IOException failure) {
    return new StoreException(
        "FILE_UNREADABLE",
        "Cannot " + doing + " " + file + ": " + why(failure) + ".",
        "see its permissions: ls -l '" + file + "'",
        false,
        failure);
  }

  private static String why(IOException failure) {
    return failure instanceof java.nio.file.AccessDeniedException
        ? "permission denied"
        : String.valueOf(failure.getMessage());
  }

  /**
   * A failure while records were written: the record's fault where SQLite says so, else the
   * store's.
   *
   * @param record position in the batch, −1 if it is not one record's matter
   */
  static WaybillException write(Path file, String collection, int record, SQLException failure) {
    if (!isConstraint(failure)) {
      return store(file, "write to \"" + collection + "\" in", failure);
    }
    String reason = reason(failure);
    return new DataException(
        constraint(failure),
        "A record cannot go into \"" + collection + "\": " + reason + ".",
        "mend the record at its source, or leave it aside with --max-quarantined",
        record,
        failure);
  }

  private static String constraint(SQLException failure) {
    if (!(failure instanceof SQLiteException sqlite)) {
      return "CONSTRAINT_VIOLATED";
    }
    switch (sqlite.getResultCode()) {
      case SQLITE_CONSTRAINT_NOTNULL:
        return "NULL_NOT_ALLOWED";
      case SQLITE_CONSTRAINT_UNIQUE:
      case SQLITE_CONSTRAINT_PRIMARYKEY:
      case SQLITE_CONSTRAINT_ROWID:
        return "NOT_UNIQUE";
      case SQLITE_CONSTRAINT_CHECK:
        return "CHECK_VIOLATED";
      case SQLITE_CONSTRAINT_FOREIGNKEY:
        return "FOREIGN_KEY_VIOLATED";
      case SQLITE_CONSTRAINT_TRIGGER:
        return "TRIGGER_REFUSES";
      case SQLITE_CONSTRAINT_DATATYPE:
      case SQLITE_MISMATCH:
        return "VALUE_NOT_STORABLE";
      case SQLITE_TOOBIG:
        return "RECORD_TOO_LARGE";
      default:
        return "CONSTRAINT_VIOLATED";
    }
  }
}
