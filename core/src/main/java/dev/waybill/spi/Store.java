package dev.waybill.spi;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import java.util.List;

/** An open store that can be described and read. Thread-safe. No method changes the store. */
public interface Store extends AutoCloseable {
  /** What this very store can do: server version, extensions, privileges taken into account. */
  Capabilities capabilities();

  /**
   * What tells this store from every other of its kind, however its URL is written: a real path, a
   * server's and database's own number. Only to be compared; empty while there is no store yet.
   */
  String identity();

  /**
   * What the store holds now. Waybill's own ledger is not part of it. An absent target is empty.
   */
  Catalog catalog();

  /** What is wrong with the store or stands in the way: integrity, privileges, space. */
  List<Finding> findings();

  /**
   * What is wrong with one collection, beside its records: an index that is not valid, a constraint
   * that was never validated, a sequence that is not behind the largest value, a privilege that is
   * lacking. Of a collection that is not there, in a target: what keeps it from being made (a name
   * that is taken, a type that is missing, too many fields).
   */
  List<Finding> findings(Collection collection);

  /** A consistent read point for several readers, or the nearest thing the store has. */
  Snapshot snapshot();

  /**
   * Keeps what was made for reading this store, such as a copy of its file, until the result is
   * closed, also beyond {@link #close}. Another store that this process opens on the same place
   * meanwhile uses it, as long as the place is still the same. By default there is nothing to keep.
   */
  default Kept keep() {
    return () -> {};
  }

  /** Something that is kept. */
  interface Kept extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  void close();
}
