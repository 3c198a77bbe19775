package dev.waybill.cli;

import dev.waybill.model.SpecException;
import dev.waybill.spi.ServerAdapter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "store", description = "Starts and stops the server of an embedded store.")
final class StoreCommand implements Runnable {
  @ParentCommand WaybillCommand waybill;

  @Override
  public void run() {
    throw new SpecException(
        "USAGE", "It is not said what to do with which store.", "waybill store start URL");
  }

  @Command(name = "start", description = "Starts the server and leaves it running.")
  int start(
      @Parameters(paramLabel = "URL", description = "The store, e.g. embedded-postgresql:DIR")
          String url) {
    Screen screen = waybill.screen();
    waybill.warnOfPassword("the URL", url);
    ServerAdapter.Address address;
    try (Progress progress = Progress.on(screen, "starting " + Secrets.maskedUrl(url))) {
      address = waybill.library().startStore(url);
    }
    if (screen.json()) {
      screen
          .jsonLines()
          .line(
              "store",
              json -> {
                json.writeStringField("state", "running");
                json.writeStringField("url", Secrets.masked(address.url()));
                json.writeStringField("client", Secrets.masked(address.client()));
              });
    } else {
      if (!screen.isQuiet()) {
        screen.result("The server runs. To stop it: waybill store stop " + Secrets.maskedUrl(url));
        screen.result("connect:  " + address.client());
      }
      screen.result("as a URL: " + address.url());
    }
    return Exit.OK;
  }

  @Command(name = "stop", description = "Stops the server.")
  int stop(
      @Parameters(paramLabel = "URL", description = "The store, e.g. embedded-postgresql:DIR")
          String url) {
    Screen screen = waybill.screen();
    waybill.warnOfPassword("the URL", url);
    boolean wasRunning;
    try (Progress progress = Progress.on(screen, "stopping " + Secrets.maskedUrl(url))) {
      wasRunning = waybill.library().stopStore(url);
    }
    if (screen.json()) {
      screen
          .jsonLines()
          .line(
              "store",
              json -> json.writeStringField("state", wasRunning ? "stopped" : "not-running"));
    } else {
      screen.result(wasRunning ? "The server is stopped." : "No server was running.");
    }
    return Exit.OK;
  }
}
