package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A vec0 table of sqlite-vec, as its statement declares it. Its records are in ordinary tables
 * beside it (ARCHITECTURE.md of sqlite-vec), which can be read without the extension: so it is read
 * the same everywhere.
 *
 * @param key the declared primary key, else the rowid
 * @param columns the others, in the order in which they are declared
 */
record Vec0(String name, Column key, List<Column> columns) {
  static final String MODULE = "vec0";

  private static final String FORM = "v0.1.";

  /** Where a column's values are. */
  enum Part {
    /** In {@code _rowids}. */
    KEY,
    /** One for each chunk, in {@code _chunks}. */
    PARTITION,
    /** As many as a chunk has places, in {@code _vector_chunksNN}. */
    VECTOR,
    /** The same in {@code _metadatachunksNN}, long texts in {@code _metadatatextNN}. */
    METADATA,
    /** In {@code _auxiliary}. */
    AUXILIARY
  }

  /** What a column's values are. */
  enum Type {
    TEXT,
    INTEGER,
    FLOAT,
    BLOB,
    BOOLEAN,
    FLOAT32S,
    INT8S,
    BITS
  }

  /**
   * A column.
   *
   * @param ordinal its number among those of its part
   * @param dimension of a vector, else 0
   * @param metric of a vector, else empty
   */
  record Column(Part part, int ordinal, String name, Type type, int dimension, String metric) {

    /** Bytes of a vector. */
    int width() {
      return switch (type) {
        case FLOAT32S -> 4 * dimension;
        case BITS -> dimension / 8;
        default -> dimension;
      };
    }

    private Field field() {
      LogicalType logical =
          switch (type) {
            case TEXT -> LogicalType.TEXT;
            case INTEGER, BOOLEAN -> LogicalType.INT64;
            case FLOAT -> LogicalType.FLOAT64;
            case BLOB -> LogicalType.BYTES;
            case FLOAT32S -> LogicalType.vector(LogicalType.FLOAT32, dimension);
            case INT8S -> LogicalType.vector(LogicalType.INT64, dimension);
            case BITS -> LogicalType.vector(LogicalType.BOOLEAN, dimension);
          };
      String declared =
          switch (type) {
            case FLOAT -> "REAL";
            case FLOAT32S -> "float[" + dimension + "]";
            case INT8S -> "int8[" + dimension + "]";
            case BITS -> "bit[" + dimension + "]";
            default -> type.name();
          };
      boolean isNullable = part == Part.PARTITION || part == Part.AUXILIARY;
      return Field.of(name, logical, declared, isNullable);
    }
  }

  /**
   * Of a virtual table's statement; empty if it is another module's, or says what is not known.
   *
   * @param sql the statement
   */
  static Optional<Vec0> of(String name, String sql) {
    Words words = Words.of(sql);
    if (!new TableText(sql).module().equals(MODULE)) {
      return Optional.empty();
    }
    List<List<Words.Word>> arguments = new ArrayList<>();
    arguments.add(new ArrayList<>());
    for (Words.Word word : words.all()) {
      if (word.depth() == 1 && word.is(",")) {
        arguments.add(new ArrayList<>());
      } else if (word.depth() >= 1) {
        arguments.get(arguments.size() - 1).add(word);
      }
    }
    Column key = null;
    List<Column> columns = new ArrayList<>();
    for (List<Words.Word> argument : arguments) {
      if (isOption(argument)) {
        continue;
      }
      Column column = column(argument, columns);
      if (column == null || column.part == Part.KEY && key != null) {
        return Optional.empty();
      }
      if (column.part == Part.KEY) {
        key = column;
      } else {
        columns.add(column);
      }
    }
    Column own = key == null ? new Column(Part.KEY, 0, "rowid", Type.INTEGER, 0, "") : key;
    return Optional.of(new Vec0(name, own, List.copyOf(columns)));
  }

  /** The vec0 table of a name, empty if there is none, or it says what is not known. */
  static Optional<Vec0> find(Connected connection, String name) throws SQLException {
    for (String sql :
        connection.texts(
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 AND name = ?",
            name)) {
      return of(name, sql);
    }
    return Optional.empty();
  }

  private static boolean isOption(List<Words.Word> argument) {
    return argument.size() == 3 && argument.get(0).is("chunk_size") && argument.get(1).is("=");
  }

