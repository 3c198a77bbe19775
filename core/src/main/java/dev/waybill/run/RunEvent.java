package dev.waybill.run;

/**
 * Something that happened during a run.
 *
 * @param collection the source's name of it, empty where it is not about one
 * @param done records done so far, or 0
 * @param total records expected, or −1 where nobody knows
 * @param text one sentence, key or reason; never a value or a secret
 */
public record RunEvent(Type type, String collection, long done, long total, String text) {

  /** What happened. */
  public enum Type {
    /** {@code text}: the run id. */
    RUN_STARTED,
    /** {@code text}: preflight, backup, copy, finish, verify, put back. */
    PHASE,
    /** Reading or verifying a collection begins. */
    COLLECTION_STARTED,
    /** From time to time while records go. */
    PROGRESS,
    COLLECTION_DONE,
    /** {@code text}: key and reason. */
    RECORD_REFUSED,
    /** {@code text}: something a user should know. */
    NOTE
  }

  /** Is told; may be called by several threads, must return soon and must not throw. */
  public interface Listener {
    void on(RunEvent event);
  }
}
