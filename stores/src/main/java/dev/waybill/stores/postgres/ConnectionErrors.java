package dev.waybill.stores.postgres;

import dev.waybill.model.StoreException;
import java.io.IOException;
import java.sql.SQLException;

/** Says why a server gives no connection. */
final class ConnectionErrors {
  private ConnectionErrors() {}

  /** What a refused or lost connection means. */
  static StoreException of(SQLException refused, Location location) {
    String state = ServerErrors.state(refused);
    String said = ServerErrors.said(refused);
    if (state.equals("28P01") || state.equals("28000")) {
      return new StoreException(
          "WRONG_PASSWORD",
          "PostgreSQL at "
              + location
              + " does not let user \""
              + location.user()
              + "\" in: "
              + said
              + ".",
          "set PGPASSWORD, or add a line to ~/.pgpass",
          false,
          refused);
    }
    if (state.equals("08004") && said.contains("password")) {
      return new StoreException(
          "PASSWORD_MISSING",
          "PostgreSQL at " + location + " asks for a password of user \"" + location.user() + "\".",
          "set PGPASSWORD, or add a line to ~/.pgpass",
          false,
          refused);
    }
    if (state.equals("3D000")) {
      return new StoreException(
          "NO_SUCH_DATABASE",
          "PostgreSQL at " + location + " has no database \"" + location.database() + "\".",
          "create it first: createdb " + location.clientOptions() + " " + location.database(),
          false,
          refused);
    }
    if (said.contains("does not support SSL")) {
      return new StoreException(
          "NO_TLS",
          "PostgreSQL at " + location + " speaks no TLS, and sslmode asks for it.",
          "turn ssl on at the server; or, where the network is trusted, leave sslmode out",
          false,
          refused);
    }
    if (refused.getCause() instanceof javax.net.ssl.SSLException || said.contains("SSL root")) {
      return new StoreException(
          "TLS_NOT_TRUSTED",
          "PostgreSQL at " + location + " shows a certificate that is not trusted: " + said + ".",
          "name the certificate of who signed it: ?sslmode=verify-full&sslrootcert=FILE",
          false,
          refused);
    }
    if (state.startsWith("08")) {
      Throwable cause = refused.getCause();
      String reason =
          cause instanceof java.net.UnknownHostException
              ? "no such host"
              : cause instanceof IOException && cause.getMessage() != null
                  ? cause.getMessage()
                  : said;
      return new StoreException(
          "UNREACHABLE",
          "PostgreSQL at " + location + " cannot be reached: " + reason + ".",
          "look whether the server runs and the address is right: pg_isready "
              + location.clientOptions(),
          true,
          refused);
    }
    return ServerErrors.store(refused, "take a connection", location.toString());
  }
}
