package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.backup.Backup;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** The backups of a home. */
final class BackupsReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private BackupsReport() {}

  static List<String> lines(List<Backup> backups) {
    Table table =
        new Table("run", "taken", "keep until", ">collections", ">records", ">size", "of");
    for (Backup backup : backups) {
      table.row(
          backup.run(),
          TIME.format(backup.takenAt()),
          TIME.format(backup.keepUntil()),
          Text.number(backup.entries().size()),
          Text.number(backup.records()),
          Text.bytes(backup.bytes()),
          backup.store());
    }
    return table.lines();
  }

  static void write(JsonGenerator json, List<Backup> backups) throws IOException {
    json.writeArrayFieldStart("backups");
    for (Backup backup : backups) {
      json.writeStartObject();
      json.writeStringField("run", backup.run());
      json.writeStringField("takenAt", backup.takenAt().toString());
      json.writeStringField("keepUntil", backup.keepUntil().toString());
      json.writeStringField("store", backup.store());
      json.writeNumberField("records", backup.records());
      json.writeNumberField("bytes", backup.bytes());
      json.writeArrayFieldStart("collections");
      for (Backup.Entry entry : backup.entries()) {
        json.writeStartObject();
        json.writeStringField("name", entry.collection());
        json.writeNumberField("records", entry.records());
        json.writeNumberField("bytes", entry.bytes());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
