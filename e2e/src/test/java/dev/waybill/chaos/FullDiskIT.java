package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fills up stops a run; once there is room it goes on. */
class FullDiskIT {
  private static final int PEOPLE = 8000;
  private static final int MEBIBYTES = 48;

  @TempDir private Path folder;

  @Test
  void aFullDiskOfAFileStopsTheRunUntilThereIsRoom() throws Exception {
    try (SmallDisk disk = new SmallDisk(folder.resolve("disk"), MEBIBYTES)) {
      Trial trial =
          new Trial(folder, new SqliteFile(disk.inside().resolve("target.db")))
              .within(disk)
              .people(PEOPLE);

      goesOnOnceThereIsRoom(trial, disk);

      Path copy = folder.resolve("copy.db");
      Files.copy(disk.outside().resolve("target.db"), copy);
      trial.to(new SqliteFile(copy)).requireEqual();
    }
  }

  @Test
  void aFullDiskOfAServerStopsTheRunUntilThereIsRoom() throws Exception {
    try (SmallDisk disk = new SmallDisk(folder.resolve("disk"), MEBIBYTES);
        PrivateServer server = Trial.server(folder.resolve("server"), disk.wrapper())) {
      Files.createDirectory(disk.outside().resolve("space"));
      try (Connection connection = server.connect("postgres");
          Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE TABLESPACE small LOCATION '" + disk.inside().resolve("space") + "'");
        statement.execute("CREATE DATABASE target TABLESPACE small");
      }
      Trial trial = new Trial(folder, new PostgresDatabase(server, "target")).people(PEOPLE);

      goesOnOnceThereIsRoom(trial, disk);

      trial.requireEqual();
    }
  }

  @Test
  void aFullDiskOfTheRunDirectoryStopsTheRunUntilThereIsRoom() throws Exception {
    try (SmallDisk disk = new SmallDisk(folder.resolve("disk"), MEBIBYTES)) {
      Trial trial =
          new Trial(folder, new SqliteFile(folder.resolve("target.db")))
              .home(disk.inside().resolve("home"))
              .within(disk)
              .people(PEOPLE);

      goesOnOnceThereIsRoom(trial, disk);

      trial.requireEqual();
    }
  }

  private static void goesOnOnceThereIsRoom(Trial trial, SmallDisk disk) throws Exception {
    Attempt first = trial.start(trial.migration("--max-rate", "10000", "--batch-size", "500"));
    first.awaitPhase("copy");
    first.signal("STOP");
    disk.fill();
    first.signal("CONT");

    Trial.end(6, first);

    assertThat(Trial.said(first)).contains("waybill resume " + Trial.run(first));
    disk.clear();
    trial.run(0, "resume", Trial.run(first));
  }
}
