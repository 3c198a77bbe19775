package dev.waybill.spi;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;

/** A target in which the values of a field can be exchanged at once (docs/adr/0025). */
public interface ExchangingStore extends TargetStore {
  /**
   * Why the values of a field cannot be exchanged, in words that follow its name and "cannot get
   * new vectors:"; empty if they can.
   *
   * @param there the collection as the catalog has it
   */
  String exchangeFault(Collection there, Field field);

  @Override
  ExchangingSession begin(RunHeader run, Ledger ledger);
}
