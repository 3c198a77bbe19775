package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Capabilities.Transactions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A password spoken in a URL stays in this process. */
class SecretsTest {
  private static final String SECRET = "pl4nted-S3cret";

  @TempDir private Path home;

  private static String secret(String url) {
    return url.replace("memory:", "memory://somebody:" + SECRET + "@") + "&password=" + SECRET;
  }

  private void assertNowhere(World world, RunResult result) throws IOException {
    assertThat(result.toString()).doesNotContain(SECRET);
    assertThat(world.events().toString()).doesNotContain(SECRET);
    assertThat(world.waybill().runs().toString()).doesNotContain(SECRET);
    if (result.error() != null) {
      assertNotIn(result.error());
    }
    List<Path> files = MigrationTest.files(home);
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
          .as(file.toString())
          .doesNotContain(SECRET);
    }
  }

  private static void assertNotIn(Throwable error) {
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString()).doesNotContain(SECRET);
    if (error instanceof WaybillException ours) {
      assertThat(ours.hint() + ours.facts()).doesNotContain(SECRET);
    }
  }

  @Test
  void noPasswordIsWrittenDownOrTold() throws IOException {
    World world = new World(home);
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.NONE);
    world.fill(from, People.people(), People.some(0, 25, 1));

    Plan plan =
        world
            .waybill()
            .plan(World.spec(secret(from), secret(to), ConflictPolicy.FAIL, 0, OnFailure.ROLLBACK));
    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).isNull();
    assertThat(world.waybill().planText(plan)).doesNotContain(SECRET).contains("somebody");
    assertNowhere(world, result);
    assertThat(world.waybill().verifyRun(result.run(), event -> {}).isEqual()).isTrue();
    assertNowhere(world, world.rollback(result));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 4, 9})
  void noPasswordIsToldByAFailure(long step) throws IOException {
    World world = new World(home);
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.NONE);
    world.fill(from, People.people(), People.some(0, 25, 1));
    Plan plan = world.waybill().plan(World.spec(secret(from), secret(to)));
    MemoryStores.faults().failAt(step);

    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).isNotNull();
    assertNowhere(world, result);
  }

  @Test
  void noPasswordIsToldByARefusal() {
    World world = new World(home);
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.NONE);
    world.fill(from, People.people(), People.some(0, 25, 1));
    world.fill(to, People.people(), People.some(0, 1, 2));

    Throwable conflict = catchThrowable(() -> world.migrate(secret(from), secret(to)));

    assertThat(conflict).isInstanceOf(WaybillException.class);
    assertNotIn(conflict);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nowhere://somebody:" + SECRET + "@host/db",
        "memory://somebody:" + SECRET + "@absent?form=none",
        "memory://somebody:" + SECRET + "@absent",
        "postgresql://somebody:" + SECRET + "@127.0.0.1:1/db?connect_timeout=1",
        "postgresql://somebody:" + SECRET + "@127.0.0.1:1/db?unknown=1",
        "postgresql://127.0.0.1:1/db?sslpassword=" + SECRET + "&connect_timeout=1",
        "sqlite://somebody:" + SECRET + "@host/db",
        "json://somebody:" + SECRET + "@host/db.json",
        "json:absent.json?password=" + SECRET,
        "json:absent.json?lenient=true&password=" + SECRET,
        "no scheme://somebody:" + SECRET + "@host"
      })
  void noPasswordIsToldByAUrlThatMakesNoSense(String url) {
    World world = new World(home);

    for (Throwable error :
        List.of(
            catchThrowable(() -> world.waybill().inspect(url)),
            catchThrowable(() -> world.waybill().plan(World.spec(url, url))))) {
      assertThat(error).isInstanceOf(WaybillException.class);
      assertNotIn(error);
    }
  }
}
