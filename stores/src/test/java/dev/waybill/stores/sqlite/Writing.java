package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.Triggers;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A run that writes to a database as the engine would. */
final class Writing implements AutoCloseable {
  private final TargetStore store;
  final SqliteSession session;
  private int marks;

  Writing(Path file, Path work) {
    this(file, work, SessionOptions.USUAL);
  }

  Writing(Path file, Path work, SessionOptions options) {
    store =
        new SqliteAdapter()
            .openTarget(StoreUrl.parse("sqlite:" + file), new Workspace(work, 2, options));
    RunHeader run = new RunHeader("r1", Instant.EPOCH, "0".repeat(64), "test");
    try {
      session = (SqliteSession) store.begin(run, noLedger());
    } catch (RuntimeException refused) {
      store.close();
      throw refused;
    }
  }

  @SuppressWarnings("NullAway")
  private static Ledger noLedger() {
    return null;
  }

  /** Records of values: Long, Double, String, byte[] or null. */
  static RecordBatch records(int width, Object... values) {
    RecordBatch batch = new RecordBatch(width);
    for (Object value : values) {
      if (value instanceof Long number) {
        batch.putInt64(number);
      } else if (value instanceof Double number) {
        batch.putFloat64(number);
      } else if (value instanceof String text) {
        batch.putText(text);
      } else if (value instanceof byte[] bytes) {
        batch.putBytes(bytes);
      } else {
        batch.putNull();
      }
    }
    return batch;
  }

  static RecordDigest[] digests(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return digests;
  }

  static RecordDigest sum(RecordBatch records) {
    RecordDigest sum = RecordDigest.ZERO;
    for (RecordDigest digest : digests(records)) {
      sum = sum.plus(digest);
    }
    return sum;
  }

  Outcome put(Collection into, Object... values) {
    return put(into, Triggers.FIRE, ConflictPolicy.FAIL, values);
  }

  Outcome put(Collection into, Triggers triggers, ConflictPolicy policy, Object... values) {
    RecordBatch batch = records(into.writtenFields().size(), values);
    try (TargetWriter writer = session.writer(triggers, Overwritten.NOT_KEPT)) {
      return writer.apply(
          into,
          ChangeBatch.puts(batch, digests(batch)),
          policy,
          new Mark(into.name(), 0, marks++, 0, false));
    }
  }

  static List<Collection> collections(Path file, Path work) {
    try (Store store = Sample.source(file, work)) {
      return store.catalog().collections();
    }
  }

  static Collection collection(Path file, Path work, String name) {
    return collections(file, work).stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The rows of a query, their columns joined by |. */
  static List<String> ask(Path file, String query) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Connection connection = Sample.open(file);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      int width = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        StringBuilder row = new StringBuilder(String.valueOf(rows.getString(1)));
        for (int i = 2; i <= width; i++) {
          row.append('|').append(rows.getString(i));
        }
        found.add(row.toString());
      }
    }
    return found;
  }

  /** The code of what a call throws, and the record's position where it names one. */
  static String code(Runnable call) {
    try {
      call.run();
      return "none";
    } catch (dev.waybill.model.DataException refused) {
      return refused.code() + "@" + refused.record();
    } catch (WaybillException refused) {
      return refused.code();
    }
  }

  @Override
  public void close() {
    session.close();
    store.close();
  }
}
