package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.Note.What;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
  private static final String GONE = "temp.waybill_gone";

  private final Connected connection;
  private final SqliteLedger ledger;
  private final Table parent;
  private final List<String> fields;
  private final List<String> identity;
  private final List<Link> links;
  private final CanonicalForm canonical = new CanonicalForm();

  /** A foreign key to the parent. */
  private record Link(Table child, List<String> from, List<String> to) {}

  /**
   * @param fields what the run writes of the parent, in order
   * @param identity the columns that identify a record of the parent, quoted; or its rowid
   */
  private Referring(
      Connected connection,
      SqliteLedger ledger,
      Table parent,
      List<String> fields,
      List<String> identity,
      List<Link> links) {
    this.connection = connection;
    this.ledger = ledger;
    this.parent = parent;
    this.fields = fields;
    this.identity = identity;
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
    List<Link> links = links(connection, ledger, parent, isKeeping);
    if (links.isEmpty()) {
      return null;
    }
    String rowid = parent.rowid();
    List<String> identity = new ArrayList<>();
    StringBuilder columns = new StringBuilder();
    for (String name : key) {
      Table.Column column = parent.column(name);
      columns
          .append(", k")
          .append(identity.size())
          .append(' ')
          .append(column == null ? "BLOB" : column.affinity().name());
      identity.add(Sql.quoted(name));
    }
    if (key.isEmpty() && rowid != null) {
      columns.append(", k0 INTEGER");
      identity.add(rowid);
    }
    connection.run("DROP TABLE IF EXISTS " + GONE);
    connection.run("CREATE TABLE " + GONE + "(n INTEGER PRIMARY KEY" + columns + ")");
    connection.run("CREATE INDEX " + GONE + "_k ON waybill_gone(" + numbered(identity) + ")");
    return new Referring(connection, ledger, parent, fields, identity, links);
  }

  private static String numbered(List<String> identity) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < identity.size(); i++) {
      names.append(i == 0 ? "k" : ", k").append(i);
    }
    return names.toString();
  }

  private static List<Link> links(
      Connected connection, SqliteLedger ledger, Table parent, boolean isKeeping)
      throws SQLException {
    Map<String, Link> links = new LinkedHashMap<>();
    try (PreparedStatement statement =
        connection.prepare(
            "SELECT m.name, f.id, f.seq, f.\"from\", f.\"to\""
                + " FROM sqlite_schema m, pragma_foreign_key_list(m.name) f"
                + " WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
                + " AND f.\"table\" = ? COLLATE NOCASE ORDER BY m.name, f.id, f.seq")) {
      statement.setString(1, parent.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String child = rows.getString(1);
          Link link = links.get(rows.getInt(2) + " " + child);
          if (link == null) {
            Table table = Table.of(connection, child).orElse(null);
            boolean isMadeHere =
                !isKeeping
                    && !child.equals(parent.name())
                    && ledger.detail(connection, What.COLLECTION_CREATED.name(), child) != null;
            if (table == null || isMadeHere) {
              continue;
            }
            link = new Link(table, new ArrayList<>(), new ArrayList<>());
            links.put(rows.getInt(2) + " " + child, link);
          }
          String to = rows.getString(5);
          int position = rows.getInt(3);
          if (to == null && position < parent.key().size()) {
            to = parent.key().get(position).name();
          }
          link.from().add(rows.getString(4));
          link.to().add(to == null ? "" : to);
        }
      }
    }
    // A foreign key to columns that are not there cannot be checked, nor does it hold anything.
    return links.values().stream()
        .filter(link -> link.to().stream().allMatch(name -> parent.column(name) != null))
        .toList();
  }

  /** Takes a set of statements that add records by their change's number and identity. */
  Statements adding(TextForm text) {
    int width = 1 + identity.size();
    return new Statements(
        connection,
        text,
        width,
        spelling -> {
          StringBuilder sql = new StringBuilder("INSERT INTO " + GONE + " VALUES(");
          for (int i = 0; i < width; i++) {
            sql.append(i == 0 ? "" : ", ").append(spelling.parameter(i));
          }
          return sql.append(')').toString();
        });
  }

  /** Adds a record of a table without key. */
  void add(int change, long rowid) throws SQLException {
    SqliteLedger.execute(connection, "INSERT INTO " + GONE + " VALUES(?, ?)", (long) change, rowid);
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
          SqliteLedger.execute(connection, "DELETE FROM " + GONE + " WHERE n = ?", (long) change);
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

  /** The parent's column stands left in each comparison, so that its collation decides. */
  private String join(Link link) {
    StringBuilder sql = new StringBuilder(" FROM ").append(GONE).append(" AS g JOIN main.");
    sql.append(Sql.quoted(parent.name())).append(" AS p ON ");
    for (int i = 0; i < identity.size(); i++) {
      sql.append(i == 0 ? "p." : " AND p.").append(identity.get(i)).append(" IS g.k").append(i);
    }
    sql.append(" JOIN main.").append(Sql.quoted(link.child().name())).append(" AS c ON ");
    for (int i = 0; i < link.from().size(); i++) {
      sql.append(i == 0 ? "p." : " AND p.")
          .append(Sql.quoted(link.to().get(i)))
          .append(" = c.")
          .append(Sql.quoted(link.from().get(i)));
    }
    if (isToItself(link)) {
      sql.append(" WHERE NOT EXISTS (SELECT 1 FROM ").append(GONE).append(" AS o WHERE ");
      for (int i = 0; i < identity.size(); i++) {
        sql.append(i == 0 ? "c." : " AND c.").append(identity.get(i)).append(" IS o.k").append(i);
      }
      sql.append(')');
    }
    return sql.toString();
  }

  private boolean isToItself(Link link) {
    return link.child().name().equals(parent.name());
  }

  /** What the run wrote of a table whose undo is not over; empty where it cannot own records. */
  private List<String> ownFields(Link link) throws SQLException {
    String child = link.child().name();
    if (isToItself(link)) {
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
          String before = isToItself(link) ? String.valueOf(deleted) : "";
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
    connection.run("DROP TABLE IF EXISTS " + GONE);
  }
}
