package dev.waybill.stores.chroma;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.StoreUrl;
import dev.waybill.stores.support.UrlOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Which folder a URL means, and which part of it: {@code chroma:DIR[?tenant=T&database=D]}.
 *
 * @param folder its real path
 * @param tenant the only one that is read; empty for all
 * @param database the only one that is read; empty for all
 */
record ChromaPlace(Path folder, String tenant, String database) {
  static final String DATABASE_FILE = "chroma.sqlite3";
  static final String DEFAULT_TENANT = "default_tenant";
  static final String DEFAULT_DATABASE = "default_database";
  private static final Set<String> OPTIONS = Set.of("tenant", "database");

  static ChromaPlace of(StoreUrl url) {
    String rest = url.rest();
    int question = rest.indexOf('?');
    Map<String, String> options =
        UrlOptions.of(
            url,
            question < 0 ? "" : rest.substring(question + 1),
            OPTIONS,
            "use tenant or database: docs/stores/chroma.md");
    Path folder = path(url, question < 0 ? rest : rest.substring(0, question));
    return new ChromaPlace(
        real(folder), options.getOrDefault("tenant", ""), options.getOrDefault("database", ""));
  }

  /** The database that tells what is in the folder. */
  Path file() {
    return folder.resolve(DATABASE_FILE);
  }

  private static Path path(StoreUrl url, String rest) {
    if (rest.startsWith("//") && !rest.startsWith("///")) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE",
          "\"" + url + "\" names a host, but chroma: means a folder.",
          "write chroma:DIR, or chroma+http://HOST:PORT for a server");
    }
    if (rest.isBlank()) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE", "\"" + url + "\" names no folder.", "write chroma:DIR");
    }
    String text = rest.startsWith("///") ? rest.substring(2) : rest;
    if (text.startsWith("~/")) {
      text = System.getProperty("user.home") + text.substring(1);
    }
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException invalid) {
      throw new SpecException(
          "URL_MAKES_NO_SENSE", "\"" + url + "\" is no path.", "write chroma:DIR", invalid);
    }
  }

  private static Path real(Path folder) {
    if (!Files.exists(folder)) {
      throw new StoreException(
          "FOLDER_MISSING",
          "There is no folder " + folder + ".",
          "see what is there: ls '" + folder.getParent() + "'",
          false,
          null);
    }
    if (!Files.isDirectory(folder)) {
      throw new StoreException(
          "NO_CHROMA_FOLDER",
          folder + " is no folder, and a Chroma store is one.",
          folder.endsWith(DATABASE_FILE)
              ? "name the folder it is in: chroma:" + folder.getParent()
              : "name the folder that Chroma was given as its path",
          false,
          null);
    }
    Path real;
    try {
      real = folder.toRealPath();
    } catch (IOException failure) {
      throw ChromaErrors.unreadable(folder, failure);
    }
    Path file = real.resolve(DATABASE_FILE);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new StoreException(
          "NO_CHROMA_FOLDER",
          "There is no " + DATABASE_FILE + " in " + folder + ", so it is no Chroma store.",
          "name the folder that Chroma was given as its path; folders of before Chroma 0.4"
              + " (chroma-collections.parquet) are not read",
          false,
          null);
    }
    refuseLink(file);
    return real;
  }

  /** A link within the folder may lead anywhere. */
  static void refuseLink(Path file) {
    if (Files.isSymbolicLink(file)) {
      throw new StoreException(
          "LINK_NOT_FOLLOWED",
          file + " is a link, and links within a Chroma folder are not followed.",
          "put what it leads to in its place, in a copy of the folder",
          false,
          null);
    }
  }
}
