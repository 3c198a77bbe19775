package dev.waybill.stores.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A foreign key, whether SQLite is told to enforce it or not.
 *
 * @param child the table that refers
 * @param parent the table it refers to, perhaps the same
 */
record Link(Table child, Table parent, List<String> from, List<String> to) {

  /** The foreign keys that lead to a table. */
  static List<Link> onto(Connected connection, Table parent) throws SQLException {
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
          String id = rows.getInt(2) + " " + child;
          Link link = links.get(id);
          if (link == null) {
            Table table = Table.of(connection, child).orElse(null);
            if (table == null) {
              continue;
            }
            link = new Link(table, parent, new ArrayList<>(), new ArrayList<>());
            links.put(id, link);
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

  boolean isToItself() {
    return child.name().equals(parent.name());
  }

  /**
   * What joins keys {@code g}, the records {@code p} that have them, and the records {@code c} that
   * refer to these. The parent's column stands left in each comparison, so that its collation
   * decides.
   */
  String from(NumberedKeys keys) {
    StringBuilder sql = new StringBuilder(" FROM ").append(keys.table()).append(" AS g JOIN main.");
    sql.append(Sql.quoted(parent.name())).append(" AS p ON ").append(keys.matches("p", "g"));
    sql.append(" JOIN main.").append(Sql.quoted(child.name())).append(" AS c ON ");
    for (int i = 0; i < from.size(); i++) {
      sql.append(i == 0 ? "p." : " AND p.")
          .append(Sql.quoted(to.get(i)))
          .append(" = c.")
          .append(Sql.quoted(from.get(i)));
    }
    return sql.toString();
  }
}
