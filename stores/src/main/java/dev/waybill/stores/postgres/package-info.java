/**
 * The PostgreSQL adapter: catalog, binary COPY in and out, the ledger in a schema of its own.
 *
 * <p>Belongs here: everything that knows PostgreSQL's catalog, wire formats and SQL. Never here:
 * retries, mapping, another store. Start with {@link dev.waybill.stores.postgres.PostgresAdapter};
 * reading is in {@code PostgresSnapshot}, writing in {@code PostgresWriter}.
 */
@NullMarked
package dev.waybill.stores.postgres;

import org.jspecify.annotations.NullMarked;
