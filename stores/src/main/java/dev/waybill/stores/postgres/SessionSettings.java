package dev.waybill.stores.postgres;

import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/**
 * What the user wants every connection to be like. Where settings have several values, their
 * combinations are the scopes under each of which guarded tables are read and written.
 */
final class SessionSettings {
  static final SessionSettings USUAL = new SessionSettings(SessionOptions.USUAL);

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*(?:\\.[A-Za-z_][A-Za-z0-9_$]*)*");

  /** What {@link Location} sets so that values have one form and nothing is hidden unasked. */
  private static final Set<String> OWN =
      Set.of(
          "timezone",
          "datestyle",
          "intervalstyle",
          "extra_float_digits",
          "bytea_output",
          "lc_monetary",
          "client_min_messages",
          "client_encoding",
          "idle_in_transaction_session_timeout",
          "idle_session_timeout",
          "transaction_timeout",
          "default_transaction_isolation",
          "default_transaction_read_only",
          "synchronize_seqscans",
          "standard_conforming_strings",
          "search_path",
          "row_security",
          "session_replication_role",
          "lock_timeout",
          "statement_timeout");

  /** Unknown, not allowed, no such value. */
  private static final Set<String> REFUSALS = Set.of("42704", "42501", "22023", "42602");

  private final SessionOptions options;
  private final List<Map<String, String>> scopes;

  SessionSettings(SessionOptions options) {
    this.options = options;
    this.scopes = combinations(options.settings());
  }

  private static List<Map<String, String>> combinations(Map<String, List<String>> settings) {
    List<Map<String, String>> all = List.of(Map.of());
    for (Map.Entry<String, List<String>> setting : settings.entrySet()) {
      check(setting.getKey(), setting.getValue());
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> some : all) {
        for (String value : new java.util.LinkedHashSet<>(setting.getValue())) {
          Map<String, String> more = new LinkedHashMap<>(some);
          more.put(setting.getKey(), value);
          longer.add(more);
        }
      }
      all = longer;
    }
    return List.copyOf(all);
  }

  private static void check(String name, List<String> values) {
    if (!NAME.matcher(name).matches()) {
      throw new SpecException(
          "BAD_SETTING",
          "\"" + name + "\" is no name of a PostgreSQL setting.",
          "write it as the policies do: --set app.current_tenant_id=VALUE");
    }
    if (OWN.contains(name.toLowerCase(Locale.ROOT))) {
      throw new SpecException(
          "BAD_SETTING",
          "The setting " + name + " is one that Waybill needs as it is.",
          "leave it out; time-outs have options of their own: --lock-timeout, --statement-timeout");
    }
    if (values.isEmpty()) {
      throw new SpecException(
          "BAD_SETTING",
          "The setting " + name + " has no value.",
          "write --set " + name + "=VALUE");
    }
  }

  /** True if nothing was set by the user. */
  boolean isEmpty() {
    return options.settings().isEmpty();
  }

  boolean isAnalyzed() {
    return options.isAnalyzed();
  }

  Set<String> names() {
    return options.settings().keySet();
  }

  /** The combinations of the settings' values; one, and empty, where nothing is set. */
  List<Map<String, String>> scopes() {
    return scopes;
  }

  /**
   * What a new connection gets once and for all: time-outs and the first scope.
   *
   * @throws SpecException if the server does not take a setting
   */
  void apply(Connection connection, Duration usualLockTimeout) throws SQLException {
    Duration lock = options.lockTimeout().isZero() ? usualLockTimeout : options.lockTimeout();
    Map<String, String> all = new LinkedHashMap<>();
    all.put("lock_timeout", Long.toString(lock.toMillis()));
    all.put("statement_timeout", Long.toString(options.statementTimeout().toMillis()));
    if (!isEmpty()) {
      all.put("row_security", "on");
    }
    all.putAll(scopes.get(0));
    try {
      set(connection, all, false);
    } catch (SQLException refused) {
      if (isEmpty() || !REFUSALS.contains(ServerErrors.state(refused))) {
        throw refused;
      }
      throw new SpecException(
          "BAD_SETTING",
          "PostgreSQL does not take the settings "
              + String.join(", ", names())
              + ": "
              + ServerErrors.said(refused)
              + ".",
          "write each as the policies do: --set app.current_tenant_id=VALUE");
    }
  }

  /** Puts the transaction that the connection is in under a scope. */
  static void enter(Connection connection, Map<String, String> scope) throws SQLException {
    set(connection, scope, true);
  }

  /** Puts the connection under a scope until it enters another. */
  static void enterForSession(Connection connection, Map<String, String> scope)
      throws SQLException {
    set(connection, scope, false);
  }

  private static void set(Connection connection, Map<String, String> values, boolean isLocal)
      throws SQLException {
    if (values.isEmpty()) {
      return;
    }
    StringJoiner calls = new StringJoiner(", ", "SELECT ", "");
    values.forEach((name, value) -> calls.add("pg_catalog.set_config(?, ?, " + isLocal + ")"));
    try (PreparedStatement statement = connection.prepareStatement(calls.toString())) {
      int position = 0;
      for (Map.Entry<String, String> each : values.entrySet()) {
        statement.setString(++position, each.getKey());
        statement.setString(++position, each.getValue());
      }
      statement.execute();
    }
  }
}
