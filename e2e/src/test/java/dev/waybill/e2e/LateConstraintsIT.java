package dev.waybill.e2e;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The laws of {@link LateConstraintsTest} on a server. */
class LateConstraintsIT {
  @TempDir private Path folder;
  private TestServer server;
  private LateFamily family;

  @BeforeEach
  void begin() {
    server = new TestServer();
    family = new LateFamily(new World(folder.resolve("home")), folder, server.database());
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void whatCannotStayIsQuarantinedAndTheRestArrives() {
    family.whatCannotStayIsQuarantinedAndTheRestArrives();
  }

  @Test
  void withoutLeaveAllAreNamedAndTheTargetIsPutBack() {
    family.withoutLeaveAllAreNamedAndTheTargetIsPutBack();
  }

  @Test
  void aRunThatIsKeptIsRolledBackLater() {
    family.aRunThatIsKeptIsRolledBackLater();
  }
}
