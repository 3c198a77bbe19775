package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * SHA-256 over what a catalog says, counts and sizes left aside: equal exactly if a plan made for
 * the one catalog holds for the other.
 */
public final class Fingerprint {
  private Fingerprint() {}

  /** Of the whole catalog. */
  public static String of(Catalog catalog) {
    List<String> lines = new ArrayList<>();
    catalog.collections().forEach(collection -> describe(collection, lines));
    catalog
        .leftOut()
        .forEach(left -> lines.add("left out " + left.name() + " " + left.holdsData()));
    return digest(lines);
  }

  /**
   * Of the named collections; that one is absent is part of it. Not of a sidecar, which another run
   * may make or add to while this one goes on, nor of what stands beside a collection in its file:
   * that stays, and a run may add to it.
   */
  public static String of(Catalog catalog, Set<String> names) {
    List<String> lines = new ArrayList<>();
    Set<String> own = new TreeSet<>(names);
    own.removeIf(Sidecar::isPart);
    for (String name : own) {
      catalog
          .collection(name)
          .ifPresentOrElse(
              collection ->
                  describe(collection.withDetail(collection.detail().withoutFrame()), lines),
              () -> lines.add("absent " + name));
    }
    return digest(lines);
  }

  private static void describe(Collection collection, List<String> lines) {
    lines.add("collection " + collection.name());
    for (Field field : collection.fields()) {
      lines.add("field " + field);
    }
    // A key that was found in records may be another, or none, when there are more of them.
    lines.add("key " + (collection.detail().isKeyFound() ? List.of() : collection.key()));
    lines.add("unique " + collection.uniqueSets());
    lines.add("foreign keys " + collection.foreignKeys());
    lines.add("indexes " + collection.indexes());
    lines.add("checks " + collection.checks());
    lines.add("triggers " + collection.triggers());
    lines.add("endpoints " + collection.endpoints());
    lines.add("detail " + collection.detail().withKeyFound(false));
  }

  private static String digest(List<String> lines) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (String line : lines) {
        sha256.update((line.length() + ":" + line + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}
