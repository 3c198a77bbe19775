package dev.waybill.stores.postgres;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.StoreUrl;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where a database is and how to connect to it; the defaults are those of libpq. */
final class Location {
  /** URL parameters that go to the driver, under the driver's own names. */
  private static final Map<String, String> DRIVER_PARAMETERS =
      Map.of(
          "sslmode", "sslmode",
          "sslrootcert", "sslrootcert",
          "sslcert", "sslcert",
          "sslkey", "sslkey",
          "sslpassword", "sslpassword",
          "channel_binding", "channelBinding",
          "application_name", "ApplicationName",
          "connect_timeout", "connectTimeout",
          "options", "options",
          "gssencmode", "gssEncMode");

  private static final String PASSFILE = "passfile";
  private static final String SCHEMA = "schema";
  private static final String LEDGER_SCHEMA = "ledger-schema";
  private static final String LOCK_TIMEOUT = "lock-timeout";
  private static final String CONNECT_SECONDS = "10";
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,6}");

  private static final Pattern LONE_PERCENT = Pattern.compile("%(?![0-9A-Fa-f]{2})");
  private static final String HOST = "(?<host>\\[[^\\]]*]|[^:/?,@]*)(?::(?<port>\\d*))?";

  private static final String PARAMETER =
      Stream.concat(
              DRIVER_PARAMETERS.keySet().stream(),
              Stream.of(PASSFILE, SCHEMA, LEDGER_SCHEMA, LOCK_TIMEOUT))
          .collect(Collectors.joining("|", "(?:", ")=[^&]*"));

  /**
   * A password may hold anything: it ends at the first @ behind which stands what makes sense as a
   * URL. What looks like a port and parameters is none, as {@link StoreUrl} sees it too.
   */
  private static final Pattern WITH_PASSWORD =
      Pattern.compile(
          "//(?<user>[^:@/?\\[]*):(?!\\d{1,5}(?:/[^@?#]*)?\\?[^@=&]+=)(?<password>.*?)@"
              + HOST
              + "(?:/(?<database>[^?@]*))?(?:\\?(?<parameters>"
              + PARAMETER
              + "(?:&"
              + PARAMETER
              + ")*|[^@]*))?",
          Pattern.DOTALL);

  private static final Pattern WITHOUT_PASSWORD =
      Pattern.compile(
          "(?://(?:(?<user>[^:@/?]*)(?<password>(?!))?@)?"
              + HOST
              + ")?(?:/(?<database>[^?]*))?(?:\\?(?<parameters>.*))?",
          Pattern.DOTALL);

  private final String host;
  private final int port;
  private final String database;
  private final String schema;
  private final String ledgerSchema;
  private final String lockSeconds;
  private final Properties properties;
  private final SessionSettings settings;

  private Location(
      String host,
      int port,
      String database,
      Map<String, String> parameters,
      Properties properties,
      SessionSettings settings) {
    this.host = host;
    this.port = port;
    this.database = database;
    this.schema = parameters.getOrDefault(SCHEMA, "public");
    this.ledgerSchema = parameters.getOrDefault(LEDGER_SCHEMA, "waybill");
    this.lockSeconds = parameters.getOrDefault(LOCK_TIMEOUT, "10");
    this.properties = properties;
    this.settings = settings;
  }

  /**
   * Reads a URL, its variables resolved from {@code environment}.
   *
   * @throws SpecException if it makes no sense
   */
  static Location of(StoreUrl url, Map<String, String> environment) {
    return of(url, environment, SessionSettings.USUAL);
  }

  /** The same with connections as the user wants them. */
  static Location of(StoreUrl url, Map<String, String> environment, SessionSettings settings) {
    String rest = url.resolved(environment).rest(Location::spelled);
    Matcher matcher = WITH_PASSWORD.matcher(rest);
    if (!matcher.matches()) {
      matcher = WITHOUT_PASSWORD.matcher(rest);
    }
    if (!matcher.matches()) {
      throw new SpecException(
          "BAD_URL",
          "\"" + url + "\" is no PostgreSQL URL.",
          "write it as postgresql://user@host:5432/database?schema=public");
    }
    Map<String, String> parameters = parameters(url, matcher.group("parameters"));
    String user = chosen(part(url, matcher, "user"), environment.get("PGUSER"));
    user = user == null ? System.getProperty("user.name", "postgres") : user;
    String host = chosen(part(url, matcher, "host"), environment.get("PGHOST"));
    // A folder of unix sockets, as libpq may be told, is out of this driver's reach.
    host = host == null || host.startsWith("/") ? "localhost" : host;
    int port = port(url, chosen(part(url, matcher, "port"), environment.get("PGPORT")));
    String database = chosen(part(url, matcher, "database"), environment.get("PGDATABASE"));
    database = database == null ? user : database;
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("ApplicationName", "waybill");
    properties.setProperty("connectTimeout", CONNECT_SECONDS);
    properties.setProperty("loginTimeout", CONNECT_SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("gssEncMode", "disable");
    // Names and values travel as UTF-8 whatever the server's encoding is.
    properties.setProperty("preparedStatementCacheQueries", "32");
    DRIVER_PARAMETERS.forEach(
        (name, driverName) -> {
          String value = parameters.get(name);
          if (value != null) {
            properties.setProperty(driverName, value);
          }
        });
    String timeout = parameters.get("connect_timeout");
    if (timeout != null) {
      properties.setProperty("loginTimeout", timeout);
    }
    String password = part(url, matcher, "password");
    if (password == null) {
      password = environment.get("PGPASSWORD");
    }
    if (password == null) {
      password = fromFile(parameters, environment, host, port, database, user).orElse(null);
    }
    if (password != null) {
      properties.setProperty("password", password);
    }
    Location location = new Location(host, port, database, parameters, properties, settings);
    location.validate(url);
    return location;
  }

  private void validate(StoreUrl url) {
    if (schema.equals(ledgerSchema)) {
      throw new SpecException(
          "BAD_URL",
          "The schema \"" + schema + "\" of " + url + " is the one of Waybill's own ledger.",
          "name another with ?ledger-schema=NAME");
    }
    if (!SECONDS.matcher(lockSeconds).matches()
        || !SECONDS.matcher(properties.getProperty("connectTimeout")).matches()) {
      throw new SpecException(
          "BAD_URL", "A time-out in " + url + " is no number of seconds.", "write e.g. 10");
    }
  }

  private static Optional<String> fromFile(
      Map<String, String> parameters,
      Map<String, String> environment,
      String host,
      int port,
      String database,
      String user) {
    String file = chosen(parameters.get(PASSFILE), environment.get("PGPASSFILE"));
    boolean isWindows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
    String appData = environment.get("APPDATA");
    Path path =
        file != null
            ? Path.of(file)
            : isWindows && appData != null
                ? Path.of(appData, "postgresql", "pgpass.conf")
                : Path.of(System.getProperty("user.home", ""), ".pgpass");
    return PasswordFile.find(path, host, port, database, user);
  }

  private static Map<String, String> parameters(StoreUrl url, @Nullable String text) {
    Map<String, String> parameters = new TreeMap<>();
    if (text == null || text.isEmpty()) {
      return parameters;
    }
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      if (equals < 0
          || !DRIVER_PARAMETERS.containsKey(name)
              && !name.equals(PASSFILE)
              && !name.equals(SCHEMA)
              && !name.equals(LEDGER_SCHEMA)
              && !name.equals(LOCK_TIMEOUT)) {
        TreeMap<String, String> known = new TreeMap<>(DRIVER_PARAMETERS);
        known.put(PASSFILE, "");
        known.put(SCHEMA, "");
        known.put(LEDGER_SCHEMA, "");
        known.put(LOCK_TIMEOUT, "");
        throw new SpecException(
            "BAD_URL",
            "The parameter \"" + name + "\" of " + url + " is not known.",
            "known are: " + String.join(", ", known.keySet()));
      }
      parameters.put(name, decoded(url, name, pair.substring(equals + 1)));
    }
    return parameters;
  }

  private static int port(StoreUrl url, @Nullable String text) {
    try {
      int port = text == null ? 5432 : Integer.parseInt(text);
      if (port > 0 && port < 65_536) {
        return port;
      }
    } catch (NumberFormatException noNumber) {
      // Said below, as for a number that is no port.
    }
    throw new SpecException("BAD_URL", "The port of " + url + " is none.", "write e.g. :5432");
  }

  private static @Nullable String chosen(@Nullable String first, @Nullable String second) {
    return first != null && !first.isEmpty()
        ? first
        : second != null && !second.isEmpty() ? second : null;
  }

  /**
   * A variable's value as it must stand in the URL to mean itself. Only one that begins the URL may
   * be several parts of it at once: {@code postgresql://${HOST_AND_PORT}/db}.
   */
  private static String spelled(String before, String value, String after) {
    int parameters = after.indexOf('?');
    boolean isOfUser = (parameters < 0 ? after : after.substring(0, parameters)).contains("@");
    boolean isSeveralParts = !isOfUser && before.lastIndexOf('/') < 2 && before.indexOf('?') < 0;
    return isSeveralParts
        ? value
        : URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static @Nullable String part(StoreUrl url, Matcher matcher, String name) {
    String text = matcher.group(name);
    return text == null || text.isEmpty() ? null : decoded(url, name, text);
  }

  private static String decoded(StoreUrl url, String name, String text) {
    if (LONE_PERCENT.matcher(text).find()) {
      throw new SpecException(
          "BAD_URL",
          "The " + name + " of " + url + " has a % without two hexadecimal digits behind it.",
          "write %25 for %, or put the value into a variable: ${NAME}");
    }
    // A plus is a plus in libpq's URLs.
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  String schema() {
    return schema;
  }

  String ledgerSchema() {
    return ledgerSchema;
  }

  String database() {
    return database;
  }

  String user() {
    return properties.getProperty("user");
  }

  SessionSettings settings() {
    return settings;
  }

  /** For messages: no user, no password. */
  @Override
  public String toString() {
    return host + ":" + port + "/" + database;
  }

  /**
   * A new connection, its session set up so that values have one form and nobody waits for ever.
   *
   * @throws StoreException if it cannot be had
   */
  Connection connect() {
    String url =
        "jdbc:postgresql://"
            + host
            + ":"
            + port
            + "/"
            + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
    try {
      Connection connection = DriverManager.getConnection(url, properties);
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "SET TIME ZONE 'UTC'; SET DateStyle TO 'ISO, YMD'; SET IntervalStyle TO 'postgres';"
                + " SET extra_float_digits TO 3; SET bytea_output TO 'hex'; SET lc_monetary TO 'C';"
                + " SET client_min_messages TO 'error';"
                + " SET default_transaction_isolation TO 'read committed';"
                + " SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings"
                + " WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout',"
                + " 'transaction_timeout');"
                + " SET synchronize_seqscans TO off; SET standard_conforming_strings TO on;"
                + " SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', "
                + Dialect.literal(Dialect.quote(schema))
                + ", 'public', (SELECT pg_catalog.quote_ident(n.nspname)"
                + " FROM pg_catalog.pg_extension e"
                + " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
                + " WHERE e.extname = 'vector' AND n.nspname <> 'public')), false)");
        settings.apply(connection, Duration.ofSeconds(Long.parseLong(lockSeconds)));
      } catch (SQLException refused) {
        connection.close();
        throw refused;
      }
      return connection;
    } catch (SQLException refused) {
      throw ConnectionErrors.of(refused, this);
    }
  }

  /** The host and port as a command takes them. */
  String clientOptions() {
    return "-h " + host + " -p " + port;
  }
}
