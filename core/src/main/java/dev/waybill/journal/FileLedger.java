package dev.waybill.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of a run whose target cannot keep one, as files of the run directory: {@code
 * ledger/notes.ndjson}, {@code ledger/marks.ndjson} and one file of before-images a batch. Every
 * line is on the disk when the call returns.
 */
public final class FileLedger implements Ledger {
  private final RunDirectory directory;
  private final Clock clock;
  private int batches;

  /**
   * @param clock tells when batches were written
   */
  public FileLedger(RunDirectory directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
    this.batches =
        imageFiles().stream()
            .mapToInt(file -> Integer.parseInt(file.getFileName().toString().substring(0, 9)) + 1)
            .max()
            .orElse(0);
  }

  @Override
  public List<Note> notes() {
    return directory.lines("ledger/notes.ndjson").stream()
        .map(
            line ->
                new Note(
                    Note.What.valueOf(line.path("what").asText()),
                    line.path("name").asText(),
                    line.path("detail").asText()))
        .toList();
  }

  @Override
  public void note(Note note) {
    directory.appendLine(
        "ledger/notes.ndjson",
        RunDirectory.object()
            .put("what", note.what().name())
            .put("name", note.name())
            .put("detail", note.detail()),
        true);
  }

  @Override
  public List<MarkedBatch> marks() {
    Map<Mark, MarkedBatch> marks = new LinkedHashMap<>();
    directory.forEachLine(
        "ledger/marks.ndjson",
        line -> {
          if (line.has("unmarked")) {
            String collection = line.path("collection").asText();
            int chunk = line.path("unmarked").asInt();
            marks
                .keySet()
                .removeIf(mark -> mark.collection().equals(collection) && mark.chunk() == chunk);
          } else {
            MarkedBatch batch = markedBatch(line);
            marks.put(batch.mark(), batch);
          }
        });
    return List.copyOf(marks.values());
  }

  @Override
  public Optional<MarkedBatch> marked(Mark mark) {
    return marks().stream().filter(batch -> batch.mark().equals(mark)).findFirst();
  }

  private static Mark markOf(JsonNode line) {
    return new Mark(
        line.path("collection").asText(),
        line.path("chunk").asInt(),
        line.path("batch").asInt(),
        line.path("part").asInt(),
        line.path("undo").asBoolean());
  }

  private static MarkedBatch markedBatch(JsonNode line) {
    return new MarkedBatch(
        markOf(line),
        new Outcome(
            line.path("inserted").asLong(),
            line.path("updated").asLong(),
            line.path("unchanged").asLong(),
            line.path("skipped").asLong(),
            line.path("deleted").asLong(),
            RecordDigest.parse(line.path("sum").asText()),
            RecordDigest.parse(line.path("skipped-sum").asText())),
        RecordDigest.parse(line.path("content").asText()),
        Instant.parse(line.path("at").asText()));
  }

  @Override
  public void mark(MarkedBatch batch) {
    mark(batch, true);
  }

  @Override
  public void markAll(List<MarkedBatch> batches) {
    for (int i = 0; i < batches.size(); i++) {
      mark(batches.get(i), i == batches.size() - 1);
    }
  }

  private void mark(MarkedBatch batch, boolean isForced) {
    Mark mark = batch.mark();
    Outcome outcome = batch.outcome();
    directory.appendLine(
        "ledger/marks.ndjson",
        RunDirectory.object()
            .put("collection", mark.collection())
            .put("chunk", mark.chunk())
            .put("batch", mark.batch())
            .put("part", mark.part())
            .put("undo", mark.isUndo())
            .put("inserted", outcome.inserted())
            .put("updated", outcome.updated())
            .put("unchanged", outcome.unchanged())
            .put("skipped", outcome.skipped())
            .put("deleted", outcome.deleted())
            .put("sum", outcome.sum().toString())
            .put("skipped-sum", outcome.skippedSum().toString())
            .put("content", batch.content().toString())
            .put("at", clock.instant().toString()),
        isForced);
  }

  @Override
  public synchronized void keep(Mark mark, List<BeforeImage> images) {
    String file = String.format("ledger/images/%09d-%d.ndjson", batches++, mark.chunk());
    for (int i = 0; i < images.size(); i++) {
      BeforeImage image = images.get(i);
      ObjectNode line =
          RunDirectory.object()
              .put("collection", mark.collection())
              .put("change", image.change().name())
              .put("record", Base64.getEncoder().encodeToString(image.record()))
              .put("written", image.written());
      directory.appendLine(file, line, i == images.size() - 1);
    }
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    return new Images(imageFiles(), collection);
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    return new Images(imageFiles(chunk), collection);
  }

  @Override
  public void unmark(String collection, int chunk) {
    for (Path file : imageFiles(chunk)) {
      boolean isOfCollection;
      try (Images images = new Images(List.of(file), collection)) {
        isOfCollection = !images.next(1).isEmpty();
      }
      if (isOfCollection) {
        RunDirectory.deleteTree(file);
      }
    }
    directory.appendLine(
        "ledger/marks.ndjson",
        RunDirectory.object().put("collection", collection).put("unmarked", chunk),
        true);
  }

  private List<Path> imageFiles(int chunk) {
    return imageFiles().stream()
        .filter(file -> file.getFileName().toString().endsWith("-" + chunk + ".ndjson"))
        .toList();
  }

  private List<Path> imageFiles() {
    Path folder = directory.path().resolve("ledger/images");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted(Comparator.reverseOrder()).toList();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static Optional<JsonNode> parse(String line) {
    return RunDirectory.parse(line);
  }

  @Override
  public void forget() {
    RunDirectory.deleteTree(directory.path().resolve("ledger"));
  }

  /** Newest batch first; the batches of a file are of one size, so they may be held in memory. */
  private static final class Images implements BeforeImages {
    private final List<Path> files;
    private final String collection;
    private int file;
    private @Nullable BufferedReader reader;
    private @Nullable BeforeImage ahead;

    Images(List<Path> files, String collection) {
      this.files = files;
      this.collection = collection;
    }

    @Override
    public List<BeforeImage> next(int max) {
      List<BeforeImage> batch = new ArrayList<>();
      while (batch.size() < max) {
        BeforeImage image = ahead == null ? read() : ahead;
        ahead = null;
        if (image == null) {
          break;
        }
        if (!batch.isEmpty() && image.change() != batch.get(0).change()) {
          ahead = image;
          break;
        }
        batch.add(image);
      }
      return batch;
    }

    private @Nullable BeforeImage read() {
      try {
        while (true) {
          if (reader == null) {
            if (file == files.size()) {
              return null;
            }
            reader = RunDirectory.reader(files.get(file++));
          }
          String line = reader.readLine();
          if (line == null) {
            reader.close();
            reader = null;
            continue;
          }
          Optional<JsonNode> node = parse(line);
          if (node.isPresent() && node.get().path("collection").asText().equals(collection)) {
            return new BeforeImage(
                BeforeImage.Change.valueOf(node.get().path("change").asText()),
                Base64.getDecoder().decode(node.get().path("record").asText()),
                node.get().path("written").asText());
          }
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }

    @Override
    public void close() {
      try {
        if (reader != null) {
          reader.close();
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
