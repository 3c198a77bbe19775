package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.Note.What;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Records that refer by a foreign key to those which an undo is about to delete, and which the undo
 * itself does not come to later: SQLite would leave them pointing nowhere, or a trigger would take
 * them along.
 */
final class Referring implements AutoCloseable {
  private static final int AT_ONCE = 500;
  private static final int BYTES_AT_ONCE = 4 << 20;
  private static final String GONE = "waybill_gone";

  private final Connected connection;
  private final SqliteLedger ledger;
  private final List<String> fields;
  private final NumberedKeys gone;
  private final List<Link> links;
  private final CanonicalForm canonical = new CanonicalForm();

  /**
   * @param fields what the run writes of the parent, in order
   */
  private Referring(
      Connected connection,
      SqliteLedger ledger,
      List<String> fields,
      NumberedKeys gone,
      List<Link> links) {
    this.connection = connection;
    this.ledger = ledger;
    this.fields = fields;
    this.gone = gone;
    this.links = links;
  }

  /**
   * Null where nothing can refer to the table.
   *
   * @param isKeeping true if what others changed is kept, so that tables which this run made may
   *     stay with records that refer to others; else they go as a whole
   */
  static @Nullable Referring to(
      Connected connection,
      SqliteLedger ledger,
      Table parent,
      List<String> fields,
      List<String> key,
      boolean isKeeping)
      throws SQLException {
    List<Link> links = new ArrayList<>();
    for (Link link : Link.onto(connection, parent)) {
      boolean isMadeHere =
          !isKeeping
              && !link.isToItself()
              && ledger.detail(connection, What.COLLECTION_CREATED.name(), link.child().name())
                  != null;
      if (!isMadeHere) {
        links.add(link);
      }
    }
    return links.isEmpty()
        ? null
        : new Referring(
            connection, ledger, fields, NumberedKeys.of(connection, GONE, parent, key), links);
  }

  /** Takes a set of statements that add records by their change's number and identity. */
  Statements adding(TextForm text) {
    return gone.adding(text);
  }

  /** Adds a record of a table without key. */
  void add(int change, long rowid) throws SQLException {
    gone.add(change, rowid);
  }

  /**
   * The added records that others refer to, with the name of one table that does; those records are
   * then no longer among the added ones.
   *
   * @param expected what the run wrote, by change
   */
  Map<Integer, String> found(@Nullable RecordDigest @Nullable [] expected) throws SQLException {
    Map<Integer, String> found = new TreeMap<>();
    // A record that stays may itself refer to another one of the batch.
    boolean isMore = true;
    while (isMore) {
      isMore = false;
      for (Link link : links) {
        for (int change : find(link, expected)) {
          isMore |= found.putIfAbsent(change, link.child().name()) == null;
          gone.remove(change);
        }
      }
    }
    return found;
  }

  private Set<Integer> find(Link link, @Nullable RecordDigest @Nullable [] expected)
      throws SQLException {
    Set<Integer> all = new HashSet<>();
    for (String change : connection.texts("SELECT DISTINCT g.n" + join(link))) {
      all.add(Integer.valueOf(change));
    }
    List<String> own = all.isEmpty() ? List.of() : ownFields(link);
    return own.isEmpty() ? all : foreign(link, own, expected);
  }

  /** All that refers to the added records but what is added itself. */
  private String join(Link link) {
    String sql = link.from(gone);
    return link.isToItself()
        ? sql
            + " WHERE NOT EXISTS (SELECT 1 FROM "
            + gone.table()
            + " AS o WHERE "
            + gone.matches("c", "o")
            + ")"
        : sql;
  }

  /** What the run wrote of a table whose undo is not over; empty where it cannot own records. */
  private List<String> ownFields(Link link) throws SQLException {
    String child = link.child().name();
    if (link.isToItself()) {
      return fields;
    }
    List<String> written = ledger.details(connection, SqliteLedger.WRITTEN_FIELD, child);
    boolean isStillToCome =
        !ledger.isUndoBegun(connection, child)
            && written.stream().allMatch(name -> link.child().column(name) != null);
    return isStillToCome ? written : List.of();
  }

  /** The changes that somebody else's records refer to; the run's own are undone later. */
  private Set<Integer> foreign(
      Link link, List<String> own, @Nullable RecordDigest @Nullable [] expected)
      throws SQLException {
    ledger.indexImages(connection);
    String select =
        own.stream()
            .map(name -> ", c." + Sql.quoted(name))
            .collect(Collectors.joining("", "SELECT g.n", join(link)));
    int[] record = new int[own.size()];
    Arrays.setAll(record, i -> i + 1);
    Set<Integer> changes = new HashSet<>();
    RecordBatch batch = new RecordBatch(own.size() + 1);
    try (PreparedStatement images = ledger.findImage(connection, link.child().name());
        Rows rows = new Rows(connection.prepare(select), own.size() + 1, TextForm.of(connection))) {
      rows.begin();
      while (rows.append(batch, AT_ONCE, BYTES_AT_ONCE)) {
        for (int i = 0; i < batch.records(); i++) {
          int change = (int) batch.int64At(batch.at(i, 0));
          RecordDigest deleted = expected == null ? null : expected[change];
          String digest = canonical.digest(batch, i, record).toString();
          String before = link.isToItself() ? String.valueOf(deleted) : "";
          if (!changes.contains(change) && !SqliteLedger.isImage(images, digest, before)) {
            changes.add(change);
          }
        }
        batch.clear();
      }
    }
    return changes;
  }

  @Override
  public void close() throws SQLException {
    gone.close();
  }
}
