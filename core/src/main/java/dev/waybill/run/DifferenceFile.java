package dev.waybill.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.verify.Difference;
import java.util.Locale;

/** Differences as lines of a file of the run directory. */
public final class DifferenceFile {
  private DifferenceFile() {}

  /** Appends one. */
  public static void append(RunDirectory directory, String file, Difference difference) {
    ObjectNode line =
        RunDirectory.object()
            .put("collection", difference.collection())
            .put("kind", difference.kind().name().toLowerCase(Locale.ROOT))
            .put("key", difference.key());
    var fields = line.putArray("fields");
    difference
        .fields()
        .forEach(
            field ->
                fields
                    .addObject()
                    .put("field", field.field())
                    .put("source", field.source())
                    .put("target", field.target()));
    directory.appendLine(file, line, false);
  }
}
