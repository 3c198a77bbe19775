package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.RunStatus;
import dev.waybill.run.CollectionResult;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** The runs of a home, all or one. */
final class RunsReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private RunsReport() {}

  static List<String> lines(List<RunStatus> runs) {
    Table table = new Table("run", "state", "started", ">written", ">verified", "from", "to");
    for (RunStatus run : runs) {
      CollectionResult total = Summary.total(run.collections());
      table.row(
          run.run(),
          run.state(),
          TIME.format(run.startedAt()),
          Text.number(total.written()),
          Text.number(total.verified()),
          Secrets.masked(run.from()),
          Secrets.masked(run.to()));
    }
    return table.lines();
  }

  static List<String> lines(RunStatus run) {
    List<String> lines = new ArrayList<>();
    lines.addAll(
        new Table("", "")
            .row("run", run.run())
            .row("state", run.state())
            .row("started", TIME.format(run.startedAt()))
            .row("from", Secrets.masked(run.from()))
            .row("to", Secrets.masked(run.to()))
            .row("directory", run.directory().toString())
            .lines());
    if (!run.collections().isEmpty()) {
      lines.add("");
      lines.addAll(Summary.table(run.collections()));
    }
    return lines;
  }

  static void write(JsonGenerator json, RunStatus run) throws IOException {
    json.writeStringField("run", run.run());
    json.writeStringField("state", run.state());
    json.writeStringField("startedAt", run.startedAt().toString());
    json.writeStringField("from", Secrets.masked(run.from()));
    json.writeStringField("to", Secrets.masked(run.to()));
    json.writeStringField("directory", run.directory().toString());
    Summary.writeCollections(json, run.collections());
  }
}
