/**
 * Chroma: folders, read without Chroma, and servers.
 *
 * <p>Belongs here: what Chroma's tables, index files and API mean, and what its server would answer
 * for them. Never here: another store's data (but a folder's records stand in a SQLite database
 * like any other), retrying, a change to a folder. Start with {@link
 * dev.waybill.stores.chroma.ChromaAdapter}; what a record is is said by {@link
 * dev.waybill.stores.chroma.Shape}, what a folder's vectors are by {@link
 * dev.waybill.stores.chroma.FolderVectors}.
 */
@NullMarked
package dev.waybill.stores.chroma;

import org.jspecify.annotations.NullMarked;
