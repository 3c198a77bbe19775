package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.spi.Chunk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * How a run has cut its source's collections: {@code chunks.ndjson} of the run directory, one line
 * a collection, on the disk before its first batch is written. A run that goes on must cut as
 * before, or its marks would mean other records.
 */
final class ChunkFile {
  private static final String FILE = "chunks.ndjson";

  private final RunDirectory directory;
  private final Map<String, List<Chunk>> known = new HashMap<>();

  ChunkFile(RunDirectory directory) {
    this.directory = directory;
    directory.forEachLine(FILE, line -> known.put(line.path("collection").asText(), read(line)));
  }

  private static List<Chunk> read(JsonNode line) {
    List<Chunk> chunks = new ArrayList<>();
    for (JsonNode each : line.path("chunks")) {
      chunks.add(
          new Chunk(
              each.path("of").asText(),
              chunks.size(),
              each.path("from").asText(),
              each.path("to").asText()));
    }
    return List.copyOf(chunks);
  }

  /** True if the collection has been cut before. */
  synchronized boolean knows(String source) {
    return known.containsKey(source);
  }

  /** The chunks of a source's collection if it has been cut before, else none. */
  synchronized List<Chunk> known(String source) {
    return known.getOrDefault(source, List.of());
  }

  /** The chunks of a source's collection, cut now if they are not known. */
  synchronized List<Chunk> of(String source, Supplier<List<Chunk>> cut) {
    List<Chunk> chunks = known.get(source);
    if (chunks == null) {
      chunks = List.copyOf(cut.get());
      ObjectNode line = RunDirectory.object().put("collection", source);
      ArrayNode array = line.putArray("chunks");
      for (Chunk chunk : chunks) {
        array
            .addObject()
            .put("of", chunk.collection())
            .put("from", chunk.from())
            .put("to", chunk.to());
      }
      directory.appendLine(FILE, line, true);
      known.put(source, chunks);
    }
    return chunks;
  }
}
