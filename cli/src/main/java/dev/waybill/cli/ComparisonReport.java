package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.waybill.Comparison;
import dev.waybill.model.StoreException;
import dev.waybill.verify.Difference;
import dev.waybill.verify.SearchEquality;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a verification or diff found, in the manner of git. */
final class ComparisonReport {
  private final Screen screen;
  private final boolean isVerification;
  private final @Nullable String run;
  private final long limit;

  /**
   * @param isVerification whether it is called that, or diff
   * @param run the run that was verified, null if it was no run
   * @param limit differences to show at most, −1 for the usual number: 20 in text, all in JSON
   */
  ComparisonReport(Screen screen, boolean isVerification, @Nullable String run, long limit) {
    this.screen = screen;
    this.isVerification = isVerification;
    this.run = run;
    this.limit = limit >= 0 ? limit : screen.json() ? Long.MAX_VALUE : Screen.SHOWN;
  }

  /** Prints it and gives the exit code. */
  int print(Comparison comparison, double seconds) {
    int exit = comparison.isEqual() ? Exit.OK : Exit.DIFFERENT;
    if (screen.json()) {
      printJson(comparison, exit, seconds);
    } else {
      printText(comparison, exit, seconds);
    }
    return exit;
  }

  private void printText(Comparison comparison, int exit, double seconds) {
    if (!screen.isQuiet()) {
      for (String line : comparison.structure()) {
        screen.data(Screen.Colour.YELLOW, "! " + line);
      }
      long shown = each(comparison, this::printLine);
      long all = Math.max(shown, counted(comparison));
      if (all > shown) {
        Path file = comparison.file();
        screen.result("+" + Text.number(all - shown) + " more" + (file == null ? "" : ": " + file));
      }
      if (exit == Exit.DIFFERENT) {
        if (all + comparison.structure().size() > 0) {
          screen.result("");
        }
        if (!comparison.collections().isEmpty()) {
          screen.results(table(comparison));
          screen.result("");
        }
      }
      comparison.searches().forEach(each -> screen.result(line(each)));
      List<String> notes = comparison.notes();
      notes.stream().limit(Screen.SHOWN).forEach(note -> screen.result("note: " + note));
      if (notes.size() > Screen.SHOWN) {
        String more = Text.number(notes.size() - Screen.SHOWN);
        screen.result("note: +" + more + " more; --json gives them all");
      }
    }
    screen.result(outcome(comparison, exit, seconds));
  }

  private static long counted(Comparison comparison) {
    return comparison.collections().stream()
        .mapToLong(each -> each.changed() + each.missing() + each.extra())
        .sum();
  }

  private void printLine(Difference difference) {
    String name = difference.collection() + " " + difference.key();
    switch (difference.kind()) {
      case MISSING -> screen.data(Screen.Colour.RED, "- " + name);
      case EXTRA -> screen.data(Screen.Colour.GREEN, "+ " + name);
      case CHANGED -> {
        if (difference.fields().isEmpty()) {
          screen.data(Screen.Colour.YELLOW, "~ " + name);
        }
        for (Difference.FieldDifference field : difference.fields()) {
          screen.data(
              Screen.Colour.YELLOW,
              "~ " + name + " " + field.field() + ": " + field.source() + " → " + field.target());
        }
      }
    }
  }

  private static List<String> table(Comparison comparison) {
    Table table =
        new Table("collection", ">source", ">target", ">equal", ">changed", ">missing", ">extra");
    for (Comparison.Compared each : comparison.collections()) {
      table.row(
          each.name(),
          Text.number(each.source()),
          Text.number(each.target()),
          Text.number(each.equal()),
          Text.number(each.changed()),
          Text.number(each.missing()),
          Text.number(each.extra()));
    }
    return table.lines();
  }

  private static String line(SearchEquality search) {
    String all =
        search.differing() == 0
            ? "the same on both sides"
            : String.format(
                Locale.ROOT,
                "not the same on both sides for %,d, recall %s",
                search.differing(),
                recall(search.recall()));
    return String.format(
        Locale.ROOT,
        "search %s.%s by %s, %,d vectors (seed %d), the %s nearest of each: %s; through the index"
            + " of the source: %s; of the target: %s",
        search.collection(),
        search.field(),
        search.metric(),
        search.queries(),
        search.seed(),
        search.nearest(),
        all,
        side(search.source()),
        side(search.target()));
  }

  private static String side(SearchEquality.Side side) {
    if (!side.isAsked()) {
      return "not asked, " + side.note();
    }
    return "recall "
        + recall(side.recall())
        + " ("
        + side.index()
        + (side.setting().isEmpty() ? "" : ", " + side.setting())
        + ")";
  }

  /** Three digits, which must not make one of what is less. */
  private static String recall(double recall) {
    double shown = recall < 1 ? Math.min(recall, 0.999) : recall;
    return String.format(Locale.ROOT, "%.3f", shown);
  }

