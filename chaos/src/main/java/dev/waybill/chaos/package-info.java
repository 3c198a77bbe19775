/**
 * Runs Waybill as its users do, kills it or the server at random moments, and looks at the stores
 * with their own drivers.
 *
 * <p>Belongs here: rounds, what they draw from a seed, processes and servers that can be killed,
 * and eyes of their own. Never here: a class of Waybill's, which could be wrong in the same way.
 * Start with {@link dev.waybill.chaos.Round} and {@link dev.waybill.chaos.Scenario}.
 */
@NullMarked
package dev.waybill.chaos;

import org.jspecify.annotations.NullMarked;
