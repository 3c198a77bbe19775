package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** How long Waybill takes to do nothing. The limit is a Java that does nothing. */
final class StartUp implements Scenario {
  private final Setting setting;
  private final Path folder;

  StartUp(Setting setting) throws IOException {
    this.setting = setting;
    this.folder = setting.folder("data");
  }

  @Override
  public String name() {
    return "k";
  }

  @Override
  public String title() {
    return "start-up";
  }

  @Override
  public int leastRuns() {
    return 10;
  }

  @Override
  public Map<String, Object> prepare() throws IOException, InterruptedException {
    Programs.prepareWaybill(setting);
    return Map.of();
  }

  @Override
  public List<Contender> contenders() {
    return List.of(
        new Contender("java -version", Role.LIMIT, () -> run(List.of(Programs.java(), "-version"))),
        new Contender(
            "waybill --version", Role.WAYBILL, () -> run(Programs.waybill(setting, "--version"))));
  }

  private Cost run(List<String> command) throws IOException, InterruptedException {
    return new Pipeline(folder, Map.of(), List.of(command), null).run();
  }

  @Override
  public void close() {}
}
