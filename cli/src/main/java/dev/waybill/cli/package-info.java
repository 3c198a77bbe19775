/**
 * The command line: words become calls of the library, its values become text, JSON and exit codes.
 *
 * <p>Belongs here: options, rendering, exit codes; alone in Waybill it may print and exit. Never
 * here: a rule about data, a driver's type. Start with {@link dev.waybill.cli.Main} and {@link
 * dev.waybill.cli.WaybillCommand}.
 */
@NullMarked
package dev.waybill.cli;

import org.jspecify.annotations.NullMarked;
