/**
 * What several stores truly share.
 *
 * <p>Belongs here: code that two adapters would otherwise have twice. Never here: a base class that
 * an adapter must inherit, or anything that knows a store.
 */
@NullMarked
package dev.waybill.stores.support;

import org.jspecify.annotations.NullMarked;
