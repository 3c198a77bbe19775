/**
 * Looking at a store's values before a plan is made.
 *
 * <p>Belongs here: the value profile, in full or of a sample. Never here: deciding, writing. Start
 * with {@link dev.waybill.inspect.Profiler}.
 */
@NullMarked
package dev.waybill.inspect;

import org.jspecify.annotations.NullMarked;
