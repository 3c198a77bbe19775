/** Laws of the JSON store. */
@org.jspecify.annotations.NullMarked
package dev.waybill.stores.json;
