package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.InternalException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A collection that a run builds beside the one that it is to become: hidden by its name, and told
 * by its metadata (docs/adr/0024). Immutable.
 *
 * @param name of what it is to become
 * @param found as the server tells it
 * @param shape how its records are fields
 * @param metadata of the server, with what is noted there while it is built
 * @param isMade whether nothing was there before
 */
record Beside(
    String name, FoundCollection found, Shape shape, ObjectNode metadata, boolean isMade) {
  private static final String RUN = Description.OWN + "run";
  private static final String FOR = Description.OWN + "for";
  private static final String REPLACES = Description.OWN + "replaces";
  private static final Pattern HIDDEN =
      Pattern.compile("waybill-[0-9a-f]{16}-(?:new|old|gone)-[0-9a-f]{16}");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int HEX = 16;

  /** What becomes of a collection's name. */
  enum Role {
    /** What a run builds. */
    NEW,
    /** What it has replaced, kept for its rollback. */
    OLD,
    /** What is replaced and about to be removed. */
    GONE
  }

  /** The hidden name of a run's collection. */
  static String hidden(String run, Role role, String name) {
    return prefix(run) + role.name().toLowerCase(java.util.Locale.ROOT) + "-" + hash(name);
  }

  /** How the hidden names of a run begin. */
  static String prefix(String run) {
    return "waybill-" + hash(run) + "-";
  }

  static boolean isHidden(String name) {
    return HIDDEN.matcher(name).matches();
  }

  static boolean isHidden(JsonNode told) {
    return isHidden(told.path("name").asText());
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HEX);
    } catch (NoSuchAlgorithmException impossible) {
      throw new InternalException("There is no SHA-256", impossible);
    }
  }

  /**
   * Metadata of a collection while it is built.
   *
   * @param replaces Chroma's id of what it is to replace, empty if nothing
   */
  static ObjectNode marked(ObjectNode metadata, String run, String name, String replaces) {
    ObjectNode marked = metadata.deepCopy();
    marked.put(RUN, run).put(FOR, name);
    if (!replaces.isEmpty()) {
      marked.put(REPLACES, replaces);
    }
    return marked;
  }

  /** The name of what a hidden collection is to become; empty if it is not being built. */
  static String nameFor(JsonNode told) {
    return told.path("metadata").path(FOR).asText("");
  }

  static String runOf(JsonNode told) {
    return told.path("metadata").path(RUN).asText("");
  }

  static String replaced(JsonNode told) {
    return told.path("metadata").path(REPLACES).asText("");
  }

  /** What makes of it what it is to become: its name, and metadata without marks, in one. */
  static ObjectNode becoming(JsonNode told) {
    ObjectNode change = JSON.createObjectNode();
    change.put("new_name", nameFor(told));
    ObjectNode metadata = change.putObject("new_metadata");
    told.path("metadata")
        .properties()
        .forEach(each -> metadata.set(each.getKey(), each.getValue()));
    metadata.remove(java.util.List.of(RUN, FOR, REPLACES));
    if (metadata.isEmpty()) {
      // An empty object is refused; one without a value left removes all.
      metadata.putNull(RUN);
    }
    return change;
  }

  Beside withShape(Shape newShape, FoundCollection newFound, ObjectNode newMetadata) {
    return new Beside(name, newFound, newShape, newMetadata, isMade);
  }
}
