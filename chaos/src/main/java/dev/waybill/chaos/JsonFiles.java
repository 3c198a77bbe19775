package dev.waybill.chaos;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.waybill.chaos.Column.Kind;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of JSON files, or one file of several arrays. Who reads or writes records does so by
 * tables of SQLite in memory, which Jackson fills from the files and writes into them.
 *
 * @param around the folder that holds nothing else
 * @param from the dialect of the round's source: what it has no type for is another one here too
 */
record JsonFiles(Path around, String name, Shape shape, Dialect from) implements Place {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final List<String> ENDINGS = List.of(".json", ".jsonl");

  /** What belongs to the records that a run has brought. */
  private static final Pattern STAYS = Pattern.compile("waybill-(sidecar|schema)\\.json$");

  /** A table that no migration knows of; it is written, but not read. */
  private static final String OWN = "own";

  /** How an application has put the tables into files. */
  enum Shape {
    /** A file for each, which is an array in one line. */
    ARRAYS,
    /** A file for each, which has a record in each line. */
    LINES,
    /** One file, which has an array for each and something else, a record in each line. */
    WRAPPER,
    /** The same, indented. */
    INDENTED;

    boolean isFolder() {
      return this == ARRAYS || this == LINES;
    }
  }

  @Override
  public Dialect dialect() {
    return Dialect.JSON;
  }

  private Path path() {
    return around.resolve(shape.isFolder() ? name : name + ".json");
  }

  @Override
  public String url() {
    return "json:" + path() + (shape.isFolder() ? "/" : "") + options();
  }

  /** Of a wrapper a folder takes the collections alone, which has to be asked for. */
  private String options() {
    return switch (shape) {
      case LINES -> "?shape=lines";
      case ARRAYS -> from == Dialect.JSON ? "?shape=array" : "";
      case WRAPPER, INDENTED -> "";
    };
  }

  @Override
  public boolean exists() {
    return Files.exists(path());
  }

  // --- records

