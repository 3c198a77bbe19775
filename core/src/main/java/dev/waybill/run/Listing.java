package dev.waybill.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.RunDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What may be many: the first ones for a message, all of them in a file of the run directory. */
final class Listing {
  private final RunDirectory directory;
  private final String file;
  private final List<String> first = new ArrayList<>();
  private long count;

  Listing(RunDirectory directory, String file) {
    this.directory = directory;
    this.file = file;
    RunDirectory.deleteTree(path());
  }

  private Path path() {
    return directory.path().resolve(file);
  }

  /** Adds a record. */
  void addKey(String collection, String key) {
    add(collection + " key " + key, collection, "key", key);
  }

  /** Adds a record and what is to be said of it. */
  void addKey(String collection, String key, String what) {
    add(
        collection + " key " + key + " (" + what + ")",
        RunDirectory.object().put("collection", collection).put("key", key).put("what", what));
  }

  /** Adds what is to be said of a whole collection. */
  void add(String collection, String what) {
    add(collection + ": " + what, collection, "what", what);
  }

  private void add(String text, String collection, String member, String value) {
    add(text, RunDirectory.object().put("collection", collection).put(member, value));
  }

  private void add(String text, ObjectNode line) {
    count++;
    if (first.size() < Quarantine.FOUND_TOGETHER) {
      first.add(text);
    }
    directory.appendLine(file, line, false);
  }

  boolean isEmpty() {
    return count == 0;
  }

  long count() {
    return count;
  }

  /** The first ones, each as one text. */
  List<String> first() {
    return List.copyOf(first);
  }

  /** How many there are beside the first ones and where to find them, empty if there are none. */
  String more() {
    return count == first.size()
        ? ""
        : String.format("+%,d more: %s", count - first.size(), path());
  }

  /** As part of a sentence. */
  @Override
  public String toString() {
    String text = String.join("; ", first);
    return more().isEmpty() ? text : text + "; " + more();
  }
}
