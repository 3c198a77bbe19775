package dev.waybill.cli;

import dev.waybill.RunResult;

/** The exit codes, and the status that goes with each in JSON. */
final class Exit {
  /** Done and, where asked, equal. */
  static final int OK = 0;

  /** Failed, the target put back. */
  static final int PUT_BACK = 1;

  /** Usage, spec, plan or connection refused before any write. */
  static final int REFUSED = 2;

  /** Done, everything else equal, with quarantined or repaired records. */
  static final int PARTIAL = 3;

  /** The sides differ. */
  static final int DIFFERENT = 4;

  /** Stale plan or changed schema. */
  static final int STALE = 5;

  /** Stopped, or could not be put back. */
  static final int STOPPED = 6;

  /** A fault of Waybill's own. */
  static final int INTERNAL = 70;

  private Exit() {}

  static int of(RunResult.Status status) {
    return switch (status) {
      case OK -> OK;
      case PUT_BACK -> PUT_BACK;
      case PARTIAL -> PARTIAL;
      case DIFFERENT -> DIFFERENT;
      case STOPPED -> STOPPED;
    };
  }

  static String word(int exit) {
    return switch (exit) {
      case OK -> "ok";
      case PUT_BACK -> "put-back";
      case PARTIAL -> "partial";
      case DIFFERENT -> "different";
      case REFUSED, STALE -> "refused";
      case STOPPED -> "stopped";
      default -> "error";
    };
  }
}
