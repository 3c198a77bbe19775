package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A collection as it was found in a file, or in the files of a folder.
 *
 * @param name its name in the catalog
 * @param files where it is: one, or one for each record
 * @param isValues whether its elements are values, not all of them objects
 * @param why how it was seen that the file has this shape, for people
 */
record Found(
    String name,
    List<Path> files,
    JsonLayout.Shape shape,
    boolean isValues,
    int indent,
    boolean hasMark,
    String frame,
    Inference inference,
    Positions positions,
    String why)
    implements AutoCloseable {

  /** The same under another name. */
  Found called(String newName) {
    return new Found(
        newName, files, shape, isValues, indent, hasMark, frame, inference, positions, why);
  }

  /** The same in other files. */
  Found in(List<Path> newFiles) {
    return new Found(
        name, newFiles, shape, isValues, indent, hasMark, frame, inference, positions, why);
  }

  /** The same as its end has shown it to be. */
  Found seen(JsonLayout.Shape newShape, int newIndent, String newFrame, String newWhy) {
    return new Found(
        name, files, newShape, isValues, newIndent, hasMark, newFrame, inference, positions,
        newWhy);
  }

  /** The same as what it is where it is a file by itself: a record called by its file. */
  Found alone() {
    return shape == JsonLayout.Shape.RECORDS
        ? seen(JsonLayout.Shape.RECORD, indent, frame, why)
        : this;
  }

  @Override
  public void close() throws IOException {
    inference.close();
  }
}
