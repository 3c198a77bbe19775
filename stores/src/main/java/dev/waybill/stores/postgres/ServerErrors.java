package dev.waybill.stores.postgres;

import dev.waybill.model.DataException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Says in Waybill's terms what a server or its driver said. */
final class ServerErrors {
  private static final Pattern COPY_LINE = Pattern.compile("COPY [^\\n]*?, line (\\d+)");

  private ServerErrors() {}

  /** A failure that is no record's fault. */
  static StoreException store(SQLException failure, String doing, String where) {
    String state = state(failure);
    String message = "PostgreSQL at " + where + " does not " + doing + ": " + said(failure) + ".";
    if (isLost(failure)) {
      return lost(failure, where);
    }
    if (state.equals("42501") && said(failure).contains("row-level security policy")) {
      return new StoreException(
          "ROW_POLICY_REFUSED",
          message,
          "name the value under which it may be read: --set NAME=VALUE",
          false,
          failure);
    }
    if (state.equals("42501")) {
      return new StoreException(
          "NO_PRIVILEGE", message, "have the object's owner GRANT what is missing", false, failure);
    }
    if (state.equals("25006")) {
      return new StoreException(
          "READ_ONLY_TARGET",
          message,
          "write to the primary server, or unset default_transaction_read_only",
          false,
          failure);
    }
    if (state.equals("42704") && said(failure).startsWith("type ")) {
      return new StoreException(
          "TYPE_MISSING",
          message,
          "make it first, e.g. CREATE EXTENSION of its name; or choose another type in the plan",
          false,
          failure);
    }
    if (state.equals("53100")) {
      return new StoreException(
          StoreException.NO_SPACE, message, "make room on the server's disk", false, failure);
    }
    if (state.equals("55P03")) {
      return new StoreException(
          "LOCKED",
          message,
          "see who holds the lock, or wait longer for it: --lock-timeout",
          true,
          failure);
    }
    if (state.equals("57014") && said(failure).contains("statement timeout")) {
      return new StoreException(
          "TIMED_OUT",
          message,
          "allow a statement more time: --statement-timeout; reading a chunk is one statement",
          false,
          failure);
    }
    return isTransient(state)
        ? new StoreException(
            "STORE_BUSY", message, "run the same command again in a moment", true, failure)
        : new StoreException("STORE_FAILED", message, "see the server's log", false, failure);
  }

  /** True if the server cannot show the state any more that was being read. */
  private static boolean isLost(SQLException failure) {
    return state(failure).equals("72000") || isOfStandby(failure);
  }

  private static boolean isOfStandby(SQLException failure) {
    return said(failure).contains("due to conflict with recovery");
  }

  /** The state that was being read is gone; a new one can be had. */
  static StoreException lost(SQLException failure, String where) {
    return new StoreException(
        StoreException.SNAPSHOT_LOST,
        "PostgreSQL at "
            + where
            + " does not show the state any more that was being read: "
            + said(failure)
            + ".",
        isOfStandby(failure)
            ? "have the standby keep what is read: hot_standby_feedback = on, or a longer"
                + " max_standby_streaming_delay; or read from the primary"
            : state(failure).equals("72000")
                ? "have the server keep what is read: old_snapshot_threshold = -1"
                : "see in the server's log why it ended the connection that kept it",
        false,
        failure);
  }

  /** A failure while records were written: theirs, if the server says so. */
  static WaybillException write(
      SQLException failure, String collection, int records, String where) {
    String state = state(failure);
    if (state.equals("42501") && said(failure).contains("row-level security policy")) {
      return new DataException(
          "ROW_POLICY_REFUSED",
          "A record cannot go into \"" + collection + "\": " + said(failure) + ".",
          "name the value under which it may be written: --set NAME=VALUE",
          -1,
          failure);
    }
    boolean isTheirs =
        state.startsWith("22")
            || state.startsWith("23")
            || state.startsWith("P0")
            || state.equals("44000")
            || state.equals("428C9");
    if (!isTheirs) {
      return store(failure, "take records of \"" + collection + "\"", where);
    }
    int record = line(failure) - 1;
    return new DataException(
        said(failure).startsWith("no partition of relation") ? "NO_PARTITION" : code(state),
        "A record cannot go into \"" + collection + "\": " + said(failure) + ".",
        "correct the record in the source, or say in the plan what becomes of it",
        record < 0 || record >= records ? -1 : record,
        failure);
  }

  private static String code(String state) {
    return switch (state) {
      case "23505" -> "NOT_UNIQUE";
      case "23503" -> "FOREIGN_KEY_VIOLATED";
      case "23502" -> "NULL_NOT_ALLOWED";
      case "23514" -> "CHECK_VIOLATED";
      case "23P01" -> "EXCLUSION_VIOLATED";
      default -> state.startsWith("P0") ? "REFUSED_BY_TRIGGER" : "VALUE_REFUSED";
    };
  }

  static String state(SQLException failure) {
    String state = failure.getSQLState();
    return state == null ? "" : state;
  }

  static boolean isTransient(String state) {
    return state.equals("40001")
        || state.equals("40P01")
        || state.startsWith("08")
        || state.equals("57P01")
        || state.equals("57P02")
        || state.equals("57P03")
        || state.equals("55P03")
        || state.startsWith("53") && !state.equals("53100");
  }

  /** The server's sentence, and the fields of the key where the detail names one, never a value. */
  static String said(SQLException failure) {
    ServerErrorMessage server =
        failure instanceof PSQLException known ? known.getServerErrorMessage() : null;
    if (server == null || server.getMessage() == null) {
      String message = String.valueOf(failure.getMessage());
      return trimmed(message.lines().findFirst().orElse(message));
    }
    String detail = server.getDetail();
    return trimmed(server.getMessage()) + fields(detail);
  }

  /** Of "Key (a, b)=(1, x) already exists." the part before the values. */
  private static String fields(@Nullable String detail) {
    if (detail == null || !detail.startsWith("Key (")) {
      return "";
    }
    int values = detail.indexOf(")=(");
    return values < 0 ? "" : " (" + detail.substring(0, values + 1) + ")";
  }

  private static String trimmed(String sentence) {
    String trimmed = sentence.strip();
    return trimmed.endsWith(".") ? trimmed.substring(0, trimmed.length() - 1) : trimmed;
  }

  private static int line(SQLException failure) {
    ServerErrorMessage server =
        failure instanceof PSQLException known ? known.getServerErrorMessage() : null;
    if (server == null || server.getWhere() == null) {
      return -1;
    }
    Matcher matcher = COPY_LINE.matcher(server.getWhere());
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
