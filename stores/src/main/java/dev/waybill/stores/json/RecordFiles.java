package dev.waybill.stores.json;

import dev.waybill.stores.json.Survey.NoObject;
import java.io.IOException;
import java.nio.file.Path;

/** Files that are one record each, looked into several at once. */
final class RecordFiles {
  private final Found found;
  private final Survey survey;
  private final int piece;
  private byte[] buffer;
  private int used;

  /**
   * @param piece bytes that are looked into at once, unless one file has more
   */
  RecordFiles(Found found, Survey survey, int piece) {
    this.found = found;
    this.survey = survey;
    this.piece = piece;
    this.buffer = new byte[piece];
  }

  /** Has all files looked into; of several faults that of the first file is told. */
  void read() throws IOException {
    try {
      for (int file = 0; file < found.files().size(); file++) {
        add(file);
      }
      survey.finish();
    } catch (NoObject other) {
      throw told(new Malformed("OTHER_SHAPE", 0, "it is no object"));
    } catch (Malformed fault) {
      boolean isOfAll = fault == found.inference().unfit();
      throw told(isOfAll ? new Malformed(fault.code(), 0, fault.reason()) : fault);
    }
    found.positions().end(found.files().size());
  }

  private RuntimeException told(Malformed fault) {
    return JsonErrors.malformed(file(survey.faultPosition()), fault);
  }

  private Path file(long number) {
    return found.files().get((int) number);
  }

  private void add(int number) throws IOException, Malformed, NoObject {
    Items.Body body;
    try {
      body = Items.body(file(number));
    } catch (Malformed tooLarge) {
      // Files before it may have faults.
      survey.finish();
      throw JsonErrors.malformed(file(number), tooLarge);
    }
    found.positions().add(number);
    String name = Items.stem(file(number));
    int length = body.to() - body.from();
    if (length > piece / 4) {
      survey.add(found, body.text(), body.from(), body.to(), body.from(), number, name);
      return;
    }
    if (length > buffer.length - used) {
      buffer = new byte[piece];
      used = 0;
    }
    System.arraycopy(body.text(), body.from(), buffer, used, length);
    survey.add(found, buffer, used, used + length, body.from(), number, name);
    used += length;
  }
}
