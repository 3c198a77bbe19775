package dev.waybill.plan;

import dev.waybill.plan.Node.Shape;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/** Reads YAML: one document without aliases, tags and names that occur twice. */
final class YamlText {
  static final int DEEPEST = 30;

  /** Of one line; the YAML scanner takes time that grows with the square of it. */
  private static final int LONGEST_LINE = 1 << 20;

  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,40}");

  private final ParserImpl parser;

  private YamlText(ParserImpl parser) {
    this.parser = parser;
  }

  static Node read(String text) throws FileFault {
    requireShortLines(text);
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(PlanFile.LONGEST);
    try {
      YamlText yaml =
          new YamlText(new ParserImpl(new StreamReader(new StringReader(text)), options));
      return yaml.document();
    } catch (MarkedYAMLException broken) {
      Mark mark = broken.getProblemMark();
      throw new FileFault(
          mark == null ? null : place(mark), String.valueOf(broken.getProblem()), broken);
    } catch (ReaderException character) {
      throw new FileFault(
          placeOf(text, character.getPosition()),
          String.format("the character U+%04X cannot stand there", character.getCodePoint()),
          character);
    } catch (YAMLException broken) {
      throw new FileFault(null, firstLine(broken), broken);
    }
  }

  private static String firstLine(Exception broken) {
    return String.valueOf(broken.getMessage()).lines().findFirst().orElse("");
  }

  private static void requireShortLines(String text) throws FileFault {
    int line = 1;
    for (int from = 0, end; from < text.length(); from = end + 1, line++) {
      end = text.indexOf('\n', from);
      end = end < 0 ? text.length() : end;
      if (end - from > LONGEST_LINE) {
        throw new FileFault(
            new Place(line, 1), "the line is longer than " + LONGEST_LINE + " characters", null);
      }
    }
  }

  private static Place placeOf(String text, int position) {
    String before = text.substring(0, Math.min(text.length(), Math.max(0, position)));
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    return new Place(line, before.length() - before.lastIndexOf('\n'));
  }

  private static Place place(Mark mark) {
    return new Place(mark.getLine() + 1, mark.getColumn() + 1);
  }

  private Node document() throws FileFault {
    parser.getEvent();
    if (parser.checkEvent(Event.ID.StreamEnd)) {
      return Node.scalar(Shape.NULL, "", new Place(1, 1));
    }
    parser.getEvent();
    Node root = node(0);
    parser.getEvent();
    if (!parser.checkEvent(Event.ID.StreamEnd)) {
      throw fault(parser.getEvent(), "a second document begins");
    }
    return root;
  }

  private Node node(int depth) throws FileFault {
    Event event = parser.getEvent();
    if (depth > DEEPEST) {
      throw fault(event, "it is nested deeper than " + DEEPEST + " levels");
    }
    if (event instanceof ScalarEvent scalar) {
      requireNoTag(event, scalar.getTag());
      return Node.scalar(shape(scalar), scalar.getValue(), place(event.getStartMark()));
    }
    if (event instanceof SequenceStartEvent list) {
      requireNoTag(event, list.getTag());
      List<Node> elements = new ArrayList<>();
      while (!parser.checkEvent(Event.ID.SequenceEnd)) {
        elements.add(node(depth + 1));
      }
      parser.getEvent();
      return Node.list(elements, place(event.getStartMark()));
    }
    if (event instanceof MappingStartEvent object) {
      requireNoTag(event, object.getTag());
      Map<String, Node> members = new LinkedHashMap<>();
      while (!parser.checkEvent(Event.ID.MappingEnd)) {
        Event at = parser.peekEvent();
        Node name = node(depth + 1);
        if (name.shape() == Shape.LIST || name.shape() == Shape.OBJECT) {
          throw fault(at, "a name is a list or an object");
        }
        if (members.put(name.text(), node(depth + 1)) != null) {
          throw fault(at, "the name \"" + name.text() + "\" occurs twice");
        }
      }
      parser.getEvent();
      return Node.object(members, place(event.getStartMark()));
    }
    throw fault(
        event,
        event instanceof AliasEvent ? "an alias (*) cannot stand here" : "a value is missing");
  }

  private static void requireNoTag(Event event, @Nullable String tag) throws FileFault {
    if (tag != null) {
      throw fault(event, "a tag (!) cannot stand here");
    }
  }

  private static FileFault fault(Event event, String what) {
    return new FileFault(place(event.getStartMark()), what, null);
  }

  private static Shape shape(ScalarEvent scalar) {
    if (!scalar.isPlain()) {
      return Shape.TEXT;
    }
    String text = scalar.getValue();
    return switch (text) {
      case "", "~", "null", "Null", "NULL" -> Shape.NULL;
      case "true", "True", "TRUE", "false", "False", "FALSE" -> Shape.BOOLEAN;
      default -> INTEGER.matcher(text).matches() ? Shape.INTEGER : Shape.TEXT;
    };
  }
}