  private String outcome(Comparison comparison, int exit, double seconds) {
    long source = comparison.collections().stream().mapToLong(Comparison.Compared::source).sum();
    String took =
        " "
            + Text.duration(java.time.Duration.ofMillis(Math.round(seconds * 1000)))
            + (run == null ? "." : ", run " + run + ".");
    if (exit == Exit.OK && comparison.collections().isEmpty()) {
      return "No difference: the schemas are alike, as far as they can be carried." + took;
    }
    if (exit == Exit.OK) {
      return (isVerification ? "Equal: " : "No difference: ")
          + Text.records(source)
          + " in "
          + Text.collections(comparison.collections().size())
          + (isVerification ? ", every one compared." : ".")
          + took;
    }
    long changed = comparison.collections().stream().mapToLong(Comparison.Compared::changed).sum();
    long missing = comparison.collections().stream().mapToLong(Comparison.Compared::missing).sum();
    long extra = comparison.collections().stream().mapToLong(Comparison.Compared::extra).sum();
    List<String> parts = new ArrayList<>();
    if (changed + missing + extra > 0) {
      parts.add(Text.number(changed) + " changed");
      parts.add(Text.number(missing) + " missing in the target");
      parts.add(Text.number(extra) + " only in the target");
    }
    long searches = comparison.searches().stream().filter(SearchEquality::isDifference).count();
    if (searches > 0) {
      parts.add("a search finds others in " + Text.count(searches, "field"));
    }
    if (!comparison.structure().isEmpty()) {
      parts.add(
          Text.count(comparison.structure().size(), "difference")
              + (comparison.collections().isEmpty() ? " of schema" : " beside the records"));
    }
    return "The sides differ: " + String.join(", ", parts) + "." + took;
  }

  private void printJson(Comparison comparison, int exit, double seconds) {
    JsonLines lines = screen.jsonLines();
    if (!screen.isQuiet()) {
      each(comparison, difference -> lines.line("difference", json -> write(json, difference)));
    }
    lines.line(
        "summary",
        json -> {
          if (run == null) {
            json.writeNullField("run");
          } else {
            json.writeStringField("run", run);
          }
          json.writeStringField("status", Exit.word(exit));
          json.writeNumberField("exit", exit);
          Summary.writeSeconds(json, seconds);
          json.writeArrayFieldStart("collections");
          for (Comparison.Compared each : comparison.collections()) {
            json.writeStartObject();
            json.writeStringField("name", each.name());
            json.writeNumberField("source", each.source());
            json.writeNumberField("target", each.target());
            json.writeNumberField("equal", each.equal());
            json.writeNumberField("changed", each.changed());
            json.writeNumberField("missing", each.missing());
            json.writeNumberField("extra", each.extra());
            json.writeEndObject();
          }
          json.writeEndArray();
          JsonLines.strings(json, "structure", comparison.structure());
          JsonLines.strings(
              json, "notes", comparison.notes().stream().map(Secrets::masked).toList());
          write(json, comparison.searches());
          Path file = comparison.file();
          if (file != null) {
            json.writeStringField("file", file.toString());
          }
        });
  }

  private static void write(JsonGenerator json, List<SearchEquality> searches) throws IOException {
    if (searches.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("searches");
    for (SearchEquality each : searches) {
      json.writeStartObject();
      json.writeStringField("collection", each.collection());
      json.writeStringField("field", each.field());
      json.writeStringField("metric", each.metric());
      json.writeNumberField("seed", each.seed());
      json.writeNumberField("queries", each.queries());
      json.writeNumberField("nearest", each.nearest());
      json.writeNumberField("recall", each.recall());
      json.writeNumberField("differing", each.differing());
      json.writeBooleanField("isDifference", each.isDifference());
      write(json, "source", each.source());
      write(json, "target", each.target());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, String name, SearchEquality.Side side)
      throws IOException {
    json.writeObjectFieldStart(name);
    if (side.isAsked()) {
      json.writeStringField("index", side.index());
      json.writeStringField("setting", side.setting());
      json.writeNumberField("recall", side.recall());
    } else {
      json.writeStringField("notAsked", side.note());
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Difference difference) throws IOException {
    json.writeStringField("collection", difference.collection());
    json.writeStringField("kind", difference.kind().name().toLowerCase(Locale.ROOT));
    json.writeStringField("key", difference.key());
    json.writeArrayFieldStart("fields");
    for (Difference.FieldDifference field : difference.fields()) {
      json.writeStartObject();
      json.writeStringField("field", field.field());
      json.writeStringField("source", field.source());
      json.writeStringField("target", field.target());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Gives the differences up to the limit, those beyond the first ones from the file. */
  private long each(Comparison comparison, Consumer<Difference> to) {
    Path file = comparison.file();
    if (file == null || limit <= comparison.differences().size()) {
      comparison.differences().stream().limit(limit).forEach(to);
      return Math.min(limit, comparison.differences().size());
    }
    long given = 0;
    JsonFactory factory = new JsonFactory();
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null && given < limit; line = lines.readLine()) {
        try (JsonParser json = factory.createParser(line)) {
          to.accept(read(json));
        }
        given++;
      }
    } catch (IOException failed) {
      throw new StoreException(
          "DIFFERENCES_UNREADABLE",
          "The file of the differences, " + file + ", cannot be read.",
          "leave --limit out",
          false,
          failed);
    }
    return given;
  }

  private static Difference read(JsonParser json) throws IOException {
    String collection = "";
    String kind = "changed";
    String key = "";
    List<Difference.FieldDifference> fields = new ArrayList<>();
    json.nextToken();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "collection" -> collection = json.getText();
        case "kind" -> kind = json.getText();
        case "key" -> key = json.getText();
        case "fields" -> {
          while (json.nextToken() == JsonToken.START_OBJECT) {
            fields.add(readField(json));
          }
        }
        default -> json.skipChildren();
      }
    }
    return new Difference(
        collection, Difference.Kind.valueOf(kind.toUpperCase(Locale.ROOT)), key, fields);
  }

  private static Difference.FieldDifference readField(JsonParser json) throws IOException {
    String field = "";
    String source = "";
    String target = "";
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "field" -> field = json.getText();
        case "source" -> source = json.getText();
        case "target" -> target = json.getText();
        default -> json.skipChildren();
      }
    }
    return new Difference.FieldDifference(field, source, target);
  }
}
