/**
 * The SQLite adapter against real files.
 *
 * <p>Belongs here: laws of this adapter alone, and its pass through the test kit. Never here: what
 * every store must do (that is the kit's), servers. Start with {@code SqliteSourceTest}.
 */
@org.jspecify.annotations.NullMarked
package dev.waybill.stores.sqlite;