  @Override
  public Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    try {
      connection.setAutoCommit(false);
      if (shape.isFolder()) {
        for (Table table : Table.ALL) {
          loadFile(connection, table);
        }
      } else if (exists()) {
        loadWrapper(connection);
      }
      connection.commit();
      connection.setAutoCommit(true);
      return connection;
    } catch (IOException broken) {
      connection.close();
      throw new Fault(path() + " is not what it was: " + broken.getMessage(), broken);
    } catch (Fault fault) {
      connection.close();
      throw fault;
    }
  }

  private void loadFile(Connection connection, Table table) throws IOException, SQLException {
    List<Path> files =
        ENDINGS.stream()
            .map(ending -> path().resolve(table.name() + ending))
            .filter(Files::exists)
            .toList();
    if (files.size() > 1) {
      throw new Fault("There are two files: " + files);
    }
    for (Path file : files) {
      try (JsonParser json = JSON.createParser(Files.readAllBytes(file))) {
        JsonToken first = json.nextToken();
        if (file.toString().endsWith(".json")) {
          if (first != JsonToken.START_ARRAY) {
            throw new Fault(file + " is no array.");
          }
          first = json.nextToken();
        }
        load(connection, table, json, first);
      }
    }
  }

  private void loadWrapper(Connection connection) throws IOException, SQLException {
    try (JsonParser json = JSON.createParser(Files.readAllBytes(path()))) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Fault(path() + " is no object.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String member = json.currentName();
        json.nextToken();
        for (Table table : Table.ALL) {
          if (table.name().equals(member)) {
            load(connection, table, json, json.nextToken());
          }
        }
        json.skipChildren();
      }
      if (json.nextToken() != null) {
        throw new Fault(path() + " has something behind its end.");
      }
    }
  }

  /** Loads objects until there is something else, which must be their end. */
  private void load(Connection connection, Table table, JsonParser json, @Nullable JsonToken first)
      throws IOException, SQLException {
    try (Statement statement = connection.createStatement()) {
      // Without keys: what is there twice is to be seen.
      statement.execute(
          table.columns().stream()
              .map(column -> Dialect.quoted(column.name()) + type(column))
              .collect(Collectors.joining(", ", "CREATE TABLE " + table.quotedName() + " (", ")")));
    }
    try (PreparedStatement insert =
        connection.prepareStatement(table.insert(Dialect.SQLITE, Dialect.SQLITE))) {
      JsonToken token = first;
      while (token == JsonToken.START_OBJECT) {
        @Nullable Object[] record = record(table, json);
        for (int i = 0; i < record.length; i++) {
          insert.setObject(i + 1, record[i]);
        }
        insert.addBatch();
        token = json.nextToken();
      }
      insert.executeBatch();
      if (token != null && token != JsonToken.END_ARRAY) {
        throw new Fault(table.name() + " has an element that is no record: " + token);
      }
    }
  }

  private static String type(Column column) {
    return " " + Dialect.SQLITE.type(column.kind(), Dialect.SQLITE);
  }

  private @Nullable Object[] record(Table table, JsonParser json) throws IOException {
    @Nullable Object[] record = new Object[table.columns().size()];
    boolean[] isThere = new boolean[record.length];
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String member = json.currentName();
      int at = table.columns().stream().map(Column::name).toList().indexOf(member);
      if (at < 0) {
        throw new Fault("A record of " + table.name() + " has a member " + member + ".");
      }
      isThere[at] = true;
      record[at] = value(table, table.columns().get(at), json, json.nextToken());
    }
    for (int i = 0; i < record.length; i++) {
      if (!isThere[i]) {
        throw new Fault(
            "A record of "
                + table.name()
                + " is without "
                + table.columns().get(i).name()
                + ": "
                + Arrays.toString(record));
      }
    }
    return record;
  }

  private @Nullable Object value(Table table, Column column, JsonParser json, JsonToken token)
      throws IOException {
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    String type = Dialect.JSON.type(column.kind(), from);
    boolean isOfType =
        switch (type) {
          case "integer" -> token == JsonToken.VALUE_NUMBER_INT;
          case "number" -> token.isNumeric();
          case "string" -> token == JsonToken.VALUE_STRING;
          case "boolean" -> token.isBoolean();
          default -> true;
        };
    if (!isOfType) {
      throw new Fault(
          table.name()
              + "."
              + column.name()
              + " is to be "
              + type
              + ", but is "
              + token
              + ": "
              + json.getText());
    }
    return switch (column.kind()) {
      case INTEGER -> json.getLongValue();
      case FLOAT -> json.getDoubleValue();
      case BOOLEAN ->
          token.isBoolean()
              ? (Object) (token == JsonToken.VALUE_TRUE ? 1 : 0)
              : (Object) json.getLongValue();
      case BYTES -> json.getBinaryValue();
      case JSON -> type.equals("json") ? structure(json) : json.getText();
      case TEXT, NUMBER -> json.getText();
    };
  }

  private static String structure(JsonParser json) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = JSON.createGenerator(out)) {
      generator.copyCurrentStructure(json);
    }
    return out.toString();
  }

  @Override
  public void write(Writing writing) throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      writing.into(connection);
      connection.commit();
      store(connection);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void store(Connection connection) throws IOException, SQLException {
    List<String> tables = new ArrayList<>();
    try (ResultSet row =
        connection.getMetaData().getTables(null, null, null, new String[] {"TABLE"})) {
      while (row.next()) {
        tables.add(row.getString("TABLE_NAME"));
      }
    }
    if (!shape.isFolder()) {
      try (Output out = new Output(path())) {
        out.json.writeStartObject();
        out.json.writeNumberField("version", 1);
        for (String table : known(tables)) {
          out.json.writeArrayFieldStart(table);
          write(connection, table, out.json);
          out.json.writeEndArray();
        }
        out.json.writeNullField("rest");
        out.json.writeEndObject();
      }
      return;
    }
    Files.createDirectories(path());
    for (String table : known(tables)) {
      boolean isLines = shape == Shape.LINES;
      try (Output out = new Output(path().resolve(table + (isLines ? ".jsonl" : ".json")))) {
        if (!isLines) {
          out.json.writeStartArray();
        }
        write(connection, table, out.json);
        if (!isLines) {
          out.json.writeEndArray();
        }
      }
    }
  }

  private static List<String> known(List<String> tables) {
    return Stream.concat(Stream.of(OWN), Table.ALL.stream().map(Table::name))
        .filter(tables::contains)
        .toList();
  }

  private void write(Connection connection, String table, JsonGenerator json)
      throws IOException, SQLException {
    List<Column> columns =
        Table.ALL.stream()
            .filter(each -> each.name().equals(table))
            .findFirst()
            .map(Table::columns)
            .orElse(List.of(new Column("id", Kind.INTEGER), new Column("word", Kind.TEXT)));
    String list =
        columns.stream().map(each -> Dialect.quoted(each.name())).collect(Collectors.joining(", "));
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT " + list + " FROM " + Dialect.quoted(table) + " ORDER BY rowid")) {
      while (row.next()) {
        json.writeStartObject();
        for (int i = 0; i < columns.size(); i++) {
          json.writeFieldName(columns.get(i).name());
          write(columns.get(i), row, i + 1, json);
        }
        json.writeEndObject();
      }
    }
  }

  private void write(Column column, ResultSet row, int at, JsonGenerator json)
      throws IOException, SQLException {
    if (row.getObject(at) == null) {
      json.writeNull();
      return;
    }
    String type = Dialect.JSON.type(column.kind(), from);
    String text = Objects.requireNonNull(row.getString(at));
    switch (column.kind()) {
      case INTEGER -> json.writeNumber(row.getLong(at));
      case FLOAT -> json.writeNumber(row.getDouble(at));
      case BYTES -> json.writeString(Base64.getEncoder().encodeToString(row.getBytes(at)));
      case TEXT -> json.writeString(text);
      case BOOLEAN -> {
        if (type.equals("boolean")) {
          json.writeBoolean(row.getLong(at) != 0);
        } else {
          json.writeNumber(row.getLong(at));
        }
      }
      case JSON, NUMBER -> {
        if (type.equals("string")) {
          json.writeString(text);
        } else {
          json.writeRawValue(text);
        }
      }
    }
  }

  /** Writes a file beside and puts it into its place. */
  private final class Output implements AutoCloseable {
    private final Path file;
    private final Path unfinished;
    private final JsonGenerator json;

    Output(Path file) throws IOException {
      this.file = file;
      unfinished = file.resolveSibling(file.getFileName() + ".new");
      json = JSON.createGenerator(unfinished.toFile(), JsonEncoding.UTF8);
      if (shape == Shape.INDENTED) {
        json.setPrettyPrinter(new DefaultPrettyPrinter());
      } else if (shape == Shape.LINES) {
        json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
      }
    }

    @Override
    public void close() throws IOException {
      json.close();
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  // --- what can be seen

  @Override
  public Portrait portrait() {
    Portrait portrait = new Portrait();
    for (Path file : tree()) {
      String of = around.relativize(file).toString();
      // It outlives who is killed until the next one comes.
      if (!of.endsWith("-lock")) {
        show(portrait, of, file);
      }
    }
    return portrait;
  }

  private static void show(Portrait portrait, String of, Path file) {
    try {
      String rights = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
      portrait.add("files", of + " " + rights);
      if (Files.isRegularFile(file)) {
        byte[] bytes = Files.readAllBytes(file);
        portrait.add(
            "bytes of " + of,
            HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes))
                + ", "
                + bytes.length);
        String text = new String(bytes, StandardCharsets.UTF_8);
        for (String record : text.split("(?<=\\}[,\n]?)\\s*(?=\\{)", -1)) {
          portrait.add("records of " + of, record);
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public boolean isNeverHalfDone() {
    return true;
  }

  @Override
  public Portrait rest() {
    Portrait rest = new Portrait();
    if (!exists()) {
      return rest;
    }
    if (shape.isFolder()) {
      for (Path file : tree()) {
        String of = around.relativize(file).toString();
        if (file.startsWith(path())
            && !file.equals(path())
            && !of.contains("waybill")
            && !isOfTable(file)) {
          show(rest, of, file);
        }
      }
      return rest;
    }
    try (JsonParser json = JSON.createParser(Files.readAllBytes(path()))) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String member = json.currentName();
        json.nextToken();
        if (Table.ALL.stream().anyMatch(table -> table.name().equals(member))) {
          json.skipChildren();
        } else {
          rest.add("member " + member, structure(json));
        }
      }
    } catch (IOException broken) {
      throw new Fault(path() + " is not what it was: " + broken.getMessage(), broken);
    }
    return rest;
  }

  private static boolean isOfTable(Path file) {
    String name = file.getFileName().toString();
    return ENDINGS.stream()
        .anyMatch(
            ending -> Table.ALL.stream().anyMatch(table -> name.equals(table.name() + ending)));
  }

  private List<Path> tree() {
    try (Stream<Path> files = Files.walk(around)) {
      return files.filter(file -> !file.equals(around)).sorted().toList();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public List<String> traces() {
    return tree().stream()
        .map(file -> around.relativize(file).toString())
        .filter(file -> file.contains("waybill") && !STAYS.matcher(file).find())
        .toList();
  }

  @Override
  public void settle() {}

  /** The round's folder goes with all that is in it. */
  @Override
  public void remove() {}
}
