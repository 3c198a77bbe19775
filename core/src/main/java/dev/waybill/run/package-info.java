/**
 * The one loop that writes to stores, and its producers.
 *
 * <p>Belongs here: chunks, batches, refused records, putting back, progress. Never here: planning,
 * a store's name, a branch for dry runs. Start with {@link dev.waybill.run.Engine}.
 */
@NullMarked
package dev.waybill.run;

import org.jspecify.annotations.NullMarked;
