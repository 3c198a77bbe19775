package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.ServerAdapter;
import dev.waybill.spi.StoreAdapter;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The stores that can be opened and what each can do. */
final class StoresReport {
  private StoresReport() {}

  static List<String> lines(List<StoreAdapter> stores) {
    Table table =
        new Table(
            "store",
            "URL",
            "reads",
            "writes",
            "transactions",
            "ledger",
            "keys",
            "relationships",
            "vectors");
    for (StoreAdapter store : stores) {
      Capabilities can = store.capabilities();
      table.row(
          store.type(),
          store.schemes().stream().map(scheme -> scheme + ":").collect(Collectors.joining(" ")),
          word(can.reading()),
          can.canWrite() ? "yes" : "no",
          word(can.transactions()),
          word(can.ledger()),
          word(can.keys()),
          word(can.relationships()),
          can.longestVector() > 0
              ? word(can.vectors()) + " to " + Text.number(can.longestVector())
              : word(can.vectors()));
    }
    return table.lines();
  }

  private static String word(Enum<?> fact) {
    return fact.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  static void write(JsonGenerator json, List<StoreAdapter> stores) throws IOException {
    json.writeArrayFieldStart("stores");
    for (StoreAdapter store : stores) {
      Capabilities can = store.capabilities();
      json.writeStartObject();
      json.writeStringField("store", store.type());
      JsonLines.strings(json, "schemes", store.schemes());
      json.writeBooleanField("reads", true);
      json.writeBooleanField("writes", can.canWrite());
      json.writeStringField("reading", word(can.reading()));
      json.writeStringField("transactions", word(can.transactions()));
      json.writeStringField("ledger", word(can.ledger()));
      json.writeStringField("keys", word(can.keys()));
      json.writeStringField("relationships", word(can.relationships()));
      json.writeStringField("documents", word(can.documents()));
      json.writeStringField("vectors", word(can.vectors()));
      json.writeNumberField("longestVector", can.longestVector());
      json.writeNumberField("largestRecord", can.largestRecord());
      json.writeBooleanField("embeddedServer", store instanceof ServerAdapter);
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
