package dev.waybill.stores.sqlite;

import java.util.List;

final class SqliteLedger {
  static final List<String> TABLES =
      List.of("waybill_run", "waybill_note", "waybill_mark", "waybill_before_image");

  private SqliteLedger() {}
}