  private static @Nullable Column column(List<Words.Word> words, List<Column> before) {
    boolean isAuxiliary = !words.isEmpty() && words.get(0).is("+");
    List<String> said =
        words.stream()
            .skip(isAuxiliary ? 1 : 0)
            .map(Words.Word::text)
            .collect(Collectors.toCollection(ArrayList::new));
    if (said.size() < 2) {
      return null;
    }
    String name = said.get(0);
    String type = said.get(1).toLowerCase(Locale.ROOT);
    String rest = String.join(" ", said.subList(2, said.size())).toLowerCase(Locale.ROOT);
    if (!isAuxiliary && rest.startsWith("[")) {
      return vector(name, type, rest, before);
    }
    Type plain = plain(type);
    Part part =
        isAuxiliary
            ? Part.AUXILIARY
            : switch (rest) {
              case "" -> Part.METADATA;
              case "primary key" -> Part.KEY;
              case "partition key" -> Part.PARTITION;
              default -> null;
            };
    return plain == null || part == null || isAuxiliary && !rest.isEmpty()
        ? null
        : new Column(part, ordinal(part, before), name, plain, 0, "");
  }

  private static @Nullable Type plain(String type) {
    return switch (type) {
      case "text" -> Type.TEXT;
      case "int", "integer", "int64" -> Type.INTEGER;
      case "float", "double", "float64", "f64" -> Type.FLOAT;
      case "blob" -> Type.BLOB;
      case "bool", "boolean" -> Type.BOOLEAN;
      default -> null;
    };
  }

  private static @Nullable Column vector(
      String name, String type, String rest, List<Column> before) {
    Type elements =
        switch (type) {
          case "float", "float32", "f32" -> Type.FLOAT32S;
          case "int8", "i8" -> Type.INT8S;
          case "bit" -> Type.BITS;
          default -> null;
        };
    int end = rest.indexOf(']');
    String dimension = rest.substring(1, end).strip();
    String option = rest.substring(end + 1).replace(" ", "");
    String metric =
        option.isEmpty()
            ? elements == Type.BITS ? "hamming" : "l2"
            : option.matches("distance_metric=(l1|l2|cosine|hamming)")
                ? option.substring(option.indexOf('=') + 1)
                : "";
    return elements == null || metric.isEmpty() || !dimension.matches("[1-9]\\d{0,5}")
        ? null
        : new Column(
            Part.VECTOR,
            ordinal(Part.VECTOR, before),
            name,
            elements,
            Integer.parseInt(dimension),
            metric);
  }

  private static int ordinal(Part part, List<Column> before) {
    return (int) before.stream().filter(each -> each.part == part).count();
  }

  List<Column> of(Part part) {
    return columns.stream().filter(each -> each.part == part).toList();
  }

  /** All columns, the key first: so the extension itself shows them. */
  List<Column> all() {
    List<Column> all = new ArrayList<>();
    all.add(key);
    all.addAll(columns);
    return all;
  }

  /** The quoted name of a table beside it. */
  String beside(String suffix) {
    return Sql.quoted(name + "_" + suffix);
  }

  String beside(String suffix, int ordinal) {
    return beside(String.format("%s%02d", suffix, ordinal));
  }

  /** Why the tables beside it cannot be read, null if they can. */
  @Nullable String fault(Connected connection) {
    try {
      // The first versions had no such table.
      boolean hasInfo =
          !connection
              .texts("SELECT name FROM sqlite_schema WHERE name = ?", name + "_info")
              .isEmpty();
      String version = hasInfo ? version(connection) : FORM;
      if (!version.startsWith(FORM)) {
        return "sqlite-vec " + version + " made it, whose form is not known";
      }
      new Vec0Records(connection, this, List.of(), TextForm.UTF_8).close();
      return null;
    } catch (SQLException failure) {
      return SqliteErrors.reason(failure);
    }
  }

  private String version(Connected connection) throws SQLException {
    return String.join(
        " ",
        connection.texts(
            "SELECT value FROM " + beside("info") + " WHERE key = ?", "CREATE_VERSION"));
  }

  /** How many records there are, as its own list of them says. */
  long count(Connected connection) throws SQLException {
    Long count = connection.number("SELECT count(*) FROM " + beside("rowids"));
    return count == null ? 0 : count;
  }

  /** In the words of the neutral model: every vector is searched by comparing them all. */
  Collection collection() {
    List<Index> indexes =
        of(Part.VECTOR).stream()
            .map(
                vector ->
                    new Index(
                        name + "_" + vector.name,
                        List.of(new Index.Column(vector.name, false)),
                        false,
                        MODULE,
                        "",
                        Map.of(Index.METRIC, vector.metric)))
            .toList();
    return Collection.of(name, all().stream().map(Column::field).toList(), List.of(key.name))
        .withConstraints(List.of(), List.of(), indexes);
  }
}
