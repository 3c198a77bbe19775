package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;

/** One JSON object a line; each line is whole, whoever writes beside it. Thread-safe. */
final class JsonLines {
  private final JsonFactory factory =
      JsonFactory.builder()
          .disable(com.fasterxml.jackson.core.StreamWriteFeature.AUTO_CLOSE_TARGET)
          .build();
  private final PrintStream out;

  JsonLines(PrintStream out) {
    this.out = out;
  }

  /** The members of an object. */
  interface Members {
    void write(JsonGenerator json) throws IOException;
  }

  synchronized void line(String type, Members members) {
    try (JsonGenerator json = factory.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("type", type);
      members.write(json);
      json.writeEndObject();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    out.print('\n');
    out.flush();
  }

  /** An array of strings. */
  static void strings(JsonGenerator json, String name, Iterable<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /** A number that may be unknown, −1; then it is null. */
  static void known(JsonGenerator json, String name, long number) throws IOException {
    if (number < 0) {
      json.writeNullField(name);
    } else {
      json.writeNumberField(name, number);
    }
  }
}
