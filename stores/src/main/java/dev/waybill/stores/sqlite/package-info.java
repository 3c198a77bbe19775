/**
 * SQLite files: read without a trace, written in transactions with the ledger inside.
 *
 * <p>Belongs here: all that knows SQLite, its files, its affinities and its dialect. Never here:
 * another store, retries, logging. Start with {@link dev.waybill.stores.sqlite.SqliteAdapter}; how
 * a source is opened without touching it is in {@code SourceFile}.
 */
@NullMarked
package dev.waybill.stores.sqlite;

import org.jspecify.annotations.NullMarked;
