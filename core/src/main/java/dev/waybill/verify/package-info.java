/**
 * Proof: digests of both sides through the inverse mapping, and what differs by key and field.
 *
 * <p>Belongs here: reading, digesting, comparing, the receipt. Never here: anything that writes to
 * a store. Start with {@link dev.waybill.verify.Verifier}.
 */
@NullMarked
package dev.waybill.verify;

import org.jspecify.annotations.NullMarked;
