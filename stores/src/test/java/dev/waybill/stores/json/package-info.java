/** Laws of JSON files as a store. */
@NullMarked
package dev.waybill.stores.json;

import org.jspecify.annotations.NullMarked;
