/**
 * The library: the verbs of the command line as methods that return values.
 *
 * <p>Belongs here: {@link dev.waybill.Waybill} and the few types it takes and gives, and the wiring
 * of the other rooms. Never here: logic. Start with {@link dev.waybill.Waybill}.
 */
@NullMarked
package dev.waybill;

import org.jspecify.annotations.NullMarked;
