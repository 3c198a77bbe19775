/**
 * Measurements, each against what could be reached at best on the same machine in the same run.
 *
 * <p>Belongs here: scenarios, what they move, and how a process is measured. Never here: a proof
 * that Waybill is right, or anything another module needs. Start with {@link
 * dev.waybill.bench.Scenario} and {@link dev.waybill.bench.SqliteToPostgres}.
 */
@NullMarked
package dev.waybill.bench;

import org.jspecify.annotations.NullMarked;
