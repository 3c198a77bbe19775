/**
 * JSON files and folders of them.
 *
 * <p>Belongs here: shapes of files, the schema that is found in documents, reading in chunks of
 * whole records, and what JSON holds of each type. Never here: another store, retrying, taking
 * values apart into collections. Start with {@link dev.waybill.stores.json.JsonAdapter}; what a
 * file is is said by {@link dev.waybill.stores.json.JsonLayout}, what a value is by {@link
 * dev.waybill.stores.json.JsonValues}.
 */
@NullMarked
package dev.waybill.stores.json;

import org.jspecify.annotations.NullMarked;
