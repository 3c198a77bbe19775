package dev.waybill.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows in aligned columns. Not thread-safe. */
final class Table {
  private final String[] heads;
  private final boolean[] isNumeric;
  private final List<String[]> rows = new ArrayList<>();

  /** A head that begins with ">" stands over a column of numbers, set to the right. */
  Table(String... heads) {
    this.heads = new String[heads.length];
    isNumeric = new boolean[heads.length];
    for (int i = 0; i < heads.length; i++) {
      isNumeric[i] = heads[i].startsWith(">");
      this.heads[i] = isNumeric[i] ? heads[i].substring(1) : heads[i];
    }
  }

  Table row(String... cells) {
    rows.add(Arrays.stream(cells).map(Text::plain).toArray(String[]::new));
    return this;
  }

  /** The lines, without blanks at their ends; columns whose cells are all empty are left out. */
  List<String> lines() {
    List<String[]> all = new ArrayList<>();
    if (Arrays.stream(heads).anyMatch(head -> !head.isEmpty())) {
      all.add(heads);
    }
    all.addAll(rows);
    int[] widths = new int[heads.length];
    boolean[] isShown = new boolean[heads.length];
    for (int i = 0; i < heads.length; i++) {
      for (String[] row : all) {
        widths[i] = Math.max(widths[i], Text.width(row[i]));
      }
      for (String[] row : rows) {
        isShown[i] |= !row[i].isEmpty();
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : all) {
      StringBuilder line = new StringBuilder();
      String gap = "";
      for (int i = 0; i < row.length; i++) {
        if (isShown[i]) {
          String blanks = " ".repeat(widths[i] - Text.width(row[i]));
          line.append(gap).append(isNumeric[i] ? blanks + row[i] : row[i] + blanks);
          gap = "  ";
        }
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
