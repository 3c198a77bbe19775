/**
 * What the command line promises: texts (golden files, rewritten by {@code ./dev golden}), JSON,
 * exit codes.
 *
 * <p>Belongs here: rendering of values made by hand, and usage. Never here: a copy of data from
 * store to store, which e2e tests. Start with {@link dev.waybill.cli.MainTest}.
 */
package dev.waybill.cli;
