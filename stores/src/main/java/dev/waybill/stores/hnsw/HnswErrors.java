package dev.waybill.stores.hnsw;

import dev.waybill.model.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Words for what goes wrong. Nothing is ever written to an index file, so none says it. */
final class HnswErrors {
  private HnswErrors() {}

  /** Not what hnswlib saves, or not whole. */
  static StoreException damaged(Path file, String why) {
    return new StoreException(
        "HNSW_DAMAGED",
        file + " is no index that hnswlib saved, or is damaged: " + why + ".",
        "a Chroma folder is read whole: chroma:DIR; else save the index again",
        false,
        null);
  }

  static StoreException unreadable(Path file, IOException failure) {
    if (failure instanceof EOFException) {
      String where = failure.getMessage();
      return damaged(file, where == null ? "it ends too early" : where);
    }
    if (failure instanceof NoSuchFileException) {
      return new StoreException(
          "FILE_MISSING",
          "There is no file " + file + ".",
          "see what is there: ls '" + file.getParent() + "'",
          false,
          failure);
    }
    String why =
        failure instanceof AccessDeniedException
            ? "permission denied"
            : String.valueOf(failure.getMessage());
    return new StoreException(
        "FILE_UNREADABLE",
        "Cannot read " + file + ": " + why + ".",
        "see its permissions: ls -l '" + file + "'",
        false,
        failure);
  }
}
