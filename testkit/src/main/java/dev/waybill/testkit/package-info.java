/**
 * What an adapter is proven with: {@link dev.waybill.testkit.StoreTck} (the laws every store
 * keeps), a store in memory that keeps them, and {@link dev.waybill.testkit.Corpus} (the values
 * that stores stumble over).
 *
 * <p>Never here: tests of the engine, anything about one real store. Start with {@link
 * dev.waybill.testkit.StoreTck#freshStore}.
 */
@NullMarked
package dev.waybill.testkit;

import org.jspecify.annotations.NullMarked;
