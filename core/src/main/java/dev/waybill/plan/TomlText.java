package dev.waybill.plan;

import dev.waybill.plan.Node.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads TOML. */
final class TomlText {
  private TomlText() {}

  static Node read(String text) throws FileFault {
    TomlParseResult result;
    try {
      result = Toml.parse(text);
    } catch (StackOverflowError nested) {
      throw new FileFault(null, "it is nested too deeply", nested);
    }
    for (TomlParseError error : result.errors()) {
      throw new FileFault(place(error.position()), String.valueOf(error.getMessage()), error);
    }
    return node(result, new Place(1, 1), 0);
  }

  private static Place place(@Nullable TomlPosition position) {
    return position == null ? new Place(1, 1) : new Place(position.line(), position.column());
  }

  private static Node node(Object value, Place place, int depth) throws FileFault {
    if (depth > YamlText.DEEPEST) {
      throw new FileFault(place, "it is nested deeper than " + YamlText.DEEPEST + " levels", null);
    }
    if (value instanceof TomlTable table) {
      Map<String, Node> members = new LinkedHashMap<>();
      for (Map.Entry<String, Object> entry : table.entrySet()) {
        Place at = place(table.inputPositionOf(List.of(entry.getKey())));
        members.put(entry.getKey(), node(entry.getValue(), at, depth + 1));
      }
      return Node.object(members, place);
    }
    if (value instanceof TomlArray array) {
      List<Node> elements = new ArrayList<>();
      for (int i = 0; i < array.size(); i++) {
        elements.add(node(array.get(i), place(array.inputPositionOf(i)), depth + 1));
      }
      return Node.list(elements, place);
    }
    return Node.scalar(
        value instanceof Boolean
            ? Shape.BOOLEAN
            : value instanceof Long ? Shape.INTEGER : Shape.TEXT,
        value.toString(),
        place);
  }
}
