package dev.waybill.cli;

import dev.waybill.spi.StoreAdapter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(name = "stores", description = "Lists the stores, their URLs and what each can do.")
final class StoresCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Override
  public Integer call() {
    Screen screen = waybill.screen();
    List<StoreAdapter> stores = waybill.library().stores();
    if (screen.json()) {
      screen.jsonLines().line("stores", json -> StoresReport.write(json, stores));
    } else {
      screen.results(StoresReport.lines(stores));
    }
    return Exit.OK;
  }
}
