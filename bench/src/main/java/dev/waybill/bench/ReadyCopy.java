package dev.waybill.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.postgresql.PGConnection;

/** COPY of a ready binary file: the limit of one connection, where there is no psql. */
final class ReadyCopy {
  private static final int BUFFER = 1 << 16;

  private ReadyCopy() {}

  /** The command for a process of its own; the password comes by PGPASSWORD. */
  static List<String> command(BenchDatabase database, String table, Path file) {
    return Programs.java(ReadyCopy.class, database.url(), table, file.toString());
  }

  public static void main(String[] arguments) throws IOException, SQLException {
    try (Connection connection = BenchDatabase.connectTo(arguments[0]);
        InputStream in =
            new BufferedInputStream(Files.newInputStream(Path.of(arguments[2])), BUFFER)) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("COPY " + arguments[1] + " FROM STDIN (FORMAT binary)", in, BUFFER);
    }
  }

  /** Makes the ready file from a filled table. */
  static void write(BenchDatabase database, String table, Path file)
      throws IOException, SQLException {
    try (Connection connection = database.connect();
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER)) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyOut("COPY " + table + " TO STDOUT (FORMAT binary)", out);
    }
  }
}
