package dev.waybill.cli;

import dev.waybill.model.SpecException;
import dev.waybill.run.RunEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Set;

/** Progress that is also written to a file: each event a line of JSON with its time. */
final class EventLog implements Progress {
  private final Progress shown;
  private final Path file;
  private final PrintStream out;
  private final JsonLines lines;
  private final InstantSource clock;

  private EventLog(Progress shown, Path file, OutputStream out, InstantSource clock) {
    this.shown = shown;
    this.file = file;
    this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
    this.lines = new JsonLines(this.out);
    this.clock = clock;
  }

  /**
   * Adds to a file; one that is not there is made readable for its owner alone.
   *
   * @throws SpecException if it cannot be written
   */
  static Progress to(Path file, Progress shown, InstantSource clock) {
    FileAttribute<?>[] attributes =
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try {
      OutputStream out =
          Channels.newOutputStream(
              Files.newByteChannel(
                  file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND), attributes));
      return new EventLog(shown, file, out, clock);
    } catch (IOException failed) {
      shown.close();
      throw new SpecException(
          "LOG_NOT_WRITABLE",
          "The log " + file + " cannot be written: " + PlanCommand.reason(failed) + ".",
          "give a place that can be written: --log FILE",
          failed);
    }
  }

  @Override
  public void on(RunEvent event) {
    lines.line(
        JsonProgress.type(event),
        json -> {
          json.writeStringField("time", clock.instant().toString());
          JsonProgress.write(json, event);
        });
    shown.on(event);
  }

  @Override
  public long rejected() {
    return shown.rejected();
  }

  @Override
  public void say(String line) {
    shown.say(line);
  }

  @Override
  public void close() {
    if (out.checkError()) {
      shown.say("warning: the log " + file + " could not be written whole.");
    }
    out.close();
    shown.close();
  }
}
