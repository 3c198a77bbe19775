package dev.waybill.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.Waybill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;

/** Results with all runs and the facts they depend on, as a file to compare later ones with. */
final class ResultFile {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HHmm'Z'").withZone(ZoneOffset.UTC);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ResultFile() {}

  /** Writes a new file into the folder. */
  static Path write(Path folder, Map<String, Object> machine, Instant at, List<Result> results)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.put("at", at.toString());
    root.put("tool", Waybill.version());
    root.set("machine", JSON.valueToTree(machine));
    ArrayNode scenarios = root.putArray("scenarios");
    for (Result result : results) {
      ObjectNode scenario = scenarios.addObject();
      scenario.put("scenario", result.scenario());
      scenario.put("title", result.title());
      scenario.set("facts", JSON.valueToTree(result.facts()));
      ArrayNode lines = scenario.putArray("contenders");
      for (Result.Line line : result.lines()) {
        ObjectNode each = lines.addObject();
        each.put("contender", line.contender());
        each.put("role", line.role().name());
        each.put("timesLimit", Math.round(result.ratio(line) * 1000) / 1000.0);
        write(each, line.median());
        ArrayNode runs = each.putArray("runs");
        line.runs().forEach(cost -> write(runs.addObject(), cost));
      }
    }
    Path file = folder.resolve(NAME.format(at) + ".json");
    Files.writeString(file, JSON.writeValueAsString(root) + "\n");
    return file;
  }

  private static void write(ObjectNode into, Cost cost) {
    into.put("wallSeconds", seconds(cost.wall()));
    into.put("cpuSeconds", seconds(cost.cpu()));
    into.put("peakBytes", cost.peakBytes());
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }
}
