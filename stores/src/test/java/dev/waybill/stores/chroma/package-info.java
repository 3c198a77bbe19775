/** Laws of Chroma as a store: its own server's answers are what a folder must be read as. */
@NullMarked
package dev.waybill.stores.chroma;

import org.jspecify.annotations.NullMarked;
