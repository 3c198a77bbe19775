/**
 * The run directory: plan, journal, quarantine, receipt, differences, key log, lock.
 *
 * <p>Belongs here: files of a run, all of mode 0600, and their formats. Never here: speaking to a
 * store. Start with {@link dev.waybill.journal.RunDirectory}.
 */
@NullMarked
package dev.waybill.journal;

import org.jspecify.annotations.NullMarked;
