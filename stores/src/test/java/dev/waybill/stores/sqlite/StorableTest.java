package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.DataException;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StorableTest {
  private static final String[] TYPES = {
    "INTEGER",
    "REAL",
    "TEXT",
    "NUMERIC",
    "BLOB",
    "",
    "VARCHAR(3)",
    "BOOLEAN",
    "FLOATING POINT",
    "ANY"
  };
  private static final String[] TEXTS = {
    "",
    " ",
    "1",
    "-1",
    "+1",
    " 1 ",
    "1.",
    ".5",
    ".",
    "1e3",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    "Inf",
    "nan",
    "9223372036854775808",
    "1.10",
    "\t7\n",
    "\u00a07",
    "--1",
    "1 2",
    "1e5x",
    "1\u0000",
    "\u000b3\f",
    "e5",
    "-.5e-3",
    "00",
    "-0",
    "1e999",
    "12345678901234567890123",
    "- 1",
    "1e 5"
  };
  private static final double[] FLOATS = {
    0.0,
    -0.0,
    1.0,
    1.5,
    1e18,
    1e300,
    9.3e18,
    -9.223372036854775808e18,
    9.223372036854774784e18,
    9.007199254740993e15,
    1e16,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    1e-320,
    4503599627370497.5
  };

  private static List<Object> values(long seed) {
    List<Object> values = new ArrayList<>(Arrays.asList(TEXTS));
    for (double each : FLOATS) {
      values.add(each);
    }
    values.addAll(List.of(0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 53));
    values.add(new byte[] {'1'});
    Random random = new Random(seed);
    String alphabet = "0123456789.eE+- \t\u0000x";
    for (int i = 0; i < 5000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(7); k >= 0; k--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      values.add(text.toString());
      values.add(random.nextBoolean() ? (double) random.nextLong() : random.nextGaussian());
    }
    return values;
  }

  @Test
  void aValueIsRefusedExactlyWhereSqliteWouldChangeIt() throws Exception {
    long seed = System.nanoTime();
    int refused = 0;
    int kept = 0;
    try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      for (String type : TYPES) {
        Sample.run(sqlite, "DROP TABLE IF EXISTS t", "CREATE TABLE t(c " + type + ")");
        Table.Column column =
            new Table.Column(
                "c", type, false, null, 0, false, SqliteTypes.Affinity.of(type, false));
        try (PreparedStatement insert =
                sqlite.prepareStatement("REPLACE INTO t(rowid,c) VALUES(1,?)");
            PreparedStatement select = sqlite.prepareStatement("SELECT c, typeof(c) FROM t")) {
          for (Object value : values(seed)) {
            boolean isKept = isKept(value, insert, select);
            if (!isKept || !String.valueOf(value).contains("\0")) {
              assertThat(isAccepted(value, column))
                  .as("%s in a column %s, seed %s", value, type, seed)
                  .isEqualTo(isKept);
            }
            refused += isKept ? 0 : 1;
            kept += isKept ? 1 : 0;
          }
        }
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThat(kept).isGreaterThan(100);
  }

  private static boolean isAccepted(Object value, Table.Column column) {
    RecordBatch batch = new RecordBatch(1);
    if (value instanceof String text) {
      batch.putText(text);
    } else if (value instanceof Long number) {
      batch.putInt64(number);
    } else if (value instanceof Double number) {
      batch.putFloat64(number);
    } else {
      batch.putBytes((byte[]) value);
    }
    try {
      Storable.require(batch, 0, batch.at(0, 0), "t", column, false);
      return true;
    } catch (DataException refused) {
      assertThat(refused.record()).isZero();
      return false;
    }
  }

  private static boolean isKept(Object value, PreparedStatement insert, PreparedStatement select)
      throws SQLException {
    if (value instanceof String text) {
      insert.setString(1, text);
    } else {
      insert.setObject(1, value);
    }
    insert.execute();
    try (ResultSet rows = select.executeQuery()) {
      String type = rows.getString(2);
      if (value instanceof String text) {
        return type.equals("text")
            && Arrays.equals(rows.getBytes(1), text.getBytes(StandardCharsets.UTF_8));
      }
      if (value instanceof Double number) {
        return type.equals("real")
            && Double.doubleToRawLongBits(rows.getDouble(1)) == Double.doubleToRawLongBits(number);
      }
      return type.equals(value instanceof Long ? "integer" : "blob");
    }
  }
}
